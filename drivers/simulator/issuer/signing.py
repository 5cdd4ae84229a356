"""Keys that sign certificates and security objects, and how the signatures are announced (Doc 9303-12 §4.1)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import Enum

from asn1crypto import algos, keys
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from ecdsa import curves as published

_SALT = 32


class Scheme(Enum):
    """How a key signs; the value is the digest's name."""

    ECDSA_SHA256 = ("ecdsa", "sha256")
    ECDSA_SHA384 = ("ecdsa", "sha384")
    RSA_SHA256 = ("pkcs1", "sha256")
    RSA_PSS_SHA256 = ("pss", "sha256")

    @property
    def digest(self) -> str:
        """The hash's name, as hashlib and asn1crypto spell it."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with its scheme; ``explicit`` writes the curve as numbers instead of its name."""

    private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = field(repr=False)
    scheme: Scheme
    explicit: bool = False

    def sign(self, data: bytes) -> bytes:
        """The signature over ``data``, in the encoding of certificates and CMS."""
        digest = hashes.SHA384() if self.scheme is Scheme.ECDSA_SHA384 else hashes.SHA256()
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            return self.private.sign(data, ec.ECDSA(digest, deterministic_signing=True))
        if self.scheme is Scheme.RSA_PSS_SHA256:
            return self.private.sign(data, padding.PSS(padding.MGF1(digest), _SALT), digest)
        return self.private.sign(data, padding.PKCS1v15(), digest)

    @property
    def algorithm(self) -> algos.SignedDigestAlgorithm:
        """The signature's AlgorithmIdentifier, with all PSS parameters spelled out."""
        if self.scheme is Scheme.RSA_PSS_SHA256:
            digest = {"algorithm": "sha256"}
            mask = {"algorithm": "mgf1", "parameters": digest}
            parameters = {"hash_algorithm": digest, "mask_gen_algorithm": mask, "salt_length": _SALT}
            return algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": parameters})
        kind = "rsa" if self.scheme is Scheme.RSA_SHA256 else "ecdsa"
        return algos.SignedDigestAlgorithm({"algorithm": f"{self.scheme.digest}_{kind}"})

    def public_info(self) -> keys.PublicKeyInfo:
        """The public key as certificates carry it."""
        return public_info(self.private.public_key(), explicit=self.explicit)


def public_info(public: ec.EllipticCurvePublicKey | rsa.RSAPublicKey, *, explicit: bool = False) -> keys.PublicKeyInfo:
    """A public key as SubjectPublicKeyInfo, its curve by name or as numbers (RFC 3279 §2.3.5)."""
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    info = keys.PublicKeyInfo.load(der)
    if explicit and isinstance(public, ec.EllipticCurvePublicKey):
        numbers = keys.ECDomainParameters(name="specified", value=_domain(public.curve.name))
        algorithm = keys.PublicKeyAlgorithm({"algorithm": "ec", "parameters": numbers})
        return keys.PublicKeyInfo({"algorithm": algorithm, "public_key": info["public_key"]})
    return info


def derive_ec(seed: bytes, label: str, curve: ec.EllipticCurve) -> ec.EllipticCurvePrivateKey:
    """A private key that the same seed and label always give. Whoever knows the seed knows the key: doubles only."""
    size = curve.key_size // 8 + 16
    material = hashlib.shake_256(seed + b"\0" + label.encode()).digest(size)
    return ec.derive_private_key(int.from_bytes(material, "big") % (curve.group_order - 1) + 1, curve)


def _domain(name: str) -> keys.SpecifiedECDomain:
    curve = next(curve for curve in published.curves if name.lower() in {curve.name.lower(), curve.openssl_name})
    size = curve.verifying_key_length // 2
    coefficients = (int(curve.curve.a() % curve.curve.p()), int(curve.curve.b()))
    return keys.SpecifiedECDomain(
        {
            "version": "ecdpVer1",
            "field_id": {"field_type": "prime_field", "parameters": _integer(int(curve.curve.p()))},
            "curve": dict(zip("ab", (number.to_bytes(size, "big") for number in coefficients), strict=True)),
            "base": b"\x04" + curve.generator.to_bytes("raw"),
            "order": int(curve.order),
            "cofactor": 1,
        }
    )


def _integer(number: int) -> keys.Integer:
    return keys.Integer(number)
