"""What a desk keeps for the time without its servers, as its settings and its enrolment say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from config.schema import Settings
from crypto.tickets.body import LineBody, LineKind
from terminal import registry, standalone
from terminal.enrolment import TOKEN_FILE, Enrolment, keep
from terminal.faults import FaultError
from terminal.flow.effects import Record
from terminal.model import Eligibility, EligibilityAnswer, Message, Outcome, Source, Verdict
from terminal.offline.chain import Chain
from terminal.offline.cover import KeptCover
from terminal.offline.recovery import open_outbox
from terminal.ports import EligibilityQuestion, RedeemQuestion
from terminal.records.journal import Journal
from terminal.records.sealed import sealed_key
from terminal.standalone import Standalone
from terminal.syncing import SyncPeer
from tests.desk import FakeBackend
from tests.fake_clock import FakeClock
from tests.machine import worlds
from tests.unit.terminal.conftest import Site
from tests.unit.terminal.offline.gate import PUBLIC, SNAPSHOT_KEY

BACKEND = f'url = "http://127.0.0.1:1"\ntoken_file = "{TOKEN_FILE}"\nevent = "hoi-mau"\ngate = "cong-1"'


class Parts:
    """The servers, and what is built with them."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site, self.folder = site, folder
        self.clock, self.server = FakeClock(), FakeBackend()
        self.notes: list[bool] = []
        self.journal = Journal(folder / "journal.sqlite3")
        self.made: list[Standalone] = []

    def settings(self, desk: str, rows: str = "", *, enrolled: bool = True) -> Settings:
        if enrolled:
            token_file = self.folder / TOKEN_FILE
            keep(token_file, "secret", Enrolment("quay-3", "terminal", "hoi-mau", "cong-1", PUBLIC, SNAPSHOT_KEY))
        return self.site(desk, rows, backend=BACKEND if enrolled else "")  # type: ignore[arg-type]

    def build(self, settings: Settings) -> Standalone:
        def note(_question: EligibilityQuestion, _answer: EligibilityAnswer, differs: bool) -> None:
            self.notes.append(differs)

        made = standalone.build(settings, self.journal, (), self.clock, note)
        assert made is not None
        self.made.append(made)
        return made

    def lines(self, settings: Settings) -> list[LineBody]:
        """What the ledger says, once the desk is closed."""
        for made in self.made:
            made.close()

        def anew(why: str) -> LineBody:
            raise AssertionError(why)

        outbox = open_outbox(settings.offline.path, sealed_key(settings.offline.key_file), anew)
        try:
            return [LineBody.from_text(line.body) for line in outbox.pending()]
        finally:
            outbox.close()


@pytest.fixture
def parts(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Parts]:
    made = Parts(site, tmp_path)

    def peer(_options: object, _sign: object) -> SyncPeer:
        return None  # type: ignore[return-value]  # nothing is exchanged here

    monkeypatch.setattr(registry, "backend", lambda _name: lambda _options: made.server)
    monkeypatch.setattr(registry, "peer", lambda _name: peer)
    yield made
    for one in made.made:
        one.close()
    made.journal.close()


def person(parts: Parts) -> EligibilityQuestion:
    who = worlds.person()
    return EligibilityQuestion("v-1", parts.clock.now(), who.id_number, None, who.name)


def scan(parts: Parts) -> RedeemQuestion:
    return RedeemQuestion("s-1", parts.clock.now(), "hoi-mau", "T1", "cong-1")


def test_the_police_ask_nobody_and_keep_nothing(parts: Parts) -> None:
    assert standalone.build(parts.site("police"), parts.journal, (), parts.clock, lambda *_: None) is None


def test_a_reception_shows_a_kept_yes_as_one_and_asks_the_payer_itself_again(parts: Parts) -> None:
    made = parts.build(parts.settings("reception"))
    assert isinstance(made.backend, KeptCover)
    parts.server.answer = replace(worlds.cover_answer(), answered_at=parts.clock.now())
    made.backend.check(person(parts), 4.0)
    parts.server.answer = FaultError("net.down")
    kept = made.backend.check(person(parts), 4.0)
    assert (kept.source, kept.state) == (Source.CACHE, Eligibility.ELIGIBLE)
    assert made.rechecks is not None
    made.rechecks.keep(person(parts), kept, 1)
    made.rechecks.turn(lambda _event: None)
    assert parts.notes == [], "what is kept must not confirm itself"
    assert made.exchange is None


def test_a_site_may_switch_that_off(parts: Parts) -> None:
    made = parts.build(parts.settings("reception", "[offline]\ninsurance = false\n"))
    assert made.backend is parts.server
    assert made.rechecks is None


def test_an_enrolled_gate_decides_itself_and_exchanges(parts: Parts) -> None:
    made = parts.build(parts.settings("gate"))
    assert isinstance(made.backend, Chain)
    assert made.exchange is not None
    parts.server.answer = FaultError("net.down")
    with pytest.raises(FaultError, match=r"offline\.stale"):  # by itself, but it has no ticket data yet
        made.backend.redeem(scan(parts), 2.0)


@pytest.mark.parametrize("rows", ["", "[offline]\ntickets = false\n"])
def test_a_gate_that_never_enrolled_or_must_not_decides_nothing(parts: Parts, rows: str) -> None:
    made = parts.build(parts.settings("gate", rows, enrolled=bool(rows)))
    assert made.exchange is None
    parts.server.answer = FaultError("net.down")
    with pytest.raises(FaultError, match=r"net\.down"):
        made.backend.redeem(scan(parts), 2.0)


def test_a_store_that_cannot_be_used_takes_the_own_decisions_away_and_not_the_desk(parts: Parts) -> None:
    settings = parts.settings("gate")
    settings.offline.key_file.parent.mkdir(parents=True, exist_ok=True)
    settings.offline.key_file.write_bytes(b"no key")
    settings.offline.key_file.chmod(0o600)
    made = parts.build(settings)
    parts.server.answer = worlds.redeemed()
    assert made.backend.redeem(scan(parts), 2.0).reason == "ok"
    assert made.exchange is None


def test_who_was_let_in_by_hand_is_in_the_ledger(parts: Parts) -> None:
    settings = parts.settings("gate")
    made = parts.build(settings)
    verdict = Verdict(Outcome.ATTENTION, Message("title.admitted"))
    made.decided(Record(1, verdict, "TICKET", ticket="T1", admitted="supervisor"), "boot-1")
    made.decided(Record(2, verdict, "TICKET", ticket="T2", answer=worlds.redeemed()), "boot-2")
    (line,) = parts.lines(settings)
    assert (line.kind, line.scan_id, line.ticket, line.reason) == (LineKind.MANUAL, "boot-1-hand", "T1", "supervisor")
    assert (line.event, line.gate) == ("hoi-mau", "cong-1")


def test_a_ledger_that_takes_no_line_keeps_nobody_out(parts: Parts, caplog: pytest.LogCaptureFixture) -> None:
    made = parts.build(parts.settings("gate"))
    made.close()
    verdict = Verdict(Outcome.ATTENTION, Message("title.admitted"))
    made.decided(Record(1, verdict, "TICKET", ticket="T1", admitted="supervisor"), "boot-1")
    assert "not in the ledger" in caplog.text


def test_before_a_server_was_heard_the_computer_s_clock_counts(parts: Parts) -> None:
    made = parts.build(parts.settings("gate"))
    assert made.now is not None
    assert made.now() == parts.clock.now()
