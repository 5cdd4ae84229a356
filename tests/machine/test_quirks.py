"""Every quirk of real chips (facts/emrtd §3) ends where a good reader ends: read, and proven as far as can be.

Row 5 (integrated and chip-authentication mapping) and more of row 14 are profiles of the simulated card; row 19 is
test_tear.py, rows 20 and 21 are test_pcsc.py.
"""

from __future__ import annotations

import functools

import pytest

from crypto.civil import PartialDate
from crypto.emrtd.dg11 import parse_dg11
from crypto.emrtd.dg12 import parse_dg12
from crypto.emrtd.lds import Ef
from drivers.simulator.layers import Flaw, LayeredChip
from drivers.simulator.quirks.catalogue import QUIRKS
from drivers.simulator.quirks.opening import GrowingDelay, OwnTokenOnly
from terminal.events import CardPlaced, CardRemoved
from terminal.model import Outcome
from terminal.proof.access import ChipAccess
from terminal.view import Screen
from tests import chips, desk
from tests.flawed import Meter, Visit, flawed, visit

PROFILES = {"aa-der": "ec-aa", "aa-leading-zero": "aa-rsa-33cc"}
"""Quirks that need another card than the usual one: a key on a curve, a key with which signing is fast."""

ENDINGS = {"unknown-root": "issuer=undetermined"}
"""Where a good reader cannot say yes; every other quirk ends as a sound card does."""

MOST_APDUS = {"naked-6700": 180, "naked-6c": 180, "naked-counted": 200, "end-6c": 40}
"""What a quirk may cost; without an entry, as much as 223 bytes a block cost."""


@functools.cache
def sound(profile: str = "cccd-2021") -> Visit:
    """What the same card does without a quirk."""
    return visit(flawed(Flaw("sound", "", ""), profile), profile)


@pytest.mark.parametrize("name", [name for name in QUIRKS if name != "extended-breaks"])
def test_quirk_ends_as_a_good_reader_ends(name: str) -> None:
    profile = PROFILES.get(name, "cccd-2021")
    found = visit(flawed(QUIRKS[name], profile), profile, decode=name.startswith("dg2-"))
    assert found.ending == ENDINGS.get(name, "")
    assert found.photo
    assert found.files.keys() >= sound(profile).files.keys() - {Ef.COM, Ef.CARD_ACCESS}
    assert found.outcome is (Outcome.CANNOT_CHECK if name in ENDINGS else Outcome.ALLOW)
    assert found.apdus <= MOST_APDUS.get(name, 120)


def test_sound_card_is_the_measure() -> None:
    assert (sound().ending, sound().photo, sound().outcome) == ("", True, Outcome.ALLOW)
    assert sound().apdus <= 20


@pytest.mark.parametrize("name", sorted(name for name, flaw in QUIRKS.items() if not flaw.source.startswith("row 1")))
def test_quirk_with_the_shortest_blocks(name: str) -> None:
    found = visit(flawed(QUIRKS[name]), block=223)
    assert (found.ending, found.outcome) == ("", Outcome.ALLOW)


def test_reader_that_loses_the_card_over_a_long_command_is_asked_with_short_ones() -> None:
    """Row 7: the card is asked for again once."""
    counter = desk.bench()
    counter.say(desk.code(), desk.CARD)
    counter.reader.run(Meter(flawed(QUIRKS["extended-breaks"])))
    counter.settle()
    assert counter.screen() is Screen.RETRY
    counter.say(CardRemoved(desk.CARD.card), CardPlaced("again", "r"))
    counter.reader.run(Meter(flawed(QUIRKS["extended-breaks"])))
    counter.settle()
    counter.hear_answer()
    assert counter.face.outcomes[-1:] == [Outcome.ALLOW]


def test_protected_com_is_left_out_and_nothing_else() -> None:
    found = visit(flawed(QUIRKS["protected-com"]))
    assert found.files.keys() == sound().files.keys() - {Ef.COM}


def test_odd_details_are_understood_as_far_as_they_can_be() -> None:
    files = visit(flawed(QUIRKS["dg11-odd"])).files
    personal, document = parse_dg11(files[Ef.DG11]), parse_dg12(files[Ef.DG12])
    assert personal.name is not None
    assert personal.name.primary == "THỬ"
    assert personal.born == PartialDate(1990, 11, 20)
    assert personal.place_of_birth
    assert document.issued == PartialDate(2021, 7, 15)


@pytest.mark.parametrize("layer", [OwnTokenOnly, lambda: GrowingDelay(lambda _seconds: None)])
def test_wrong_number_is_told_as_such(layer: type[OwnTokenOnly]) -> None:
    chip = LayeredChip(chips.contents_of("cccd-2021"), [layer()])
    assert visit(chip, access=ChipAccess("999999")).fault == "card.locked"


def test_growing_delay_is_no_fault_and_ends_with_the_right_number() -> None:
    waits: list[float] = []
    chip = LayeredChip(chips.contents_of("cccd-2021"), [GrowingDelay(waits.append)])
    for _ in range(3):
        assert visit(chip, access=ChipAccess("999999")).fault == "card.locked"
        chip.reset()
    assert visit(chip).outcome is Outcome.ALLOW
    chip.reset()
    assert visit(chip).outcome is Outcome.ALLOW
    assert waits == [1.0, 2.0, 4.0]


def test_meter_gives_up_a_conversation_without_end() -> None:
    meter = Meter(flawed(Flaw("sound", "", "")), most=3)
    for _ in range(3):
        meter.transceive(bytes.fromhex("0084000008"))
    with pytest.raises(AssertionError, match="come to an end"):
        meter.transceive(bytes.fromhex("0084000008"))
