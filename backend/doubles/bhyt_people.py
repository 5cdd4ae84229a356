"""The invented people of the simulated gateway, and what it says of each."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from crypto.codes.citizen_id import fold_name

FILE = Path(__file__).parent.parent / "sample" / "bhyt.toml"

_KEY = re.compile(r"[0-9]{10}|[0-9]{12}|[A-Z]{2}[1-5][0-9]{12}")
_BORN = re.compile(r"([0-9]{2}/[0-9]{2}/)?[0-9]{4}")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom the gateway knows. ``code``: the maKetQua for the right question; ``fault``: what happens besides.

    ``card`` has 15 characters, dates are dd/MM/yyyy with ``{year}``, ``{last}`` and ``{next}`` for years.
    """

    id_number: str = field(repr=False)
    card: str = field(repr=False)
    name: str = field(repr=False)
    born: str = field(repr=False)
    code: str
    note: str = field(repr=False)
    begins: str = ""
    ends: str = ""
    new_card: str = field(default="", repr=False)
    new_begins: str = ""
    new_ends: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class People:
    """All of them, and the staff who may ask: names by ID number."""

    persons: tuple[Person, ...]
    staff: Mapping[str, str] = field(repr=False)

    @classmethod
    def read(cls, file: Path = FILE) -> People:
        """Those of a file like backend/sample/bhyt.toml."""
        found = tomllib.loads(file.read_text("utf-8"))
        persons = tuple(Person(**row) for row in found["person"])
        return cls(persons, {row["id_number"]: row["name"] for row in found["staff"]})

    def find(self, key: str) -> Person | None:
        """By ID number, by the ten digits of the insurance number or by the whole code."""
        return next((one for one in self.persons if key in (one.id_number, one.card, one.card[-10:])), None)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question says, as far as it is text."""

    card: str = field(repr=False)
    name: str = field(repr=False)
    born: str = field(repr=False)
    staff_name: str = field(repr=False)
    staff_number: str = field(repr=False)

    @classmethod
    def of(cls, body: object) -> Asked | None:
        """None for what is no question: code 205."""
        if not isinstance(body, dict):
            return None
        given = [body.get(name) for name in ("maThe", "hoTen", "ngaySinh", "hoTenCb", "cccdCb")]
        texts = [one.strip() for one in given if isinstance(one, str)]
        if len(texts) < len(given) or not all(texts) or not _BORN.fullmatch(texts[2]):
            return None
        return cls(*texts)


def verdict(people: People, asked: Asked) -> tuple[str, Person | None]:
    """The maKetQua, in the order in which the gateway looks, and the person where there is one."""
    if asked.staff_number not in people.staff:
        return "054", None
    if fold_name(people.staff[asked.staff_number]) != fold_name(asked.staff_name):
        return "055", None
    if not _KEY.fullmatch(asked.card):
        return ("053" if re.fullmatch(r"[A-Z]{2}[0-9]{13}", asked.card) else "051"), None
    person = people.find(asked.card)
    if person is None:
        return "050", None
    if fold_name(asked.name) != fold_name(person.name):
        return ("061" if fold_name(asked.name)[:1] == fold_name(person.name)[:1] else "060"), person
    if not person.born.endswith(asked.born):
        return "070", person
    return person.code, person


def answer(code: str, person: Person | None, note: str, today: date, visits: Iterable[object] | None) -> dict[str, Any]:
    """The answer in the gateway's own words; only success and an expiry tell what the card is."""
    told = person if person and code in ("000", "001", "002", "003", "004", "010") else None

    years = {"last": today.year - 1, "year": today.year, "next": today.year + 1}

    def text(name: str) -> str:
        return str(getattr(told, name)).format_map(years) if told else ""

    return {
        "maKetQua": code,
        "ghiChu": note,
        "maThe": text("card"),
        "hoTen": text("name"),
        "ngaySinh": text("born"),
        "gioiTinh": "Nam" if told else "",
        "diaChi": "Xã Giả Định" if told else "",
        "maDKBD": "01000" if told else "",
        "cqBHXH": "BHXH mẫu" if told else "",
        "gtTheTu": text("begins"),
        "gtTheDen": text("ends"),
        "maKV": "",
        "ngayDu5Nam": "",
        "maSoBHXH": text("card")[-10:],
        "maTheCu": "",
        "maTheMoi": text("new_card"),
        "gtTheTuMoi": text("new_begins"),
        "gtTheDenMoi": text("new_ends"),
        "maDKBDMoi": "01001" if told and told.new_card else "",
        "tenDKBDMoi": "Trạm y tế Mẫu" if told and told.new_card else "",
        "dsLichSuKCB2018": visits,
        "dsLichSuKT2018": None,
    }
