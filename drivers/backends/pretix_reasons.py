"""From pretix' answers to ours: reasons, the first use, and what the staff should see. docs/pretix.md has the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from drivers.backends import pretix_wire as wire
from terminal.clock import VIETNAM_TIME
from terminal.faults import FaultError
from terminal.model import Direction, RedeemAnswer, Redeemed

REASONS: Mapping[wire.Reason, str] = MappingProxyType(
    {
        "canceled": "cancelled",
        "invalid": "unknown",
        "unpaid": "unpaid",
        "product": "wrong_gate",
        "rules": "rules",
        "revoked": "revoked",
        "incomplete": "incomplete",
        "already_redeemed": "used",
        "ambiguous": "ambiguous",
        "blocked": "blocked",
        "unapproved": "unapproved",
        "invalid_time": "wrong_day",
        "annulled": "annulled",
        "exchange": "exchange",
        "already_exchanged": "exchange",
        "medium_invalid": "exchange",
        "medium_exists": "exchange",
        "error": "other",
    }
)
"""Ours for each of pretix' reasons. ``invalid_time`` is ``not_yet`` where the ticket becomes valid later today."""

MARK = "!"
"""What is shown of a ticket that wants attention without words."""

_LONGEST = 300
_FIRST_YEAR, _LAST_YEAR = 2010, 2100


def answer_of(
    told: wire.RedeemResponse,
    direction: Direction,
    answered_at: datetime,
    reference: str,
    place: Callable[[wire.Checkin], str | None],
) -> RedeemAnswer:
    """Our answer; ``place`` names where somebody passed. Raises FaultError ``net.garbage`` for a contradiction."""
    reason = _reason(told, answered_at)
    used = _used(told, reason)
    return RedeemAnswer(
        result=Redeemed.ADMITTED if told.status == "ok" else Redeemed.REFUSED,
        reason=reason,
        answered_at=answered_at,
        reference=reference,
        used_at=used.datetime if used else None,
        used_place=place(used) if used else None,
        direction=direction,
        attention=_attention(told),
    )


def _reason(told: wire.RedeemResponse, now: datetime) -> str:
    if told.status == "ok":
        return "ok"
    said = told.reason if told.status == "error" else told.status
    if said is None:
        raise FaultError("net.garbage", "refused without a reason")
    begins = told.position.valid_from if told.position else None
    if said == "invalid_time" and begins is not None and begins > now and _day(begins) == _day(now):
        return "not_yet"
    return REASONS[said]


def _day(moment: datetime) -> tuple[int, int, int]:
    local = moment.astimezone(VIETNAM_TIME)
    return local.year, local.month, local.day


def _used(told: wire.RedeemResponse, reason: str) -> wire.Checkin | None:
    """The entry that stands in the way: the first one since the holder left last, or before that, where nobody who
    left may come back."""
    if reason != "used":
        return None
    first, out = None, True
    for passed in sorted(told.position.checkins if told.position else (), key=lambda each: each.datetime):
        if passed.type != "exit" and out:
            first = passed
        out = passed.type == "exit"
    if first is None or not _FIRST_YEAR <= first.datetime.year <= _LAST_YEAR:
        raise FaultError("net.garbage", "used, and never")
    return first


def _attention(told: wire.RedeemResponse) -> str | None:
    """The organiser's words: how many questions wait and which, the rule that was not met, texts about the ticket."""
    said: list[str] = []
    if told.status == "incomplete":
        said.append(f"{len(told.questions)}: {_joined([wire.in_words(each.question) for each in told.questions])}")
    if told.reason in ("rules", "invalid_time", "error") and told.reason_explanation:
        said.append(told.reason_explanation)
    said += told.checkin_texts
    return _joined(said)[:_LONGEST] or (MARK if told.require_attention else None)


def _joined(texts: Sequence[str]) -> str:
    return " · ".join(" ".join(text.split()) for text in texts if text.strip())
