"""How much is asked for at once: said by the chip, found out, remembered; and how far a read is."""

from __future__ import annotations

import pytest

from crypto.emrtd.lds import Ef
from crypto.errors import CardLostError, MessagingBrokenError
from drivers.simulator.card.contents import Contents, Limits
from terminal.events import Step
from terminal.model import CheckName, Word
from terminal.proof.access import ChipAccess
from terminal.proof.habits import SHORT_BLOCK, Habits
from terminal.proof.reading import ChipConversation, Progress
from tests.chips import GENUINE, Field, contents_of, conversation, key_of, tools, with_files, words


def whole_read(talk: ChipConversation, key: ChipAccess) -> None:
    talk.identify(key)
    talk.read_photo()
    talk.read_rest()


def commands(talk: ChipConversation, field: Field, key: ChipAccess) -> list[str]:
    """The first bytes of each plain command."""
    whole_read(talk, key)
    return [command[:4].hex() for command in field.commands]


def test_a_kind_of_card_met_for_the_first_time_is_asked_for_its_limits_and_never_again() -> None:
    field = Field(contents_of("cccd-2021"))
    first = ChipConversation(field.transceive, tools(), 65_000)
    assert commands(first, field, key_of("cccd-2021"))[1] == "00b08100"
    again = Field(contents_of("cccd-2021"))
    second = ChipConversation(again.transceive, tools(), 65_000, habits=first.habits)
    assert "00b08100" not in commands(second, again, key_of("cccd-2021"))
    assert second.metrics.apdus == first.metrics.apdus - 1


def test_a_site_that_wants_short_answers_does_not_ask_for_limits() -> None:
    field = Field(contents_of("cccd-2021"))
    talk = ChipConversation(field.transceive, tools(), 223)
    assert "00b08100" not in commands(talk, field, key_of("cccd-2021"))


@pytest.mark.parametrize(
    ("said", "block"),
    [
        ("7f660802020100" + "02020800", 2_015),
        ("4703000000", 223),
        ("7f660802020100" + "02020100", 223),
        ("4703000040", 65_000),
        ("ff", 65_000),
    ],
)
def test_what_the_chip_says_of_its_buffers_decides_how_much_is_asked_for(said: str, block: int) -> None:
    contents = with_files(contents_of("cccd-2021"), {Ef.ATR_INFO: bytes.fromhex(said)})
    talk, _ = conversation(contents)
    whole_read(talk, key_of("cccd-2021"))
    assert talk.habits.block == block
    assert len(talk.files[Ef.DG2]) > 5_000


def test_habits_are_learned_and_used() -> None:
    field = Field(contents_of("cccd-2021"), limits=Limits(extended=False))
    first = ChipConversation(field.transceive, tools(), 65_000)
    whole_read(first, key_of("cccd-2021"))
    learned = first.habits
    assert (learned.block, learned.short_ids, learned.access_by_short_id) == (223, True, True)
    again = Field(contents_of("cccd-2021"), limits=Limits(extended=False))
    second = ChipConversation(again.transceive, tools(), 65_000, habits=learned)
    whole_read(second, key_of("cccd-2021"))
    assert second.metrics.apdus < first.metrics.apdus
    assert second.habits == learned


def test_a_loss_while_more_than_a_short_answer_was_asked_for_is_held_against_the_length() -> None:
    field = Field(contents_of("cccd-2021"), lost_at=8)
    talk = ChipConversation(field.transceive, tools(), 65_000)
    with pytest.raises(CardLostError):
        talk.identify(key_of("cccd-2021"))
    assert (talk.habits.losses, talk.habits_after_loss.losses) == (0, 1)


def test_a_loss_after_a_long_answer_is_the_hand_s() -> None:
    talk, _ = conversation(contents_of("cccd-2021"), lost_at=13)
    with pytest.raises(CardLostError):
        whole_read(talk, key_of("cccd-2021"))
    assert talk.habits_after_loss.losses == 0


def test_progress_is_told_by_file_and_byte() -> None:
    told: list[Progress] = []
    talk, _ = conversation(contents_of("cccd-2021"), block=223, report=told.append)
    whole_read(talk, key_of("cccd-2021"))
    photo = [progress for progress in told if progress.file is Ef.DG2]
    size = len(talk.files[Ef.DG2])
    assert photo[-1] == Progress(Step.PHOTO, Ef.DG2, size, size)
    assert [progress.done for progress in photo] == sorted({progress.done for progress in photo})
    assert {progress.step for progress in told if progress.file is Ef.DG13} == {Step.READ}


def test_the_steps_are_entered_in_order_and_timed() -> None:
    entered: list[Step] = []
    talk, _ = conversation(
        contents_of("cccd-2021"),
        report=lambda progress: entered.append(progress.step) if progress.file is None else None,
    )
    reading = talk.identify(key_of("cccd-2021"))
    assert entered == [Step.CONNECT, Step.UNLOCK, Step.READ, Step.VERIFY]
    talk.read_photo()
    assert entered[-1] is Step.PHOTO
    talk.read_rest()
    assert [name for name, _ in reading.metrics.ms] == ["connect", "unlock", "read", "verify"]
    # the clock of the tests moves on by 1 ms a look: one look before and one after each step, READ entered twice
    assert dict(talk.metrics.ms) == {"connect": 1.0, "unlock": 1.0, "read": 2.0, "verify": 1.0, "photo": 1.0}


# A session that breaks -----------------------------------------------------------------------------------------------


class Breaking(Field):
    """A chip that ends the session, by an answer without protection, at each of these commands."""

    def __init__(self, contents: Contents, *numbers: int) -> None:
        super().__init__(contents)
        self._numbers = numbers

    def transceive(self, command: bytes) -> bytes:
        answer = super().transceive(command)
        return bytes.fromhex("6988") if len(self.commands) in self._numbers else answer


def test_a_session_that_the_chip_ended_is_opened_anew_once_with_short_blocks() -> None:
    field = Breaking(contents_of("cccd-2021"), 10)
    talk = ChipConversation(field.transceive, tools(), 65_000, habits=Habits(granted=65_000))
    assert words(talk.identify(key_of("cccd-2021"))) == GENUINE
    assert talk.habits.block == SHORT_BLOCK


def test_a_session_that_breaks_again_is_given_up() -> None:
    field = Breaking(contents_of("cccd-2021"), 10, 20)
    talk = ChipConversation(field.transceive, tools(), 65_000, habits=Habits(granted=65_000))
    with pytest.raises(MessagingBrokenError):
        whole_read(talk, key_of("cccd-2021"))


def test_a_security_object_that_makes_no_sense_still_tells_whose_card_it_may_be() -> None:
    talk, _ = conversation(with_files(contents_of("cccd-2021"), {Ef.SOD: b"\x77\x02\x30\x00"}))
    said = words(talk.identify(key_of("cccd-2021")))
    assert said[CheckName.SIGNATURE] is Word.ABORTED
    assert said[CheckName.CHIP] is Word.UNDETERMINED
    assert {Ef.DG1, Ef.DG13} <= talk.files.keys()
    assert not {Ef.DG14, Ef.DG15} & talk.files.keys()
