"""A receipt printer on every kind of line, with every kind of trouble."""

from __future__ import annotations

import errno
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.printers.addresses import opener_of, usb_printer
from drivers.printers.escpos import EscPos, build
from drivers.printers.layout import picture_of
from drivers.printers.lines import DeviceLine, FileLine
from drivers.printers.status import Question, check_answer, is_done, realtime_answer
from drivers.printers.talk import SpokenPrinter
from terminal.faults import FaultError
from terminal.outputs import PrinterOptions
from tests.escpos_paper import ReceiptPrinter
from tests.escpos_peers import Peer, PtyPrinter, TcpPrinter
from tests.unit.drivers.printers.slips import SLIP

LONG = replace(SLIP, rows=SLIP.rows * 8)
"""More than a socket's or a pty's buffers hold."""


@pytest.fixture
def hang() -> Iterator[Callable[[Peer], Peer]]:
    with ExitStack() as peers:

        def keep(peer: Peer) -> Peer:
            peers.callback(peer.close)
            return peer

        yield keep


def _address(peer: Peer, *, serial: bool = True) -> str:
    if isinstance(peer, TcpPrinter):
        return peer.address
    assert isinstance(peer, PtyPrinter)
    return f"serial:{peer.path}" if serial else peer.path


def _printer(address: str, seconds: float = 8.0) -> SpokenPrinter:
    return build(PrinterOptions(address, seconds=seconds, baud=115_200))


def _fault(work: Callable[[], object]) -> str:
    with pytest.raises(FaultError) as raised:
        work()
    return raised.value.fault.code


_KINDS: list[tuple[str, Callable[[ReceiptPrinter], Peer], bool]] = [
    ("tcp", TcpPrinter, True),
    ("serial", PtyPrinter, True),
    ("device file", PtyPrinter, False),
]
every_line = pytest.mark.parametrize(
    ("peer", "serial"), [kind[1:] for kind in _KINDS], ids=[kind[0] for kind in _KINDS]
)


@every_line
@pytest.mark.parametrize(
    ("answers", "in_turn"), [(True, True), (True, False), (False, False)], ids=["answers", "at once only", "listens"]
)
def test_a_slip_arrives_whole(
    hang: Callable[[Peer], Peer], peer: Callable[[ReceiptPrinter], Peer], serial: bool, answers: bool, in_turn: bool
) -> None:
    paper = ReceiptPrinter(answers=answers, in_turn=in_turn)
    printer = _printer(_address(hang(peer(paper)), serial=serial))
    printer.check()
    printer.print(SLIP)
    picture = picture_of(SLIP, 576)
    (slip,) = paper.wait_for_slips(1)
    assert np.array_equal(slip[: picture.height], ~np.array(picture))


@every_line
def test_a_printer_that_answers_is_done_when_print_returns(
    hang: Callable[[Peer], Peer], peer: Callable[[ReceiptPrinter], Peer], serial: bool
) -> None:
    paper = ReceiptPrinter()
    printer = _printer(_address(hang(peer(paper)), serial=serial))
    for count in (1, 2):
        printer.print(LONG)
        assert len(paper.slips) == count


def test_a_printer_that_took_everything_and_is_never_done_has_failed(hang: Callable[[Peer], Peer]) -> None:
    class Jammed(ReceiptPrinter):
        def take(self, data: bytes) -> bytes:
            answers = super().take(data)
            return answers.replace(b"\x00", b"") if self.slips else answers

    paper = Jammed()
    peer = TcpPrinter(paper)
    hang(peer)
    begun = time.monotonic()
    assert _fault(lambda: _printer(peer.address, seconds=2).print(SLIP)) == "printer.failed"
    assert 1 < time.monotonic() - begun < 4


@every_line
@pytest.mark.parametrize(("rows", "cover_open"), [(0, False), (1000, True)], ids=["no paper", "cover open"])
def test_a_printer_without_paper_says_so_before_anything_is_printed(
    hang: Callable[[Peer], Peer],
    peer: Callable[[ReceiptPrinter], Peer],
    serial: bool,
    rows: int,
    cover_open: bool,
) -> None:
    paper = ReceiptPrinter(paper_rows=rows, cover_open=cover_open)
    printer = _printer(_address(hang(peer(paper)), serial=serial))
    begun = time.monotonic()
    assert _fault(printer.check) == "printer.paper"
    assert _fault(lambda: printer.print(SLIP)) == "printer.paper"
    assert time.monotonic() - begun < 6
    assert paper.unfinished == 0
    paper.paper_rows, paper.cover_open = 10_000, False
    printer.print(SLIP)
    paper.wait_for_slips(1)


@every_line
def test_paper_that_runs_out_on_the_way_is_told(
    hang: Callable[[Peer], Peer], peer: Callable[[ReceiptPrinter], Peer], serial: bool
) -> None:
    paper = ReceiptPrinter(paper_rows=200)
    printer = _printer(_address(hang(peer(paper)), serial=serial))
    assert _fault(lambda: printer.print(SLIP)) == "printer.paper"
    assert paper.slips == []


@pytest.mark.parametrize("peer", [TcpPrinter, PtyPrinter], ids=["tcp", "serial"])
def test_a_printer_that_takes_nothing_any_more_is_given_up_in_time(
    hang: Callable[[Peer], Peer], peer: type[TcpPrinter] | type[PtyPrinter]
) -> None:
    printer = _printer(_address(hang(peer(ReceiptPrinter(), deaf=True))), seconds=1.5)
    begun = time.monotonic()
    assert _fault(lambda: printer.print(LONG)) == "printer.failed"
    assert time.monotonic() - begun < 3


def test_a_device_file_that_takes_nothing_any_more_is_given_up_in_time(hang: Callable[[Peer], Peer]) -> None:
    address = _address(hang(PtyPrinter(ReceiptPrinter(), deaf=True)), serial=False)
    printer = _printer(address, seconds=1.5)
    assert _fault(lambda: printer.print(LONG)) == "printer.failed"


@pytest.mark.parametrize("after", [200, 30_000], ids=["at its beginning", "in the middle"])
def test_a_printer_unplugged_while_printing_fails_and_prints_the_next_slip(
    hang: Callable[[Peer], Peer], after: int
) -> None:
    paper = ReceiptPrinter()
    peer = TcpPrinter(paper, hangs_up_after=after)
    hang(peer)
    printer = _printer(peer.address)
    assert _fault(lambda: printer.print(LONG)) == "printer.failed"
    assert paper.slips == []
    peer.printer = ReceiptPrinter()  # what the old one held is gone with its current
    printer.print(SLIP)
    assert len(peer.printer.slips) == 1


def test_a_serial_printer_pulled_out_while_printing_prints_again_once_it_is_back(
    hang: Callable[[Peer], Peer], tmp_path: Path
) -> None:
    port = tmp_path / "tty"
    first = PtyPrinter(ReceiptPrinter(), pulled_after=5000)
    hang(first)
    port.symlink_to(first.path)
    printer = _printer(f"serial:{port}", seconds=3)
    assert _fault(lambda: printer.print(LONG)) == "printer.failed"
    port.unlink()
    assert _fault(printer.check) == "printer.absent"
    paper = ReceiptPrinter()
    again = PtyPrinter(paper)
    hang(again)
    port.symlink_to(again.path)
    printer.print(SLIP)
    assert len(paper.slips) == 1


def test_nothing_is_printed_for_somebody_who_has_given_up(tmp_path: Path) -> None:
    """The lane is lost while the line opens; when it opens at last, the slip of then is not printed."""
    opened = threading.Event()
    target = tmp_path / "slips"

    def slowly(_within: float) -> FileLine:
        opened.wait(10)
        return FileLine(target)

    printer = SpokenPrinter(PrinterOptions("file:", seconds=0.5), slowly, EscPos)
    assert _fault(lambda: printer.print(SLIP)) == "printer.failed"
    assert _fault(lambda: printer.print(SLIP)) == "printer.failed"
    lane = printer._lane
    assert lane is not None
    opened.set()
    lane._thread.join(10)
    assert lane.ended
    assert target.read_bytes() == b""
    printer.print(SLIP)
    assert target.stat().st_size > 1000


# Lines and addresses -------------------------------------------------------------------------------------------------


def test_a_file_collects_slips_each_whole(tmp_path: Path) -> None:
    target = tmp_path / "slips.bin"
    printer = _printer(f"file:{target}")
    printer.print(SLIP)
    printer.print(SLIP)
    paper = ReceiptPrinter()
    paper.take(target.read_bytes())
    assert len(paper.slips) == 2
    assert paper.unfinished == 0
    assert os.name != "posix" or target.stat().st_mode & 0o077 == 0, "slips bear names"


def test_a_slip_that_a_full_disk_cut_short_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "slips.bin"
    printer = _printer(f"file:{target}")
    printer.print(SLIP)
    before = target.read_bytes()

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", full)
    assert _fault(lambda: printer.print(SLIP)) == "printer.failed"
    assert target.read_bytes() == before


def test_a_device_file_without_space_is_a_printer_without_paper() -> None:
    printer = SpokenPrinter(PrinterOptions("/dev/full"), lambda _within: DeviceLine(Path("/dev/full")), EscPos)
    assert _fault(lambda: printer.print(SLIP)) == "printer.paper"


def test_a_device_file_is_never_made(tmp_path: Path) -> None:
    assert _fault(_printer(str(tmp_path / "lp0")).check) == "printer.absent"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.ENOENT, "x"), "printer.absent"),
        (OSError(errno.ENODEV, "x"), "printer.absent"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "x"), "printer.absent"),
        (TimeoutError(), "printer.absent"),
        (OSError(errno.EHOSTUNREACH, "x"), "printer.absent"),
        (OSError(errno.EACCES, "x"), "printer.denied"),
        (OSError(errno.EBUSY, "x"), "printer.denied"),
        (OSError("could not open port 'COM4': PermissionError(13, 'Access is denied.')"), "printer.denied"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__ + str(value.errno),
)
def test_why_a_line_does_not_open(error: OSError, code: str) -> None:
    def refuse(_within: float) -> DeviceLine:
        raise error

    assert _fault(SpokenPrinter(PrinterOptions("x"), refuse, EscPos).check) == code


def test_nobody_at_the_port_is_an_absent_printer() -> None:
    peer = TcpPrinter(ReceiptPrinter())
    peer.close()
    assert _fault(_printer(peer.address).check) == "printer.absent"
    assert _fault(_printer("tcp:192.0..2").check) == "printer.absent", "no network can have that name"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "tcp:",
        "tcp:host:0",
        "tcp:host:70000",
        "tcp:a b",
        "usb:04b8",
        "usb:04b8:xyz1",
        "serial:",
        "file:",
        "tcp:a:1:2",
    ],
)
def test_an_address_that_leads_nowhere_is_refused_at_once(address: str) -> None:
    assert _fault(lambda: build(PrinterOptions(address))) == "config.invalid"


@pytest.mark.parametrize(
    "address",
    [
        "/dev/usb/lp0",
        "LPT1",
        "tcp:printer.example",
        "tcp:10.0.0.9:9101",
        "tcp:[::1]:9100",
        "usb:04B8:0e28",
        "serial:COM3",
    ],
)
def test_the_documented_addresses_are_understood(address: str) -> None:
    opener_of(PrinterOptions(address))


def test_a_missing_library_is_told_when_the_desk_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert _fault(lambda: opener_of(PrinterOptions("serial:COM3"))) == "install.missing"
    assert _fault(lambda: build(PrinterOptions("tcp:host"))) == "install.missing"


def test_a_usb_printer_is_found_by_its_ids_wherever_it_was_plugged_in(tmp_path: Path) -> None:
    listed = tmp_path / "class"
    for name, vendor, product in (("lp0", "0416", "5011"), ("lp1", "04b8", "0e28")):
        device = tmp_path / "devices" / name
        (device / "1-1:1.0").mkdir(parents=True)
        (device / "idVendor").write_text(vendor + "\n", "ascii")
        (device / "idProduct").write_text(product + "\n", "ascii")
        (listed / name).mkdir(parents=True)
        (listed / name / "device").symlink_to(device / "1-1:1.0")
    assert usb_printer("04b8", "0e28", listed) == Path("/dev/usb/lp1")
    for vendor, product, folder in (("04b8", "5011", listed), ("04b8", "0e28", tmp_path / "no usblp")):
        with pytest.raises(FileNotFoundError):
            usb_printer(vendor, product, folder)


# Answers -------------------------------------------------------------------------------------------------------------


@given(st.binary(max_size=64))
def test_any_answer_is_understood_or_passed_over(heard: bytes) -> None:
    is_done(heard)
    answer = realtime_answer(heard)
    if answer is not None:
        for question in Question:
            try:
                check_answer(question, answer)
            except FaultError as error:
                assert error.fault.code in ("printer.paper", "printer.failed")


@pytest.mark.parametrize(
    ("question", "answer", "code"),
    [
        (Question.CAUSE, 0x16, "printer.paper"),
        (Question.CAUSE, 0x32, "printer.paper"),
        (Question.CAUSE, 0x52, "printer.failed"),
        (Question.PAPER, 0x72, "printer.paper"),
        (Question.PRINTER, 0x1A, "printer.failed"),
    ],
)
def test_what_the_bits_say(question: Question, answer: int, code: str) -> None:
    assert realtime_answer(bytes([0x00, answer])) == answer
    assert _fault(lambda: check_answer(question, answer)) == code


def test_paper_near_its_end_still_prints() -> None:
    check_answer(Question.PAPER, 0x1E)


def test_a_printer_that_never_stops_talking_does_not_hold_the_desk(hang: Callable[[Peer], Peer]) -> None:
    class Talker(ReceiptPrinter):
        def take(self, data: bytes) -> bytes:
            super().take(data)
            return b"\xff" * 4096

    peer = TcpPrinter(Talker())
    hang(peer)
    begun = time.monotonic()
    _printer(peer.address, seconds=3).print(SLIP)
    assert time.monotonic() - begun < 4


def test_neither_the_log_nor_the_fault_repeats_the_slip(
    hang: Callable[[Peer], Peer], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    peer = TcpPrinter(ReceiptPrinter(), hangs_up_after=300)
    hang(peer)
    with pytest.raises(FaultError) as raised:
        _printer(peer.address).print(LONG)
    told = caplog.text + str(raised.value)
    assert "THỬ" not in told
    assert "a1b2c3" not in told
