"""What a pretix is asked, one after the other, and what each answer means to a gate.

The live lane asks a real server and keeps what it said in tests/contract/recordings/pretix; the fast lane asks the
recordings. Both hold the driver to the same lines.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from drivers.backends.http import Call, Reply
from drivers.backends.pretix import PretixBackend
from terminal.faults import FaultError
from terminal.model import Direction, Redeemed
from terminal.ports import AnnulQuestion, RedeemQuestion

RECORDINGS = Path(__file__).parents[1] / "contract" / "recordings" / "pretix"
ASKED = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
DEVICE = "cong-1-a"
NOBODY = "nobodyhasthisticketinhispocket22"
ENTRY, EXIT = Direction.ENTRY, Direction.EXIT

Meaning = tuple[str, str | None, str | None]
"""Reason (or an annulment's fault), the place of the first use, the words for the staff."""


@dataclass(frozen=True)
class Case:
    """One question. ``ticket`` is a word of tests/pretix/seed.py; ``scan`` the scan that asks.

    ``then``: the reason of the answer, or the fault of an annulment that fails ("" for one that does not).
    """

    name: str
    ticket: str
    scan: str
    then: str
    verb: str = "redeem"
    direction: Direction = ENTRY
    attention: str | None = None
    place: str | None = None
    answers: dict[int, str] = field(default_factory=dict)

    @property
    def meaning(self) -> Meaning:
        """What the driver must make of the answer."""
        return self.then, self.place, self.attention

    def ask(self, backend: PretixBackend, secret: str, deadline: float) -> Meaning:
        """What the driver makes of the answer."""
        if self.verb == "redeem":
            asked = RedeemQuestion(
                self.scan, ASKED, "su-kien-mau", "T-1", "cong-1", secret=secret, direction=self.direction
            )
            answer = backend.redeem(asked, deadline, self.answers)
            assert (answer.reason == "ok") == (answer.result is Redeemed.ADMITTED)
            assert answer.direction is self.direction
            return answer.reason, answer.used_place, answer.attention
        try:
            backend.annul(AnnulQuestion(self.scan, ASKED, "su-kien-mau", "T-1", "cong-1"), deadline)
        except FaultError as error:
            return error.fault.code, None, None
        return "", None, None


CASES = (
    Case("admitted", "good30", "r-01", "ok"),
    Case("asked_twice", "good30", "r-01", "ok"),
    Case("already_redeemed", "good30", "r-02", "used", place="Cổng 1"),
    Case("exit", "good30", "r-03", "ok", direction=EXIT),
    Case("entry_after_exit", "good30", "r-04", "ok"),
    Case("used_after_exit", "good30", "r-05", "used", place="Cổng 1"),
    Case("exit_of_nobody", "good31", "r-06", "ok", direction=EXIT),
    Case("canceled", "canceled", "r-10", "cancelled"),
    Case("canceled_position", "canceled_position", "r-11", "unknown"),  # pretix forgets it, unless it is signed
    Case("invalid", "nobody", "r-12", "unknown"),
    Case("unpaid", "unpaid", "r-13", "unpaid"),
    Case("unpaid_valid", "unpaid_valid", "r-14", "ok"),
    Case("unapproved", "unapproved", "r-15", "unapproved"),
    Case("blocked", "blocked", "r-16", "blocked"),
    Case("revoked", "revoked", "r-17", "revoked"),
    Case("product", "product", "r-18", "wrong_gate"),
    Case("rules", "rules", "r-19", "rules", attention="Ticket type not allowed"),
    Case("too_early", "too_early", "r-20", "wrong_day", attention="This ticket is only valid after 2090-01-01 07:00."),
    Case("too_late", "too_late", "r-21", "wrong_day", attention="This ticket was only valid before 2020-01-01 07:00."),
    Case("exchange", "exchange", "r-22", "exchange"),
    Case("already_exchanged", "already_exchanged", "r-23", "exchange"),
    Case("incomplete", "incomplete", "r-24", "incomplete", attention="2: Cỡ áo? · Đã đọc nội quy?"),
    Case("answered", "answered", "r-25", "ok", answers={1: "M", 2: "true"}),
    Case("attention", "attention", "r-26", "ok", attention="Kiểm tra giấy tờ · Xem thẻ học sinh"),
    Case("to_be_annulled", "good32", "r-30", "ok"),
    Case("annulled", "good32", "r-30", "", verb="annul"),
    Case("annulled_twice", "good32", "r-30", "", verb="annul"),
    Case("admitted_again", "good32", "r-31", "ok"),
    Case("annulled_refused", "unpaid", "r-13", "", verb="annul"),
    Case("annulled_unknown", "good33", "r-32", "", verb="annul"),
    Case("annulled_late", "good34", "r-33", "gate.not_annulled", verb="annul"),
)
"""In their order: a later one may depend on an earlier one."""


@dataclass(frozen=True)
class Exchange:
    """One call and the server's answer, as it is kept."""

    method: str
    path: str
    body: Any
    status: int
    answer: Any

    @classmethod
    def of(cls, call: Call, reply: Reply) -> Exchange:
        """What went over the line, without what differs from day to day or is secret."""
        body = json.loads(call.body) if call.body is not None else None
        return cls(call.method, call.path, body, reply.status, _kept(json.loads(reply.body)))

    def text(self) -> str:
        """As it stands in its file."""
        whole = {"method": self.method, "path": self.path, "body": self.body, "status": self.status}
        return json.dumps(whole | {"answer": self.answer}, ensure_ascii=False, indent=1, sort_keys=True) + "\n"

    @classmethod
    def load(cls, name: str) -> Exchange:
        """From its file."""
        return cls(**json.loads((RECORDINGS / f"{name}.json").read_text("utf-8")))


_REPLACED = {
    "api_token": "removed",
    "unique_serial": "removed",
    "pseudonymization_id": "A1B2C3D4E5",
    "datetime": "2026-11-22T08:30:00.000000+07:00",
}


def _kept(value: Any, inside: Iterable[str] = ()) -> Any:
    if isinstance(value, dict):
        names = (*inside,)
        return {
            key: _REPLACED[key]
            if key in _REPLACED and each is not None
            else 1
            if key == "id" and "checkins" in names
            else _kept(each, (*names, key))
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [_kept(each, inside) for each in value]
    return value
