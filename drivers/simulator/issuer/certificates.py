"""X.509 certificates of the invented issuer, with the extensions of Doc 9303-12 §7.1."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from asn1crypto import core, x509

from crypto import tlv
from drivers.simulator.issuer.signing import SigningKey

NOT_BEFORE = datetime(2021, 1, 1, tzinfo=UTC)
NOT_AFTER = datetime(2046, 12, 31, tzinfo=UTC)

_MASTER_LIST_SIGNING = "2.23.136.1.1.3"
_DOCUMENT_TYPES = "2.23.136.1.1.6.2"


class Role(Enum):
    """What a certificate's key may do."""

    ROOT = "signs certificates and revocation lists"
    DOCUMENT_SIGNER = "signs security objects"
    MASTER_LIST_SIGNER = "signs master lists"


@dataclass(frozen=True, slots=True)
class Name:
    """A distinguished name; the organisation says that nothing here is real."""

    common_name: str
    country: str = "VN"
    organization: str | None = "SIMULATED"

    def dn(self) -> x509.Name:
        """The name as certificates carry it."""
        names = {"country_name": self.country, "common_name": self.common_name}
        if self.organization is not None:
            names = {"country_name": self.country, "organization_name": self.organization, **names}
        return x509.Name.build(names)


@dataclass(frozen=True, slots=True)
class CertificateForm:
    """What a certificate says besides its key.

    ``serial`` None: one that follows from name and key. ``private_from`` and ``private_until``: the private key usage
    period (left out when both are None). ``subject_key_id`` and ``authority_key_id``: None for the right one, b"" for
    none. ``document_types``: the MRZ's document codes that the signer signs (§7.1.1.6).
    """

    subject: Name
    role: Role
    not_before: datetime = NOT_BEFORE
    not_after: datetime = NOT_AFTER
    private_from: datetime | None = None
    private_until: datetime | None = None
    serial: int | None = None
    subject_key_id: bytes | None = None
    authority_key_id: bytes | None = None
    document_types: tuple[str, ...] = ()


def compose_certificate(form: CertificateForm, key: SigningKey, issuer: Name, issuer_key: SigningKey) -> bytes:
    """A certificate in DER: ``key``'s public half for the form's subject, signed with ``issuer_key``."""
    info = key.public_info()
    algorithm = issuer_key.scheme.algorithm
    body = x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": _serial(form.subject, info.dump()) if form.serial is None else form.serial,
            "signature": algorithm,
            "issuer": issuer.dn(),
            "validity": {"not_before": _time(form.not_before), "not_after": _time(form.not_after)},
            "subject": form.subject.dn(),
            "subject_public_key_info": info,
            "extensions": _extensions(form, key, issuer_key),
        }
    )
    whole = {
        "tbs_certificate": body,
        "signature_algorithm": algorithm,
        "signature_value": issuer_key.sign(body.dump()),
    }
    return bytes(x509.Certificate(whole).dump())


def _extensions(form: CertificateForm, key: SigningKey, issuer_key: SigningKey) -> list[x509.Extension]:
    rows: list[tuple[str, bool, core.Asn1Value]] = []
    authority = issuer_key.public_info().sha1 if form.authority_key_id is None else form.authority_key_id
    if authority:
        rows.append(("authority_key_identifier", False, x509.AuthorityKeyIdentifier({"key_identifier": authority})))
    own = key.public_info().sha1 if form.subject_key_id is None else form.subject_key_id
    if own:
        rows.append(("key_identifier", False, core.OctetString(own)))
    usage = {"key_cert_sign", "crl_sign"} if form.role is Role.ROOT else {"digital_signature"}
    rows.append(("key_usage", True, x509.KeyUsage(usage)))
    if form.private_from or form.private_until:
        rows.append(("private_key_usage_period", False, _usage_period(form)))
    if form.role is Role.ROOT:
        rows.append(("basic_constraints", True, x509.BasicConstraints({"ca": True, "path_len_constraint": 0})))
    if form.role is Role.MASTER_LIST_SIGNER:
        rows.append(("extended_key_usage", True, x509.ExtKeyUsageSyntax([_MASTER_LIST_SIGNING])))
    if form.document_types:
        rows.append((_DOCUMENT_TYPES, False, core.ParsableOctetString(_document_types(form.document_types))))
    return [x509.Extension({"extn_id": name, "critical": must, "extn_value": value}) for name, must, value in rows]


def _usage_period(form: CertificateForm) -> x509.PrivateKeyUsagePeriod:
    ends = {"not_before": form.private_from, "not_after": form.private_until}
    return x509.PrivateKeyUsagePeriod({name: at for name, at in ends.items() if at is not None})


def _document_types(codes: tuple[str, ...]) -> bytes:
    """DocumentTypeList, version 0 (§7.1.1.6)."""
    texts = b"".join(sorted(tlv.encode(0x13, code.encode("ascii")) for code in codes))
    return tlv.encode(0x30, tlv.encode(0x02, b"\0") + tlv.encode(0x31, texts))


def _time(at: datetime) -> x509.Time:
    return x509.Time(name="utc_time" if at.year < 2050 else "general_time", value=at)


def _serial(subject: Name, public: bytes) -> int:
    digest = hashlib.sha256(subject.common_name.encode() + public).digest()
    return int.from_bytes(b"\x40" + digest[:14], "big")
