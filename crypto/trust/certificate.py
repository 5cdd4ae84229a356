"""An X.509 certificate of the travel document world (ICAO Doc 9303-12 §7): parsed whole, then frozen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crypto import der, tlv
from crypto.errors import MalformedError
from crypto.trust import signatures
from crypto.trust.signatures import Finding, SignatureAlgorithm

MAX_CERTIFICATE = 32 * 1024
"""Longest certificate taken, in bytes."""

_MAX_NAME = 512
_SHORT_NAMES = {
    "country_name": "C",
    "organization_name": "O",
    "organizational_unit_name": "OU",
    "common_name": "CN",
    "serial_number": "serialNumber",
}


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate. Times are aware (UTC); names are texts like ``C=VN, O=…, CN=…``.

    ``subject_key`` and ``issuer_key`` are the names prepared for comparison (RFC 5280 §7.1). ``is_ca`` says whether the
    certificate may sign others; one without any such statement (old roots) may when it is self-issued.
    """

    der: bytes = field(repr=False)
    subject: str
    issuer: str
    subject_key: str = field(repr=False)
    issuer_key: str = field(repr=False)
    issuer_der: bytes = field(repr=False)
    serial: int
    subject_key_id: bytes | None
    authority_key_id: bytes | None
    not_before: datetime
    not_after: datetime
    private_key_from: datetime | None
    private_key_until: datetime | None
    is_ca: bool
    spki: bytes = field(repr=False)
    tbs: bytes = field(repr=False)
    algorithm: SignatureAlgorithm
    signature: bytes = field(repr=False)

    @classmethod
    def parse(cls, raw: bytes) -> Certificate:
        """The certificate from DER; raises MalformedError, NotSupportedError (an unknown signature algorithm)."""
        if len(raw) > MAX_CERTIFICATE:
            raise MalformedError("certificate: too long")
        for _ in tlv.walk(raw):
            pass  # asn1crypto recurses and takes indefinite lengths: refuse what is deep or not definite before
        from asn1crypto import x509

        with _strictly():
            return _build(cls, raw, x509.Certificate.load(raw, strict=True))

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the DER form, 64 lower-case hex digits."""
        return hashlib.sha256(self.der).hexdigest()

    @property
    def self_issued(self) -> bool:
        """Whether subject and issuer are the same name."""
        return self.subject_key == self.issuer_key

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is weak about the signature's hash; the issuer's key is judged with the issuer."""
        return (Finding.SHA1,) if "sha1" in (self.algorithm.digest, self.algorithm.mask_digest) else ()

    def valid_at(self, at: datetime) -> bool:
        """Whether ``at`` (aware) lies in the validity period, both ends included."""
        return self.not_before <= at <= self.not_after

    def verify_signed_by(self, issuer: Certificate) -> None:
        """Check that the issuer's key signed this one.

        Raises SignatureWrongError; MalformedError or NotSupportedError for a key that cannot be used.
        """
        signatures.verify(issuer.spki, self.algorithm, self.signature, self.tbs)


@contextmanager
def _strictly() -> Iterator[None]:
    """The errors that asn1crypto lets out of hostile input, as one."""
    try:
        yield
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError):
        raise MalformedError("certificate: not an X.509 certificate") from None


def _build(cls: type[Certificate], raw: bytes, parsed: Any) -> Certificate:
    tbs = parsed["tbs_certificate"]
    identifier = parsed["signature_algorithm"].dump()
    if tbs["signature"].dump() != identifier:
        raise MalformedError("certificate: signature algorithm differs inside and outside")
    period = parsed.private_key_usage_period_value
    return cls(
        der=bytes(raw),
        subject=_text(tbs["subject"]),
        issuer=_text(tbs["issuer"]),
        subject_key=tbs["subject"].hashable,
        issuer_key=tbs["issuer"].hashable,
        issuer_der=tbs["issuer"].dump(),
        serial=tbs["serial_number"].native,
        subject_key_id=parsed.key_identifier,
        authority_key_id=parsed.authority_key_identifier,
        not_before=_time(tbs["validity"]["not_before"].native),
        not_after=_time(tbs["validity"]["not_after"].native),
        private_key_from=_optional_time(period, "not_before"),
        private_key_until=_optional_time(period, "not_after"),
        is_ca=_is_ca(parsed),
        spki=tbs["subject_public_key_info"].dump(),
        tbs=tbs.dump(),
        algorithm=signatures.algorithm_of(identifier),
        signature=der.bits(tlv.parse_one(parsed["signature_value"].dump())),
    )


def _is_ca(parsed: Any) -> bool:
    constraints, usage = parsed.basic_constraints_value, parsed.key_usage_value
    if usage is not None and "key_cert_sign" not in usage.native:
        return False
    return bool(constraints["ca"].native) if constraints is not None else bool(parsed.self_issued)


def _text(name: Any) -> str:
    """The name for people; a chip's issuer may say anything, so nothing unprintable gets to a screen."""
    parts = (part for level in name.chosen for part in level)
    text = ", ".join(f"{_SHORT_NAMES.get(p['type'].native, p['type'].dotted)}={p['value'].native}" for p in parts)
    return "".join(character if character.isprintable() else "?" for character in text)[:_MAX_NAME]


def _time(value: Any) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise MalformedError("certificate: a time without a calendar date")
    return value


def _optional_time(period: Any, name: str) -> datetime | None:
    if period is None or period[name].native is None:
        return None
    return _time(period[name].native)
