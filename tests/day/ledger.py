"""What the server's database says after the day, read by nothing but SQL, and whether it is what the lights showed."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from crypto.tickets.line import START, Line, seal_of
from tests.day.course import Light
from tests.day.visitors import EVENT, EXIT, GATES, NEVER, Who

Scan = tuple[str, str]
"""Device and scan id."""

_TABLES = ("ticket", "scan", "redemption", "annulment", "ledger", "line", "conflict", "counter")


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage that stands. ``seq``: its line, None where the server decided; ``given``: uses and returns that it
    took."""

    scan: Scan
    ticket: str
    gate: str
    way: str
    people: int
    uses: int
    given: int
    teller: str
    seq: int | None


class Ledger:
    """The server's database, which nobody changes any more."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """By column."""
        with closing(sqlite3.connect(self._file)) as db:
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute(query, values)]

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """All that the day left, to be compared."""
        rows = {name: self.rows(f"SELECT * FROM {name}") for name in _TABLES}  # noqa: S608 - the names are above
        return {name: sorted((tuple(row.values()) for row in found), key=repr) for name, found in rows.items()}

    @cached_property
    def passages(self) -> list[Passage]:
        """All that stand."""
        query = (
            "SELECT s.device, s.scan_id, r.ticket, r.gate, r.direction, r.people, r.uses, r.moved, r.seq, "
            "r.device AS teller FROM redemption r JOIN scan s ON s.reference = r.reference WHERE r.event = ?"
        )
        return [
            Passage(
                (row["device"], row["scan_id"]),
                row["ticket"],
                row["gate"],
                row["direction"],
                row["people"],
                row["uses"],
                row["uses"] + row["moved"],
                row["teller"],
                row["seq"],
            )
            for row in self.rows(query, EVENT)
        ]

    @cached_property
    def conflicts(self) -> list[dict[str, Any]]:
        """What a supervisor sees."""
        return self.rows("SELECT * FROM conflict WHERE event = ? ORDER BY at", EVENT)

    def lines(self) -> dict[str, list[Line]]:
        """Each device's own ledger as the server has it."""
        found: defaultdict[str, list[Line]] = defaultdict(list)
        for row in self.rows("SELECT device, seq, body, prev, seal FROM line ORDER BY device, seq"):
            found[row["device"]].append(Line(row["seq"], row["body"].decode(), row["prev"], row["seal"]))
        return dict(found)

    def annulled(self) -> set[Scan]:
        """Scans that do not stand."""
        return {(row["device"], row["scan_id"]) for row in self.rows("SELECT * FROM scan WHERE reason = 'annulled'")}


def check_lights(ledger: Ledger, lights: Sequence[Light], dark: Sequence[str]) -> list[Passage]:
    """Every green light is one passage, and every passage was a green light; but for those that are given back: of
    terminals that were killed after the passage was decided and before anybody can have seen its light."""
    green = Counter((light.device, light.scan) for light in lights if light.green)
    stayed = {(light.device, light.scan) for light in lights if light.green and not light.visit.walks}
    standing = Counter(passage.scan for passage in ledger.passages)
    assert set(green.values()) == set(standing.values()) == {1}
    through = green.keys() - stayed
    assert stayed <= ledger.annulled()
    assert through - standing.keys() == set(), "a green light that the ledger does not know"
    unseen = [passage for passage in ledger.passages if passage.scan not in through]
    assert {passage.ticket for passage in unseen} <= set(dark), unseen
    assert len(unseen) <= len(dark)
    return unseen


def check_uses(ledger: Ledger, lights: Iterable[Light]) -> None:
    """No ticket has more uses than were sold, and it has those that its passages hold."""
    held: Counter[str] = Counter()
    for passage in ledger.passages:
        held[passage.ticket] += passage.uses
    for row in ledger.rows("SELECT ticket, uses, max_uses FROM ticket WHERE event = ?", EVENT):
        assert row["uses"] == held[row["ticket"]] <= row["max_uses"], row
    for light in lights:
        assert not (light.green and light.visit.who in NEVER), light.visit.who


def check_conflicts(ledger: Ledger) -> None:
    """Whoever went in without a use is listed with both gates and times, and nobody else is."""
    listed = {(row["device"], row["seq"]): row for row in ledger.conflicts}
    assert len(listed) == len(ledger.conflicts)
    for passage in ledger.passages:
        if passage.seq is None:
            assert passage.given > 0 or passage.way == "exit"
            continue
        row = listed.pop((passage.teller, passage.seq), None)
        if row is None:
            assert passage.way == "exit" or passage.given > 0, passage
        else:
            assert (row["ticket"], row["gate"]) == (passage.ticket, passage.gate)
            assert row["kind"] in ("duplicate_entry", "revoked_before_entry"), row
            both = (row["held_gate"], row["held_at"])
            assert row["kind"] != "duplicate_entry" or None not in both, row
    assert listed == {}


def check_counters(ledger: Ledger, lights: Iterable[Light], unseen: Iterable[Passage]) -> None:
    """As many people are counted in and out at each gate as went through."""
    query = "SELECT gate, sum(entered) AS entered, sum(exited) AS exited FROM counter WHERE event = ? GROUP BY gate"
    counted = {(row["gate"], way): row[way] for row in ledger.rows(query, EVENT) for way in ("entered", "exited")}
    went = dict.fromkeys(((gate, way) for gate in GATES for way in ("entered", "exited")), 0)
    for light in lights:
        if light.green and light.visit.walks:
            went[GATES[light.visit.gate], "exited" if light.visit.gate == EXIT else "entered"] += light.people
    for passage in unseen:
        went[passage.gate, "exited" if passage.way == "exit" else "entered"] += passage.people
    assert counted == went


def check_chains(ledger: Ledger) -> None:
    """No line is refused, none is missing, and each is sealed to the one before."""
    assert ledger.rows("SELECT * FROM line WHERE refused IS NOT NULL") == []
    for lines in ledger.lines().values():
        before = START
        for number, line in enumerate(lines, start=1):
            assert (line.seq, line.prev) == (number, before)
            before = line.seal
            assert line.seal == seal_of(line.prev, line.seq, line.body)


def frauds(lights: Iterable[Light]) -> Iterator[tuple[Who, int, int, int]]:
    """Of each kind: how many tried, how many got in, and how many of those while no server could be asked."""
    tried: Counter[Who] = Counter()
    got_in: Counter[Who] = Counter()
    alone: Counter[Who] = Counter()
    for light in lights:
        who = light.visit.who
        if who in (Who.HONEST, Who.STAYS_OUT):
            continue
        tried[who] += 1
        got_in[who] += light.green
        alone[who] += light.green and light.source == "local"
    for who in tried:
        yield who, tried[who], got_in[who], alone[who]
