"""The scripted card: it answers the very commands that are written, and tells the first difference."""

from __future__ import annotations

import pytest

from drivers.simulator.replay import ScriptedCard, build
from terminal.events import CardPlaced
from terminal.faults import FaultError
from terminal.ports import ReaderInfo
from terminal.transcript import Exchange, Transcript
from tests.inbox import RecordingInbox

SELECT, CHALLENGE = bytes.fromhex("00A4040C07A0000002471001"), bytes.fromhex("0084000008")
TRANSCRIPT = Transcript((Exchange(SELECT, b"\x90\x00"), Exchange(CHALLENGE, bytes(8) + b"\x90\x00")))


def test_it_answers_what_is_written_in_its_order() -> None:
    card = ScriptedCard(TRANSCRIPT)
    assert card.transmit(SELECT) == b"\x90\x00"
    card.reset()
    assert card.transmit(CHALLENGE) == bytes(8) + b"\x90\x00"
    assert card.answered == 2


DIFFERENCES = {
    "one byte": (
        "00A4040C07A0000002471002",
        "command 1: differs at byte 11: expected …0002471001 (12 bytes), sent …0002471002",
    ),
    "first byte": ("0CA4040C07A0000002471001", "command 1: differs at byte 0: expected 00A4"),
    "shorter": ("00A4040C07A00000024710", "command 1: differs at byte 11"),
    "longer": ("00A4040C07A000000247100100", "command 1: differs at byte 12"),
    "out of turn": ("0084000008", "command 1: differs at byte 1: expected 00A4040C07"),
}


@pytest.mark.parametrize(("sent", "told"), DIFFERENCES.values(), ids=DIFFERENCES.keys())
def test_the_first_difference_is_told(sent: str, told: str) -> None:
    card = ScriptedCard(TRANSCRIPT)
    with pytest.raises(FaultError) as caught:
        card.transmit(bytes.fromhex(sent))
    assert caught.value.fault.code == "script.differs"
    assert told in caught.value.detail
    assert card.answered == 0


def test_a_long_command_is_not_told_whole() -> None:
    long = bytes(range(256))
    card = ScriptedCard(Transcript((Exchange(long, b"\x90\x00"),)))
    with pytest.raises(FaultError) as caught:
        card.transmit(long[:100] + b"\xff" + long[101:])
    detail = caught.value.detail
    assert "differs at byte 100: expected …6061626364" in detail
    assert "(256 bytes)" in detail
    assert len(detail) < 160


def test_after_the_end_nothing_is_answered() -> None:
    card = ScriptedCard(Transcript(TRANSCRIPT.exchanges[:1]))
    card.transmit(SELECT)
    with pytest.raises(FaultError, match=r"command 2: the script has ended, sent 0084000008 \(5 bytes\)"):
        card.transmit(CHALLENGE)


def test_it_lies_on_a_reader_that_says_it_is_simulated() -> None:
    replay = build(Transcript(TRANSCRIPT.exchanges, b"\x3b\x80"))
    inbox = RecordingInbox()
    replay.reader.start(inbox)
    try:
        placed = inbox.wait_for(CardPlaced)
        assert placed.simulated
        assert list(replay.reader.readers()) == [ReaderInfo(placed.reader, True, "3B80", simulated=True)]
    finally:
        replay.reader.stop()
    assert replay.answered == 0


def test_without_an_atr_it_has_one_of_a_contactless_card() -> None:
    assert ScriptedCard(TRANSCRIPT).atr == bytes.fromhex("3B80800101")
