"""A label printer on its line: what comes out, what it says, and what it keeps to itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from drivers.printers.host_status import HostStatus, check_status, host_status
from drivers.printers.labels import label_commands
from drivers.printers.layout import picture_of
from drivers.printers.zpl import build
from terminal.faults import FaultError
from terminal.outputs import Printer, PrinterOptions
from tests.escpos_peers import TcpPrinter
from tests.unit.drivers.printers.slips import SLIP
from tests.zpl_paper import LabelPrinter

WELL = b"\x02030,0,0,1245,000,0,0,0,000,0,0,0\x03\r\n\x02001,0,0,0,0,2,6,0,00000000,1,000\x03\r\n\x021234,0\x03\r\n"

Hang = Callable[[LabelPrinter], tuple[LabelPrinter, Printer]]


@pytest.fixture
def hang() -> Iterator[Hang]:
    with ExitStack() as peers:

        def keep(label: LabelPrinter) -> tuple[LabelPrinter, Printer]:
            peer = TcpPrinter(label)
            peers.callback(peer.close)
            return label, build(PrinterOptions(peer.address, dots=448, seconds=3.0))

        yield keep


def fault(work: Callable[[], object]) -> str:
    with pytest.raises(FaultError) as raised:
        work()
    return raised.value.fault.code


def test_the_label_shows_the_slip_dot_for_dot(hang: Hang) -> None:
    label, printer = hang(LabelPrinter())
    printer.print(SLIP)
    drawn = np.asarray(picture_of(SLIP, 448))
    assert np.array_equal(label.slips[0], ~drawn)
    assert label.unfinished == 0


def test_print_returns_when_nothing_waits_in_the_printer(hang: Hang) -> None:
    label, printer = hang(LabelPrinter(slow=4))
    printer.print(SLIP)
    assert label.slow == 0
    assert label.asked >= 4


@pytest.mark.parametrize(
    ("label", "code"),
    [
        (LabelPrinter(labels_left=0), "printer.paper"),
        (LabelPrinter(head_open=True), "printer.paper"),
        (LabelPrinter(paused=True), "printer.failed"),
    ],
    ids=["empty", "head open", "paused"],
)
def test_a_printer_that_cannot_print_says_so_before_anything_is_sent(
    hang: Hang, label: LabelPrinter, code: str
) -> None:
    label, printer = hang(label)
    assert fault(printer.check) == code
    assert fault(lambda: printer.print(SLIP)) == code
    assert label.slips == []


@pytest.mark.parametrize("label", [LabelPrinter(answers=False), LabelPrinter(silent_when_empty=True)])
def test_a_printer_that_only_listens_is_believed(hang: Hang, label: LabelPrinter) -> None:
    label, printer = hang(label)
    printer.check()
    printer.print(SLIP)
    assert len(label.wait_for_slips(1)) == 1


def test_labels_that_run_out_on_the_way_are_told(hang: Hang) -> None:
    _, printer = hang(LabelPrinter(labels_left=1, slow=2))
    assert fault(lambda: printer.print(SLIP)) == "printer.paper"


def test_a_printer_that_never_ends_is_given_up_in_time(hang: Hang) -> None:
    _, printer = hang(LabelPrinter(slow=1_000_000))
    assert fault(lambda: printer.print(SLIP)) == "printer.failed"


def test_an_address_that_leads_nowhere_is_refused_at_once() -> None:
    assert fault(lambda: build(PrinterOptions("tcp:"))) == "config.invalid"


def test_an_answer_is_understood_however_it_comes() -> None:
    assert host_status(WELL) == HostStatus(False, False, False, False, 0)
    assert host_status(b"noise" + WELL + WELL[:20]) == HostStatus(False, False, False, False, 0)
    assert all(host_status(WELL[:length]) is None for length in range(WELL.index(b"000\x03") + 3))


@given(st.binary(max_size=200))
def test_any_bytes_are_an_answer_or_none(heard: bytes) -> None:
    status = host_status(heard)
    if status is not None:
        assert status.waiting >= 0


@given(st.booleans(), st.booleans(), st.booleans(), st.booleans())
def test_every_flag_that_stops_it_is_a_fault(paper: bool, paused: bool, head: bool, ribbon: bool) -> None:
    status = HostStatus(paper, paused, head, ribbon, 0)
    if paper or head or ribbon:
        assert fault(lambda: check_status(status)) == "printer.paper"
    elif paused:
        assert fault(lambda: check_status(status)) == "printer.failed"
    else:
        check_status(status)


@given(st.integers(1, 40), st.integers(1, 30), st.randoms(use_true_random=False))
def test_any_picture_comes_out_as_it_is(stride: int, height: int, chance: object) -> None:
    dots = np.frombuffer(chance.randbytes(stride * height), np.uint8)  # type: ignore[attr-defined]
    picture = Image.frombytes("1", (stride * 8, height), dots.tobytes())
    label = LabelPrinter()
    label.take(label_commands(picture))
    assert np.array_equal(label.slips[0], ~np.asarray(picture))
