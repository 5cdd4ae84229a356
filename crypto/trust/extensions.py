"""The extensions of a certificate that this world uses (ICAO Doc 9303-12 §7.1, RFC 5280 §4.2).

An extension that is doubled, or does not hold what its number says, is taken as absent and listed in ``unreadable``:
the certificate around it may still carry the key that signed a million documents.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

from crypto import der, tlv
from crypto.errors import MalformedError
from crypto.tlv import Tlv
from crypto.trust import times

_MAX_EXTENSIONS = 64
_MAX_USES = 64
_BOOLEAN = 0x01

_SUBJECT_KEY = "2.5.29.14"
_KEY_USAGE = "2.5.29.15"
_PRIVATE_KEY_PERIOD = "2.5.29.16"
_BASIC_CONSTRAINTS = "2.5.29.19"
_AUTHORITY_KEY = "2.5.29.35"
_EXTENDED_USE = "2.5.29.37"

KNOWN = frozenset(
    {
        *(_SUBJECT_KEY, _KEY_USAGE, _PRIVATE_KEY_PERIOD, _BASIC_CONSTRAINTS, _AUTHORITY_KEY, _EXTENDED_USE),
        *("2.5.29.17", "2.5.29.18"),  # alternative names of subject and issuer
        *("2.5.29.31", "2.5.29.32"),  # where revocation lists are, certificate policies
        *("2.23.136.1.1.6.1", "2.23.136.1.1.6.2"),  # change of name, list of document types
    }
)
"""The extensions of ICAO Doc 9303-12 §7.1: a critical one outside of this list restricts the certificate unreadably."""

_ICAO_ROLES = "2.23.136.1.1."


class KeyUsage(IntEnum):
    """What a key may be used for, by bit number (RFC 5280 §4.2.1.3)."""

    DIGITAL_SIGNATURE = 0
    CONTENT_COMMITMENT = 1
    KEY_ENCIPHERMENT = 2
    DATA_ENCIPHERMENT = 3
    KEY_AGREEMENT = 4
    KEY_CERT_SIGN = 5
    CRL_SIGN = 6
    ENCIPHER_ONLY = 7
    DECIPHER_ONLY = 8


@dataclass(frozen=True, slots=True)
class Extensions:
    """What the extensions say; None or empty for what they do not. Times are aware.

    ``unknown_critical`` (not known here, or known and not readable) and ``unreadable`` hold object identifiers.
    ``irregular_time`` says that the period of the private key is written in another form than RFC 5280 allows.
    """

    subject_key_id: bytes | None = None
    authority_key_id: bytes | None = None
    key_usage: frozenset[KeyUsage] | None = None
    ca: bool | None = None
    path_length: int | None = None
    extended_use: tuple[str, ...] = ()
    private_key_from: datetime | None = None
    private_key_until: datetime | None = None
    irregular_time: bool = False
    unknown_critical: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()

    @property
    def may_sign_certificates(self) -> bool | None:
        """Whether key usage and basic constraints allow it; None when neither says a word (old roots)."""
        if {_KEY_USAGE, _BASIC_CONSTRAINTS} & set(self.unreadable):
            return False
        if self.key_usage is not None and KeyUsage.KEY_CERT_SIGN not in self.key_usage:
            return False
        return self.ca

    @property
    def special_role(self) -> bool:
        """Whether the key is for a role of ICAO's own, such as signing master lists or visible digital seals.

        Certificates of document signers have no extended key usage (Doc 9303-12 §7.1.1).
        """
        return any(use.startswith(_ICAO_ROLES) for use in self.extended_use)


def parse(row: bytes) -> Extensions:
    """The extensions in ``row``, the content of the SEQUENCE; raises MalformedError when it is not a row of them."""
    items = tlv.parse_all(row)
    if len(items) > _MAX_EXTENSIONS:
        raise MalformedError("certificate: too many extensions")
    rows = [_extension(item) for item in items]
    said: dict[str, Any] = {}
    unreadable = []
    for oid, read in _READERS.items():
        values = [value for name, _, value in rows if name == oid]
        fields = _read(read, values) if values else {}
        if fields is None:
            unreadable.append(oid)
        else:
            said |= fields
    readable = KNOWN - set(unreadable)
    critical = tuple(dict.fromkeys(oid for oid, critical, _ in rows if critical and oid not in readable))
    return Extensions(**said, unknown_critical=critical, unreadable=tuple(unreadable))


def _read(read: Callable[[Tlv], dict[str, Any]], values: list[bytes]) -> dict[str, Any] | None:
    try:
        return read(tlv.parse_one(values[0])) if len(values) == 1 else None
    except MalformedError:
        return None


def _extension(item: Tlv) -> tuple[str, bool, bytes]:
    members = der.parts(item)
    if not 2 <= len(members) <= 3:
        raise MalformedError("certificate: an extension is not number, criticality and value")
    critical = len(members) == 3 and _boolean(members[1])
    return der.identifier(members[0]), critical, der.value(members[-1], der.OCTET_STRING)


def _boolean(item: Tlv) -> bool:
    content = der.value(item, _BOOLEAN)
    if len(content) != 1:
        raise MalformedError("certificate: not a truth value")
    return content != b"\0"


def _subject_key(item: Tlv) -> dict[str, Any]:
    return {"subject_key_id": der.value(item, der.OCTET_STRING)}


def _authority_key(item: Tlv) -> dict[str, Any]:
    return {"authority_key_id": tlv.find_optional(der.parts(item), 0x80)}


def _key_usage(item: Tlv) -> dict[str, Any]:
    content = der.value(item, der.BIT_STRING)
    if not 1 <= len(content) <= 3 or content[0] > 7:
        raise MalformedError("certificate: key usage of another form")
    row = "".join(f"{byte:08b}" for byte in content[1:])
    return {"key_usage": frozenset(use for use in KeyUsage if row[use : use + 1] == "1")}


def _basic_constraints(item: Tlv) -> dict[str, Any]:
    members = list(der.parts(item))
    ca = bool(members) and members[0].tag == _BOOLEAN and _boolean(members.pop(0))
    length = der.unsigned(members.pop(0)) if members else None
    if members:
        raise MalformedError("certificate: basic constraints of another form")
    return {"ca": ca, "path_length": length}


def _extended_use(item: Tlv) -> dict[str, Any]:
    uses = der.parts(item)
    if len(uses) > _MAX_USES:
        raise MalformedError("certificate: too many extended uses")
    return {"extended_use": tuple(der.identifier(use) for use in uses)}


def _private_key_period(item: Tlv) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in (("from", 0x80), ("until", 0x81)):
        text = tlv.find_optional(der.parts(item), value)
        if text is not None:
            found[f"private_key_{name}"], regular = times.read_text(text, years=4)
            if not regular:
                found["irregular_time"] = True
    return found


_READERS: dict[str, Callable[[Tlv], dict[str, Any]]] = {
    _SUBJECT_KEY: _subject_key,
    _KEY_USAGE: _key_usage,
    _PRIVATE_KEY_PERIOD: _private_key_period,
    _BASIC_CONSTRAINTS: _basic_constraints,
    _AUTHORITY_KEY: _authority_key,
    _EXTENDED_USE: _extended_use,
}
