"""What one line of a device's ledger says: which ticket passed where and why, and when by which clock.

A server parses what a terminal wrote no more kindly than anything else from outside: there is one way to write a body.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import Enum

from crypto.errors import MalformedError
from crypto.tickets.line import MAX_BODY

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_BOOT = re.compile(r"[0-9a-f]{8,32}")
_MAX_REASON = 100
_MOST_PEOPLE = 10_000
_MOST_MS = 2**53


class LineKind(Enum):
    """What happened. MANUAL: staff let somebody in by hand, with a reason. ANNUL: the admission with that ``scan_id``
    did not take place. ANEW: nothing happened at the gate; the store of the lines before was damaged or lost, and the
    ledger goes on here, in a chain of its own that begins with this line (`crypto.tickets.line.follows`)."""

    ENTRY = "entry"
    EXIT = "exit"
    MANUAL = "manual"
    ANNUL = "annul"
    ANEW = "anew"


class Mode(Enum):
    """Who decided: the terminal by itself, or a hub in the house."""

    OFFLINE = "offline"
    HUB = "hub"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """When something happened, by the device's own clocks, and what is known of how wrong they are.

    ``skew_ms``: to add to ``at`` to get the server's time, right within ``skew_error_ms``; None while the device has
    not heard from a server. ``boot``: random, one a start of the program; ``mono_ms``: milliseconds of the clock that
    never jumps, to be compared within a ``boot`` only.
    """

    at: datetime
    boot: str
    mono_ms: int
    skew_ms: int | None = None
    skew_error_ms: int | None = None

    def __post_init__(self) -> None:
        _require("at", self.at.tzinfo is not None)
        _require("boot", _BOOT.fullmatch(self.boot) is not None)
        _require("mono_ms", _whole(self.mono_ms, 0, _MOST_MS))
        _require("skew_ms", (self.skew_ms is None) is (self.skew_error_ms is None))
        _require("skew_ms", self.skew_ms is None or _whole(self.skew_ms, -_MOST_MS, _MOST_MS))
        _require("skew_error_ms", self.skew_error_ms is None or _whole(self.skew_error_ms, 0, _MOST_MS))


@dataclass(frozen=True, slots=True, kw_only=True)
class LineBody:
    """One happening. ``people``: how many of a group; None: all who were left. ``reason``: why by hand, or why annulled
    or anew. ``asker``: the device whose scan this is; named where, and only where, a hub decided. Raises ValueError for
    a field of another form than agreed."""

    scan_id: str
    kind: LineKind
    event: str
    ticket: str | None
    gate: str
    stamp: Stamp
    people: int | None = None
    reason: str | None = None
    mode: Mode = Mode.OFFLINE
    asker: str | None = None

    def __post_init__(self) -> None:
        for name, text in (("scan_id", self.scan_id), ("event", self.event), ("gate", self.gate)):
            _require(name, _NAME.fullmatch(text) is not None)
        _require("ticket", self.ticket is None or _NAME.fullmatch(self.ticket) is not None)
        _require("asker", (self.asker is not None) is (self.mode is Mode.HUB))
        _require("asker", self.asker is None or _NAME.fullmatch(self.asker) is not None)
        _require("people", self.people is None or _whole(self.people, 1, _MOST_PEOPLE))
        _require("reason", self.reason is None or (0 < len(self.reason) <= _MAX_REASON and self.reason.isprintable()))

    def to_text(self) -> str:
        """The one way to write it: JSON in ASCII, keys sorted, no spaces; at most 2,000 characters."""
        stamp = self.stamp
        return json.dumps(
            {
                "v": 1,
                "scan_id": self.scan_id,
                "kind": self.kind.value,
                "event": self.event,
                "ticket": self.ticket,
                "gate": self.gate,
                "people": self.people,
                "reason": self.reason,
                "mode": self.mode.value,
                "asker": self.asker,
                "at": stamp.at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
                "skew_ms": stamp.skew_ms,
                "skew_error_ms": stamp.skew_error_ms,
                "boot": stamp.boot,
                "mono_ms": stamp.mono_ms,
            },
            ensure_ascii=True,
            sort_keys=True,
            separators=(",", ":"),
        )

    @classmethod
    def from_text(cls, text: str) -> LineBody:
        """The body that ``to_text`` wrote; raises MalformedError for anything else."""
        if len(text) > MAX_BODY:
            raise MalformedError("line: longer than a body is")
        try:
            body = cls._from_fields(json.loads(text))
            same = body.to_text() == text
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
            raise MalformedError("line: not a body") from error
        if not same:
            raise MalformedError("line: not written in the one agreed way")
        return body

    @classmethod
    def _from_fields(cls, known: dict[str, object]) -> LineBody:
        at = datetime.fromisoformat(_text(known["at"]))
        stamp = {field.name: known[field.name] for field in fields(Stamp) if field.name != "at"}
        own = {name: known[name] for name in ("scan_id", "event", "ticket", "gate", "people", "reason", "asker")}
        return cls(
            kind=LineKind(known["kind"]),
            mode=Mode(known["mode"]),
            stamp=Stamp(at=at, **stamp),  # type: ignore[arg-type]  # __post_init__ looks at every field
            **own,  # type: ignore[arg-type]  # here too
        )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _whole(number: object, least: int, most: int) -> bool:
    return type(number) is int and least <= number <= most


def _require(name: str, holds: bool) -> None:
    if not holds:
        raise ValueError(f"line: {name} has another form than agreed")
