"""How operators write a time: a day of Vietnam, or a moment with its offset."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from crypto.tickets.rules import VIETNAM


def begins(text: str) -> datetime:
    """The midnight with which a day begins, or the moment. Raises ValueError, whose text repeats nothing."""
    return _moment(text, days=0)


def ends(text: str) -> datetime:
    """The midnight after a last day, or the moment. Raises ValueError, whose text repeats nothing."""
    return _moment(text, days=1)


def written(moment: datetime) -> str:
    """A moment as `begins` and `ends` take it."""
    return moment.astimezone(VIETNAM).isoformat()


def _moment(text: str, days: int) -> datetime:
    try:
        if len(text) == len("yyyy-mm-dd"):
            return datetime.combine(date.fromisoformat(text) + timedelta(days=days), time(), VIETNAM)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise ValueError("a date yyyy-mm-dd or a time yyyy-mm-ddThh:mm+07:00") from None
    if moment.tzinfo is None:
        raise ValueError("a time needs its offset, as in 2026-11-22T08:00+07:00")
    return moment
