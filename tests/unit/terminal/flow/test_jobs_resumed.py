"""A card that is lifted and put back: its read goes on, nobody else's does, and its photo comes after all."""

from __future__ import annotations

import pytest

from crypto.errors import CancelledError
from terminal.events import Event, PhotoLost, PhotoRead, ReadDone, ReadFailed
from terminal.faults import FaultError
from terminal.flow.effects import StartRead
from terminal.flow.jobs import ReadWork
from terminal.proof.access import ChipAccess
from terminal.proof.reading import Tools
from tests import chips
from tests.photos import PhotosHere
from tests.unit.terminal.flow.test_jobs import of, without_steps


def work_with(posted: list[Event]) -> ReadWork:
    return ReadWork(chips.tools, 223, photo=True, post=posted.append, photos=PhotosHere())


def run(work: ReadWork, link: chips.Field, session: int = 7) -> None:
    work.job(StartRead(session, "card", ChipAccess("123450")))(link)


def test_a_card_that_is_put_back_is_read_on_where_it_was_lifted() -> None:
    posted: list[Event] = []
    work = work_with(posted)
    run(work, of(lost_at=17))
    assert posted[-1] == ReadFailed(7, "card.lost")
    whole, again = of(), of()
    run(work_with([]), whole)
    run(work, again)
    assert [type(event) for event in without_steps(posted)] == [ReadFailed, ReadDone, PhotoRead]
    assert len(again.commands) < len(whole.commands)


@pytest.mark.parametrize("parting", ["wiped", "next person"])
def test_nothing_of_one_person_s_read_reaches_the_next(parting: str) -> None:
    posted: list[Event] = []
    work = work_with(posted)
    run(work, of(lost_at=17))
    if parting == "wiped":
        work.forget()
    whole, again = of(), of()
    run(work_with([]), whole)
    run(work, again, session=8 if parting == "next person" else 7)
    assert len(again.commands) == len(whole.commands)


def test_what_one_card_of_a_kind_taught_is_used_with_the_next() -> None:
    work = ReadWork(chips.tools, 65_000, photo=True, post=lambda event: None, photos=PhotosHere())
    first, second = of(), of()
    run(work, first)
    run(work, second, session=8)
    assert len(second.commands) == len(first.commands) - 1


def test_trust_that_cannot_be_read_is_told() -> None:
    posted: list[Event] = []

    def unreadable() -> Tools:
        raise FaultError("trust.unreadable")

    run(ReadWork(unreadable, 223, photo=True, post=posted.append, photos=PhotosHere()), of())
    assert posted == [ReadFailed(7, "trust.unreadable")]


def test_a_photo_that_was_lost_is_read_on_when_the_card_is_back() -> None:
    posted: list[Event] = []
    work = work_with(posted)
    run(work, of(lost_at=50))
    assert [type(event) for event in without_steps(posted)] == [ReadDone, PhotoLost]
    again = of()
    work.job(StartRead(7, "card", ChipAccess("123450"), photo_only=True))(again)
    assert [type(event) for event in without_steps(posted)] == [ReadDone, PhotoLost, PhotoRead]
    whole = of()
    run(work_with([]), whole)
    assert len(again.commands) < len(whole.commands) - 20


def test_a_photo_lost_twice_is_asked_for_once_more() -> None:
    posted: list[Event] = []
    work = work_with(posted)
    run(work, of(lost_at=50))
    for lost_at in (4, 20):
        work.job(StartRead(7, "card", ChipAccess("123450"), photo_only=True))(of(lost_at=lost_at))
    work.job(StartRead(7, "card", ChipAccess("123450"), photo_only=True))(of())
    assert [type(event) for event in without_steps(posted)] == [ReadDone, PhotoLost, PhotoLost, PhotoLost, PhotoRead]


def test_another_document_put_back_gives_no_photo() -> None:
    posted: list[Event] = []
    work = work_with(posted)
    run(work, of(lost_at=50))
    other = chips.Field(chips.contents_of("cccd-2024"))
    key = chips.key_of("cccd-2024")
    work.job(StartRead(7, "card", key, photo_only=True))(other)
    assert [type(event) for event in without_steps(posted)] == [ReadDone, PhotoLost]
    work.job(StartRead(7, "card", ChipAccess("000000"), photo_only=True))(of())
    assert [type(event) for event in without_steps(posted)] == [ReadDone, PhotoLost]


def test_a_wiped_photo_job_ends_quietly() -> None:
    posted: list[Event] = []
    work = work_with(posted)
    run(work, of(lost_at=50))

    class Wiped(chips.Field):
        def transceive(self, command: bytes) -> bytes:
            raise CancelledError

    work.job(StartRead(7, "card", ChipAccess("123450"), photo_only=True))(Wiped(chips.contents_of("cccd-2021")))
    assert [type(event) for event in without_steps(posted)] == [ReadDone, PhotoLost]
