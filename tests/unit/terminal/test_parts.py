"""A desk's devices as its settings describe them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import time
from pathlib import Path
from typing import Any

import pytest

from config.errors import ConfigError
from config.schema import Settings
from terminal import parts, registry
from terminal.faults import FaultError
from terminal.flow.effects import PrintSlip
from terminal.model import Message, Outcome, Verdict
from terminal.outputs import GateOptions, PrinterOptions, Slip, VoiceOptions
from terminal.ports import KeyboardOptions, ReaderOptions, ScannerOptions
from terminal.quiet import QuietHours
from terminal.view import Result
from tests.desk import TICKET_KEYS, FakeCodes, FakeGate, FakeReader, ticket_text
from tests.fake_clock import FakeClock
from tests.unit.terminal.conftest import Site

Build = Callable[..., Any]


class Kept:
    """Registers a part under any driver's name and keeps the options it was built with."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch
        self.options: dict[str, Any] = {}

    def put(self, kind: str, part: object) -> None:
        def build(*options: Any) -> Any:
            self.options[kind] = options[0] if options else None
            return part

        self._patch.setattr(registry, kind, lambda _driver: build)


class FakePrinter:
    """Keeps its slips."""

    simulated = True

    def __init__(self) -> None:
        self.slips: list[Slip] = []
        self.checks = 0

    def print(self, slip: Slip) -> None:
        self.slips.append(slip)

    def check(self) -> None:
        self.checks += 1


class FakeVoice:
    """Keeps what it says."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str, str, float]] = []
        self.stopped = False

    def say(self, key: str, text: str, language: str, volume: float) -> None:
        self.said.append((key, text, language, volume))

    def stop(self) -> None:
        self.stopped = True


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Kept:
    return Kept(monkeypatch)


def test_a_plain_desk_has_a_reader_and_a_camera_and_nothing_else(site: Site, kept: Kept) -> None:
    reader, codes = FakeReader(), FakeCodes()
    kept.put("reader", reader)
    kept.put("codes", codes)
    kept.put("decoder", object())
    settings, clock = site("reception"), FakeClock()
    assert parts.reader(settings) is reader
    assert kept.options["reader"] == ReaderOptions("*", 3.0)
    assert parts.codes(settings, (), clock) == (codes,)
    assert parts.gate(settings) is None
    assert parts.slips(settings, clock) is None
    assert parts.speech(settings) is None
    assert parts.keyboard(settings) is None
    assert parts.quiet_hours(settings) is None


def test_a_scanner_stands_beside_the_camera(site: Site, kept: Kept) -> None:
    kept.put("codes", FakeCodes())
    kept.put("decoder", object())
    scanner = FakeCodes()
    kept.put("scanner", scanner)
    rows = '[scanner]\ndriver = "serial"\naddress = "COM3"\nbaud = 115200\nprefix = "~"\nsuffix = "\\t"\n'
    found = parts.codes(site("reception", rows), (), FakeClock())
    assert found[1] is scanner
    assert kept.options["scanner"] == ScannerOptions("COM3", 115200, b"~", b"\t", 5.0)


def test_a_scanner_that_types_belongs_to_the_face(site: Site) -> None:
    settings = site("reception", '[codes]\ndriver = "none"\n[scanner]\ndriver = "keyboard"\nprefix = "~"\ngap = 0.02\n')
    assert parts.codes(settings, (), FakeClock()) == ()
    assert parts.keyboard(settings) == KeyboardOptions("~", "", 0.02)


def test_the_camera_knows_which_codes_prove_themselves(site: Site, kept: Kept) -> None:
    kept.put("codes", FakeCodes())
    kept.put("decoder", object())
    parts.codes(site("gate"), TICKET_KEYS, FakeClock())
    proves = kept.options["codes"].proves_itself
    genuine = ticket_text()
    assert proves(genuine)
    forged = genuine[:-1] + (b"A" if genuine[-1:] != b"A" else b"B")
    assert not proves(forged)
    assert not proves(b"003090123450||NGUOI THU|20111990|Nam|So 1|15072021")
    assert not proves(b"\xff\x00" * 600)
    parts.codes(site("gate"), (), FakeClock())
    assert not kept.options["codes"].proves_itself(genuine)


def test_without_zxing_zbar_reads_the_codes(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    zbar = object()

    def missing() -> object:
        raise ImportError("none for this computer", name="zxingcpp")

    monkeypatch.setattr(registry, "decoder", lambda name: missing if name == "zxing" else lambda: zbar)
    with caplog.at_level(logging.WARNING):
        assert parts.decoder("zxing") is zbar
    assert "zbar" in caplog.text


def test_without_either_decoder_the_desk_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> object:
        raise ImportError("no library", name="pyzbar")

    monkeypatch.setattr(registry, "decoder", lambda _name: missing)
    with pytest.raises(FaultError) as failed:
        parts.decoder("zxing")
    assert failed.value.fault.code == "install.missing"
    assert "pyzbar" in failed.value.detail


@pytest.mark.parametrize(("contact", "told"), [(-1, None), (0, 0), (3, 3)])
def test_a_gate_is_built_as_it_is_wired(site: Site, kept: Kept, contact: int, told: int | None) -> None:
    gate = FakeGate()
    kept.put("gate", gate)
    rows = (
        '[gate]\ndriver = "modbus"\naddress = "tcp:127.0.0.1:502"\noutput = 2\nseconds = 4.0\n'
        'fails = "open"\nunit = 7\n'
        f"input = {contact}\n"
    )
    assert parts.gate(site("gate", rows)) is gate
    assert kept.options["gate"] == GateOptions("tcp:127.0.0.1:502", 2, told, 4.0, "open", 7, 9600)


def printing(site: Site, kept: Kept) -> tuple[FakePrinter, parts.Slips, Settings]:
    """A desk that prints."""
    printer = FakePrinter()
    kept.put("printer", printer)
    rows = '[printer]\ndriver = "escpos"\naddress = "file:/dev/null"\ndots = 384\nseconds = 5.0\n'
    settings = replace(site("reception", rows), place="Quầy 3")
    slips = parts.slips(settings, FakeClock())
    assert slips is not None
    return printer, slips, settings


def test_a_slip_is_put_into_words_and_printed(site: Site, kept: Kept) -> None:
    printer, slips, _ = printing(site, kept)
    assert kept.options["printer"] == PrinterOptions("file:/dev/null", 384, 5.0, 9600)
    slips.check()
    slips.print(PrintSlip(1, Result(Verdict(Outcome.STOP, Message("title.stop.no_cover"))), simulated=False))
    assert printer.checks == 1
    assert printer.slips[0].place == "Quầy 3"
    assert slips.simulated
    assert "MÔ PHỎNG" in printer.slips[0].title.upper()  # a double printed it, whatever was read


def test_a_voice_speaks_the_desk_s_language_as_loud_as_the_hour_allows(site: Site, kept: Kept, tmp_path: Path) -> None:
    voice = FakeVoice()
    kept.put("voice", voice)
    rows = (
        f'[voice]\ndriver = "clips"\nclips = "{tmp_path}"\nvolume = 0.8\n'
        '[face]\nquiet = "22:00-06:00"\nquiet_sound = 0.1\n'
    )
    hour = [time(12)]
    speech = parts.speech(site("reception", rows), wall=lambda: hour[0])
    assert speech is not None
    assert kept.options["voice"] == VoiceOptions(str(tmp_path), 0.8)
    speech.say(Message("title.ok.bhyt"))
    hour[0] = time(23)
    speech.say(Message("title.ok.bhyt"))
    assert [volume for _, _, _, volume in voice.said] == [0.8, 0.1]
    assert voice.said[0][:3] == ("title.ok.bhyt", "ĐƯỢC HƯỞNG BHYT", "vi")
    speech.stop()
    assert voice.stopped


def test_the_clock_on_the_wall_is_asked_where_nobody_gives_another(site: Site, kept: Kept) -> None:
    voice = FakeVoice()
    kept.put("voice", voice)
    rows = '[voice]\ndriver = "espeak"\n[face]\nquiet = "00:00-23:59"\nquiet_sound = 0.0\n'
    speech = parts.speech(site("reception", rows))
    assert speech is not None
    speech.say(Message("title.ok.bhyt"))
    assert voice.said[0][3] in (0.0, 1.0)  # 1.0 in the last minute of the day only


def test_quiet_hours_are_read_from_the_settings(site: Site) -> None:
    settings = site("reception", '[face]\nquiet = "21:30-05:15"\n')
    assert parts.quiet_hours(settings) == QuietHours(time(21, 30), time(5, 15), 0.2)


# The backend's driver ------------------------------------------------------------------------------------------------


def test_the_gateway_itself_needs_no_token_of_ours_and_a_hospital_s_system_does(site: Site) -> None:
    settings = site("reception")
    for via, token in (("direct", ""), ("hospital", parts.backend_options(settings).token)):
        asked = replace(
            settings,
            backend=replace(settings.backend, driver="bhyt"),
            bhyt=replace(settings.bhyt, via=via),  # type: ignore[arg-type]  # one of two words
        )
        options = parts.backend_options(asked)
        assert (options.token, options.site) == (token, asked.bhyt)
    without = replace(settings, backend=replace(settings.backend, driver="reference", token_file=None))
    with pytest.raises(ConfigError, match=r"backend\.token_file"):
        parts.backend_options(without)
