"""``tram scanner calibrate``: what it shows, takes and tells."""

from __future__ import annotations

import io
import json
import os
import pty
import signal
import sys
import termios
import threading
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from crypto.codes.calibration import calibration_payload
from crypto.codes.layouts import MISMATCHES
from drivers.decoders import build_zxing
from drivers.qr_picture import build
from terminal import registry
from terminal.__main__ import main
from terminal.cli import raw_keys
from terminal.cli.qr_print import as_lines, png
from terminal.events import CodeSeen, Device, DeviceDown, Event
from terminal.faults import FaultError
from terminal.ports import FrameSink, GreyFrame, Inbox, ScannerOptions
from tests.unit.terminal.cli.conftest import Tram

TEXT = calibration_payload().decode()
SWALLOWED = "".join(sign for sign in TEXT if sign.isascii())
CARD = "003090123450||NGUYỄN VĂN THỬ|20111990|Nam|Tổ 1, Xã Mẫu|15072021"

Lines = Callable[..., tuple[int, list[str]]]


def answer(folder: Path, text: str) -> Path:
    file = folder / "typed"
    file.write_bytes(text.encode())
    return file


def test_what_was_found_is_told_as_json(tram: Tram, tmp_path: Path) -> None:
    azerty = next(mismatch for mismatch in MISMATCHES if mismatch.computer == "fr")
    code, told = tram("scanner", "calibrate", "--from", answer(tmp_path, azerty.typed("]Q1$" + SWALLOWED) + "\r"))
    lines = told.pop("lines")
    assert (code, told) == (
        0,
        {
            "recognised": True,
            "prefix": "4",
            "suffix": "",
            "line_end": "\r",
            "aim": "]Q1",
            "layout": {"scanner": "us", "computer": "fr"},
            "caps_lock": False,
            "input_method": None,
            "letters": "swallowed",
            "advice": ["layout", "serial"],
        },
    )
    assert tomllib.loads("\n".join(lines)) == {
        "scanner": {"driver": "keyboard", "prefix": told["prefix"], "suffix": ""}
    }


def test_the_lines_for_the_site_hold_any_prefix(tram: Tram, tmp_path: Path) -> None:
    file = answer(tmp_path, '\x02"\\\x7f' + TEXT + "\x1d'\r")
    _, told = tram("scanner", "calibrate", "--from", file)
    assert tomllib.loads("\n".join(told["lines"]))["scanner"] == {
        "driver": "keyboard",
        "prefix": '\x02"\\\x7f',
        "suffix": "\x1d'",
    }


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            [
                "Vietnamese letters are lost; numbers and dates arrive",
                "What to do: Switch the scanner to a serial port: as a keyboard it loses letters (docs/scanners.md)",
                "What to do: Set the scanner's suffix to CR (Enter), so that a code ends at once",
                "For the site's file:",
            ],
        ),
        (
            "vi",
            [
                "Chữ tiếng Việt bị mất; số và ngày vẫn đúng",
                "Việc cần làm: Chuyển máy quét sang cổng nối tiếp: "
                "ở chế độ bàn phím máy quét làm mất chữ (docs/scanners.md)",
                "Việc cần làm: Đặt hậu tố của máy quét là CR (Enter) để mã kết thúc ngay",
                "Ghi vào tệp cấu hình của điểm này:",
            ],
        ),
    ],
)
def test_people_are_told_what_to_change(lines: Lines, tmp_path: Path, language: str, said: list[str]) -> None:
    code, printed = lines("scanner", "calibrate", "--lang", language, "--from", answer(tmp_path, SWALLOWED))
    assert (code, printed[:4]) == (0, said)
    assert printed[4:] == ["[scanner]", 'driver = "keyboard"', 'prefix = ""', 'suffix = ""']


def test_another_code_is_refused_and_nothing_of_it_shown(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for json_too in ([], ["--json"]):
        assert main(["scanner", "calibrate", "--from", str(answer(home, CARD)), *json_too]) == 1
    shown = "".join(capsys.readouterr())
    assert not [part for part in CARD.split("|") if part and part in shown]
    assert "again" in shown


def test_standard_input_is_read(tram: Tram, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    assert tram("scanner", "calibrate", "--from", "-")[1]["letters"] == "whole"


def test_without_a_keyboard_there_is_nobody_to_type(tram: Tram, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    code, told = tram("scanner", "calibrate")
    assert (code, told["error"]["code"]) == (2, "usage.bad")


@pytest.mark.parametrize("argument", ["--from", "--save"])
def test_a_file_that_cannot_be_used_is_told(tram: Tram, tmp_path: Path, argument: str) -> None:
    code, told = tram("scanner", "calibrate", argument, tmp_path / "none" / "x.png")
    assert (code, told["error"]["code"]) == (2, "usage.bad")


def test_the_scanner_s_keys_are_taken_from_the_terminal(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw_keys, "_SETTLED", 0.05)
    pressed, terminal = pty.openpty()
    taken: list[str] = []

    def show(_args: object) -> None:
        os.write(pressed, b"$" + TEXT.encode() + b"\r")

    with os.fdopen(terminal) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        keys = raw_keys.typed_text
        monkeypatch.setattr(raw_keys, "typed_text", lambda read, *rest: _typed(read, show, keys, rest, taken))
        assert main(["scanner", "calibrate", "--json"]) == 0
    os.close(pressed)
    shown = capsys.readouterr()
    assert json.loads(shown.out)["prefix"] == "$"
    assert "Scan this code with the scanner within 60 s" in shown.err
    assert len(taken) == 1


@pytest.mark.usefixtures("home")
def test_a_program_that_is_ended_leaves_the_terminal_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(*_: object) -> str:
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL  # which would end the tests themselves
        signal.raise_signal(signal.SIGTERM)
        return ""

    monkeypatch.setattr(raw_keys, "typed_text", ended)
    pressed, terminal = pty.openpty()
    before = termios.tcgetattr(terminal)
    with os.fdopen(terminal) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        with pytest.raises(SystemExit):
            main(["scanner", "calibrate", "--json"])
        assert termios.tcgetattr(terminal) == before
    os.close(pressed)


def _typed(read: raw_keys.Keys, scan: Callable[[object], None], real: Callable[..., str], rest: tuple[object, ...],
           taken: list[str]) -> str:  # fmt: skip
    scan(None)
    taken.append(real(read, *rest))
    return taken[0]


# A scanner on a cable ------------------------------------------------------------------------------------------------


class Scanner:
    """A code source that says what it is told to say."""

    def __init__(self, options: ScannerOptions, *says: Event) -> None:
        self.options, self._says = options, says
        self.stopped = threading.Event()

    def start(self, inbox: Inbox, frames: FrameSink | None = None) -> None:
        del frames
        for event in self._says:
            inbox(event)

    def pause(self, paused: bool) -> None:
        raise AssertionError(paused)

    def stop(self) -> None:
        self.stopped.set()


@pytest.fixture
def scanner(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Scanner]]:
    def having(*says: Event) -> list[Scanner]:
        built: list[Scanner] = []

        def build_one(options: ScannerOptions) -> Scanner:
            built.append(Scanner(options, *says))
            return built[-1]

        monkeypatch.setattr(registry, "scanner", lambda name: build_one if name == "serial" else None)
        return built

    return having


def test_a_serial_scanner_is_calibrated_too(tram: Tram, scanner: Callable[..., list[Scanner]]) -> None:
    built = scanner(CodeSeen(b"ID" + calibration_payload() + b"\r", "scanner"))
    code, told = tram("scanner", "calibrate", "--port", "/dev/ttyACM7")
    assert (code, told["letters"], told["advice"]) == (0, "whole", ["nothing"])
    assert tomllib.loads("\n".join(told["lines"]))["scanner"] == {
        "driver": "serial",
        "address": "/dev/ttyACM7",
        "prefix": "ID",
        "suffix": "",
    }
    assert (built[0].options.address, built[0].options.prefix, built[0].stopped.is_set()) == ("/dev/ttyACM7", b"", True)


def test_a_serial_scanner_that_is_not_there_is_that_fault(tram: Tram, scanner: Callable[..., list[Scanner]]) -> None:
    built = scanner(DeviceDown(Device.SCANNER, "scanner", "scanner.denied"))
    code, told = tram("scanner", "calibrate", "--port", "COM3", "--seconds", "0.1")
    assert (code, told["error"]["code"]) == (3, "scanner.denied")
    assert built[0].stopped.is_set()


def test_a_serial_scanner_that_sends_nothing_is_to_scan_again(
    tram: Tram, scanner: Callable[..., list[Scanner]]
) -> None:
    scanner()
    code, told = tram("scanner", "calibrate", "--port", "COM3", "--seconds", "0.1")
    assert (code, told["recognised"], told["letters"], told["advice"]) == (1, False, None, ["again"])


# The picture ---------------------------------------------------------------------------------------------------------


def test_the_saved_picture_is_the_code(lines: Lines, tmp_path: Path) -> None:
    file = tmp_path / "code.png"
    code, printed = lines("scanner", "calibrate", "--save", file, "--from", answer(tmp_path, TEXT))
    assert (code, printed[0]) == (0, f"Saved: {file}")
    (found,) = registry.scan("camera")(file, build_zxing())
    assert found.payload == calibration_payload()


def test_the_lines_on_the_terminal_are_the_code_black_on_white() -> None:
    modules = build(calibration_payload())
    shown = as_lines(modules)
    assert (len(shown), {len(line) for line in shown}) == (23, {45 + len("\x1b[38;5;16;48;5;231m\x1b[0m")})
    rows: list[list[bool]] = []
    for line in shown:
        signs = line.removeprefix("\x1b[38;5;16;48;5;231m").removesuffix("\x1b[0m")
        rows += [[sign in "▀█" for sign in signs], [sign in "▄█" for sign in signs]]
    grey = bytes(0 if dark else 255 for row in rows for dark in row for _ in range(4))
    tall = b"".join(grey[at : at + 180] * 4 for at in range(0, len(grey), 180))
    (found,) = build_zxing().decode(GreyFrame(180, 4 * len(rows), tall))
    assert found.payload == calibration_payload()


def test_more_than_a_code_holds_is_an_error() -> None:
    with pytest.raises(FaultError, match=r"usage\.bad"):
        build(b"x" * 3000)


def test_the_picture_has_the_size_it_says() -> None:
    picture = png([[True, False], [False, True]], scale=3)
    assert picture[16:24] == (30).to_bytes(4) * 2
