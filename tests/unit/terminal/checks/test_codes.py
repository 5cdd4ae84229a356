"""Cameras and scanners: what they say first, how their pictures look, in which mode they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from drivers.scanners.discovery import Discovery
from drivers.scanners.hid_library import HidEntry
from terminal import registry
from terminal.checks import codes
from terminal.checks.codes import check_camera, check_scanner
from terminal.clock import SystemClock
from terminal.events import Device, DeviceDown, DeviceUp, Event
from terminal.faults import FaultError
from terminal.health import Condition, Finding
from terminal.messages import LANGUAGES, say
from terminal.ports import FrameSink, GreyFrame
from tests.unit.terminal.conftest import Site

EDGES = GreyFrame(64, 64, (bytes(8) + bytes([255]) * 8) * 256)
SLOPE = GreyFrame(256, 64, bytes(range(256)) * 64)
WALL = GreyFrame(64, 64, bytes([180]) * 4096)
NIGHT = GreyFrame(64, 64, bytes([9]) * 4096)

HONEYWELL = HidEntry(b"1", 0x0C2E, 0x0B61, 0x01, 0x06, "Voyager 1400g")


class Source:
    """A camera or scanner that says ``events`` and shows ``pictures``."""

    def __init__(self, events: Sequence[Event], pictures: Sequence[GreyFrame] = ()) -> None:
        self._events, self._pictures = events, pictures
        self.stopped = 0

    def start(self, inbox: Callable[[Event], None], frames: FrameSink | None = None) -> None:
        for event in self._events:
            inbox(event)
        for picture in self._pictures:
            if frames:
                frames(picture)

    def stop(self) -> None:
        self.stopped += 1


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes, "CAMERA_SECONDS", 0.05)
    monkeypatch.setattr(codes, "SCANNER_SECONDS", 0.05)
    monkeypatch.setattr(registry, "decoder", lambda name: lambda: name)


# Camera --------------------------------------------------------------------------------------------------------------

UP, DOWN = DeviceUp(Device.CAMERA, "0"), DeviceDown(Device.CAMERA, "0", "camera.absent")


def looked(
    site: Site, monkeypatch: pytest.MonkeyPatch, events: Sequence[Event], *pictures: GreyFrame, rows: str = ""
) -> Finding:
    source = Source(events, pictures)
    monkeypatch.setattr(registry, "codes", lambda name: lambda options, decoder: source)
    finding = check_camera(site("police", rows), SystemClock())
    assert source.stopped == 1
    return finding


@pytest.mark.parametrize(
    ("pictures", "said"),
    [
        ([EDGES] * 6, "delivers pictures, sharpness 1.00, brightness 255/255"),
        ([NIGHT, NIGHT, NIGHT, SLOPE, SLOPE, EDGES], "delivers pictures, sharpness 1.00, brightness 255/255"),
        ([WALL] * 6, "delivers pictures; hold a card in view to measure the focus"),
        ([], "delivers pictures"),
    ],
    ids=["sharp", "settles", "empty", "none in time"],
)
def test_a_camera_that_works_is_told_with_its_measures(
    site: Site, monkeypatch: pytest.MonkeyPatch, pictures: Sequence[GreyFrame], said: str
) -> None:
    monkeypatch.setattr(codes, "_LOOKING", 20.0 if pictures else 0.2)
    finding = looked(site, monkeypatch, [UP], *pictures)
    assert (finding.condition, say(finding.text, "en")) == (Condition.OK, said)


@pytest.mark.parametrize(
    ("picture", "fault", "detail"),
    [(NIGHT, "camera.dark", "9/255"), (SLOPE, "camera.blurred", "250/255, 0.01")],
)
def test_dark_and_blurred_pictures_limit(
    site: Site, monkeypatch: pytest.MonkeyPatch, picture: GreyFrame, fault: str, detail: str
) -> None:
    finding = looked(site, monkeypatch, [UP], *[picture] * 6)
    assert (finding.fault, finding.condition, finding.detail) == (fault, Condition.LIMITED, detail)


@pytest.mark.parametrize(("events", "fault"), [([DOWN], "camera.absent"), ([], "camera.stuck")])
def test_a_camera_that_is_away_or_says_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch, events: Sequence[Event], fault: str
) -> None:
    finding = looked(site, monkeypatch, events)
    assert (finding.fault, finding.condition) == (fault, Condition.LIMITED)
    assert finding.detail == "0"  # which camera was looked for


# Scanner -------------------------------------------------------------------------------------------------------------

SCANNER_UP = DeviceUp(Device.SCANNER, "s")
SCANNER_DOWN = DeviceDown(Device.SCANNER, "s", "scanner.absent")
SERIAL = '[scanner]\ndriver = "serial"\n'
KEYBOARD = '[scanner]\ndriver = "keyboard"\n'


def scanned(
    site: Site, monkeypatch: pytest.MonkeyPatch, rows: str, events: Sequence[Event] = (), *listed: HidEntry
) -> Finding:
    discovery = Discovery(ports=lambda: (), hids=lambda: listed)
    monkeypatch.setattr(registry, "scanners", lambda: lambda: discovery)
    monkeypatch.setattr(registry, "scanner", lambda name: lambda options: Source(events))
    return check_scanner(site("police", rows), SystemClock())


def test_a_scanner_in_its_mode_is_in_order(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    finding = scanned(site, monkeypatch, SERIAL, [SCANNER_UP])
    assert (finding.condition, say(finding.text, "en")) == (Condition.OK, "serial")
    hid = HidEntry(b"2", 0x0C2E, 0x0B6A, 0x8C, 0x01, "Voyager 1400g")
    finding = scanned(site, monkeypatch, SERIAL.replace("serial", "hid"), [SCANNER_UP], hid)
    assert say(finding.text, "en") == "Honeywell Voyager 1400g"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_scanner_that_types_is_told_how_to_become_serial(
    site: Site, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    finding = scanned(site, monkeypatch, SERIAL, [SCANNER_DOWN], HONEYWELL)
    assert (finding.fault, finding.detail) == ("scanner.mode", "Honeywell Voyager 1400g: keyboard")
    assert finding.how
    assert "TRMUSB130" in say(finding.how, language)


@pytest.mark.parametrize(
    ("events", "fault"),
    [
        ([SCANNER_DOWN], "scanner.absent"),
        ([], "scanner.absent"),
        ([DeviceDown(Device.SCANNER, "s", "scanner.denied")], "scanner.denied"),
    ],
)
def test_no_scanner_at_all(site: Site, monkeypatch: pytest.MonkeyPatch, events: Sequence[Event], fault: str) -> None:
    assert scanned(site, monkeypatch, SERIAL, events).fault == fault


def test_a_scanner_that_may_not_be_opened_is_not_said_to_be_in_another_mode(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    denied = [DeviceDown(Device.SCANNER, "s", "scanner.denied")]
    assert scanned(site, monkeypatch, SERIAL, denied, HONEYWELL).fault == "scanner.denied"


def test_a_needed_scanner_that_is_away_fails(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert scanned(site, monkeypatch, SERIAL, [SCANNER_DOWN]).condition is Condition.LIMITED
    monkeypatch.setattr(registry, "scanner", lambda name: lambda options: Source([SCANNER_DOWN]))
    needing = site("police", SERIAL)
    finding = check_scanner(replace(needing, needs=("scanner",)), SystemClock())
    assert finding.condition is Condition.FAIL


def test_keyboard_mode_is_in_order_where_it_is_configured_but_serial_is_advised(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    finding = scanned(site, monkeypatch, KEYBOARD, (), HONEYWELL)
    assert finding.condition is Condition.OK
    assert say(finding.text, "en") == "Honeywell Voyager 1400g, keyboard mode; a serial port would be better"
    assert finding.how
    assert "TRMUSB130" in say(finding.how, "en")
    finding = scanned(site, monkeypatch, KEYBOARD)
    assert finding.how
    assert say(finding.how, "en") == "run: tram scanner calibrate"


def test_without_the_library_that_lists_scanners(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking() -> None:
        raise FaultError("install.missing", "hidapi")

    monkeypatch.setattr(registry, "scanners", lacking)
    assert check_scanner(site("police", SERIAL), SystemClock()).fault == "install.missing"
    assert check_scanner(site("police", KEYBOARD), SystemClock()).condition is Condition.OK
    assert say(check_scanner(site("police"), SystemClock()).text, "en") == "not used at this desk"
