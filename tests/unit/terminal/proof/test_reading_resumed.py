"""A lifted card that is put back is read on where it was; another card never is."""

from __future__ import annotations

import pytest

from crypto.emrtd.lds import Ef
from crypto.errors import CardLostError
from terminal.proof.access import ChipAccess
from terminal.proof.habits import SHORT_BLOCK, Habits
from terminal.proof.reading import ChipConversation
from terminal.proof.unfinished import NOTHING_READ
from tests.chips import GENUINE, Field, contents_of, conversation, key_of, person_of, tools, with_files, words


def whole_read(talk: ChipConversation, key: ChipAccess) -> None:
    talk.identify(key)
    talk.read_photo()
    talk.read_rest()


def test_a_read_goes_on_where_the_card_was_lifted() -> None:
    contents = contents_of("cccd-2021")
    whole, _ = conversation(contents, block=223)
    whole_read(whole, key_of("cccd-2021"))
    torn, _ = conversation(contents, block=223, lost_at=40)
    with pytest.raises(CardLostError):
        whole_read(torn, key_of("cccd-2021"))
    left = torn.unfinished
    assert left.part_of is Ef.DG2
    field = Field(contents)
    resumed = ChipConversation(field.transceive, tools(), 223, resume=left)
    whole_read(resumed, key_of("cccd-2021"))
    assert resumed.resumed
    assert resumed.files == whole.files
    assert resumed.metrics.apdus < whole.metrics.apdus - len(left.part) // 223
    assert resumed.prove_files().hashes == whole.prove_files().hashes


def test_another_document_is_read_from_its_beginning() -> None:
    torn, _ = conversation(contents_of("cccd-2024"), block=223, lost_at=40)
    with pytest.raises(CardLostError):
        whole_read(torn, key_of("cccd-2024"))
    field = Field(contents_of("cccd-2021"))
    talk = ChipConversation(field.transceive, tools(), 223, resume=torn.unfinished)
    reading = talk.identify(key_of("cccd-2021"))
    assert not talk.resumed
    assert words(reading) == GENUINE
    assert reading.person.id_number == person_of("cccd-2021").id_number


def test_a_card_lifted_before_its_security_object_leaves_what_an_earlier_read_left() -> None:
    torn, _ = conversation(contents_of("cccd-2021"), lost_at=3)
    with pytest.raises(CardLostError):
        torn.identify(key_of("cccd-2021"))
    assert torn.unfinished == NOTHING_READ


def test_the_files_of_a_copy_that_lay_there_before_are_not_taken_for_the_card_s() -> None:
    contents = contents_of("cccd-2021")
    genuine = contents.files
    other = {ef: genuine[ef][:-1] + bytes([genuine[ef][-1] ^ 1]) for ef in (Ef.DG13, Ef.DG1)}
    changed_photo = genuine[Ef.DG2][:300] + bytes([genuine[Ef.DG2][300] ^ 1]) + genuine[Ef.DG2][301:]
    torn, _ = conversation(with_files(contents, {**other, Ef.DG2: changed_photo}), block=223, lost_at=40)
    with pytest.raises(CardLostError):
        whole_read(torn, key_of("cccd-2021"))
    assert torn.unfinished.part_of is Ef.DG2
    talk = ChipConversation(Field(contents).transceive, tools(), 223, resume=torn.unfinished)
    assert words(talk.identify(key_of("cccd-2021"))) == GENUINE
    talk.read_photo()
    assert talk.resumed
    assert {ef: talk.files[ef] for ef in (Ef.DG13, Ef.DG1, Ef.DG2)} == {
        ef: genuine[ef] for ef in (Ef.DG13, Ef.DG1, Ef.DG2)
    }


def test_after_a_loss_the_first_long_command_is_a_short_one() -> None:
    field = Field(contents_of("cccd-2021"))
    talk = ChipConversation(field.transceive, tools(), 65_000, habits=Habits(losses=1), resume=NOTHING_READ)
    talk.identify(key_of("cccd-2021"))
    assert talk.habits.granted <= SHORT_BLOCK
