from __future__ import annotations

import threading

import pytest

from crypto.errors import CardLostError
from drivers.simulator.faults import ChipFault
from drivers.simulator.presented import Handling, PresentedCard


class Echo:
    atr = b"\x3b\x00"

    def __init__(self) -> None:
        self.resets = 0

    def reset(self) -> None:
        self.resets += 1

    def transmit(self, raw: bytes) -> bytes:
        return raw + b"\x90\x00"


def test_card_answers_until_it_is_lifted() -> None:
    card = PresentedCard(Echo())
    assert card.transmit(b"\x01") == b"\x01\x90\x00"
    card.lift()
    assert card.gone
    with pytest.raises(CardLostError):
        card.transmit(b"\x02")


@pytest.mark.parametrize("by_fault", [True, False])
def test_card_is_gone_after_so_many_answers(by_fault: bool) -> None:
    card = PresentedCard(Echo(), Handling(ChipFault.LIFTED, 2) if by_fault else None)
    if not by_fault:
        card.lift(2)
    card.transmit(b"\x01")
    assert not card.gone
    card.transmit(b"\x02")
    assert card.gone
    with pytest.raises(CardLostError):
        card.transmit(b"\x03")


@pytest.mark.parametrize("answers", [0, 2])
def test_silent_card_says_nothing_until_it_is_lifted(answers: int) -> None:
    card = PresentedCard(Echo(), Handling(ChipFault.SILENT, answers))
    for _ in range(answers):
        assert card.transmit(b"\x01") == b"\x01\x90\x00"
    ended = threading.Event()

    def ask() -> None:
        with pytest.raises(CardLostError):
            card.transmit(b"\x01")
        ended.set()

    asking = threading.Thread(target=ask)
    asking.start()
    assert not ended.wait(0.05)
    card.lift()
    asking.join(5.0)
    assert ended.is_set()


def test_slow_card_takes_its_time_for_each_answer() -> None:
    card = PresentedCard(Echo(), Handling(ChipFault.SLOW, 60_000))
    threading.Timer(0.05, card.lift).start()
    with pytest.raises(CardLostError):
        card.transmit(b"\x01")
    quick = PresentedCard(Echo(), Handling(ChipFault.SLOW, 1))
    assert quick.transmit(b"\x01") == b"\x01\x90\x00"


def test_reset_and_answer_to_reset_are_the_chip_s() -> None:
    chip = Echo()
    card = PresentedCard(chip)
    card.reset()
    assert (card.atr, chip.resets) == (b"\x3b\x00", 1)
