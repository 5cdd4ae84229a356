from __future__ import annotations

import errno
import os
from datetime import timedelta

import pytest

from drivers.gates.gpio import CONSUMER, GpioBoard, build
from terminal.faults import FaultError
from terminal.outputs import GateOptions
from tests.gate_peers.gpio_chip import GpioChip


def board(chip: GpioChip, output: int = 5, contact: int | None = 6) -> GpioBoard:
    return GpioBoard(GateOptions(chip.path, output, contact), chip.request_lines)  # type: ignore[arg-type]


def fault_of(driver: GpioBoard) -> str:
    with pytest.raises(FaultError) as caught:
        driver.connect()
    driver.close()
    return caught.value.fault.code


def test_the_lines_are_held_under_our_name_and_given_back() -> None:
    chip = GpioChip()
    driver = board(chip)
    driver.connect()
    assert chip.taken == {5: CONSUMER, 6: CONSUMER}
    driver.close()
    assert chip.taken == {}


def test_the_output_is_off_until_it_is_driven() -> None:
    chip = GpioChip()
    chip.outputs[5].switch(True)
    driver = board(chip)
    driver.connect()
    assert not chip.outputs[5].on
    driver.drive(True)
    assert chip.outputs[5].on


def test_every_closing_is_counted_also_those_between_two_looks() -> None:
    chip = GpioChip()
    driver = board(chip)
    driver.connect()
    chip.push(6)
    chip.push(6)
    assert (driver.turns(), driver.turns()) == (2, 0)


def test_it_is_counted_when_the_contact_closes() -> None:
    chip = GpioChip()
    driver = board(chip)
    driver.connect()
    chip.ground(6, closed=True)
    assert driver.turns() == 1
    chip.ground(6, closed=False)
    assert driver.turns() == 0


def test_what_bounces_is_not_counted() -> None:
    chip = GpioChip()
    driver = board(chip)
    driver.connect()
    chip.push(6, timedelta(milliseconds=5))
    assert driver.turns() == 0


def test_without_a_contact_only_the_output_is_requested() -> None:
    chip = GpioChip()
    driver = board(chip, contact=None)
    driver.connect()
    assert chip.taken == {5: CONSUMER}
    assert driver.turns() == 0


def test_lines_that_another_program_holds_are_denied() -> None:
    chip = GpioChip()
    board(chip).connect()
    assert fault_of(board(chip, 5, 7)) == "gate.denied"


def test_a_chip_without_the_right_to_it_is_denied() -> None:
    chip = GpioChip()
    chip.denied = True
    assert fault_of(board(chip)) == "gate.denied"


def test_a_line_that_the_chip_does_not_have_is_refused() -> None:
    assert fault_of(board(GpioChip(), 99)) == "gate.refused"


@pytest.mark.parametrize("call", ["drive", "turns"])
def test_a_chip_that_goes_away_is_absent(call: str) -> None:
    chip = GpioChip()
    driver = board(chip)
    driver.connect()
    chip.vanish()
    with pytest.raises(FaultError, match=r"gate\.absent"):
        _ = driver.drive(True) if call == "drive" else driver.turns()
    assert fault_of(board(chip)) == "gate.absent"


@pytest.mark.parametrize("call", ["drive", "turns"])
@pytest.mark.parametrize("number", [errno.EIO, errno.ENODEV, errno.EBADF])
def test_whatever_the_kernel_says_is_a_fault_of_the_catalogue(
    monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    chip = GpioChip()
    driver = board(chip)
    driver.connect()

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    for name in ("set_value", "wait_edge_events"):
        monkeypatch.setattr(f"tests.gate_peers.gpio_chip.LineRequest.{name}", fail)
    with pytest.raises(FaultError, match=r"gate\.absent"):
        _ = driver.drive(True) if call == "drive" else driver.turns()


def test_the_library_itself_is_asked_where_no_test_stands_in() -> None:
    """There is no such chip, and the real gpiod says so."""
    assert fault_of(GpioBoard(GateOptions("/dev/gpiochip-none", 5))) == "gate.absent"


def test_the_fake_has_what_the_library_has() -> None:
    """Every method of the fake is one of the library's, with its parameters by the same names."""
    import inspect

    import gpiod

    from tests.gate_peers import gpio_chip

    for real, fake in (
        (gpiod.request_lines, GpioChip.request_lines),
        *_methods(gpiod.LineRequest, gpio_chip.LineRequest),
    ):
        names = list(inspect.signature(fake).parameters)
        assert names[1:] == [name for name in inspect.signature(real).parameters if name != "self"]


def _methods(real: type, fake: type) -> list[tuple[object, object]]:
    names = [name for name in vars(fake) if not name.startswith("_") and name != "grounded"]
    return [(getattr(real, name), getattr(fake, name)) for name in names]


def test_one_line_cannot_be_both() -> None:
    with pytest.raises(FaultError, match=r"config\.invalid"):
        build(GateOptions("/dev/gpiochip0", 4, 4))


def test_the_driver_is_built_without_a_chip() -> None:
    assert build(GateOptions("/dev/gpiochip0", 4, 5)).tells
