"""Points in time of certificates and revocation lists (RFC 5280 §4.1.2.5), also as old issuers write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from crypto.errors import MalformedError
from crypto.tlv import Tlv

UTC_TIME = 0x17
GENERALIZED_TIME = 0x18

_TURN_OF_CENTURY = 50
_REST = rb"(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:[.,]\d{1,9})?(Z|[+-]\d{4})?"
_FORMS = {2: re.compile(rb"(\d\d)" + _REST), 4: re.compile(rb"(\d{4})" + _REST)}
_REGULAR_LENGTH = {2: 13, 4: 15}


def read(item: Tlv) -> tuple[datetime, bool]:
    """The time (aware, UTC) of a UTCTime or GeneralizedTime, and whether it has the one form that RFC 5280 allows.

    Seconds may be missing, fractions are dropped, offsets are converted, and a time without zone is taken as UTC.
    Raises MalformedError for anything that is no date.
    """
    if item.tag not in (UTC_TIME, GENERALIZED_TIME):
        raise MalformedError("time: not a UTCTime or GeneralizedTime")
    return read_text(item.value, years=2 if item.tag == UTC_TIME else 4)


def read_text(text: bytes, years: int) -> tuple[datetime, bool]:
    """As ``read``, from the characters of a time whose year has ``years`` digits (2 or 4)."""
    found = _FORMS[years].fullmatch(text)
    if found is None:
        raise MalformedError("time: not a date and time")
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    if years == 2:
        year += 1900 if year >= _TURN_OF_CENTURY else 2000
    regular = len(text) == _REGULAR_LENGTH[years] and found[7] == b"Z"
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC) - _offset(found[7]), regular
    except (ValueError, OverflowError):
        raise MalformedError("time: no such date") from None


def _offset(zone: bytes | None) -> timedelta:
    if zone is None or zone == b"Z":
        return timedelta(0)
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
    return -offset if zone[:1] == b"-" else offset
