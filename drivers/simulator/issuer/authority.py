"""The invented issuing state: one root certificate (CSCA) and its document signers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from crypto.emrtd.lds import Ef
from drivers.simulator.issuer.certificates import Subject, compose_certificate
from drivers.simulator.issuer.signing import Scheme, SigningKey, derive_ec
from drivers.simulator.issuer.sod import compose_sod


class SignerKind(Enum):
    """How security objects are signed. The first is what a CCCD is believed to use."""

    BRAINPOOL = "brainpoolP384r1"
    P256 = "secp256r1"
    EXPLICIT = "brainpoolP384r1, explicit parameters"
    RSA = "RSA-2048, PKCS #1 v1.5"
    PSS = "RSA-2048, PSS"


@dataclass(frozen=True, slots=True)
class DocumentSigner:
    """A document signer: its certificate in DER and its key."""

    certificate: bytes
    key: SigningKey

    def sign(self, files: Mapping[Ef, bytes], *, signed: Mapping[Ef, bytes] | None = None) -> bytes:
        """EF.SOD over ``files``; see ``compose_sod`` for ``signed``."""
        return compose_sod(files, self.certificate, self.key, signed=signed)


class Authority:
    """An issuer whose elliptic keys follow from ``seed``: worthless as a secret, and labelled SIMULATED throughout.

    Signers are made when first asked for. Not for use by several threads at once.
    """

    def __init__(self, seed: bytes, name: str = "CSCA SIMULATED") -> None:
        self._seed = seed
        self._subject = Subject(name, authority=True)
        self._key = SigningKey(derive_ec(seed, name, ec.SECP384R1()), Scheme.ECDSA_SHA384)
        self._signers: dict[SignerKind, DocumentSigner] = {}
        self.root = compose_certificate(self._subject, self._key, self._subject, self._key)
        """The root certificate, DER."""

    def signer(self, kind: SignerKind = SignerKind.BRAINPOOL) -> DocumentSigner:
        """The document signer of that kind."""
        if kind not in self._signers:
            key = self._signer_key(kind)
            subject = Subject(f"DS SIMULATED {kind.name}", authority=False)
            certificate = compose_certificate(subject, key, self._subject, self._key)
            self._signers[kind] = DocumentSigner(certificate, key)
        return self._signers[kind]

    def stranger(self) -> Authority:
        """Another issuer, whom nobody has reason to accept."""
        return Authority(self._seed + b"\0stranger", "CSCA SIMULATED STRANGER")

    def chip_private(self, label: str) -> ec.EllipticCurvePrivateKey:
        """A key for a chip, on brainpoolP256r1; the same ``label`` always gets the same one."""
        return derive_ec(self._seed, f"chip {label}", ec.BrainpoolP256R1())

    def _signer_key(self, kind: SignerKind) -> SigningKey:
        if kind in {SignerKind.RSA, SignerKind.PSS}:
            scheme = Scheme.RSA_SHA256 if kind is SignerKind.RSA else Scheme.RSA_PSS_SHA256
            return SigningKey(rsa.generate_private_key(65537, 2048), scheme)
        curve = ec.SECP256R1() if kind is SignerKind.P256 else ec.BrainpoolP384R1()
        private = derive_ec(self._seed, kind.value, curve)
        return SigningKey(private, Scheme.ECDSA_SHA256, explicit=kind is SignerKind.EXPLICIT)
