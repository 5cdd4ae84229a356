"""X.509 certificates of the invented issuer, with the extensions of Doc 9303-12 §7.1."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import core, x509

from drivers.simulator.issuer.signing import SigningKey

NOT_BEFORE = datetime(2021, 1, 1, tzinfo=UTC)
NOT_AFTER = datetime(2046, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose certificate: the common name, and whether it may sign certificates itself."""

    name: str
    authority: bool

    def dn(self) -> x509.Name:
        """The distinguished name; the organisation says that nothing here is real."""
        names = {"country_name": "VN", "organization_name": "SIMULATED", "common_name": self.name}
        return x509.Name.build(names)


def compose_certificate(subject: Subject, key: SigningKey, issuer: Subject, issuer_key: SigningKey) -> bytes:
    """A certificate in DER: ``key``'s public half for ``subject``, signed with ``issuer_key``."""
    info = key.public_info()
    body = x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": _serial(subject, info.dump()),
            "signature": issuer_key.algorithm,
            "issuer": issuer.dn(),
            "validity": {
                "not_before": x509.Time(name="utc_time", value=NOT_BEFORE),
                "not_after": x509.Time(name="utc_time", value=NOT_AFTER),
            },
            "subject": subject.dn(),
            "subject_public_key_info": info,
            "extensions": _extensions(subject, key, issuer_key),
        }
    )
    signature = issuer_key.sign(body.dump())
    whole = {"tbs_certificate": body, "signature_algorithm": issuer_key.algorithm, "signature_value": signature}
    return bytes(x509.Certificate(whole).dump())


def _extensions(subject: Subject, key: SigningKey, issuer_key: SigningKey) -> list[x509.Extension]:
    authority = x509.AuthorityKeyIdentifier({"key_identifier": issuer_key.public_info().sha1})
    usage = {"key_cert_sign", "crl_sign"} if subject.authority else {"digital_signature"}
    rows: list[tuple[str, bool, core.Asn1Value]] = [
        ("authority_key_identifier", False, authority),
        ("key_identifier", False, core.OctetString(key.public_info().sha1)),
        ("key_usage", True, x509.KeyUsage(usage)),
    ]
    if subject.authority:
        rows.append(("basic_constraints", True, x509.BasicConstraints({"ca": True, "path_len_constraint": 0})))
    return [x509.Extension({"extn_id": name, "critical": must, "extn_value": value}) for name, must, value in rows]


def _serial(subject: Subject, public: bytes) -> int:
    digest = hashlib.sha256(subject.name.encode() + public).digest()
    return int.from_bytes(digest[:15], "big") | 1
