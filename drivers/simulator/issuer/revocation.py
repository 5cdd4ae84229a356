"""Certificate revocation lists of the invented issuer (Doc 9303-12 §7.1.4, RFC 5280 §5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from asn1crypto import core, crl, x509

from drivers.simulator.issuer.certificates import Name
from drivers.simulator.issuer.signing import SigningKey


def compose_crl(
    issuer: Name,
    key: SigningKey,
    revoked: Mapping[int, datetime],
    *,
    this_update: datetime,
    next_update: datetime,
    number: int = 1,
) -> bytes:
    """A revocation list in DER: serial numbers and since when, with ``key``'s identifier and the list's number."""
    algorithm = key.scheme.algorithm
    fields = {
        "version": "v2",
        "signature": algorithm,
        "issuer": issuer.dn(),
        "this_update": _time(this_update),
        "next_update": _time(next_update),
        "crl_extensions": _extensions(key, number),
    }
    if revoked:
        rows = sorted(revoked.items())
        fields["revoked_certificates"] = [
            {"user_certificate": serial, "revocation_date": _time(since)} for serial, since in rows
        ]
    body = crl.TbsCertList(fields)
    whole = {"tbs_cert_list": body, "signature_algorithm": algorithm, "signature": key.sign(body.dump())}
    return bytes(crl.CertificateList(whole).dump())


def _extensions(key: SigningKey, number: int) -> list[dict[str, object]]:
    authority = x509.AuthorityKeyIdentifier({"key_identifier": key.public_info().sha1})
    return [
        {"extn_id": "authority_key_identifier", "critical": False, "extn_value": authority},
        {"extn_id": "crl_number", "critical": False, "extn_value": core.Integer(number)},
    ]


def _time(at: datetime) -> x509.Time:
    return x509.Time(name="utc_time", value=at)
