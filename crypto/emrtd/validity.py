"""How long a citizen card is valid, from the dates of birth and issue.

Until 30/06/2024: Luật Căn cước công dân 2014, Art. 21 (ages 25, 40, 60). From 01/07/2024: Luật Căn cước 26/2023/QH15,
Art. 21 (14, 25, 40, 60). A card issued within the two years before an age is valid until the next one; after the
last it does not expire. The card expires on the birthday.
"""

from __future__ import annotations

from calendar import isleap
from datetime import MAXYEAR, MINYEAR, date

from crypto.emrtd.vietnam import NO_EXPIRY
from crypto.errors import MalformedError

_NEW_LAW = date(2024, 7, 1)
_AGES_OLD = (25, 40, 60)
_AGES_NEW = (14, 25, 40, 60)
_GRACE_YEARS = 2


def expiry(born: date, issued: date) -> date | None:
    """The day on which the card expires, or None when it never does; MalformedError if issued before birth.

    A birthday on 29 February counts as the 28th in other years: the general rule for terms (Bộ luật Dân sự 2015,
    Art. 148), which nobody has confirmed for this card.
    """
    ahead = _ahead(born, issued)
    return next((day for day in ahead if issued < _years_from(day, -_GRACE_YEARS)), None)


def candidates(born: date, issued: date) -> tuple[str, ...]:
    """Dates of expiry to try when opening the chip with BAC, as YYMMDD, the likeliest first.

    After the computed one: 1 March for a birthday on 29 February, then the neighbouring ages, as the law's edges
    (exactly two years, the change of 2024) are not settled. Raises MalformedError if issued before birth.
    """
    likely = expiry(born, issued)
    ahead: list[date | None] = [*_ahead(born, issued), None]
    at = ahead.index(likely)
    found = [
        text for day in (likely, *ahead[at + 1 : at + 2], *ahead[max(at - 1, 0) : at]) for text in _texts(born, day)
    ]
    return tuple(dict.fromkeys(found))


def _ahead(born: date, issued: date) -> list[date]:
    """The birthdays at which a card of that day can expire, soonest first."""
    if issued < born:
        raise MalformedError("card: issued before the holder was born")
    ages = _AGES_NEW if issued >= _NEW_LAW else _AGES_OLD
    return [day for day in (_years_from(born, age) for age in ages) if day > issued]


def _years_from(day: date, years: int) -> date:
    year = day.year + years
    if not MINYEAR <= year <= MAXYEAR:
        raise MalformedError("card: a date outside the calendar")
    leap_day_missing = (day.month, day.day) == (2, 29) and not isleap(year)
    return day.replace(year=year, day=28 if leap_day_missing else day.day)


def _texts(born: date, day: date | None) -> tuple[str, ...]:
    if day is None:
        return (NO_EXPIRY,)
    if (born.month, born.day) == (2, 29) and day.day == 28:
        return day.strftime("%y%m%d"), f"{day.year % 100:02}0301"
    return (day.strftime("%y%m%d"),)
