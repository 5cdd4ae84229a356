"""A card lifted, or gone silent, at every single APDU of a full read: the right fault, and the right end after it.

Each loop goes over all indices, so that a failure names the index; ``WHOLE`` is what an undisturbed read needs.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

import pytest

from crypto.emrtd.lds import Ef
from crypto.emrtd.passive_auth import SecurityObject
from crypto.errors import CardLostError, HashMismatchError
from drivers.simulator.card.contents import Contents
from drivers.simulator.chip import Chip
from terminal.events import CardPlaced, CardRemoved
from terminal.faults import FaultError
from terminal.flow.session import MAX_LOST
from terminal.model import CheckName, ChipReading, Outcome, Word
from terminal.proof.reading import ChipConversation
from terminal.proof.unfinished import Unfinished
from terminal.view import Screen
from tests import chips, desk
from tests.flawed import Meter

FILES = (Ef.SOD, Ef.DG1, Ef.DG2, Ef.DG13, Ef.DG14, Ef.DG15, Ef.COM)
WAYS = [("cccd-2021", 65_000, 1), ("cccd-2024", 256, 4), ("bac-only", 223, 1)]
"""PACE with long answers and BAC with short ones, at every index; PACE with short ones at every fourth."""


@dataclass(frozen=True, slots=True)
class Full:
    """One conversation, read to its end or to where it was torn."""

    talk: ChipConversation
    reading: ChipReading | None
    apdus: int
    torn: bool


def read(
    contents: Contents, profile: str, block: int, *, at: int | None = None, resume: Unfinished | None = None
) -> Full:
    """A full read; ``reading`` is None where the card was lost before identity was proven."""
    meter = Meter(Chip(contents), ends_at=at)
    talk = ChipConversation(meter.transceive, chips.tools(), block, resume=resume)
    reading = None
    try:
        reading = talk.identify(chips.key_of(profile))
        talk.read_photo()
        talk.read_rest()
    except CardLostError:
        assert meter.apdus == at
        return Full(talk, reading, meter.apdus, torn=True)
    return Full(talk, reading, meter.apdus, torn=False)


@functools.cache
def whole(profile: str, block: int) -> Full:
    """The undisturbed read."""
    return read(chips.contents_of(profile), profile, block)


@pytest.mark.parametrize(("profile", "block", "step"), WAYS)
def test_a_lifted_card_is_lost_and_put_back_it_is_read_on(profile: str, block: int, step: int) -> None:
    contents, sound = chips.contents_of(profile), whole(profile, block)
    assert sound.reading is not None
    for at in range(0, sound.apdus, step):
        torn = read(contents, profile, block, at=at)
        assert torn.torn
        again = read(contents, profile, block, resume=torn.talk.unfinished)
        where = f"{profile} lifted at {at} of {sound.apdus}"
        assert again.reading is not None, where
        assert again.reading.person == sound.reading.person, where
        assert chips.words(again.reading) == chips.GENUINE, where
        assert {ef: again.talk.files[ef] for ef in FILES} == {ef: contents.files[ef] for ef in FILES}, where
        assert again.apdus <= sound.apdus, where
        known = torn.talk.unfinished
        assert again.talk.resumed is (known is not None), where
        if known is not None and known.files:
            assert again.apdus < sound.apdus, where


@pytest.mark.parametrize(("profile", "block"), [("cccd-2024", 256), ("bac-only", 223)])
def test_no_byte_is_read_twice_but_the_block_that_was_on_its_way(profile: str, block: int) -> None:
    contents, sound = chips.contents_of(profile), whole(profile, block)
    opening = _apdus_before_files(profile, block)
    at = sound.apdus - 9
    torn = read(contents, profile, block, at=at)
    again = read(contents, profile, block, resume=torn.talk.unfinished)
    sod, select, proof = len(contents.files[Ef.SOD]) // block + 1, 1, 5
    assert again.apdus <= opening + sod + select + proof + 9


def test_a_card_torn_again_and_again_is_read_to_its_end() -> None:
    profile, block = "bac-only", 223
    part, turns = read(chips.contents_of(profile), profile, block, at=50), 1
    while part.torn and turns < 10:
        part = read(chips.contents_of(profile), profile, block, at=50, resume=part.talk.unfinished)
        turns += 1
    assert 2 < turns < 6
    assert part.talk.files[Ef.DG2] == chips.contents_of(profile).files[Ef.DG2]


@pytest.mark.parametrize(("profile", "block"), [("cccd-2021", 65_000), ("bac-only", 223)])
def test_another_document_put_back_is_never_mixed(profile: str, block: int) -> None:
    """The other card opens by the same number, which no two real cards do."""
    own, other = chips.contents_of(profile), chips.contents_of("cccd-2024")
    disguised = replace(other, can=own.can, mrz_information=own.mrz_information, pace=own.pace)
    if Ef.CARD_ACCESS not in own.files:
        disguised = chips.without(disguised, Ef.CARD_ACCESS)
    step = 1 if block > 256 else 6
    for at in range(0, whole(profile, block).apdus, step):
        torn = read(own, profile, block, at=at)
        again = read(disguised, profile, block, resume=torn.talk.unfinished)
        where = f"{profile} lifted at {at}"
        assert again.reading is not None, where
        assert not again.talk.resumed, where
        assert again.reading.person.id_number == chips.person_of("cccd-2024").id_number, where
        assert {ef: again.talk.files[ef] for ef in FILES} == {ef: other.files[ef] for ef in FILES}, where


def test_a_copy_with_other_bytes_put_in_its_place_is_no_pass() -> None:
    """It answers with the same EF.SOD and other data: the hashes tell, whichever part of a file came from it."""
    profile, block = "bac-only", 223
    own = chips.contents_of(profile)
    changed = {ef: bytes([*own.files[ef][:9], own.files[ef][9] ^ 1, *own.files[ef][10:]]) for ef in (Ef.DG13, Ef.DG2)}
    copy = chips.with_files(own, changed)
    mixed = 0
    for at in range(0, whole(profile, block).apdus, 4):
        again = read(own, profile, block, resume=read(copy, profile, block, at=at).talk.unfinished)
        assert again.reading is not None
        if again.talk.files[Ef.DG13] != own.files[Ef.DG13]:
            mixed += 1
            assert chips.words(again.reading)[CheckName.HASHES] is Word.FAILED, at
        if again.talk.files[Ef.DG2] != own.files[Ef.DG2]:
            mixed += 1
            with pytest.raises(HashMismatchError):
                SecurityObject.parse(own.files[Ef.SOD]).verify_file(2, again.talk.files[Ef.DG2])
    assert mixed


def _apdus_before_files(profile: str, block: int) -> int:
    meter = Meter(Chip(chips.contents_of(profile)))
    seen: list[int] = []
    talk = ChipConversation(
        meter.transceive, chips.tools(), block, lambda progress: seen.append(meter.apdus) if progress.file else None
    )
    talk.identify(chips.key_of(profile))
    return seen[0]


# At the desk ---------------------------------------------------------------------------------------------------------

CARD, PROFILE = desk.CARD, desk.PROFILE


def present(at: int | None, error: Exception | None = None) -> tuple[desk.Bench, Meter]:
    """Code and card at a desk, the card lifted (or whatever ``error`` says) at that APDU."""
    counter = desk.bench()
    counter.say(desk.code(), CARD)
    meter = Meter(Chip(chips.contents_of(PROFILE)), ends_at=at, error=error)
    counter.reader.run(meter)
    counter.settle()
    return counter, meter


@functools.cache
def desk_apdus() -> tuple[int, int]:
    """APDUs to the decision, and to the photograph."""
    whole_meter = Meter(Chip(chips.contents_of(PROFILE)))
    talk = ChipConversation(whole_meter.transceive, chips.tools(), 65_000)
    talk.identify(chips.key_of(PROFILE))
    decided = whole_meter.apdus
    talk.read_photo()
    return decided, whole_meter.apdus


def test_at_the_desk_a_lifted_card_is_asked_for_and_then_read_to_a_yes() -> None:
    decided, photographed = desk_apdus()
    for at in range(photographed):
        counter, _ = present(at)
        if at < decided:
            assert counter.screen() is Screen.RETRY, at
            assert not counter.face.outcomes, at
            counter.say(CardRemoved(CARD.card), CardPlaced("again", "r"))
            counter.reader.run(Meter(Chip(chips.contents_of(PROFILE))))
        counter.hear_answer()
        assert counter.face.outcomes[-1:] == [Outcome.ALLOW], at
        assert len(counter.recorder.kept) == 1, at


def test_at_the_desk_a_card_that_stays_away_is_named_and_nobody_is_refused() -> None:
    decided, _ = desk_apdus()
    for at in range(0, decided, 3):
        counter, _ = present(at)
        counter.say(CardRemoved(CARD.card))
        counter.wait(600.0)
        assert _verdict(counter) == (Outcome.CANNOT_CHECK, "card.lost"), at


def test_at_the_desk_a_card_lifted_each_time_ends_in_the_fault_not_in_a_loop() -> None:
    counter, _ = present(9)
    for turn in range(MAX_LOST):
        assert counter.screen() is Screen.RETRY
        counter.say(CardRemoved(f"t{turn - 1}" if turn else CARD.card), CardPlaced(f"t{turn}", "r"))
        counter.reader.run(Meter(Chip(chips.contents_of(PROFILE)), ends_at=9))
        counter.settle()
    assert _verdict(counter) == (Outcome.CANNOT_CHECK, "card.lost")


@pytest.mark.parametrize("code", ["card.silent", "reader.service", "reader.busy"])
def test_at_the_desk_a_card_or_reader_that_fails_at_any_apdu_is_named(code: str) -> None:
    decided, photographed = desk_apdus()
    for at in range(photographed):
        counter, _ = present(at, FaultError(code))
        if at >= decided:
            counter.hear_answer()
            assert counter.face.outcomes == [Outcome.ALLOW], at
        else:
            assert _verdict(counter) == (Outcome.CANNOT_CHECK, code), at


def _verdict(counter: desk.Bench) -> tuple[Outcome, str | None]:
    shown = counter.face.views[-1].result
    assert shown is not None, counter.screen()
    return shown.verdict.outcome, shown.verdict.fault
