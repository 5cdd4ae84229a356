from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from drivers.simulator.hand import VirtualHand
from drivers.simulator.presented import PresentedCard
from terminal.faults import FaultError

PAUSE = 0.3


class Card:
    def __init__(self, name: bytes = b"\x3b\x01") -> None:
        self.atr = name

    def reset(self) -> None:
        """Nothing to forget."""

    def transmit(self, raw: bytes) -> bytes:
        return raw + b"\x90\x00"


@pytest.fixture
def vpcd() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10.0)
        yield listener


@pytest.fixture
def hand(vpcd: socket.socket) -> Iterator[VirtualHand]:
    hand = VirtualHand(vpcd.getsockname(), PAUSE)
    yield hand
    hand.lift()


def name_of(line: socket.socket) -> bytes:
    line.settimeout(10.0)
    line.sendall(b"\x00\x01\x04")
    return line.recv(64)[2:]


def closed(line: socket.socket) -> bool:
    line.settimeout(10.0)
    return line.recv(64) == b""


def test_first_card_lies_there_at_once(vpcd: socket.socket, hand: VirtualHand) -> None:
    hand.place(PresentedCard(Card()))
    with vpcd.accept()[0] as line:
        assert name_of(line) == b"\x3b\x01"
        hand.lift()
        assert closed(line)


def test_next_card_comes_no_sooner_than_a_reader_can_notice(vpcd: socket.socket, hand: VirtualHand) -> None:
    hand.place(PresentedCard(Card()))
    with vpcd.accept()[0] as line:
        name_of(line)
        began = time.monotonic()
        hand.place(PresentedCard(Card(b"\x3b\x02")))
        assert closed(line)
    with vpcd.accept()[0] as line:
        assert time.monotonic() - began >= PAUSE
        assert name_of(line) == b"\x3b\x02"


def test_of_two_waiting_cards_only_the_last_is_laid_down(vpcd: socket.socket, hand: VirtualHand) -> None:
    hand.place(PresentedCard(Card()))
    vpcd.accept()[0].close()
    hand.place(PresentedCard(Card(b"\x3b\x02")))
    hand.place(PresentedCard(Card(b"\x3b\x03")))
    with vpcd.accept()[0] as line:
        assert name_of(line) == b"\x3b\x03"
    vpcd.settimeout(PAUSE)
    with pytest.raises(TimeoutError):
        vpcd.accept()


def test_lifted_before_its_turn_a_card_is_never_laid_down(vpcd: socket.socket, hand: VirtualHand) -> None:
    hand.place(PresentedCard(Card()))
    vpcd.accept()[0].close()
    hand.place(PresentedCard(Card()))
    hand.lift()
    hand.lift()
    vpcd.settimeout(2 * PAUSE)
    with pytest.raises(TimeoutError):
        vpcd.accept()


def test_card_torn_after_some_answers_hangs_up(vpcd: socket.socket, hand: VirtualHand) -> None:
    hand.place(PresentedCard(Card()))
    hand.lift(after_apdus=1)
    with vpcd.accept()[0] as line:
        assert name_of(line) == b"\x3b\x01"
        line.sendall(b"\x00\x02AB")
        assert line.recv(64) == b"\x00\x04AB\x90\x00"
        assert closed(line)


def test_missing_reader_is_a_fault_at_once_and_only_logged_later(
    vpcd: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    hand = VirtualHand(vpcd.getsockname(), PAUSE)
    hand.place(PresentedCard(Card()))
    with vpcd.accept()[0]:
        vpcd.close()
        hand.place(PresentedCard(Card()))
        for timer in threading.enumerate():
            if isinstance(timer, threading.Timer):
                timer.join(10.0)
    assert "reader.service" in caplog.text
    hand.lift()
    with pytest.raises(FaultError) as refusal:
        hand.place(PresentedCard(Card()))
    assert refusal.value.fault.code == "reader.service"
