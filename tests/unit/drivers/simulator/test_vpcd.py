"""The wire format of vsmartcard's vpcd, spoken to the card over a socket pair."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from crypto.emrtd.lds import Ef
from drivers.simulator.chip import ATR, Chip
from drivers.simulator.faults import ChipFault
from drivers.simulator.issuer.authority import Authority
from drivers.simulator.make import Make
from drivers.simulator.people import PEOPLE
from drivers.simulator.personalise import personalise
from drivers.simulator.presented import Handling, PresentedCard
from drivers.simulator.vpcd import VpcdCard

CONTENTS = personalise(PEOPLE["insured"], Make(), Authority(b"tests"))
SELECT_CARD_ACCESS = bytes.fromhex("00A4020C02011C")


class Wire:
    """The reader's end."""

    def __init__(self, card: PresentedCard) -> None:
        self.end, other = socket.socketpair()
        self.end.settimeout(5.0)
        self.card = VpcdCard(card)
        self.card.serve(other)

    def send(self, message: bytes) -> None:
        self.end.sendall(len(message).to_bytes(2, "big") + message)

    def ask(self, message: bytes) -> bytes:
        self.send(message)
        length = int.from_bytes(self.end.recv(2), "big")
        data = b""
        while len(data) < length:
            data += self.end.recv(length - len(data))
        return data


@pytest.fixture
def card() -> PresentedCard:
    return PresentedCard(Chip(CONTENTS))


@pytest.fixture
def wire(card: PresentedCard) -> Iterator[Wire]:
    wire = Wire(card)
    yield wire
    wire.card.remove()
    wire.end.close()


def test_answer_to_reset_is_given_on_request(wire: Wire) -> None:
    assert wire.ask(b"\x04") == ATR


def test_power_and_reset_are_taken_without_an_answer_and_forget_the_session(wire: Wire) -> None:
    assert wire.ask(SELECT_CARD_ACCESS) == b"\x90\x00"
    for control in (b"\x00", b"\x01", b"\x02"):
        wire.send(control)
        assert wire.ask(bytes.fromhex("00B0000000")) == bytes.fromhex("6985")
        wire.ask(SELECT_CARD_ACCESS)


def test_unknown_control_codes_and_empty_messages_are_ignored(wire: Wire) -> None:
    wire.send(b"\x7f")
    wire.send(b"")
    assert wire.ask(b"\x04") == ATR


def test_message_in_pieces_is_put_together(wire: Wire) -> None:
    message = len(SELECT_CARD_ACCESS).to_bytes(2, "big") + SELECT_CARD_ACCESS
    for at in range(len(message)):
        wire.end.sendall(message[at : at + 1])
    assert wire.end.recv(4) == b"\x00\x02\x90\x00"


def test_long_answer_passes_whole(wire: Wire) -> None:
    wire.ask(SELECT_CARD_ACCESS)
    assert wire.ask(bytes.fromhex("00B00000000000")) == CONTENTS.files[Ef.CARD_ACCESS] + b"\x90\x00"


def test_removing_the_card_closes_the_line(wire: Wire) -> None:
    wire.card.remove()
    assert wire.end.recv(1) == b""
    assert wire.card.wait(0)


def test_reader_that_hangs_up_ends_the_card(wire: Wire) -> None:
    wire.end.sendall(b"\x00")
    wire.end.shutdown(socket.SHUT_RDWR)
    assert wire.card.wait(5.0)


def test_lifted_card_closes_the_line_after_its_last_answer() -> None:
    wire = Wire(PresentedCard(Chip(CONTENTS), Handling(ChipFault.LIFTED, 1)))
    with wire.end:
        assert wire.ask(SELECT_CARD_ACCESS) == b"\x90\x00"
        assert wire.end.recv(1) == b""
        assert wire.card.wait(5.0)


def test_removing_a_silent_card_does_not_wait_for_it() -> None:
    wire = Wire(PresentedCard(Chip(CONTENTS), Handling(ChipFault.SILENT)))
    with wire.end:
        assert wire.ask(b"\x04") == ATR
        wire.send(SELECT_CARD_ACCESS)
        wire.card.remove()
        assert wire.card.wait(0)


def test_absent_virtual_reader_is_an_os_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        card = VpcdCard(PresentedCard(Chip(CONTENTS)), "127.0.0.1", taken.getsockname()[1])
        with pytest.raises(OSError, match="refused"):
            card.place()
        card.remove()
