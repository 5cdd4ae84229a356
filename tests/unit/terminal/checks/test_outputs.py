"""Gate, printer and voice: asked, never opened, never heard."""

from __future__ import annotations

from dataclasses import replace

import pytest

from config.schema import Settings
from terminal import registry
from terminal.checks.outputs import check_gate, check_printer, check_voice
from terminal.clock import SystemClock
from terminal.faults import FaultError
from terminal.health import Condition
from terminal.messages import LANGUAGES, say
from tests.unit.terminal.conftest import Site


@pytest.fixture
def desk(site: Site) -> Settings:
    """A desk with a gate, a printer and a voice."""
    settings = site("police")
    return replace(
        settings,
        gate=replace(settings.gate, driver="relay", address="/dev/ttyUSB9", fails="open"),
        printer=replace(settings.printer, driver="escpos", address="tcp:127.0.0.1"),
        voice=replace(settings.voice, driver="espeak"),
    )


class GateSays:
    """A gate that answers a check, or does not, and whose other doors stay shut."""

    simulated = True
    tells = True

    def __init__(self, fault: str | None) -> None:
        self._fault = fault

    def check(self) -> None:
        if self._fault:
            raise FaultError(self._fault)


def gate_that_says(monkeypatch: pytest.MonkeyPatch, fault: str | None = None) -> None:
    gate = GateSays(fault)
    monkeypatch.setattr(registry, "gate", lambda name: lambda options: gate)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("fails", ["shut", "open"])
def test_a_board_that_answers_is_in_order_and_nothing_moves(
    desk: Settings, monkeypatch: pytest.MonkeyPatch, fails: str, language: str
) -> None:
    gate_that_says(monkeypatch)
    desk = replace(desk, gate=replace(desk.gate, fails="open" if fails == "open" else "shut"))
    finding = check_gate(desk)
    words = {"vi": {"shut": "cổng đóng", "open": "cổng mở"}, "en": {"shut": "is shut", "open": "is open"}}
    assert finding.condition is Condition.OK
    assert words[language][fails] in say(finding.text, language)


@pytest.mark.parametrize("fault", ["gate.absent", "gate.denied", "gate.refused"])
def test_a_board_that_does_not_answer(desk: Settings, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    gate_that_says(monkeypatch, fault)
    finding = check_gate(desk)
    assert (finding.fault, finding.condition, finding.detail) == (fault, Condition.LIMITED, "/dev/ttyUSB9")
    assert check_gate(replace(desk, needs=("gate",))).condition is Condition.FAIL


class Printing:
    simulated = True

    def __init__(self, fault: FaultError | None) -> None:
        self._fault = fault

    def check(self) -> None:
        if self._fault:
            raise self._fault

    def print(self, slip: object) -> None:
        raise AssertionError("nothing is printed")


@pytest.mark.parametrize(
    ("fault", "detail"), [("printer.paper", "near its end"), ("printer.absent", ""), ("printer.denied", "")]
)
def test_a_printer_says_whether_it_could_print(
    desk: Settings, monkeypatch: pytest.MonkeyPatch, fault: str, detail: str
) -> None:
    monkeypatch.setattr(registry, "printer", lambda name: lambda options: Printing(FaultError(fault, detail)))
    finding = check_printer(desk, SystemClock())
    assert (finding.fault, finding.condition) == (fault, Condition.LIMITED)
    assert finding.detail == (detail or "tcp:127.0.0.1")
    assert check_printer(replace(desk, needs=("printer",)), SystemClock()).condition is Condition.FAIL
    monkeypatch.setattr(registry, "printer", lambda name: lambda options: Printing(None))
    assert check_printer(desk, SystemClock()).condition is Condition.OK


def test_a_voice_is_built_and_says_nothing(desk: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    class Voice:
        def say(self, *_: object) -> None:
            told.append("say")

        def stop(self) -> None:
            told.append("stop")

    monkeypatch.setattr(registry, "voice", lambda name: lambda options: Voice())
    assert check_voice(desk).condition is Condition.OK
    assert told == ["stop"]


def test_what_a_desk_does_not_have_is_not_asked(site: Site) -> None:
    settings = site("police")
    for finding in (check_gate(settings), check_printer(settings, SystemClock()), check_voice(settings)):
        assert say(finding.text, "en") == "not used at this desk"
