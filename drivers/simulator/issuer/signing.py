"""Keys that sign certificates and security objects, and how the signatures are announced (Doc 9303-12 §4.1)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import Enum

from asn1crypto import algos, keys
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from drivers.simulator.private_keys import EcPrivate, PrivateKey, derive_ec, draw_rsa, named_curve, spki

_RSA = "RSA-"
_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


class Method(Enum):
    """The three ways to sign."""

    ECDSA = "ecdsa"
    PKCS1 = "rsa"
    PSS = "rsassa_pss"


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a key signs. Hashes are named as hashlib does (``sha1`` to ``sha512``).

    ``mask`` and ``salt`` serve PSS only: the hash of the mask generation (None: the same hash) and the bytes of salt
    (None: as many as the hash has).
    """

    method: Method
    digest: str = "sha256"
    mask: str | None = None
    salt: int | None = None

    @property
    def salt_size(self) -> int:
        """Bytes of salt in PSS."""
        return hashlib.new(self.digest).digest_size if self.salt is None else self.salt

    @property
    def algorithm(self) -> algos.SignedDigestAlgorithm:
        """The AlgorithmIdentifier, with all PSS parameters spelled out (those of RFC 4055's default left out)."""
        if self.method is not Method.PSS:
            return algos.SignedDigestAlgorithm({"algorithm": f"{self.digest}_{self.method.value}"})
        mask = {"algorithm": "mgf1", "parameters": {"algorithm": self.mask or self.digest}}
        parameters = {
            "hash_algorithm": {"algorithm": self.digest},
            "mask_gen_algorithm": mask,
            "salt_length": self.salt_size,
        }
        return algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": parameters})


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with its scheme.

    ``explicit`` writes the curve as numbers instead of its name. ``steady`` draws ECDSA nonces until r and s have their
    top bit set, so that all signatures have the same length, which is the longest.
    """

    private: PrivateKey = field(repr=False)
    scheme: Scheme
    explicit: bool = False
    steady: bool = False

    def sign(self, data: bytes) -> bytes:
        """The signature over ``data``, in the encoding of certificates and CMS."""
        if isinstance(self.private, EcPrivate):
            return encode_dss_signature(*self._pair(self.private, data))
        digest = _HASHES[self.scheme.digest]()
        if self.scheme.method is Method.PKCS1:
            return self.private.sign(data, padding.PKCS1v15(), digest)
        mask = padding.MGF1(_HASHES[self.scheme.mask or self.scheme.digest]())
        return self.private.sign(data, padding.PSS(mask, self.scheme.salt_size), digest)

    def _pair(self, private: EcPrivate, data: bytes) -> tuple[int, int]:
        pair = private.sign(data, self.scheme.digest, drawn=self.steady)
        while self.steady and any(number.bit_length() != 8 * private.curve.order_size for number in pair):
            pair = private.sign(data, self.scheme.digest, drawn=True)
        return pair

    def public_info(self) -> keys.PublicKeyInfo:
        """The public key as certificates carry it."""
        return keys.PublicKeyInfo.load(spki(self.private, explicit=self.explicit))


@dataclass(frozen=True, slots=True)
class KeyMake:
    """A kind of signing key: ``RSA-2048`` (or another size), or a curve such as ``P-256`` or ``brainpoolP320r1``."""

    kind: str
    scheme: Scheme
    explicit: bool = False
    steady: bool = False

    def draw(self, seed: bytes, label: str) -> SigningKey:
        """The key of that kind for ``label``; see ``drivers.simulator.private_keys`` for what is repeatable."""
        if self.kind.startswith(_RSA):
            private: PrivateKey = draw_rsa(seed, label, int(self.kind.removeprefix(_RSA)))
        else:
            private = derive_ec(seed, label, named_curve(self.kind))
        return SigningKey(private, self.scheme, self.explicit, self.steady)


def ecdsa(curve: str, digest: str = "sha256", *, explicit: bool = False, steady: bool = False) -> KeyMake:
    """An elliptic key that signs by ECDSA."""
    return KeyMake(curve, Scheme(Method.ECDSA, digest), explicit, steady)


def pkcs1(bits: int = 2048, digest: str = "sha256") -> KeyMake:
    """An RSA key that signs by RSASSA-PKCS1-v1_5."""
    return KeyMake(f"RSA-{bits}", Scheme(Method.PKCS1, digest))


def pss(bits: int = 2048, digest: str = "sha256", *, mask: str | None = None, salt: int | None = None) -> KeyMake:
    """An RSA key that signs by RSASSA-PSS; see ``Scheme`` for ``mask`` and ``salt``."""
    return KeyMake(f"RSA-{bits}", Scheme(Method.PSS, digest, mask, salt))
