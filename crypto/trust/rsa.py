"""RSA signatures, checked with arithmetic alone (RFC 8017 §8): PKCS #1 v1.5 and PSS, every hash and key size in use.

A library's policy about SHA-1 or odd exponents must not decide whether a document of 2009 is genuine: what is weak is
reported instead. Only public values are handled, so time tells nothing.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from crypto import der, tlv
from crypto.errors import MalformedError, NotSupportedError, SignatureWrongError

MIN_BITS = 1024
MAX_BITS = 8192

_MAX_EXPONENT_BITS = 256


@dataclass(frozen=True, slots=True)
class RsaKey:
    """A public key whose numbers are usable."""

    modulus: int
    exponent: int

    @classmethod
    def parse(cls, raw: bytes) -> RsaKey:
        """The key from RSAPublicKey (DER, RFC 8017 §A.1.1); raises MalformedError, NotSupportedError."""
        members = der.parts(tlv.parse_one(raw))
        if len(members) != 2:
            raise MalformedError("public key: not modulus and exponent")
        modulus, exponent = der.unsigned(members[0]), der.unsigned(members[1])
        if not MIN_BITS <= modulus.bit_length() <= MAX_BITS or modulus % 2 == 0:
            raise NotSupportedError("public key: RSA modulus of an unusable size")
        if exponent < 3 or exponent % 2 == 0 or exponent.bit_length() > _MAX_EXPONENT_BITS or exponent >= modulus:
            raise NotSupportedError("public key: RSA exponent of an unusable size")
        return cls(modulus, exponent)

    @property
    def bits(self) -> int:
        """The size of the modulus."""
        return self.modulus.bit_length()

    def opened(self, signature: bytes, size: int) -> bytes:
        """The encoded message of ``size`` bytes that ``signature`` stands for; raises SignatureWrongError."""
        number = int.from_bytes(signature, "big")
        if len(signature) != (self.bits + 7) // 8 or number >= self.modulus:
            raise SignatureWrongError("RSA: a signature of another size than the key's")
        try:
            return pow(number, self.exponent, self.modulus).to_bytes(size, "big")
        except OverflowError:
            raise SignatureWrongError("RSA: the signature does not verify") from None


def verify_pkcs1(key: RsaKey, digest_identifier: bytes, digest: bytes, signature: bytes) -> None:
    """Check a signature of RFC 8017 §8.2.2; ``digest_identifier`` is the hash's object identifier, content bytes only.

    The whole padding is compared with the only one that is right. Raises SignatureWrongError.
    """
    algorithm = tlv.encode(der.SEQUENCE, tlv.encode(der.OBJECT_IDENTIFIER, digest_identifier) + b"\x05\x00")
    info = tlv.encode(der.SEQUENCE, algorithm + tlv.encode(der.OCTET_STRING, digest))
    size = (key.bits + 7) // 8
    expected = b"\x00\x01" + b"\xff" * (size - len(info) - 3) + b"\x00" + info
    if not hmac.compare_digest(key.opened(signature, size), expected):
        raise SignatureWrongError("RSA: the signature does not verify")


def verify_pss(key: RsaKey, digest_name: str, digest: bytes, mask_name: str, salt_size: int, signature: bytes) -> None:
    """Check a signature of RFC 8017 §8.1.2 with exactly these hashes (``hashlib`` names) and this salt's length.

    Raises SignatureWrongError.
    """
    bits = key.bits - 1
    size = (bits + 7) // 8
    encoded = key.opened(signature, size)
    masked, tag, trailer = encoded[: size - len(digest) - 1], encoded[size - len(digest) - 1 : -1], encoded[-1]
    padding = len(masked) - salt_size - 1
    if trailer != 0xBC or padding < 0 or encoded[0] >> (8 - (8 * size - bits)):
        raise SignatureWrongError("RSA-PSS: the signature does not verify")
    block = int.from_bytes(masked, "big") ^ int.from_bytes(_mask(mask_name, tag, len(masked)), "big")
    plain = (block & ((1 << (bits - 8 * (size - len(masked)))) - 1)).to_bytes(len(masked), "big")
    salt = plain[padding + 1 :]
    seal = hashlib.new(digest_name, bytes(8) + digest + salt, usedforsecurity=False).digest()
    if plain[: padding + 1] != bytes(padding) + b"\x01" or not hmac.compare_digest(seal, tag):
        raise SignatureWrongError("RSA-PSS: the signature does not verify")


def _mask(name: str, seed: bytes, size: int) -> bytes:
    """MGF1 (RFC 8017 §B.2.1)."""
    row = b""
    counter = 0
    while len(row) < size:
        row += hashlib.new(name, seed + counter.to_bytes(4, "big"), usedforsecurity=False).digest()
        counter += 1
    return row[:size]
