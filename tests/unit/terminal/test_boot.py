"""One terminal is built from its settings: rules, parts, faults at the start, and what the journal keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from config.errors import ConfigError, Problem
from config.schema import Settings
from crypto.trust.store import TrustStore
from terminal import boot, registry
from terminal.events import Button as Press
from terminal.events import Device, Pressed, SelfTested
from terminal.faults import FaultError
from terminal.model import (
    CheckName,
    Outcome,
)
from terminal.ports import BackendOptions, CodeOptions, FaceOptions, ReaderOptions
from terminal.records.entry import Method
from terminal.records.journal import Journal
from terminal.view import Desk, Screen
from tests import chips
from tests.desk import CARD, TICKET_KEYS, UP, FakeBackend, FakeCodes, FakeFace, FakeReader, code
from tests.fake_clock import FakeClock
from tests.unit.terminal.conftest import Site

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


class Parts:
    """What the registry hands out, and the options it was asked with."""

    def __init__(self) -> None:
        self.face, self.reader, self.codes, self.backend = FakeFace(), FakeReader(), FakeCodes(), FakeBackend()
        self.options: dict[str, Any] = {}

    def keep(self, name: str, part: object) -> Callable[..., Any]:
        def build(*options: Any) -> Any:
            self.options[name] = options[0] if options else None
            return part

        return lambda _driver: build


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> Parts:
    found = Parts()
    for name in ("face", "reader", "codes", "backend", "decoder"):
        monkeypatch.setattr(registry, name, found.keep(name, getattr(found, name, None)))
    # The real one may still run, and build a backend of its own, when the next test has begun.
    monkeypatch.setattr(boot, "_self_test", lambda _settings, _clock: SelfTested())
    return found


# Rules ---------------------------------------------------------------------------------------------------------------

IDENTITY = {CheckName.SIGNATURE, CheckName.HASHES, CheckName.ISSUER, CheckName.CHIP}


def test_the_rules_of_a_reception(site: Site) -> None:
    rules = boot.rules_of(site("reception"))
    assert rules.desk is Desk.RECEPTION
    assert rules.demands == IDENTITY | {CheckName.ELIGIBILITY}
    assert rules.needs == (frozenset({Device.READER, Device.CAMERA}),)
    assert (rules.asks, rules.tickets, rules.people, rules.queue, rules.removal) == (True, False, True, False, None)


def test_the_rules_of_a_gate(site: Site) -> None:
    rules = boot.rules_of(site("gate"))
    assert rules.desk is Desk.GATE
    assert rules.demands == frozenset()
    assert rules.needs == (frozenset({Device.CAMERA}),)
    assert (rules.asks, rules.tickets, rules.people, rules.queue, rules.removal) == (False, True, False, True, 0.0)


def test_the_rules_of_a_patrol(site: Site) -> None:
    rules = boot.rules_of(site("police"))
    assert rules.desk is Desk.POLICE
    assert rules.demands == IDENTITY | {CheckName.VALIDITY}
    assert rules.needs == (frozenset({Device.READER}),)
    assert (rules.asks, rules.tickets, rules.people, rules.queue, rules.removal) == (False, False, True, False, None)


def test_a_gate_that_serves_people_too_asks_about_them(site: Site) -> None:
    rules = boot.rules_of(replace(site("gate"), demands=("ticket", "signature", "eligibility")))
    assert rules.demands == {CheckName.SIGNATURE, CheckName.ELIGIBILITY}
    assert (rules.asks, rules.tickets, rules.people) == (True, True, True)


def test_a_desk_without_a_backend_asks_nobody(site: Site) -> None:
    settings = site("reception")
    assert not boot.rules_of(replace(settings, backend=replace(settings.backend, driver="none"))).asks


def test_a_desk_without_a_camera_needs_its_reader(site: Site) -> None:
    settings = site("reception")
    rules = boot.rules_of(replace(settings, codes=replace(settings.codes, driver="none")))
    assert rules.needs == (frozenset({Device.READER}),)


def test_each_time_of_the_settings_is_its_own_time_of_the_rules(site: Site) -> None:
    settings = site(
        "reception",
        "[times]\nslow = 1.1\nreading = 3.1\nretry = 2.1\nbounce = 0.1\nask_number = 5.1\nplace_card = 6.1\n"
        "result_allow = 11\nresult_attention = 12\nresult_stop = 13\nresult_cannot = 14\nwarn = 2.5\nremoval = 3.5\n",
    )
    rules = boot.rules_of(settings)
    times = rules.times
    assert (times.slow, times.reading, times.retry, times.bounce) == (1.1, 3.1, 2.1, 0.1)
    assert (times.ask_number, times.place_card) == (5.1, 6.1)
    assert (times.allow, times.attention, times.stop, times.cannot_check) == (11, 12, 13, 14)
    assert (times.warn, rules.removal) == (2.5, 3.5)


# Parts ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("desk", ["reception", "gate"])
def test_a_backend_that_uses_all_its_time_is_still_heard(site: Site, desk: str) -> None:
    """At its end a gateway that never answers is followed by what was kept of it, and by the own decision of a gate."""
    settings = site(desk)  # type: ignore[arg-type]
    assert boot.rules_of(settings).times.asking >= settings.backend.total + 0.5


def test_every_part_is_built_as_the_settings_say(site: Site, parts: Parts) -> None:
    rows = (
        '[reader]\nnames = "ACS*"\napdu_timeout = 2.0\n[codes]\nsource = "2"\nwidth = 640\nheight = 480\n'
        'repeat_after = 3.0\n[face]\nfullscreen = true\ntheme = "high_contrast"\nsound = 0.5\n'
    )
    settings = site("reception", rows)
    terminal = boot.build(settings, demo=True)
    terminal.close()
    assert terminal.face is parts.face
    assert terminal.settings is settings
    assert parts.options["face"] == FaceOptions("reception", "", "vi", True, "high_contrast", 0.5, demo=True)
    assert parts.options["reader"] == ReaderOptions("ACS*", 2.0)
    asked = parts.options["codes"]
    assert asked == CodeOptions("2", 640, 480, 3.0, asked.proves_itself)
    assert parts.options["backend"] == BackendOptions("http://127.0.0.1:1", "secret", "quay-3", 1.5, None)


def test_what_is_given_takes_the_place_of_what_is_configured(site: Site, parts: Parts) -> None:
    face, reader = FakeFace(), FakeReader()
    terminal = boot.build(site("reception"), face=face, reader=reader)
    terminal.close()
    assert terminal.face is face
    assert not {"face", "reader"} & parts.options.keys()
    terminal.engine.start()
    terminal.engine.stop()
    assert reader.inbox is not None


def test_a_desk_without_reader_camera_and_backend_has_none(site: Site, parts: Parts) -> None:
    settings = site("police")
    settings = replace(settings, codes=replace(settings.codes, driver="none"))
    boot.build(settings).close()
    assert parts.options.keys() == {"face", "reader"}
    boot.build(replace(settings, reader=replace(settings.reader, driver="none"))).close()


@pytest.mark.parametrize(("block", "size"), [('"extended"', boot.EXTENDED_BLOCK), ("223", 223)])
def test_a_read_asks_for_as_much_as_is_configured(site: Site, parts: Parts, block: str, size: int) -> None:
    settings = site("reception", f"[reader]\nblock = {block}\nphoto = false\n")
    work = boot._read_work(settings, FakeClock(), lambda _event: None)
    assert (work.block, work.photo) == (size, False)
    assert work.tools().trust.anchors == ()


def test_a_built_terminal_serves_and_writes_its_journal(site: Site, parts: Parts, tmp_path: Path) -> None:
    settings = site("reception")
    TrustStore.open(settings.trust.directory).add(
        chips.AUTHORITY.root, chips.accepted().anchors[0].fingerprint, "tests", NOW
    )
    seen: list[Screen] = []
    terminal = boot.build(settings, watch=lambda state, _effects: seen.append(state.screen), clock=FakeClock())
    engine, face = terminal.engine, parts.face
    engine.start()
    for event, screen in ((UP, Screen.IDLE), (code(), Screen.PLACE_CARD), (CARD, Screen.READING)):
        engine.post(event)
        face.wait_for(screen)
    parts.reader.run(chips.Field(chips.contents_of("cccd-2021")))
    result = face.wait_for(Screen.RESULT).result
    engine.post(Pressed(Press.DONE))
    face.wait_for(Screen.IDLE)
    engine.stop()
    terminal.close()
    assert result is not None
    assert result.verdict.outcome is Outcome.ALLOW
    assert Screen.RESULT in seen
    with Journal(settings.journal.path) as journal:
        assert journal.verify() == 1
        entry = journal.read()[0].entry
    assert (entry.outcome, entry.method, entry.device, entry.simulated) == (
        Outcome.ALLOW,
        Method.CHIP_CCCD,
        "quay-3",
        True,
    )


def test_the_gate_takes_tickets_of_its_event_signed_by_accepted_issuers(site: Site, parts: Parts) -> None:
    settings = site("gate")
    settings.trust.tickets.mkdir(parents=True)
    (settings.trust.tickets / "issuer.pem").write_bytes(TICKET_KEYS[0].to_pem())
    terminal = boot.build(settings)
    terminal.close()
    desk = terminal.engine._desk
    assert (tuple(desk.ticket_keys), desk.event) == (TICKET_KEYS, "trang-an-mau")


@pytest.mark.parametrize(("tickets", "secrets"), [("signed", False), ("any", True)])
def test_the_site_says_whether_unsigned_codes_may_be_tickets(
    site: Site, parts: Parts, tickets: str, secrets: bool
) -> None:
    own = 'url = "http://127.0.0.1:1"\ntoken_file = "token"\nevent = "trang-an-mau"\ngate = "A1"'
    terminal = boot.build(site("gate", backend=f'{own}\ntickets = "{tickets}"'))
    terminal.close()
    assert terminal.engine._desk.secrets is secrets


def test_what_the_first_person_needs_is_loaded_ahead(site: Site, parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = boot.build(site("reception"))
    terminal.close()
    terminal.engine._desk.warm_up()  # every name is there
    loaded: list[str] = []
    monkeypatch.setattr("terminal.boot.importlib", SimpleNamespace(import_module=loaded.append))
    terminal.engine._desk.warm_up()
    assert {"crypto.codes.sniff", "terminal.proof.reading", "terminal.proof.photo", "requests"} == {*loaded}


# Faults at the start -------------------------------------------------------------------------------------------------


Refused = Callable[[Settings], FaultError]


@pytest.fixture
def fault(monkeypatch: pytest.MonkeyPatch) -> Refused:
    """The fault with which building these settings ends; a journal that was opened is closed again."""

    class Watched(Journal):
        def __init__(self, path: Path) -> None:
            super().__init__(path)
            opened.append(self)

        def close(self) -> None:
            super().close()
            opened.remove(self)

    opened: list[Journal] = []
    monkeypatch.setattr("terminal.boot.Journal", Watched)

    def fault(settings: Settings) -> FaultError:
        with pytest.raises(FaultError) as caught:
            boot.build(settings)
        assert opened == []
        return caught.value

    return fault


def test_a_ticket_key_that_is_none_is_a_fault_of_trust(site: Site, parts: Parts, fault: Refused) -> None:
    settings = site("gate")
    settings.trust.tickets.mkdir(parents=True)
    (settings.trust.tickets / "issuer.pem").write_text("not a key")
    error = fault(settings)
    assert error.fault.code == "trust.unreadable"
    assert str(settings.trust.tickets) in error.detail


def test_a_trust_store_that_is_broken_is_a_fault_at_each_read_and_not_at_the_start(
    site: Site, parts: Parts, fault: Refused
) -> None:
    settings = site("reception")
    settings.trust.directory.mkdir(parents=True)
    (settings.trust.directory / "index.json").write_text("{")
    boot.build(settings).close()
    with pytest.raises(FaultError) as caught:
        boot.tools_for(settings, FakeClock())
    assert caught.value.fault.code == "trust.unreadable"


def test_a_decoder_whose_library_is_missing_names_it(
    site: Site, parts: Parts, fault: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decoder() -> None:
        raise ImportError("no zbar", name="pyzbar")

    monkeypatch.setattr(registry, "decoder", lambda _name: decoder)
    error = fault(site("reception", '[codes]\ndecoder = "zbar"\n'))
    assert (error.fault.code, error.detail) == ("install.missing", "decoder zbar: pyzbar")


def test_a_plug_in_that_is_missing_is_a_fault(
    site: Site, parts: Parts, fault: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(_name: str) -> None:
        raise FaultError("install.missing", "tram.reader pcsc")

    monkeypatch.setattr(registry, "reader", missing)
    assert fault(site("reception")).fault.code == "install.missing"


def test_a_journal_that_cannot_be_written_is_a_fault(site: Site, parts: Parts, fault: Refused) -> None:
    settings = site("reception")
    settings.journal.path.mkdir(parents=True)
    assert fault(settings).fault.code == "journal.write"


def test_a_backend_that_cannot_be_built_leaves_no_journal_open(
    site: Site, parts: Parts, fault: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_options: BackendOptions) -> None:
        raise FaultError("net.tls")

    monkeypatch.setattr(registry, "backend", lambda _name: broken)
    assert fault(site("reception")).fault.code == "net.tls"


@pytest.mark.parametrize(
    ("backend", "key"),
    [('token_file = "token"', "backend.url"), ('url = "http://127.0.0.1:1"', "backend.token_file")],
)
def test_what_only_the_site_knows_must_be_said(
    site: Site, parts: Parts, fault: Refused, monkeypatch: pytest.MonkeyPatch, backend: str, key: str
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(ConfigError) as caught:
        boot.build(site("reception", backend=backend))
    assert (caught.value.path, caught.value.problem) == (key, Problem.NEEDED)
