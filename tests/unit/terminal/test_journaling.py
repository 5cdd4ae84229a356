"""A decision is in the desk's journal before anything else hears of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from terminal import journaling
from terminal.faults import FaultError
from terminal.flow.effects import Record
from terminal.model import Message, Outcome, Verdict
from terminal.records.journal import Journal
from terminal.records.proofs import Proofs
from terminal.records.pseudonym import SiteKey
from terminal.standalone import Standalone
from tests.desk import FakeBackend
from tests.fake_clock import FakeClock
from tests.machine import worlds
from tests.unit.terminal.conftest import Site

KEY = SiteKey(bytes(range(32)))
ADMITTED = Record(
    1,
    Verdict(Outcome.ATTENTION, Message("title.admitted")),
    "TICKET",
    ticket="T1",
    answer=worlds.redeemed(),
    admitted="supervisor",
)


def test_the_ledger_hears_of_what_the_journal_has(site: Site, tmp_path: Path) -> None:
    heard: list[tuple[str, int]] = []
    with Journal(tmp_path / "journal.sqlite3") as journal:

        def decided(_effect: Record, scan_id: str) -> None:
            heard.append((scan_id, journal.verify()))

        settings, clock = site("gate"), FakeClock()
        proofs = Proofs("quay-1", tmp_path / "device.key", KEY, "policy")
        alone = Standalone(FakeBackend(), decided=decided)
        record = journaling.recorder(settings, journal, KEY, proofs, clock, alone)
        record(ADMITTED, "boot-1", 12.0)
        assert heard == [("boot-1", 1)]


def test_what_the_journal_refuses_nobody_hears_of(site: Site, tmp_path: Path) -> None:
    heard: list[str] = []
    journal = Journal(tmp_path / "journal.sqlite3")
    proofs = Proofs("quay-1", tmp_path / "device.key", KEY, "policy")
    alone = Standalone(FakeBackend(), decided=lambda _effect, scan_id: heard.append(scan_id))
    record = journaling.recorder(site("gate"), journal, KEY, proofs, FakeClock(), alone)
    journal.close()
    with pytest.raises(FaultError, match=r"journal\.write"):
        record(replace(ADMITTED, session=2), "boot-2", 12.0)
    assert heard == []
