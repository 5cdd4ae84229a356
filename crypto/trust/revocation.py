"""Revocation lists of issuers (CRL: X.509 v2, RFC 5280 §5; ICAO Doc 9303-12 §7.1.4) and what they say.

An issuer has one list, under its name, signed with its newest key; it covers what its older keys signed as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from types import MappingProxyType

from crypto import der, tlv
from crypto.errors import MalformedError, NotSupportedError
from crypto.tlv import Tlv
from crypto.trust import names, signatures, times
from crypto.trust.certificate import Certificate
from crypto.trust.signatures import SignatureAlgorithm

MAX_CRL = 4 * 1024 * 1024
"""Longest revocation list taken, in bytes."""

_MAX_ENTRIES = 100_000
_MAX_EXTENSIONS = 16
_BOOLEAN = 0x01
_AUTHORITY_KEY_ID = "2.5.29.35"
_NUMBER = "2.5.29.20"
_DISTRIBUTION_POINT = "2.5.29.28"
_TIMES = (times.UTC_TIME, times.GENERALIZED_TIME)
_REASON = "2.5.29.21"
_REASONS = (
    "unspecified",
    "key_compromise",
    "ca_compromise",
    "affiliation_changed",
    "superseded",
    "cessation_of_operation",
    "certificate_hold",
    "unspecified",
    "remove_from_crl",
    "privilege_withdrawn",
    "aa_compromise",
)


class RevocationState(Enum):
    """What is known about the revocation of a chain's certificates. Only REVOKED speaks against a certificate."""

    GOOD = "good"
    REVOKED = "revoked"
    NO_LIST = "no_list"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Revocation:
    """The state, the list that says so and, when REVOKED, which certificate since when and why (RFC 5280 §5.3.1)."""

    state: RevocationState
    this_update: datetime | None = None
    next_update: datetime | None = None
    subject: str = ""
    since: datetime | None = None
    reason: str = ""

    def age_days(self, at: datetime) -> int | None:
        """How many whole days old the list is at ``at`` (aware); None without a list."""
        return max((at - self.this_update).days, 0) if self.this_update else None


@dataclass(frozen=True, slots=True)
class RevokedEntry:
    """Since when a certificate is revoked, and the reason code's name."""

    since: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Crl:
    """A revocation list; ``entries`` by serial number. ``issuer_key`` is the issuer's name prepared for comparison."""

    der: bytes = field(repr=False)
    issuer: str
    issuer_key: str = field(repr=False)
    authority_key_id: bytes | None
    number: int | None
    this_update: datetime
    next_update: datetime | None
    entries: Mapping[int, RevokedEntry] = field(repr=False)
    tbs: bytes = field(repr=False)
    algorithm: SignatureAlgorithm
    signature: bytes = field(repr=False)

    @classmethod
    def parse(cls, raw: bytes) -> Crl:
        """The list from DER; raises MalformedError, NotSupportedError (a delta, partial or indirect list, an unknown
        critical extension or algorithm)."""
        if len(raw) > MAX_CRL:
            raise MalformedError("CRL: too long")
        body, algorithm, signature = _exactly(der.parts(tlv.parse_one(raw)), 3)
        fields = _Fields.of(body)
        if fields.algorithm != algorithm.encode():
            raise MalformedError("CRL: signature algorithm differs inside and outside")
        extensions = _crl_extensions(fields.extensions)
        return cls(
            der=bytes(raw),
            issuer=names.text(fields.issuer),
            issuer_key=names.comparison_key(fields.issuer),
            authority_key_id=_authority_key_id(extensions),
            number=_number(extensions),
            this_update=fields.this_update,
            next_update=fields.next_update,
            entries=MappingProxyType(_entries(fields.entries)),
            tbs=body.encode(),
            algorithm=signatures.algorithm_of(algorithm.encode()),
            signature=der.bits(signature),
        )

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the DER form, 64 lower-case hex digits."""
        return hashlib.sha256(self.der).hexdigest()

    def verify_signed_by(self, issuer: Certificate) -> None:
        """Check that the issuer's key signed the list.

        Raises SignatureWrongError; MalformedError or NotSupportedError for a key that cannot be used.
        """
        signatures.verify(issuer.spki, self.algorithm, self.signature, self.tbs)

    def newer_than(self, other: Crl) -> bool:
        """Whether this list came after ``other``: its time, and its number where both have one."""
        if self.number is not None and other.number is not None and self.number < other.number:
            return False
        return self.this_update > other.this_update


@dataclass(frozen=True, slots=True)
class _Fields:
    """The members of a TBSCertList, version 2."""

    algorithm: bytes
    issuer: Tlv
    this_update: datetime
    next_update: datetime | None
    entries: tuple[Tlv, ...]
    extensions: tuple[Tlv, ...]

    @classmethod
    def of(cls, body: Tlv) -> _Fields:
        members = list(der.parts(body))
        if len(members) < 4 or members[0].tag != der.INTEGER or der.unsigned(members[0]) != 1:
            raise NotSupportedError("CRL: not of version 2")
        algorithm, issuer, this_update = members[1:4]
        rest = members[4:]
        next_update = times.read(rest.pop(0))[0] if rest and rest[0].tag in _TIMES else None
        entries = der.parts(rest.pop(0)) if rest and rest[0].tag == der.SEQUENCE else ()
        extensions = der.parts(tlv.parse_one(rest.pop(0).value)) if rest and rest[0].tag == 0xA0 else ()
        if rest:
            raise MalformedError("CRL: members that do not belong there")
        return cls(algorithm.encode(), issuer, times.read(this_update)[0], next_update, entries, extensions)


def _exactly(members: tuple[Tlv, ...], count: int) -> tuple[Tlv, ...]:
    if len(members) != count:
        raise MalformedError(f"CRL: {len(members)} members where {count} belong")
    return members


def _entries(items: tuple[Tlv, ...]) -> dict[int, RevokedEntry]:
    if len(items) > _MAX_ENTRIES:
        raise MalformedError("CRL: too many entries")
    entries: dict[int, RevokedEntry] = {}
    for item in items:
        members = der.parts(item)
        if not 2 <= len(members) <= 3:
            raise MalformedError("CRL: an entry of another form")
        serial = int.from_bytes(der.value(members[0], der.INTEGER), "big", signed=True)
        extensions = _extensions(der.parts(members[2]), known={_REASON}) if len(members) == 3 else {}
        entries[serial] = RevokedEntry(times.read(members[1])[0], _reason(extensions))
    return entries


def _extensions(items: tuple[Tlv, ...], known: set[str]) -> dict[str, bytes]:
    """The value of each extension (RFC 5280 §5.2); raises NotSupportedError for a critical one that is not known."""
    if len(items) > _MAX_EXTENSIONS:
        raise MalformedError("CRL: too many extensions")
    found: dict[str, bytes] = {}
    for item in items:
        members = der.parts(item)
        if not 2 <= len(members) <= 3:
            raise MalformedError("CRL: an extension is not number, criticality and value")
        oid = der.identifier(members[0])
        if oid in found:
            raise MalformedError("CRL: an extension is doubled")
        if len(members) == 3 and oid not in known and der.value(members[1], _BOOLEAN) != b"\0":
            raise NotSupportedError(f"CRL: critical extension {oid}")
        found[oid] = der.value(members[-1], der.OCTET_STRING)
    return found


def _crl_extensions(items: tuple[Tlv, ...]) -> dict[str, bytes]:
    extensions = _extensions(items, known={_AUTHORITY_KEY_ID, _NUMBER, _DISTRIBUTION_POINT})
    scope = extensions.get(_DISTRIBUTION_POINT)
    if scope is not None and any(item.tag != 0xA0 for item in der.parts(tlv.parse_one(scope))):
        raise NotSupportedError("CRL: indirect, or for a part of the certificates only")
    return extensions


def _authority_key_id(extensions: Mapping[str, bytes]) -> bytes | None:
    raw = extensions.get(_AUTHORITY_KEY_ID)
    return tlv.find_optional(der.parts(tlv.parse_one(raw)), 0x80) if raw is not None else None


def _number(extensions: Mapping[str, bytes]) -> int | None:
    raw = extensions.get(_NUMBER)
    return der.unsigned(tlv.parse_one(raw)) if raw is not None else None


def _reason(extensions: Mapping[str, bytes]) -> str:
    raw = extensions.get(_REASON)
    if raw is None:
        return _REASONS[0]
    code = int.from_bytes(tlv.parse_one(raw, 0x0A).value, "big")
    if code >= len(_REASONS):
        raise MalformedError("CRL: an unknown reason")
    return _REASONS[code]
