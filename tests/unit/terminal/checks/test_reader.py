"""Readers, and a card that lies on one: that it answers, and that nothing of it is read."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from crypto.errors import CardLostError
from drivers.simulator.chip import Chip
from drivers.simulator.faults import ChipFault
from drivers.simulator.inprocess import SimulatedReader
from drivers.simulator.presented import Handling, PresentedCard
from terminal import registry
from terminal.checks import reader as checks
from terminal.checks.reader import check_card, check_readers
from terminal.events import CardPlaced, CardRemoved, Event
from terminal.faults import FaultError
from terminal.health import Condition
from terminal.messages import say
from terminal.ports import CardJob, ReaderInfo, ReaderOptions
from tests import chips
from tests.unit.terminal.conftest import Site

Lay = Callable[..., "Heard"]


class Heard:
    """A chip that keeps what it was asked."""

    def __init__(self, chip: Chip) -> None:
        self._chip = chip
        self.atr = chip.atr
        self.asked: list[bytes] = []

    def reset(self) -> None:
        self._chip.reset()

    def transmit(self, raw: bytes) -> bytes:
        self.asked.append(raw)
        return self._chip.transmit(raw)


@pytest.fixture
def lay(monkeypatch: pytest.MonkeyPatch) -> Lay:
    def lay(handling: Handling | None = None) -> Heard:
        chip = Heard(Chip(chips.contents_of("cccd-2024")))

        def build(_: ReaderOptions) -> SimulatedReader:
            reader = SimulatedReader(ReaderOptions(apdu_timeout=0.2))
            reader.place(PresentedCard(chip, handling))
            return reader

        monkeypatch.setattr(registry, "reader", lambda name: build)
        return chip

    return lay


def test_a_card_answers_and_is_asked_nothing_but_its_application(site: Site, lay: Lay) -> None:
    chip = lay()
    finding = check_card(site("police"))
    assert finding.condition is Condition.OK
    assert say(finding.text, "en").startswith("the chip answers after ")
    assert chip.asked == [bytes.fromhex("00A4040C07A0000002471001")]


def test_a_card_that_does_not_answer_limits(site: Site, lay: Lay) -> None:
    lay(Handling(ChipFault.SILENT))
    finding = check_card(site("police"))
    assert (finding.fault, finding.condition) == ("card.silent", Condition.LIMITED)


def test_no_card_and_no_reader_driver_are_in_order(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "reader", lambda name: SimulatedReader)
    assert say(check_card(site("police")).text, "en").startswith("no card lies there")
    desk = site("police")
    none = replace(desk, reader=replace(desk.reader, driver="none"))
    assert say(check_card(none).text, "en") == say(check_readers(none).text, "en") == "not used at this desk"


class Odd:
    """Readers that say ``found``, or fail; a card on them never arrives, and jobs are never taken."""

    def __init__(self, *found: ReaderInfo, error: FaultError | None = None, events: Sequence[Event] = ()) -> None:
        self._found, self._error, self._events = found, error, events
        self.stopped = 0

    def readers(self) -> tuple[ReaderInfo, ...]:
        if self._error:
            raise self._error
        return self._found

    def start(self, inbox: Callable[[Event], None]) -> None:
        for event in self._events:
            inbox(event)

    def stop(self) -> None:
        self.stopped += 1

    def submit(self, card: str, job: CardJob, cancel: object) -> None:
        pass


@pytest.fixture
def odd(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Odd]:
    monkeypatch.setattr(checks, "CARD_SECONDS", 0.05)

    def have(*found: ReaderInfo, **more: Any) -> Odd:
        readers = Odd(*found, **more)
        monkeypatch.setattr(registry, "reader", lambda name: lambda options: readers)
        return readers

    return have


def test_a_card_that_never_arrives_is_silent_and_the_reader_let_go(site: Site, odd: Callable[..., Odd]) -> None:
    there = ReaderInfo("ACS 0", True, "3B80", False)
    readers = odd(there)
    assert check_card(site("police")).fault == "card.silent"
    assert readers.stopped == 1
    readers = odd(there, events=(CardRemoved("old"), CardPlaced("c", "ACS 0")))
    assert check_card(site("police")).fault == "card.silent"
    assert readers.stopped == 1


def test_a_link_that_is_gone_is_a_lost_card(site: Site, odd: Callable[..., Odd]) -> None:
    class Gone:
        def transceive(self, _: bytes) -> bytes:
            raise CardLostError("gone")

    assert checks._selected(Gone()) == "card.lost"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "how"), [("reader.service", "pcscd.socket"), ("reader.denied", None), ("install.missing", None)]
)
def test_a_service_that_is_off_or_refuses_is_told_with_its_remedy(
    site: Site, odd: Callable[..., Odd], code: str, how: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    odd(error=FaultError(code, "establish context: 8010001D"))
    finding = check_readers(site("police"))
    assert (finding.fault, finding.condition) == (code, Condition.FAIL)
    assert (finding.how is None) == (how is None)
    assert how is None or (finding.how and how in say(finding.how, "vi"))
    assert check_card(site("police")).condition is Condition.OK, "one fault is told once"


def test_on_windows_the_service_has_another_name(
    site: Site, odd: Callable[..., Odd], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    odd(error=FaultError("reader.service"))
    how = check_readers(site("reception")).how
    assert how
    assert say(how, "en") == "run: sc start SCardSvr"


def test_readers_are_named_and_none_is_absent(site: Site, odd: Callable[..., Odd]) -> None:
    odd(ReaderInfo("ACS 0", False, "", False), ReaderInfo("HID 1", False, "", False))
    assert say(check_readers(site("police")).text, "en") == "ACS 0, HID 1"
    odd()
    assert check_readers(site("police")).fault == "reader.absent"
    assert check_readers(site("police")).condition is Condition.FAIL
    assert check_readers(site("reception")).condition is Condition.LIMITED
