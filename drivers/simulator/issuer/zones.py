"""The machine readable zone of cards and passports (ICAO Doc 9303-4, -5 and -6), and data group 1 around it."""

from __future__ import annotations

import hashlib
from datetime import date
from enum import Enum

from crypto import tlv
from crypto.civil import PartialDate, Sex
from crypto.emrtd.lds import Ef
from crypto.emrtd.vietnam import card_mrz
from drivers.simulator.people import Resident

_WEIGHTS = (7, 3, 1)
_STATE = "VNM"
_PASSPORT_YEARS = 10


class Zone(Enum):
    """The three forms; the value is how many lines of how many characters."""

    TD1 = (3, 30)
    TD2 = (2, 36)
    TD3 = (2, 44)


def compose_zone(person: Resident, zone: Zone) -> str:
    """The zone of the person's citizen card (TD1), small card (TD2) or passport (TD3), lines joined."""
    born = PartialDate(person.born.year, person.born.month, person.born.day)
    sex = "M" if person.sex is Sex.MALE else "F"
    card = card_mrz(id_number=person.id_number, name=person.name, born=born, sex=sex, expires=person.expires)
    if zone is Zone.TD1:
        return card
    width = zone.value[1]
    names = card[60:].rstrip("<")
    first = f"{'P<' if zone is Zone.TD3 else 'I<'}{_STATE}{names}".ljust(width, "<")
    number = _with_digit(_document_number(person))
    middle = _with_digit(f"{person.born:%y%m%d}") + sex + _with_digit(f"{_expiry(person):%y%m%d}")
    optional = _with_digit(person.id_number.digits.ljust(14, "<")) if zone is Zone.TD3 else "<" * 7
    # Nationality and sex are left out of the digit over the whole (Doc 9303-4 §4.2.2.2).
    covered = number + middle[:7] + middle[8:] + optional
    return first + number + _STATE + middle + optional + check_digit(covered)


def zone_lines(text: str) -> list[str]:
    """The lines of a zone, told by its length."""
    form = next(zone for zone in Zone if zone.value[0] * zone.value[1] == len(text))
    return [text[at : at + form.value[1]] for at in range(0, len(text), form.value[1])]


def encode_dg1(text: str) -> bytes:
    """Data group 1 around a zone."""
    return tlv.encode(Ef.DG1.tag, tlv.encode(0x5F1F, text.encode("ascii")))


def check_digit(text: str) -> str:
    """The digit of Doc 9303-3 §4.9: values weighted by 7, 3, 1, modulo 10."""
    worth = (int(letter, 36) if letter != "<" else 0 for letter in text)
    return str(sum(value * _WEIGHTS[at % 3] for at, value in enumerate(worth)) % 10)


def _with_digit(text: str) -> str:
    return text + check_digit(text)


def _document_number(person: Resident) -> str:
    """An invented number of nine characters; the same person always gets the same one."""
    return f"X{int.from_bytes(hashlib.sha256(person.code.encode()).digest()[:4], 'big') % 10**8:08}"


def _expiry(person: Resident) -> date:
    return person.issued.replace(year=person.issued.year + _PASSPORT_YEARS)
