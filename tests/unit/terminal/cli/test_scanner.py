"""``tram scanner``: lists scanners, and shows what one sends without what it says."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from terminal import registry
from terminal.__main__ import main
from terminal.events import CodeSeen, Device, DeviceDown, DeviceUp, Event
from terminal.model import Message
from terminal.ports import FrameSink, Inbox, ScannerFound, ScannerOptions
from tests.serial_port import PluggablePort
from tests.unit.terminal.cli.conftest import Tram

CARD = "003090123450||NGUYỄN VĂN THỬ NGHIỆM|20111990|Nam|Tổ 1, Xã Mẫu|15072021".encode()
MISREAD = b"003090123450||NGUY\xc3N|20111990|Nam|X|15072021"
SERIAL = ScannerFound("serial", "NLS-HR32", "Newland", "/dev/ttyACM0", None, simulated=False)
TYPING = ScannerFound(
    "keyboard",
    "1900",
    "Honeywell",
    "",
    Message.of("cli.scanner.switch_named", maker="Honeywell", setting="TRMUSB130"),
    simulated=False,
)

Lines = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def have(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Have these scanners."""

    def have(*scanners: ScannerFound) -> None:
        class Discovery:
            def found(self) -> tuple[ScannerFound, ...]:
                return scanners

        monkeypatch.setattr(registry, "scanners", lambda: Discovery)

    return have


def test_scanners_are_listed_as_json(tram: Tram, have: Callable[..., None]) -> None:
    have(SERIAL, TYPING)
    assert tram("scanner", "list") == (
        0,
        {
            "scanners": [
                {
                    "mode": "serial",
                    "name": "NLS-HR32",
                    "maker": "Newland",
                    "address": "/dev/ttyACM0",
                    "advice": "",
                    "simulated": False,
                },
                {
                    "mode": "keyboard",
                    "name": "1900",
                    "maker": "Honeywell",
                    "address": "",
                    "advice": "Scan the code TRMUSB130 in the manual of Honeywell (serial mode)",
                    "simulated": False,
                },
            ]
        },
    )


def test_scanners_are_listed_for_people(lines: Lines, have: Callable[..., None]) -> None:
    have(SERIAL, TYPING)
    assert lines("scanner", "list", "--lang", "vi") == (
        0,
        [
            "Newland NLS-HR32: cổng nối tiếp, /dev/ttyACM0",
            "Honeywell 1900: chế độ bàn phím",
            "  Việc cần làm: Quét mã TRMUSB130 trong sách hướng dẫn của Honeywell (chế độ nối tiếp)",
        ],
    )


def test_no_scanner_is_said_with_its_remedy(lines: Lines, have: Callable[..., None]) -> None:
    have()
    code, shown = lines("scanner", "list")
    assert code == 0
    assert shown[0].startswith("Scanner not found. ")


# watch ---------------------------------------------------------------------------------------------------------------


class Source:
    """Tells its events as soon as it is started."""

    def __init__(self, *events: Event) -> None:
        self._events = events
        self.options: ScannerOptions | None = None
        self.stopped = False

    def start(self, inbox: Inbox, frames: FrameSink | None = None) -> None:
        for event in self._events:
            inbox(event)

    def pause(self, paused: bool) -> None:
        raise AssertionError

    def stop(self) -> None:
        self.stopped = True


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Source]:
    """The source that ``--driver serial`` builds."""

    def watched(*events: Event) -> Source:
        source = Source(*events)

        def build(options: ScannerOptions) -> Source:
            source.options = options
            return source

        monkeypatch.setattr(registry, "scanner", lambda name: {"serial": build}[name])
        return source

    return watched


def seen(payload: bytes) -> CodeSeen:
    return CodeSeen(payload, "serial")


def test_codes_are_shown_without_what_they_say(lines: Lines, watched: Callable[..., Source]) -> None:
    down = DeviceDown(Device.SCANNER, "serial", "scanner.absent")
    up = DeviceUp(Device.SCANNER, "serial")
    source = watched(down, up, seen(CARD), seen(b"\xff\x00"), seen(MISREAD), seen(b"not shown any more"))
    code, shown = lines("scanner", "watch", "--driver", "serial", "--count", 3)
    assert code == 0
    assert shown == [
        "Scanner not found. Plug the scanner's cable in again; it reconnects itself",
        "The scanner is there: scan a code, end with Ctrl-C",
        f"card: {len(CARD)} bytes, UTF-8",
        "unknown: 2 bytes, not UTF-8",
        f"card: {len(MISREAD)} bytes, not UTF-8. Scanner in the wrong mode. "
        "Switch the scanner to USB-COM, UTF-8 (docs/scanners.md)",
    ]
    assert source.stopped


def test_other_programs_get_one_object_a_line(
    home: Path, capsys: pytest.CaptureFixture[str], watched: Callable[..., Source]
) -> None:
    down = DeviceDown(Device.SCANNER, "serial", "scanner.denied")
    source = watched(down, DeviceUp(Device.SCANNER, "serial"), seen(CARD), seen(MISREAD))
    arguments = ["--driver", "serial", "--address", "/dev/ttyACM3", "--count", "2", "--json"]
    assert main(["scanner", "watch", *arguments]) == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {"event": "down", "name": "serial", "fault": "scanner.denied"},
        {"event": "up", "name": "serial"},
        {"event": "code", "kind": "card", "bytes": len(CARD), "utf8": True, "fault": None},
        {"event": "code", "kind": "card", "bytes": len(MISREAD), "utf8": False, "fault": "scanner.mode"},
    ]
    assert source.options == ScannerOptions("/dev/ttyACM3", repeat_after=0.0)


def test_the_configured_scanner_is_watched(tram: Tram, home: Path, watched: Callable[..., Source]) -> None:
    source = watched(seen(CARD))
    site = home / "terminal.toml"
    site.write_text('desk = "gate"\n[scanner]\ndriver = "serial"\nbaud = 115200\nsuffix = "##"\n', "utf-8")
    assert tram("scanner", "watch", "--config", site, "--count", 1)[0] == 0
    assert source.options == ScannerOptions(baud=115200, suffix=b"##", repeat_after=0.0)


def test_without_a_scanner_that_can_be_watched_it_is_a_wrong_use(tram: Tram) -> None:
    code, shown = tram("scanner", "watch")
    assert (code, shown["error"]["code"]) == (2, "usage.bad")


def test_ctrl_c_ends_it_and_lets_the_scanner_go(
    tram: Tram, watched: Callable[..., Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = watched()

    def press(*_: object) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("terminal.cli.scanner_watch._next", press)
    with pytest.raises(SystemExit) as ended:
        tram("scanner", "watch", "--driver", "serial")
    assert ended.value.code == 130
    assert source.stopped


def test_a_real_line_is_watched(home: Path, tmp_path: Path) -> None:
    port, over = PluggablePort(tmp_path), threading.Event()
    port.plug()

    def scan_again_and_again() -> None:
        while not over.wait(0.05):
            port.send(CARD + b"\r")

    hand = threading.Thread(target=scan_again_and_again)
    hand.start()
    try:
        assert main(["scanner", "watch", "--driver", "serial", "--address", str(port.address), "--count", "1"]) == 0
    finally:
        over.set()
        hand.join()
        port.unplug()
