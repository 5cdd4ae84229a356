"""The invented issuing state: its root certificate (CSCA), those who sign for it, and what it publishes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from crypto.dh import DhGroup
from crypto.emrtd.lds import Ef
from drivers.simulator.issuer.certificates import CertificateForm, Name, Role, compose_certificate
from drivers.simulator.issuer.master_list import compose_master_list
from drivers.simulator.issuer.revocation import compose_crl
from drivers.simulator.issuer.signed_data import PLAIN, CmsForm
from drivers.simulator.issuer.signing import KeyMake, SigningKey, ecdsa, pkcs1, pss
from drivers.simulator.issuer.sod import USUAL, SodForm, compose_sod
from drivers.simulator.private_keys import DhPrivate, EcPrivate, derive_dh, derive_ec, draw_rsa, named_curve

_ROOT_KEY = ecdsa("P-384", "sha384")
_THIS_UPDATE = datetime(2026, 1, 1, tzinfo=UTC)
_NEXT_UPDATE = datetime(2026, 4, 1, tzinfo=UTC)


class SignerKind(Enum):
    """The usual document signers. The first is what a CCCD is believed to use."""

    BRAINPOOL = ecdsa("brainpoolP384r1")
    P256 = ecdsa("P-256")
    EXPLICIT = ecdsa("brainpoolP384r1", explicit=True)
    RSA = pkcs1()
    PSS = pss()


@dataclass(frozen=True, slots=True)
class SignerMake:
    """How a signer is made: its key, and what its certificate says (None: a document signer named after its key)."""

    key: KeyMake
    form: CertificateForm | None = None


@dataclass(frozen=True, slots=True)
class DocumentSigner:
    """A signer: its certificate in DER and its key."""

    certificate: bytes
    key: SigningKey

    def sign(
        self, files: Mapping[Ef, bytes], *, form: SodForm = USUAL, signed: Mapping[Ef, bytes] | None = None
    ) -> bytes:
        """EF.SOD over ``files``; see ``compose_sod`` for ``signed``."""
        return compose_sod(files, self.certificate, self.key, form=form, signed=signed)


class Authority:
    """An issuer whose elliptic keys follow from ``seed``: worthless as a secret, and labelled SIMULATED throughout.

    ``key`` says what kind of key the root has; ``form`` what its certificate says instead of the usual (its role is
    always that of a root). Signers are made when first asked for. Not for use by several threads at once.
    """

    def __init__(
        self,
        seed: bytes,
        name: str = "CSCA SIMULATED",
        *,
        country: str = "VN",
        key: KeyMake = _ROOT_KEY,
        form: CertificateForm | None = None,
    ) -> None:
        self._seed = seed
        self._make = key
        form = form or CertificateForm(Name(name, country), Role.ROOT)
        self.name = form.subject
        """The root's distinguished name."""
        self.key = key.draw(seed, name)
        """The root's key."""
        self._signers: dict[KeyMake | SignerMake, DocumentSigner] = {}
        self.root = compose_certificate(form, self.key, self.name, self.key)
        """The root certificate, DER."""

    def signer(self, kind: SignerKind | KeyMake | SignerMake = SignerKind.BRAINPOOL) -> DocumentSigner:
        """The document signer of that kind; asked again, the same one."""
        make = kind.value if isinstance(kind, SignerKind) else kind
        if make not in self._signers:
            label = kind.name if isinstance(kind, SignerKind) else ""
            self._signers[make] = self._made(make, label)
        return self._signers[make]

    def _made(self, make: KeyMake | SignerMake, label: str) -> DocumentSigner:
        if isinstance(make, KeyMake):
            make = SignerMake(make)
        label = label or f"{make.key.kind} {make.key.scheme.digest}"
        subject = Name(f"DS SIMULATED {label}", self.name.country)
        form = make.form or CertificateForm(subject, Role.DOCUMENT_SIGNER)
        key = make.key.draw(self._seed, f"{form.subject.common_name} {make.key}")
        return DocumentSigner(self.certify(form, key), key)

    def certify(self, form: CertificateForm, key: SigningKey) -> bytes:
        """A certificate of this root for ``key``, DER. With a steady key, the root signs steadily too."""
        own = replace(self.key, steady=True) if key.steady else self.key
        return compose_certificate(form, key, self.name, own)

    def renewed(self, name: str | None = None, *, key: KeyMake | None = None) -> Authority:
        """The same state's next root: a new key, by default under the same name."""
        form = CertificateForm(replace(self.name, common_name=name or self.name.common_name), Role.ROOT)
        return Authority(self._seed + b"\0renewed", self.name.common_name, key=key or self._make, form=form)

    def link(self, newer: Authority) -> bytes:
        """The link certificate (Doc 9303-12 §7.1): the newer root's name and key, signed with this root's key."""
        return self.certify(CertificateForm(newer.name, Role.ROOT), newer.key)

    def master_list(
        self,
        certificates: Iterable[bytes],
        *,
        signer: DocumentSigner | None = None,
        form: CmsForm | None = None,
    ) -> bytes:
        """A master list of ``certificates`` (DER), signed by this state's master list signer (or ``signer``).

        Unless ``form`` says otherwise, the signer's certificate and this root come along, as Doc 9303-12 §9 demands.
        """
        signer = signer or self.master_list_signer()
        form = form or replace(PLAIN, certificates=(signer.certificate, self.root))
        return compose_master_list(certificates, signer.certificate, signer.key, form=form)

    def master_list_signer(self) -> DocumentSigner:
        """Who signs this state's master lists."""
        form = CertificateForm(Name("ML SIMULATED", self.name.country), Role.MASTER_LIST_SIGNER)
        return self.signer(SignerMake(ecdsa("P-256"), form))

    def crl(
        self,
        revoked: Mapping[int, datetime],
        *,
        this_update: datetime = _THIS_UPDATE,
        next_update: datetime = _NEXT_UPDATE,
        number: int = 1,
    ) -> bytes:
        """This root's revocation list, DER: serial numbers and since when."""
        return compose_crl(
            self.name, self.key, revoked, this_update=this_update, next_update=next_update, number=number
        )

    def stranger(self) -> Authority:
        """Another issuer, whom nobody has reason to accept."""
        return Authority(self._seed + b"\0stranger", "CSCA SIMULATED STRANGER")

    def chip_private(self, label: str, curve: str = "brainpoolP256r1") -> EcPrivate:
        """A key for a chip; the same ``label`` always gets the same one."""
        return derive_ec(self._seed, f"chip {label}", named_curve(curve))

    def chip_residue(self, label: str, group: DhGroup, *, pkcs3: bool = False) -> DhPrivate:
        """A key for a chip in a group of residues; the same ``label`` always gets the same one."""
        return derive_dh(self._seed, f"chip {label}", group, pkcs3=pkcs3)

    def chip_rsa(self, label: str, bits: int) -> RSAPrivateKey:
        """An RSA key for a chip; the same ``label`` always gets the same one while the program runs."""
        return draw_rsa(self._seed, f"chip {label}", bits)
