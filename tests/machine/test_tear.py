"""A card lifted, or gone silent, at every single APDU of a full read: the right fault, and the right end after it.

Each loop goes over all indices, so that a failure names the index; ``WHOLE`` is what an undisturbed read needs.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

import pytest

from crypto.apdu import SHORT_MAX
from crypto.emrtd.face import encode_dg2
from crypto.emrtd.lds import Ef
from crypto.errors import CardLostError
from drivers.simulator.card.contents import Contents
from drivers.simulator.chip import Chip
from drivers.simulator.issuer.portrait import draw_portrait
from drivers.simulator.reissue import signed
from terminal.events import CardPlaced, CardRemoved
from terminal.faults import FaultError
from terminal.flow.jobs import ReadWork
from terminal.flow.session import MAX_LOST
from terminal.model import CheckName, ChipReading, Outcome, Word
from terminal.proof.reading import ChipConversation
from terminal.proof.unfinished import Unfinished
from terminal.view import Screen
from tests import chips, desk
from tests.flawed import Meter

FILES = (Ef.SOD, Ef.DG1, Ef.DG2, Ef.DG13, Ef.DG14, Ef.DG15, Ef.COM)
WAYS = [("cccd-2021", 65_000), ("cccd-2024", 256), ("bac-only", 223)]
"""PACE with long answers, PACE with short ones, BAC with the shortest; short ones read a smaller photograph."""


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
def small(profile: str) -> Contents:
    """The card of that profile with a photograph of a few blocks."""
    photo = encode_dg2(draw_portrait(profile, 5_000))
    return signed(chips.contents_of(profile), {Ef.DG2: photo}, chips.AUTHORITY.signer())


def contents_for(profile: str, block: int) -> Contents:
    return small(profile) if block <= SHORT_MAX else chips.contents_of(profile)


@functools.cache
def whole(profile: str, block: int) -> Full:
    """The undisturbed read."""
    return read(contents_for(profile, block), profile, block)


@pytest.mark.parametrize(("profile", "block"), WAYS)
def test_a_lifted_card_is_lost_and_put_back_it_is_read_on(profile: str, block: int) -> None:
    contents, sound = contents_for(profile, block), whole(profile, block)
    assert sound.reading is not None
    for at in range(sound.apdus):
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
        assert again.talk.resumed is bool(known.sod), where
        if known.files:
            assert again.apdus < sound.apdus, where


@pytest.mark.parametrize(("profile", "block"), [("cccd-2024", 256), ("bac-only", 223)])
def test_no_byte_is_read_twice_but_the_block_that_was_on_its_way(profile: str, block: int) -> None:
    contents, sound = small(profile), whole(profile, block)
    opening = _apdus_before_files(profile, block)
    at = sound.apdus - 9
    torn = read(contents, profile, block, at=at)
    again = read(contents, profile, block, resume=torn.talk.unfinished)
    sod, select, proof = len(contents.files[Ef.SOD]) // block + 1, 1, 5
    assert again.apdus <= opening + sod + select + proof + 9


def test_a_card_torn_again_and_again_is_read_to_its_end() -> None:
    profile, block = "bac-only", 223
    part, turns = read(small(profile), profile, block, at=24), 1
    while part.torn and turns < 10:
        part = read(small(profile), profile, block, at=24, resume=part.talk.unfinished)
        turns += 1
    assert 1 < turns < 9
    assert part.talk.files[Ef.DG2] == small(profile).files[Ef.DG2]


@pytest.mark.parametrize(("profile", "block"), [("cccd-2021", 65_000), ("bac-only", 223)])
def test_another_document_put_back_is_never_mixed(profile: str, block: int) -> None:
    """The other card opens by the same number, which no two real cards do."""
    own, other = contents_for(profile, block), contents_for("cccd-2024", block)
    disguised = replace(other, can=own.can, mrz_information=own.mrz_information, pace=own.pace)
    if Ef.CARD_ACCESS not in own.files:
        disguised = chips.without(disguised, Ef.CARD_ACCESS)
    step = 2 if block > SHORT_MAX else 5
    for at in range(0, whole(profile, block).apdus, step):
        torn = read(own, profile, block, at=at)
        again = read(disguised, profile, block, resume=torn.talk.unfinished)
        where = f"{profile} lifted at {at}"
        assert again.reading is not None, where
        assert not again.talk.resumed, where
        assert again.reading.person.id_number == chips.person_of("cccd-2024").id_number, where
        assert {ef: again.talk.files[ef] for ef in FILES} == {ef: other.files[ef] for ef in FILES}, where


def test_a_copy_with_other_bytes_in_its_place_before_is_forgotten() -> None:
    """It answered with the same EF.SOD and other data: nothing that does not fit the hashes is taken over."""
    profile, block = "bac-only", 223
    own = small(profile)
    changed = {ef: bytes([*own.files[ef][:9], own.files[ef][9] ^ 1, *own.files[ef][10:]]) for ef in (Ef.DG13, Ef.DG2)}
    copy = chips.with_files(own, changed)
    for at in range(10, whole(profile, block).apdus, 3):
        again = read(own, profile, block, resume=read(copy, profile, block, at=at).talk.unfinished)
        assert again.reading is not None
        assert chips.words(again.reading) == chips.GENUINE, at
        assert {ef: again.talk.files[ef] for ef in FILES} == {ef: own.files[ef] for ef in FILES}, at


def test_a_copy_with_other_bytes_put_in_its_place_is_no_pass() -> None:
    profile, block = "bac-only", 223
    own = small(profile)
    copy = chips.with_files(own, {Ef.DG13: own.files[Ef.DG13][:-1] + b"?"})
    for at in range(0, whole(profile, block).apdus, 4):
        known = read(own, profile, block, at=at).talk.unfinished
        again = read(copy, profile, block, resume=known)
        assert again.reading is not None
        true = again.talk.files[Ef.DG13] == own.files[Ef.DG13]
        assert chips.words(again.reading)[CheckName.HASHES] is (Word.SUCCESSFUL if true else Word.FAILED), at


def _apdus_before_files(profile: str, block: int) -> int:
    meter = Meter(Chip(small(profile)))
    seen: list[int] = []
    talk = ChipConversation(
        meter.transceive, chips.tools(), block, lambda progress: seen.append(meter.apdus) if progress.file else None
    )
    talk.identify(chips.key_of(profile))
    return seen[0]


# At the desk ---------------------------------------------------------------------------------------------------------

CARD, PROFILE = desk.CARD, desk.PROFILE


def present(at: int, error: Exception | None = None, *, photo: bool = False) -> desk.Bench:
    """Code and card at a desk, the card lifted (or whatever ``error`` says) at that APDU."""
    counter = desk.bench(read=lambda post: ReadWork(chips.tools, 65_000, photo, post))
    counter.say(desk.code(), CARD)
    counter.reader.run(Meter(Chip(chips.contents_of(PROFILE)), ends_at=at, error=error))
    counter.settle()
    return counter


@functools.cache
def apdus_to_decision() -> int:
    meter = Meter(Chip(chips.contents_of(PROFILE)))
    ChipConversation(meter.transceive, chips.tools(), 65_000).identify(chips.key_of(PROFILE))
    return meter.apdus


def test_at_the_desk_a_lifted_card_is_asked_for_and_then_read_to_a_yes() -> None:
    for at in range(apdus_to_decision()):
        counter = present(at)
        assert counter.screen() is Screen.RETRY, at
        assert not counter.face.outcomes, at
        counter.say(CardRemoved(CARD.card), CardPlaced("again", "r"))
        counter.reader.run(Meter(Chip(chips.contents_of(PROFILE))))
        counter.hear_answer()
        assert counter.face.outcomes[-1:] == [Outcome.ALLOW], at
        assert len(counter.recorder.kept) == 1, at


def test_at_the_desk_a_card_lifted_under_its_photograph_takes_nothing_from_the_decision() -> None:
    for at in range(apdus_to_decision(), whole(PROFILE, 65_000).apdus - 1):
        counter = present(at, photo=True)
        counter.hear_answer()
        assert counter.face.outcomes[-1:] == [Outcome.ALLOW], at
        assert counter.face.views[-1].result is not None
        assert counter.face.views[-1].result.photo is None, at
        assert len(counter.recorder.kept) == 1, at


def test_at_the_desk_a_photograph_that_was_cut_off_is_read_on() -> None:
    for at in range(apdus_to_decision(), whole(PROFILE, 65_000).apdus - 1):
        counter = present(at, photo=True)
        counter.hear_answer()
        counter.say(CardRemoved(CARD.card), CardPlaced("again", "r"))
        counter.reader.run(Meter(Chip(chips.contents_of(PROFILE))))
        counter.settle()
        assert counter.face.outcomes[-1:] == [Outcome.ALLOW], at
        shown = counter.face.views[-1].result
        assert shown is not None, at
        assert shown.photo is not None, at
        assert len(counter.recorder.kept) == 1, at


def test_at_the_desk_another_card_put_back_never_lends_its_photograph() -> None:
    counter = present(apdus_to_decision(), photo=True)
    counter.hear_answer()
    before = counter.face.views[-1].result
    assert before is not None
    assert before.photo is None
    own, other = chips.contents_of(PROFILE), chips.contents_of("cccd-2024")
    counter.say(CardRemoved(CARD.card), CardPlaced("other", "r"))
    counter.reader.run(Meter(Chip(replace(other, can=own.can, mrz_information=own.mrz_information))))
    counter.settle()
    shown = counter.face.views[-1].result
    assert shown is None or shown.photo is None


def test_at_the_desk_a_card_that_stays_away_is_named_and_nobody_is_refused() -> None:
    for at in range(0, apdus_to_decision(), 3):
        counter = present(at)
        counter.say(CardRemoved(CARD.card))
        counter.wait(600.0)
        assert _verdict(counter) == (Outcome.CANNOT_CHECK, "card.lost"), at


def test_at_the_desk_a_card_lifted_each_time_ends_in_the_fault_not_in_a_loop() -> None:
    counter = present(9)
    for turn in range(MAX_LOST):
        assert counter.screen() is Screen.RETRY
        counter.say(CardRemoved(f"t{turn - 1}" if turn else CARD.card), CardPlaced(f"t{turn}", "r"))
        counter.reader.run(Meter(Chip(chips.contents_of(PROFILE)), ends_at=9))
        counter.settle()
    assert _verdict(counter) == (Outcome.CANNOT_CHECK, "card.lost")


@pytest.mark.parametrize("code", ["card.silent", "reader.service"])
def test_at_the_desk_a_card_or_reader_that_fails_at_any_apdu_is_named(code: str) -> None:
    for at in range(apdus_to_decision()):
        assert _verdict(present(at, FaultError(code))) == (Outcome.CANNOT_CHECK, code), at


def _verdict(counter: desk.Bench) -> tuple[Outcome, str | None]:
    shown = counter.face.views[-1].result
    assert shown is not None, counter.screen()
    return shown.verdict.outcome, shown.verdict.fault
