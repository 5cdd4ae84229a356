"""The self-test at start: what puts a desk out of service, what only limits it, and what still works."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from config.schema import Settings
from crypto.trust.store import TrustStore
from terminal import registry
from terminal.checks import program
from terminal.events import Device, SelfTested
from terminal.faults import FaultError
from terminal.flow.limited import still_works
from terminal.flow.rules import Rules
from terminal.messages import LANGUAGES, say
from terminal.model import CheckName, Message
from terminal.ports import Health
from terminal.records.journal import Journal
from terminal.selftest import BREAKING, NEWEST, self_test
from terminal.view import Desk
from tests import chips
from tests.house.rooms import ROOT
from tests.unit.terminal.conftest import Site

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


class At:
    """A clock that stands still."""

    def __init__(self, now: datetime = NOW) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return 0.0


class Answering:
    """A backend that says what time it is, or fails."""

    def __init__(self) -> None:
        self.time = NOW
        self.fault: str | None = None
        self.deadlines: list[float] = []

    def health(self, deadline: float) -> Health:
        self.deadlines.append(deadline)
        if self.fault:
            raise FaultError(self.fault)
        return Health("1", self.time)


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Answering:
    answering = Answering()
    monkeypatch.setattr(registry, "backend", lambda name: lambda options: answering)
    return answering


@pytest.fixture
def desk(site: Site, backend: Answering, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A reception in order: journal, an accepted issuer, a backend that answers, room on the disk."""
    settings = site("reception")
    Journal(settings.journal.path).close()
    TrustStore.open(settings.trust.directory).add(
        chips.AUTHORITY.root, chips.accepted().anchors[0].fingerprint, "tests", NOW
    )
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(0, 0, 5 << 30))
    return settings


def limits(*codes: str) -> SelfTested:
    return SelfTested((), codes)


def broken(*codes: str) -> SelfTested:
    return SelfTested(codes, ())


def free(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(0, 0, count))


# Ready ---------------------------------------------------------------------------------------------------------------


def test_a_desk_in_order_is_ready(desk: Settings, backend: Answering) -> None:
    assert self_test(desk, At()) == SelfTested()
    assert backend.deadlines == [2.0], "a start does not wait for a slow server as long as a person does"


def test_a_desk_that_asks_nobody_needs_no_backend(site: Site, desk: Settings, backend: Answering) -> None:
    assert self_test(site("police"), At()) == SelfTested()
    assert backend.deadlines == []


# Out of service ------------------------------------------------------------------------------------------------------


def test_a_foreign_package_in_the_way_breaks_the_desk(desk: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def shadowed() -> None:
        raise FaultError("install.shadowed", "config")

    monkeypatch.setattr(registry, "check_rooms", shadowed)
    assert self_test(desk, At()) == broken("install.shadowed")


def test_missing_words_break_the_desk(desk: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "words", lambda language: {language: ""})
    assert self_test(desk, At()) == broken("install.missing")


def test_a_damaged_journal_breaks_the_desk(desk: Settings) -> None:
    desk.journal.path.write_bytes(b"noise" * 1000)
    assert self_test(desk, At()) == broken("journal.damaged")


def test_a_journal_that_takes_nothing_breaks_the_desk(desk: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: Journal) -> None:
        raise FaultError("journal.write", "readonly")

    monkeypatch.setattr(Journal, "probe", refused)
    assert self_test(desk, At()) == broken("journal.write")


def test_a_full_disk_breaks_the_desk(desk: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, (16 << 20) - 1)
    assert self_test(desk, At()) == broken("disk.full")


def test_a_disk_that_refuses_what_is_written_breaks_the_desk(desk: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert self_test(desk, At()).broken[-1] == "disk.full"


def test_a_clock_before_the_first_release_breaks_the_desk(desk: Settings, backend: Answering) -> None:
    backend.time = NOW.replace(year=2019)
    tested = self_test(desk, At(backend.time))
    assert tested.broken == ("clock.wrong",)
    assert "clock.wrong" not in tested.limits


def test_a_gate_without_ticket_keys_is_broken_and_others_need_none(site: Site, desk: Settings) -> None:
    assert self_test(site("gate"), At()) == broken("tickets.none")


def test_a_gate_whose_server_is_asked_about_any_code_needs_no_ticket_keys(site: Site) -> None:
    own = 'url = "http://127.0.0.1:1"\ntoken_file = "token"\nevent = "trang-an-mau"\ngate = "A1"\ntickets = "any"'
    assert self_test(site("gate", backend=own), At()).broken == ()


def test_broken_ticket_keys_break_a_gate_and_limit_others(site: Site, desk: Settings) -> None:
    desk.trust.tickets.mkdir()
    (desk.trust.tickets / "a.pem").write_text("no key")
    assert self_test(site("gate"), At()) == broken("trust.unreadable")
    assert self_test(desk, At()) == limits("trust.unreadable")


# Limited -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["net.down", "net.timeout", "net.denied", "net.tls"])
def test_a_backend_that_is_away_or_refuses_limits(desk: Settings, backend: Answering, fault: str) -> None:
    backend.fault = fault
    assert self_test(desk, At()) == limits(fault)


def test_a_clock_unlike_the_backends_limits(desk: Settings, backend: Answering) -> None:
    backend.time = NOW + timedelta(minutes=3)
    assert self_test(desk, At()) == limits("clock.wrong")


def test_a_disk_that_fills_up_limits(desk: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, (1 << 30) - 1)
    assert self_test(desk, At()) == limits("disk.low")


def test_no_issuer_and_expired_ones_limit_also_where_they_are_demanded(site: Site, desk: Settings) -> None:
    assert "issuer" in desk.demands
    assert self_test(desk, At(NOW.replace(year=2060))).limits == ("trust.old", "clock.wrong")
    shutil.rmtree(desk.trust.directory)
    assert self_test(desk, At()) == limits("trust.none")
    assert self_test(site("police"), At()) == limits("trust.none")


def test_a_demanded_list_that_is_missing_limits(site: Site, desk: Settings) -> None:
    assert self_test(site("reception", "[trust]\ncrl_max_age_days = 30"), At()) == limits("trust.lists")


def test_a_damaged_trust_store_limits(desk: Settings) -> None:
    (desk.trust.directory / "accepted.trust").write_text("{")
    assert self_test(desk, At()) == limits("trust.unreadable")


def test_a_key_that_others_may_read_limits(desk: Settings) -> None:
    desk.journal.key_file.write_bytes(bytes(32))
    desk.journal.key_file.chmod(0o644)
    assert self_test(desk, At()) == limits("secrets.exposed")


def test_missing_fonts_limit(desk: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "check_fonts", _raising(FaultError("install.missing", "fonts")))
    assert self_test(desk, At()) == limits("install.missing")


def test_what_nobody_foresaw_is_a_fault_and_the_others_are_still_asked(
    desk: Settings, backend: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "check_fonts", _raising(RuntimeError("no text of a library is shown")))
    backend.fault = "net.down"
    assert self_test(desk, At()) == limits("internal", "net.down")


def _raising(error: Exception) -> Callable[[], None]:
    def raising() -> None:
        raise error

    return raising


# How it runs ---------------------------------------------------------------------------------------------------------


def test_naming_the_self_test_loads_none_of_what_it_will_need() -> None:
    code = "import sys, terminal.selftest; print([n for n in sys.argv[1:] if n in sys.modules])"
    asked = ("terminal.checks.check", "terminal.records.journal", "sqlite3", "cryptography")
    done = subprocess.run([sys.executable, "-c", code, *asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_only_the_newest_entries_of_a_long_journal_are_proven(desk: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int | None] = []

    def verify(_: Journal, newest: int | None = None) -> int:
        asked.append(newest)
        return 0

    monkeypatch.setattr(Journal, "verify", verify)
    self_test(desk, At())
    assert asked == [NEWEST]


def test_the_table_in_the_docstring_names_every_breaking_subject() -> None:
    from terminal import selftest

    rows = [line.split() for line in (selftest.__doc__ or "").splitlines() if line.endswith("out of service")]
    assert {row[0] for row in rows} == {subject.value for subject in BREAKING}


# What still works ----------------------------------------------------------------------------------------------------

RECEPTION = Rules(Desk.RECEPTION, frozenset({CheckName.ELIGIBILITY}), (), True, False, True, False)
GATE = Rules(Desk.GATE, frozenset(), (), False, True, False, True)
POLICE = Rules(Desk.POLICE, frozenset({CheckName.SIGNATURE}), (), False, False, True, False)


@pytest.mark.parametrize(
    ("up", "online", "rules", "works"),
    [
        ({Device.READER, Device.CAMERA}, True, RECEPTION, "card code typed ask hand"),
        ({Device.READER}, None, RECEPTION, "card typed ask hand"),
        ({Device.SCANNER}, False, RECEPTION, "code typed hand"),
        (set(), False, RECEPTION, "typed hand"),
        ({Device.CAMERA, Device.GATE}, True, GATE, "code ticket gate hand"),
        ({Device.CAMERA}, False, GATE, "code hand"),
        ({Device.READER, Device.GATE}, True, GATE, "gate hand"),
        ({Device.READER, Device.PRINTER}, None, POLICE, "card typed print"),
    ],
)
def test_a_limited_desk_says_what_still_works(up: set[Device], online: bool | None, rules: Rules, works: str) -> None:
    assert still_works(frozenset(up), online, rules) == tuple(Message(f"works.{name}") for name in works.split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_of_it_has_words(language: str) -> None:
    every = still_works(frozenset(Device), True, RECEPTION) + still_works(frozenset(Device), True, GATE)
    for message in (*every, Message("limit.title"), Message("limit.still")):
        assert say(message, language)
