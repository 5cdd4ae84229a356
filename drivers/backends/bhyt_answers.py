"""From the gateway's answer to the desk's: which card, what it covers, whether it contradicts itself."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from crypto.civil import PartialDate
from crypto.codes.citizen_id import fold_name
from drivers.backends import bhyt_wire as wire
from drivers.backends.bhyt_codes import OLD_CARD_STANDS, Code, meaning_of
from drivers.backends.bhyt_wire import CardAnswer
from terminal.clock import VIETNAM_TIME
from terminal.faults import FaultError
from terminal.model import Cover, Digests, Eligibility, EligibilityAnswer
from terminal.ports import EligibilityQuestion

_CARD = re.compile(r"[0-9]{10}|[A-Z]{2}[1-5][0-9]{12}")
_ID_NUMBER = re.compile(r"[0-9]{12}")
_PAYS = {"1": "100 %", "2": "100 %", "3": "95 %", "4": "80 %", "5": "100 %"}
"""By the third sign of an old code (QĐ 1351/2015/QĐ-BHXH); a code of ten digits does not tell."""

_A_DAY = timedelta(days=1)
_UNTOLD = "–"


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was sent, what came back, when, and from whom."""

    asked: bytes = field(repr=False)
    raw: bytes = field(repr=False)
    card: CardAnswer = field(repr=False)
    at: datetime
    simulated: bool = False


def answer_of(exchange: Exchange, question: EligibilityQuestion, key: str) -> EligibilityAnswer:
    """The answer to ``question``, which was asked by ``key``. Raises FaultError: the row's own for a code that says
    nothing about the person, ``net.garbage`` for an answer about somebody else or with a date that is none."""
    card = exchange.card
    row = meaning_of(card.code)
    if row.state is None:
        raise FaultError(row.fault, f"maKetQua {row.code}")
    cover = _cover(card, row)
    state, reason = row.state, row.reason
    if state is Eligibility.ELIGIBLE:
        _check_same(card, question, key)
        if cover is None or not _covers(cover, exchange.at.astimezone(VIETNAM_TIME).date()):
            state, reason = Eligibility.UNKNOWN, "dates_differ"
    return EligibilityAnswer(
        state=state,
        reason=reason,
        answered_at=exchange.at,
        reference=_reference(exchange),
        cover=cover,
        registered_name=_other_name(card, question) if state is Eligibility.ELIGIBLE else None,
        note=_note(card, row, question),
        digests=Digests(_sha256(exchange.asked), _sha256(exchange.raw)),
        simulated=exchange.simulated,
    )


def _cover(card: CardAnswer, row: Code) -> Cover | None:
    """The card that counts: the new one where there is one. Only army and police cards may come without any."""
    new = row.reason == "new_card"
    code = _code(card.new_card, card.member) if new else _code(card.card, card.member)
    begins, ends = (card.new_begins, card.new_ends) if new else (card.begins, card.ends)
    if code is None:
        if row.state is Eligibility.ELIGIBLE:
            raise FaultError("net.garbage", "a yes without a card")
        return None
    old_end = wire.day(card.ends) if row.code == OLD_CARD_STANDS else None
    return Cover(
        insurance_code=code,
        benefit=_PAYS[code[2]] if len(code) == 15 else _UNTOLD,
        valid_from=wire.day(begins),
        valid_to=wire.day(ends),
        facility=_plain(card.new_facility if new else card.facility),
        facility_name=_plain(card.new_facility_name) if new else None,
        replaces_until=old_end,
    )


def _code(*texts: str | None) -> str | None:
    """The first that is an insurance code; the gateway repeats an ID number it was asked by in the same field."""
    return next((text.strip() for text in texts if text and _CARD.fullmatch(text.strip())), None)


def _covers(cover: Cover, today: date) -> bool:
    """Whether the card, or the old one that still stands, covers today; a day's grace for the gateway's midnight."""
    begins, ends = cover.valid_from or date.min, cover.valid_to or date.max
    old_stands = cover.replaces_until is not None and cover.replaces_until >= today - _A_DAY
    return begins <= ends and ends >= today - _A_DAY and (begins <= today + _A_DAY or old_stands)


def _check_same(card: CardAnswer, question: EligibilityQuestion, key: str) -> None:
    """A yes must be about the card, or the ID number, and the date of birth that were asked about."""
    numbers = {text.strip() for text in (card.card, card.old_card, card.new_card, card.member) if text}
    if _ID_NUMBER.fullmatch(key):
        if any(_ID_NUMBER.fullmatch(number) and number != key for number in numbers):
            raise FaultError("net.garbage", "an answer about another number")
    elif key[-10:] not in {number[-10:] for number in numbers}:
        raise FaultError("net.garbage", "an answer about another card")
    born = wire.birth(card.born)
    if born is not None and question.born is not None and not _same_birth(born, question.born):
        raise FaultError("net.garbage", "an answer about another date of birth")


def _same_birth(one: PartialDate, other: PartialDate) -> bool:
    """As far as both are known."""
    pairs = ((one.year, other.year), (one.month, other.month), (one.day, other.day))
    return all(a == b or not a or not b for a, b in pairs)


def _other_name(card: CardAnswer, question: EligibilityQuestion) -> str | None:
    """The name in the register, where it tells the desk something that the question did not."""
    told = _plain(card.name)
    same = told is not None and question.name is not None and fold_name(told) == fold_name(question.name)
    return None if same else told


def _note(card: CardAnswer, row: Code, question: EligibilityQuestion) -> str | None:
    """``ghiChu`` letter by letter, only without the last six digits of the number that was asked about."""
    note = _plain(card.note)
    if note is None:
        return None if row.meaning else f"maKetQua {row.code}"
    return note.replace(question.id_number.digits, question.id_number.masked) if question.id_number else note


def _plain(text: str | None) -> str | None:
    """The text in one line; None where there is nothing to read. Marks that hide letters or turn their direction go."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text or "").strip()
    return shown or None


def _reference(exchange: Exchange) -> str:
    """The gateway numbers no answers, so this is its code and the beginning of its answer's SHA-256."""
    digest = base64.b32encode(hashlib.sha256(exchange.raw).digest()).decode("ascii")
    return f"{exchange.card.code}-{digest[:16]}"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
