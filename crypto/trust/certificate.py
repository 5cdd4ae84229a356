"""An X.509 certificate of the travel document world (ICAO Doc 9303-12 §7.1): taken apart once, then frozen.

Countries write certificates in many ways, and a citizen's document must not fail for it: whatever does not touch the
key, the dates, the names or the signature is a finding, not a refusal.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from crypto import ber, der, tlv
from crypto.errors import MalformedError, NotSupportedError
from crypto.tlv import Tlv
from crypto.trust import extensions, names, signatures, times
from crypto.trust.extensions import Extensions
from crypto.trust.findings import Finding
from crypto.trust.signatures import SignatureAlgorithm

MAX_CERTIFICATE = 32 * 1024
"""Longest certificate taken, in bytes."""

_VERSION = 0xA0
_UNIQUE_IDS = (0x81, 0x82)
_EXTENSIONS = 0xA3
_MAX_SERIAL = 1024


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate in definite form (``der``). Times are aware (UTC).

    ``subject_key`` and ``issuer_key`` are the names prepared for comparison (``crypto.trust.names``). The signature's
    algorithm and the key are read when they are used: one that nobody here knows refuses that use alone.
    """

    der: bytes = field(repr=False)
    tbs: bytes = field(repr=False, compare=False)
    serial: int = field(compare=False)
    subject_der: bytes = field(repr=False, compare=False)
    issuer_der: bytes = field(repr=False, compare=False)
    subject_key: str = field(repr=False, compare=False)
    issuer_key: str = field(repr=False, compare=False)
    not_before: datetime = field(compare=False)
    not_after: datetime = field(compare=False)
    spki: bytes = field(repr=False, compare=False)
    extensions: Extensions = field(compare=False)
    _signature: Tlv = field(repr=False, compare=False)
    _algorithms: tuple[bytes, bytes] = field(repr=False, compare=False)
    """The signature's AlgorithmIdentifier, inside of what is signed and outside."""
    _form: tuple[Finding, ...] = field(repr=False, compare=False)

    @classmethod
    def parse(cls, raw: bytes) -> Certificate:
        """The certificate from DER, or from BER as if it were DER; raises MalformedError."""
        if len(raw) > MAX_CERTIFICATE:
            raise MalformedError("certificate: too long")
        plain = ber.definite(raw)
        pieces = tlv.slices(der.value(tlv.parse_one(plain), der.SEQUENCE))
        if len(pieces) != 3:
            raise MalformedError("certificate: not body, algorithm and signature")
        tbs, algorithm, signature = pieces
        fields = list(der.parts(tlv.parse_one(tbs)))
        if fields and fields[0].tag == _VERSION:
            del fields[0]  # says which optional fields there are: they are taken as they come
        if len(fields) < 6:
            raise MalformedError("certificate: its body lacks fields")
        serial, inner, issuer, validity, subject, spki, *optional = fields
        not_before, not_after, regular = _validity(validity)
        found = extensions.parse(_extensions(tuple(optional)))
        subject_key = names.comparison_key(subject)
        facts = {
            Finding.INDEFINITE_LENGTH: plain != raw,
            Finding.IRREGULAR_TIME: not regular or found.irregular_time,
            Finding.EXTENSION_UNREADABLE: bool(found.unreadable),
            Finding.UNKNOWN_CRITICAL: bool(found.unknown_critical),
        }
        return cls(
            der=plain,
            tbs=tbs,
            serial=serial_of(serial),
            subject_der=subject.encode(),
            issuer_der=issuer.encode(),
            subject_key=subject_key,
            issuer_key=subject_key if issuer == subject else names.comparison_key(issuer),
            not_before=not_before,
            not_after=not_after,
            spki=spki.encode(),
            extensions=found,
            _signature=tlv.parse_one(signature, der.BIT_STRING),
            _algorithms=(inner.encode(), algorithm),
            _form=tuple(finding for finding, holds in facts.items() if holds),
        )

    @property
    def subject(self) -> str:
        """Whose certificate, for people: ``C=VN, O=…, CN=…``."""
        return names.text(tlv.parse_one(self.subject_der))

    @property
    def issuer(self) -> str:
        """Who signed it, for people."""
        return names.text(tlv.parse_one(self.issuer_der))

    @property
    def subject_key_id(self) -> bytes | None:
        """The identifier of its key, when it says one."""
        return self.extensions.subject_key_id

    @property
    def authority_key_id(self) -> bytes | None:
        """The identifier of the key that signed it, when it says one."""
        return self.extensions.authority_key_id

    @property
    def private_key_from(self) -> datetime | None:
        """Since when its key signs, when it says so."""
        return self.extensions.private_key_from

    @property
    def private_key_until(self) -> datetime | None:
        """Until when its key signs, when it says so."""
        return self.extensions.private_key_until

    @property
    def is_ca(self) -> bool:
        """Whether it may sign others; one without any statement about it (old roots) may when it is self-issued."""
        allowed = self.extensions.may_sign_certificates
        return self.self_issued if allowed is None else allowed

    @property
    def self_issued(self) -> bool:
        """Whether subject and issuer are the same name."""
        return self.subject_key == self.issuer_key

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the DER form, 64 lower-case hex digits."""
        return hashlib.sha256(self.der).hexdigest()

    @property
    def algorithm(self) -> SignatureAlgorithm:
        """How it was signed; raises NotSupportedError, MalformedError."""
        inner, outer = (signatures.without_null(identifier) for identifier in self._algorithms)
        if inner != outer:
            # The outer one is not signed: a forger could choose it.
            raise MalformedError("certificate: signature algorithm differs inside and outside")
        return signatures.algorithm_of(self._algorithms[0])

    @property
    def key(self) -> str:
        """Its public key for reports: ``brainpoolP384r1``, ``RSA 3072``; raises MalformedError, NotSupportedError."""
        return signatures.describe_key(self.spki)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is weak about the signature's hash or irregular in form; the issuer's key is judged with the issuer."""
        try:
            weak = self.algorithm.weak
        except (NotSupportedError, MalformedError):
            return self._form
        return (*weak, *self._form)

    def valid_at(self, at: datetime) -> bool:
        """Whether ``at`` (aware) lies in the validity period, both ends included."""
        return self.not_before <= at <= self.not_after

    def verify_signed_by(self, issuer: Certificate) -> None:
        """Check that the issuer's key signed this one.

        Raises SignatureWrongError; MalformedError or NotSupportedError for a key or algorithm that cannot be used.
        """
        signatures.verify(issuer.spki, self.algorithm, der.bits(self._signature), self.tbs)


def serial_of(item: Tlv) -> int:
    """A certificate's serial number: an INTEGER, by mistake also a negative one or longer than 20 bytes.

    Raises MalformedError.
    """
    content = der.value(item, der.INTEGER)
    if not 1 <= len(content) <= _MAX_SERIAL:
        raise MalformedError("certificate: serial number empty or oversized")
    return int.from_bytes(content, "big", signed=True)


def _validity(item: Tlv) -> tuple[datetime, datetime, bool]:
    members = der.parts(item)
    if len(members) != 2:
        raise MalformedError("certificate: validity is not two times")
    (begin, first), (end, second) = (times.read(member) for member in members)
    return begin, end, first and second


def _extensions(optional: tuple[Tlv, ...]) -> bytes:
    if any(item.tag not in (*_UNIQUE_IDS, _EXTENSIONS) for item in optional):
        raise MalformedError("certificate: a field of another kind")
    wrapped = tlv.find_optional(optional, _EXTENSIONS)
    return b"" if wrapped is None else der.value(tlv.parse_one(wrapped), der.SEQUENCE)
