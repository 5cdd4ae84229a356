"""The QR code of the citizen card: seven fields (CCCD, 2021) or eleven (Căn cước, July 2024), unsigned.

The code can be copied and forged: its contents are for looking up and for opening the chip, never proof.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from datetime import date
from enum import Enum
from itertools import accumulate

from crypto.civil import PartialDate, Sex, read_packed, read_sex
from crypto.codes.fields import DATE_DIGITS, ID_DIGITS, OLD_DIGITS, digits, regained
from crypto.codes.layouts import Mismatch
from crypto.codes.repair import Damage, Mended, is_vietnamese, mend
from crypto.errors import MalformedError
from crypto.id_number import IdNumber

FIRST_ISSUE = date(2021, 1, 1)
"""No chip card is older."""

_FIELDS = 7
_MAX_FIELDS = 32
_MAX_TEXT = 600
_DATES = 2  # birth and issue
_FIRST_YEAR = 1900
_NUMBER_THEN_MORE = re.compile(r"[0-9]{12}([0-9]{9})?(?![0-9])")
_LONE_DATE = re.compile(r"(?<![0-9])[0-9]{8}(?![0-9])")
_SWALLOWED_SEX = "N"  # of Nữ, when all letters that no key types are gone
_DROPPED = frozenset("'’‘ʼ`´-‐‑–~\\")


class QrWarning(Enum):
    """What is odd about a code that was still understood."""

    REPAIRED = "repaired"
    LETTERS_LOST = "letters_lost"
    FIELDS_SHIFTED = "fields_shifted"
    OLD_NUMBER_ODD = "old_number_odd"
    BORN_UNREADABLE = "born_unreadable"
    SEX_UNREADABLE = "sex_unreadable"
    ISSUED_UNREADABLE = "issued_unreadable"
    ISSUED_BEFORE_CHIP_CARDS = "issued_before_chip_cards"
    ISSUED_BEFORE_BORN = "issued_before_born"
    NUMBER_DISAGREES = "number_disagrees"


@dataclass(frozen=True, slots=True)
class CitizenQr:
    """What the card's QR says. With ``damaged`` the number can be used, and ``name`` and ``address`` are None where
    their letters were lost. ``extra``: fields 7 and up, whose order is not published."""

    id_number: IdNumber
    old_number: str | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)
    born: PartialDate | None = field(default=None, repr=False)
    sex: Sex | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    issued: date | None = field(default=None, repr=False)
    extra: tuple[str, ...] = field(default=(), repr=False)
    field_count: int = _FIELDS
    damaged: bool = False
    damage: Damage | None = None
    warnings: tuple[QrWarning, ...] = ()


def fold_name(name: str) -> str:
    """A name as a key for comparison: capitals, no marks, Đ as D, no apostrophe or hyphen, single spaces."""
    plain = unicodedata.normalize("NFD", name.replace("đ", "d").replace("Đ", "D"))
    kept = (c for c in plain if not unicodedata.combining(c) and c not in _DROPPED)
    return " ".join("".join(kept).upper().split())


def looks_like_card(text: str) -> bool:
    """Whether the text has the card's form: field 0 a number of 12 digits, fields 3 and 6 of 8."""
    parts = text.split("|")
    return (
        len(parts) >= _FIELDS and digits(parts[0], ID_DIGITS) and all(digits(parts[at], DATE_DIGITS) for at in (3, 6))
    )


def looks_like_damaged_card(text: str) -> bool:
    """Whether the text may have been a card's: 12 digits at its head, then two dates, or a sex between bars."""
    if not _NUMBER_THEN_MORE.match(text):
        return False
    dates = filter(None, map(read_packed, _LONE_DATE.findall(text[12:])))
    return any(map(read_sex, text.split("|")[2:])) or sum(found.year >= _FIRST_YEAR for found in dates) >= _DATES


def parse_citizen(text: str) -> CitizenQr:
    """The card's data from a text without line end or scanner prefix.

    Fields are found by their form, not only by counting, because keyboard-mode scanners drop and double bars.
    Raises MalformedError when not even the number survived.
    """
    if not looks_like_card(text) and not looks_like_damaged_card(text):
        raise MalformedError("card QR: no 12-digit number with a card's fields")
    parts = text.split("|")
    if len(parts) > _MAX_FIELDS or any(len(part) > _MAX_TEXT for part in parts):
        raise MalformedError("card QR: more than a card holds")
    if looks_like_card(text):
        return _read(parts, ())
    aligned = regained(text)
    number = IdNumber(text[:12])
    if aligned is None:
        return CitizenQr(
            number, field_count=len(parts), damaged=True, warnings=(QrWarning.FIELDS_SHIFTED, QrWarning.LETTERS_LOST)
        )
    return _read(aligned, (QrWarning.FIELDS_SHIFTED,))


def certain_card(text: str) -> CitizenQr | None:
    """The card of a text that was respelled: one with every anchor, or None. The number, two dates that exist, and the
    sex (its first letter, where letters were swallowed) do not stand in their places by chance."""
    if not looks_like_card(text):
        return None
    try:
        card = parse_citizen(text)
    except MalformedError:
        return None
    sexed = card.sex is not None or text.split("|")[4].upper() == _SWALLOWED_SEX
    odd = {QrWarning.BORN_UNREADABLE, QrWarning.ISSUED_UNREADABLE, QrWarning.OLD_NUMBER_ODD}
    return card if sexed and odd.isdisjoint(card.warnings) else None


def by_layout(card: CitizenQr, mismatch: Mismatch, meant: str, arrived: str) -> CitizenQr:
    """``card``, read from ``meant``, which was ``arrived`` before a layout was undone: marked as repaired.

    A letter that arrived may be a figure's key of that layout, or a real letter that came as a code. Where others came
    as codes, or where a layout swallows apostrophes, nobody can tell, and name and address are given up.
    """
    ends = list(accumulate(len(part) + 1 for part in meant.split("|")))
    texts = [slice(ends[at - 1], ends[at]) for at in (2, 5)]
    changed = any(
        a != m and is_vietnamese(a) for text in texts for a, m in zip(arrived[text], meant[text], strict=True)
    )
    if mismatch.loses_apostrophes or (changed and any(map(is_vietnamese, meant))):
        warnings = (*card.warnings, QrWarning.LETTERS_LOST)
        return replace(card, name=None, address=None, damaged=True, damage=Damage.LAYOUT, warnings=warnings)
    others = tuple(warning for warning in card.warnings if warning is not QrWarning.REPAIRED)
    return replace(card, damage=Damage.LAYOUT, warnings=(QrWarning.REPAIRED, *others))


def _read(parts: list[str], known: tuple[QrWarning, ...]) -> CitizenQr:
    mended = mend((parts[2], parts[4], parts[5], *parts[7:]))
    if parts[4].upper() == _SWALLOWED_SEX:
        mended = Mended(None, Damage.LETTERS_LOST)
    name, sex_text, address, *extra = mended.texts or (None, parts[4], None)
    number, born, sex = IdNumber(parts[0]), read_packed(parts[3]), read_sex(sex_text or "")
    issued = read_packed(parts[6])
    exact_issue = issued.exact if issued else None
    odd = {
        QrWarning.REPAIRED: mended.damage is not None and mended.texts is not None,
        QrWarning.LETTERS_LOST: mended.texts is None,
        QrWarning.OLD_NUMBER_ODD: parts[1] != "" and not digits(parts[1], OLD_DIGITS),
        QrWarning.BORN_UNREADABLE: born is None,
        QrWarning.SEX_UNREADABLE: sex is None,
        QrWarning.ISSUED_UNREADABLE: exact_issue is None,
        QrWarning.ISSUED_BEFORE_CHIP_CARDS: exact_issue is not None and exact_issue < FIRST_ISSUE,
        QrWarning.ISSUED_BEFORE_BORN: _before_birth(exact_issue, born),
        QrWarning.NUMBER_DISAGREES: _disagrees(number, born, sex),
    }
    return CitizenQr(
        number,
        old_number=parts[1] or None,
        name=name or None,
        born=born,
        sex=sex,
        address=address or None,
        issued=exact_issue,
        extra=tuple(item or "" for item in extra),
        field_count=len(parts),
        damaged=bool(known) or mended.texts is None,
        damage=mended.damage,
        warnings=known + tuple(warning for warning, applies in odd.items() if applies),
    )


def _before_birth(issued: date | None, born: PartialDate | None) -> bool:
    if issued is None or born is None:
        return False
    return issued < date(born.year, born.month or 1, born.day or 1)


def _disagrees(number: IdNumber, born: PartialDate | None, sex: Sex | None) -> bool:
    """Whether the digits for century, sex and year differ from the text (NĐ 137/2015 Art. 13; a hint only)."""
    century, odd = divmod(int(number.digits[3]), 2)
    year = 1900 + 100 * century + int(number.digits[4:6])
    return (born is not None and born.year != year) or (sex is not None and (sex is Sex.FEMALE) != bool(odd))
