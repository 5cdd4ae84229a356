"""A lifted card that is put back is read on where it was; another card never is."""

from __future__ import annotations

import pytest

from crypto.emrtd.lds import Ef
from crypto.errors import CardLostError
from terminal.proof.access import ChipAccess
from terminal.proof.reading import ChipConversation
from tests.chips import GENUINE, Field, contents_of, conversation, key_of, person_of, tools, words


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
    assert left is not None
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
    assert torn.unfinished is None
