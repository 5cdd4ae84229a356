"""What every `terminal.outputs.Printer` promises."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from terminal.faults import FaultError
from terminal.outputs import Slip
from tests.contract.printer_rigs import RIGS, SECONDS, Rig

SLIP = Slip(
    "ĐƯỢC HƯỞNG BHYT",
    "Quầy 3",
    (("Họ và tên", "NGUYỄN VĂN THỬ NGHIỆM"), ("Số định danh", "003 090 ••••••")),
    b"a1b2c3",
    "MÔ PHỎNG: Có thiết bị mô phỏng tham gia",
)


@pytest.fixture(params=sorted(RIGS))
def rig(request: pytest.FixtureRequest, tmp_path: Path, qapp: QApplication) -> Iterator[Rig]:
    rig = RIGS[request.param](tmp_path)
    yield rig
    rig.close()


def _code(work: object, *arguments: Slip) -> str:
    assert callable(work)
    with pytest.raises(FaultError) as raised:
        work(*arguments)
    assert "THỬ" not in str(raised.value)
    return raised.value.fault.code


def test_each_slip_comes_out_whole_and_once(rig: Rig) -> None:
    printer = rig.printer()
    for count in (1, 2, 3):
        printer.print(SLIP)
        assert rig.printed() == count


def test_a_check_prints_nothing(rig: Rig) -> None:
    rig.printer().check()
    assert rig.printed() == 0


@pytest.mark.parametrize(
    "slip",
    [
        replace(SLIP, code=None),
        replace(SLIP, rows=(), foot="", place="", title=""),
        replace(SLIP, code=b"\x00\xff\x1b@"),
        replace(SLIP, rows=(("\x1b@\x1dV\x00", "\u202e\x00" + "dài " * 3000),)),
        replace(SLIP, rows=SLIP.rows * 15),
    ],
    ids=["no code", "nothing on it", "a binary code", "bytes that are commands", "long"],
)
def test_any_slip_comes_out_whole(rig: Rig, slip: Slip) -> None:
    rig.printer().print(slip)
    assert rig.printed() == 1


def test_a_double_says_that_it_is_one(rig: Rig) -> None:
    assert rig.printer().simulated is rig.simulated


def test_a_printer_that_is_away_says_so_in_time_and_prints_again_once_it_is_back(rig: Rig) -> None:
    printer = rig.printer()
    printer.print(SLIP)
    rig.take_away()
    for work, arguments in ((printer.check, ()), (printer.print, (SLIP,))):
        begun = time.monotonic()
        assert _code(work, *arguments) == "printer.absent"
        assert time.monotonic() - begun < SECONDS
    rig.bring_back()
    printer.check()
    printer.print(SLIP)
    assert rig.printed() == 1


def test_it_may_be_called_on_a_thread_of_the_desk_s_own(rig: Rig) -> None:
    printer = rig.printer()
    failed: list[BaseException] = []

    def work() -> None:
        try:
            printer.check()
            printer.print(SLIP)
        except BaseException as error:  # noqa: BLE001 - shown in the test's own thread
            failed.append(error)

    thread = threading.Thread(target=work, name="prints")
    thread.start()
    thread.join(3 * SECONDS)
    assert not thread.is_alive()
    assert failed == []
    assert rig.printed() == 1


def test_nothing_of_the_slip_is_written_beside_the_paper(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    rig.printer().print(SLIP)
    beside = rig.written()
    for secret in ("THỬ", "a1b2c3"):
        assert secret not in caplog.text
        assert not any(secret.encode(code) in beside for code in ("utf-8", "utf-16-be", "utf-16-le"))
