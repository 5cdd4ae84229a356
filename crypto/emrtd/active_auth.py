"""Active authentication: the chip signs a challenge with the private key of DG15 (ICAO 9303-11 §6.1)."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field

from crypto import der, tlv
from crypto.agreement import Random
from crypto.apdu import SHORT_MAX, SW_WRONG_LENGTH, Channel, Command
from crypto.curves import Curve, verify_ecdsa
from crypto.emrtd import public_keys
from crypto.emrtd.public_keys import DhKey, EcKey, RsaKey
from crypto.emrtd.security_infos import SecurityInfos
from crypto.errors import (
    CloneSuspectedError,
    MalformedError,
    NotSupportedError,
    SignatureWrongError,
)

_DG15_TAG = 0x6F
_CHALLENGE = 8
_DER_OVERHEAD = 9

# ISO/IEC 10118-3 numbers in the two-byte trailer (ISO/IEC 9796-2 §8.2.2); the one-byte trailer leaves SHA-1 implied.
_HASH_OF_TRAILER = {0x33: "sha1", 0x34: "sha256", 0x35: "sha512", 0x36: "sha384", 0x38: "sha224"}
_HASH_OF_OID = {
    "0.4.0.127.0.7.1.1.4.1.1": "sha1",
    "0.4.0.127.0.7.1.1.4.1.2": "sha224",
    "0.4.0.127.0.7.1.1.4.1.3": "sha256",
    "0.4.0.127.0.7.1.1.4.1.4": "sha384",
    "0.4.0.127.0.7.1.1.4.1.5": "sha512",
    "1.2.840.10045.4.1": "sha1",
    "1.2.840.10045.4.3.1": "sha224",
    "1.2.840.10045.4.3.2": "sha256",
    "1.2.840.10045.4.3.3": "sha384",
    "1.2.840.10045.4.3.4": "sha512",
}
_NAMES = {"sha1": "SHA-1", "sha224": "SHA-224", "sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512"}


@dataclass(frozen=True, slots=True)
class ActiveAuthentication:
    """A signature that verified, and all that it takes to verify it again elsewhere, together with DG15 and DG14."""

    algorithm: str
    """Such as ``RSA SHA-256`` or ``ECDSA brainpoolP256r1 SHA-256``."""
    challenge: bytes = field(repr=False)
    signature: bytes = field(repr=False)


def authenticate(channel: Channel, dg15: bytes, infos: SecurityInfos | None, random: Random) -> ActiveAuthentication:
    """Prove that the chip holds the private key of DG15.

    ``infos`` are DG14's; they name the hash of an elliptic curve signature. Raises CloneSuspectedError when the
    signature is wrong, MalformedError when it is cut short, NotSupportedError, StatusError.
    """
    key = _key_of(dg15)
    if isinstance(key, EcKey):
        _hashes_for(key, infos)  # a signature that nobody here can verify is not asked for
    challenge = random(_CHALLENGE)
    size = key.size if isinstance(key, RsaKey) else 2 * key.curve.order_size + _DER_OVERHEAD
    signature = _sign(channel, challenge, size)
    return ActiveAuthentication(_verify(key, infos, challenge, signature), challenge, signature)


def verify(dg15: bytes, infos: SecurityInfos | None, challenge: bytes, signature: bytes) -> str:
    """Check a signature over ``challenge`` once more, without the chip; returns the algorithm's name.

    Raises CloneSuspectedError, MalformedError, NotSupportedError, as ``authenticate`` does.
    """
    return _verify(_key_of(dg15), infos, challenge, signature)


def _key_of(dg15: bytes) -> RsaKey | EcKey:
    key = public_keys.parse(tlv.parse_one(tlv.parse_one(dg15, _DG15_TAG).value))
    if isinstance(key, DhKey):
        raise NotSupportedError("active authentication: a key that cannot sign")
    return key


def _verify(key: RsaKey | EcKey, infos: SecurityInfos | None, challenge: bytes, signature: bytes) -> str:
    if isinstance(key, RsaKey):
        return f"RSA {_NAMES[verify_rsa(key, challenge, signature)]}"
    for hash_name in _hashes_for(key, infos):
        try:
            verify_ec(key, hash_name, challenge, signature)
        except CloneSuspectedError:
            continue
        return f"ECDSA {key.curve.name} {_NAMES[hash_name]}"
    raise _wrong("r and s")


def _sign(channel: Channel, challenge: bytes, size: int) -> bytes:
    response = channel.send(Command(0x00, 0x88, 0, 0, challenge, max(size, SHORT_MAX), size))
    if response.sw == SW_WRONG_LENGTH:
        # No extended length here: the chip then hands the signature over in parts (61xx).
        response = channel.send(Command(0x00, 0x88, 0, 0, challenge, SHORT_MAX, 0))
    return response.require("active authentication: sign the challenge")


def _hashes_for(key: EcKey, infos: SecurityInfos | None) -> tuple[str, ...]:
    if infos is not None and infos.active_auth is not None:
        oid = infos.active_auth.signature_oid
        if oid not in _HASH_OF_OID:
            raise NotSupportedError(f"active authentication: signature {oid}")
        return (_HASH_OF_OID[oid],)
    # Nothing was said: any hash that the key's order does not truncate, the largest first.
    return tuple(name for name in reversed(_NAMES) if hashlib.new(name).digest_size <= key.curve.order_size)


def verify_rsa(key: RsaKey, challenge: bytes, signature: bytes) -> str:
    """Check a signature with message recovery, scheme 1 of ISO/IEC 9796-2; returns the hash's name.

    Raises CloneSuspectedError, MalformedError when the signature does not have the key's length (a shorter one passes
    when only leading zero bytes are missing, as some chips send numbers).
    """
    if key.modulus.bit_length() % 8:
        raise NotSupportedError("active authentication: modulus that is not whole bytes")
    try:
        return _recover(key, challenge, signature)
    except CloneSuspectedError:
        if len(signature) == key.size:
            raise
        raise MalformedError("active authentication: signature of another length than its key") from None


def _recover(key: RsaKey, challenge: bytes, signature: bytes) -> str:
    recovered = pow(int.from_bytes(signature, "big"), key.exponent, key.modulus)
    if recovered & 0x0F != 0x0C:
        recovered = key.modulus - recovered  # the signer may give the smaller of s and n - s (annex A.4)
    hash_name, body = _split_trailer(recovered.to_bytes(key.size, "big"))
    content = _strip_header(body)
    border = len(content) - hashlib.new(hash_name).digest_size
    if border < 0:
        raise _wrong("the padding")
    message, digest = content[:border], content[border:]
    if not hmac.compare_digest(hashlib.new(hash_name, message + challenge).digest(), digest):
        raise _wrong("the hash")
    return hash_name


def _split_trailer(representative: bytes) -> tuple[str, bytes]:
    if representative[-1] == 0xBC:
        return "sha1", representative[:-1]
    if representative[-1] == 0xCC and representative[-2] in _HASH_OF_TRAILER:
        return _HASH_OF_TRAILER[representative[-2]], representative[:-2]
    raise _wrong("the trailer")


def _strip_header(body: bytes) -> bytes:
    # Header 01, then 1 for a part of the message outside (the challenge), then padding of nibbles B up to a nibble A.
    if body[0] & 0xF0 != 0x60:
        raise _wrong("the header")
    nibbles = body.hex()[1:]
    start = len(nibbles) - len(nibbles.lstrip("b"))
    if nibbles[start : start + 1] != "a" or start % 2:
        raise _wrong("the padding")
    return body[(start + 2) // 2 :]


def verify_ec(key: EcKey, hash_name: str, challenge: bytes, signature: bytes) -> None:
    """Check an ECDSA signature, plain r||s (BSI TR-03111 §5.2.1) or, as some chips send it, DER.

    Raises CloneSuspectedError.
    """
    digest = hashlib.new(hash_name, challenge).digest()
    public = key.curve.encode(key.point)
    for r, s in _numbers(key.curve, signature):
        try:
            verify_ecdsa(key.curve, public, digest, r, s)
        except SignatureWrongError:
            continue
        return
    raise _wrong("r and s")


def _numbers(curve: Curve, signature: bytes) -> list[tuple[int, int]]:
    found = []
    half, odd = divmod(len(signature), 2)
    if not odd and half <= curve.order_size:
        found.append((int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")))
    try:
        r, s = der.parts(tlv.parse_one(signature))
        found.append((der.unsigned(r), der.unsigned(s)))
    except (MalformedError, ValueError):
        return found
    return found


def _wrong(what: str) -> CloneSuspectedError:
    return CloneSuspectedError(f"active authentication: {what} of the signature is wrong")
