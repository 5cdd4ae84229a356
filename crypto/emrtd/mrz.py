"""The machine-readable zone (ICAO Doc 9303-3 §4, -4, -5, -6): parsed with all check digits, and composed (TD1)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from enum import Enum

from crypto.errors import MalformedError
from crypto.id_number import IdNumber

_WEIGHTS = (7, 3, 1)
_FILLER = "<"
_ALPHABET = re.compile(r"[0-9A-Z<]*")
_DATE = re.compile(r"[0-9<]{6}")
_ID_NUMBER = re.compile(r"[0-9]{12}")


class MrzForm(Enum):
    """The three layouts; the value is the number of characters."""

    TD1 = 90
    TD2 = 72
    TD3 = 88


class CheckDigit(Enum):
    """What a check digit stands for (Doc 9303-3 §4.9)."""

    DOCUMENT_NUMBER = "document number"
    BIRTH = "date of birth"
    EXPIRY = "date of expiry"
    OPTIONAL = "optional data"
    COMPOSITE = "whole zone"


@dataclass(frozen=True, slots=True)
class Mrz:
    """A machine-readable zone. ``born`` and ``expires`` are YYMMDD as written.

    ``document_number`` is without fillers; ``optional`` holds the optional data elements as written, joined.
    ``wrong`` names the check digits that are not right: never any in a zone from ``parse_mrz``.
    """

    form: MrzForm
    document_code: str
    state: str
    nationality: str
    sex: str = field(repr=False)
    document_number: str = field(repr=False)
    born: str = field(repr=False)
    expires: str = field(repr=False)
    optional: str = field(repr=False)
    surname: str = field(repr=False)
    given_names: str = field(repr=False)
    wrong: tuple[CheckDigit, ...] = ()

    @property
    def information(self) -> str:
        """The MRZ information: what BAC and PACE derive their keys from (Doc 9303-11 §9.7.2)."""
        return information(self.document_number, self.born, self.expires)

    @property
    def id_number(self) -> IdNumber | None:
        """The 12-digit number that a Vietnamese card carries in its optional data; None on other documents."""
        if self.state != "VNM" or self.form is not MrzForm.TD1:
            return None
        found = _ID_NUMBER.match(self.optional)
        return IdNumber(found.group()) if found else None

    def born_on(self, today: date) -> date | None:
        """The date of birth in the latest century that does not lie after ``today``; None when partly unknown."""
        born = _date(today.year // 100, self.born)
        if born is None or born <= today:
            return born
        return _date(today.year // 100 - 1, self.born)


def check_digit(text: str) -> str:
    """The check digit over ``text`` (Doc 9303-3 §4.9); raises MalformedError outside 0-9 A-Z <."""
    total = sum(_worth(character) * _WEIGHTS[at % 3] for at, character in enumerate(text))
    return str(total % 10)


def information(document_number: str, born: str, expires: str) -> str:
    """The MRZ information made of its three parts, each followed by its check digit; dates are YYMMDD.

    Raises MalformedError on characters or date lengths that no MRZ has.
    """
    for text in (born, expires):
        if not _DATE.fullmatch(text):
            raise MalformedError("MRZ: a date is six digits")
    return "".join(part + check_digit(part) for part in (document_number.ljust(9, _FILLER), born, expires))


def parse_mrz(text: str) -> Mrz:
    """The zone from its text, lines joined or apart; raises MalformedError on form or any wrong check digit.

    For zones that a person typed or a camera read, where a wrong digit means a wrong reading.
    """
    zone = read_mrz(text)
    for digit in zone.wrong:
        raise MalformedError(f"MRZ: check digit of the {digit.value} is wrong")
    return zone


def read_mrz(text: str) -> Mrz:
    """The zone from its text, wrong check digits named in ``wrong``; raises MalformedError on its form.

    For zones from a chip: whether they are as issued is told by the issuer's signature, not by a check digit.
    """
    if len(text) > 128:
        raise MalformedError("MRZ: too long")
    zone = "".join(text.split())
    if not _ALPHABET.fullmatch(zone):
        raise MalformedError("MRZ: character outside 0-9 A-Z <")
    if len(zone) == MrzForm.TD1.value:
        return _parse_td1(zone)
    if len(zone) == MrzForm.TD2.value:
        return _parse_two_lines(MrzForm.TD2, zone)
    if len(zone) == MrzForm.TD3.value:
        return _parse_two_lines(MrzForm.TD3, zone)
    raise MalformedError("MRZ: neither TD1, TD2 nor TD3")


def compose_td1(
    *,
    document_code: str,
    state: str,
    document_number: str,
    optional: str,
    born: str,
    sex: str,
    expires: str,
    nationality: str,
    surname: str,
    given_names: str,
) -> str:
    """A TD1 zone: 90 characters without line ends, check digits filled in, names cut to fit.

    ``born`` and ``expires`` are YYMMDD, ``sex`` is M, F or <, names are already letters A-Z and spaces.
    The document number has at most nine characters. Raises MalformedError where a part does not fit.
    """
    number = _padded(document_number, 9)
    first = _padded(document_code, 2) + _padded(state, 3) + number + check_digit(number) + _padded(optional, 15)
    middle = _padded(born, 6) + check_digit(born) + _padded(sex, 1) + _padded(expires, 6) + check_digit(expires)
    middle += _padded(nationality, 3) + _FILLER * 11
    names = f"{surname}  {given_names}".replace(" ", _FILLER)[:30].ljust(30, _FILLER)
    zone = first + middle + check_digit(first[5:] + middle[:7] + middle[8:15] + middle[18:]) + names
    parse_mrz(zone)
    return zone


def _parse_td1(zone: str) -> Mrz:
    first, middle, names = zone[:30], zone[30:60], zone[60:]
    number, digit, optional = _number(first[5:14], first[14], first[15:30])
    composite = first[5:30] + middle[:7] + middle[8:15] + middle[18:29]
    surname, given_names = _names(names)
    return Mrz(
        form=MrzForm.TD1,
        document_code=_text(first[:2]),
        state=_text(first[2:5]),
        nationality=_text(middle[15:18]),
        sex=_text(middle[7]),
        document_number=_text(number),
        born=_date_text(middle[:6]),
        expires=_date_text(middle[8:14]),
        optional=optional + middle[18:29],
        surname=surname,
        given_names=given_names,
        wrong=_wrong(
            (CheckDigit.DOCUMENT_NUMBER, number, digit),
            (CheckDigit.BIRTH, middle[:6], middle[6]),
            (CheckDigit.EXPIRY, middle[8:14], middle[14]),
            (CheckDigit.COMPOSITE, composite, middle[29]),
        ),
    )


def _parse_two_lines(form: MrzForm, zone: str) -> Mrz:
    width = form.value // 2
    first, second = zone[:width], zone[width:]
    if form is MrzForm.TD3:
        number, digit, optional = second[:9], second[9], second[28:42]
        own = [(CheckDigit.OPTIONAL, optional, second[42])]
    else:
        number, digit, optional = _number(second[:9], second[9], second[28 : width - 1])
        own = []
    composite = second[:10] + second[13:20] + second[21 : width - 1]
    surname, given_names = _names(first[5:])
    return Mrz(
        form=form,
        document_code=_text(first[:2]),
        state=_text(first[2:5]),
        nationality=_text(second[10:13]),
        sex=_text(second[20]),
        document_number=_text(number),
        born=_date_text(second[13:19]),
        expires=_date_text(second[21:27]),
        optional=optional,
        surname=surname,
        given_names=given_names,
        wrong=_wrong(
            (CheckDigit.DOCUMENT_NUMBER, number, digit),
            (CheckDigit.BIRTH, second[13:19], second[19]),
            (CheckDigit.EXPIRY, second[21:27], second[27]),
            *own,
            (CheckDigit.COMPOSITE, composite, second[width - 1]),
        ),
    )


def _number(number: str, digit: str, optional: str) -> tuple[str, str, str]:
    """Document number, its check digit and the optional data (TD1 and TD2).

    A number beyond nine characters goes on in the optional data, its check digit last (Doc 9303-5 §4.2.2 note j).
    """
    tail, _, rest = optional.partition(_FILLER)
    if digit != _FILLER or len(tail) < 2:
        return number, digit, optional
    return number + tail[:-1], tail[-1], rest


def _wrong(*rows: tuple[CheckDigit, str, str]) -> tuple[CheckDigit, ...]:
    """Whose check digit is not that of the text; an empty part may leave its digit out (Doc 9303-4 §4.2.2.2)."""
    return tuple(
        what
        for what, text, digit in rows
        if check_digit(text) != digit and not (digit == _FILLER and not text.strip(_FILLER))
    )


def _worth(character: str) -> int:
    if "0" <= character <= "9":
        return ord(character) - ord("0")
    if "A" <= character <= "Z":
        return ord(character) - ord("A") + 10
    if character == _FILLER:
        return 0
    raise MalformedError("MRZ: character outside 0-9 A-Z <")


def _names(field_text: str) -> tuple[str, str]:
    surname, _, given_names = field_text.rstrip(_FILLER).partition(_FILLER * 2)
    return _text(surname), _text(given_names)


def _text(part: str) -> str:
    return " ".join(part.replace(_FILLER, " ").split())


def _date_text(part: str) -> str:
    if not _DATE.fullmatch(part):
        raise MalformedError("MRZ: a date is six digits")
    return part


def _padded(part: str, width: int) -> str:
    if len(part) > width:
        raise MalformedError("MRZ: a part is longer than its field")
    return part.ljust(width, _FILLER)


def _date(century: int, text: str) -> date | None:
    try:
        return date(century * 100 + int(text[:2]), int(text[2:4]), int(text[4:6]))
    except ValueError:
        return None
