"""Which readers there are, on the real daemon: many, of both kinds, plugged and unplugged, the preferred first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from crypto.errors import CardLostError
from drivers.pcsc import PcscReaders, build
from drivers.simulator.daemon import READER
from terminal.events import CardPlaced, CardRemoved, DeviceDown, DeviceUp
from terminal.ports import CardLink, ReaderOptions
from tests.contract.test_card_reader import SELECT, run
from tests.inbox import RecordingInbox
from tests.pcscd import PLUGGED, PcscDaemon
from tests.stub_chip import StubChip, echo

CONTACT = f"{READER} [Contact Reader]"
CONTACTLESS = f"{READER} [Contactless Reader]"
PLASTIC = bytes.fromhex("3B7F960000803180655412030201")
"""How a contact card answers its reset: historical bytes, no TD1 = 80."""


@contextmanager
def started(names: str) -> Iterator[tuple[PcscReaders, RecordingInbox]]:
    reader, inbox = build(ReaderOptions(names=names, apdu_timeout=1.0)), RecordingInbox()
    reader.start(inbox)
    try:
        yield reader, inbox
    finally:
        reader.stop()


def test_sixteen_readers_hold_sixteen_cards(pcscd: PcscDaemon) -> None:
    more = [f"{READER} {number}" for number in range(7)]
    pcscd.stop()
    pcscd.start(more=more)
    ports = [first + slot for first in (pcscd.port, *pcscd.more_ports.values()) for slot in (0, 1)]
    chips = [StubChip(port, lambda command, port=port: port.to_bytes(2) + b"\x90\x00") for port in ports]  # type: ignore[misc]
    with started("Virtual*") as (reader, inbox):
        placed = [inbox.wait_for(CardPlaced) for _ in ports]
        answers = {run(reader, each.card, lambda link: link.transceive(SELECT)).result for each in placed}
    for chip in chips:
        chip.lift()
    assert len({each.reader for each in placed}) == 16
    assert answers == {port.to_bytes(2) + b"\x90\x00" for port in ports}


def test_a_reader_is_known_by_its_name_or_its_card_as_one_for_contacts_or_for_laying_on(pcscd: PcscDaemon) -> None:
    pcscd.stop()
    pcscd.start(more=[CONTACT, CONTACTLESS])
    ports = (*pcscd.ports, pcscd.more_ports[CONTACT], pcscd.more_ports[CONTACTLESS])
    chips = [StubChip(port, echo, atr) for port, atr in zip(ports, (None, PLASTIC, None, PLASTIC), strict=True)]
    with started("Virtual*") as (reader, inbox):
        told = {each.reader: each.contact for each in (inbox.wait_for(CardPlaced) for _ in ports)}
        listed = {info.name: info.contact for info in reader.readers()}
    for chip in chips:
        chip.lift()
    assert [told[name] for name in sorted(told)] == [False, True, True, False]
    assert told.items() <= listed.items()


def test_a_reader_that_is_plugged_in_is_found_and_its_cards_with_it(pcscd: PcscDaemon) -> None:
    pcscd.stop()
    pcscd.start(plugs=True)
    with started("Virtual*") as (reader, inbox):
        assert inbox.wait_for(DeviceDown).fault == "reader.absent"
        for _ in range(2):
            port = pcscd.plug()
            inbox.wait_for(DeviceUp)
            chip = StubChip(port, echo)
            placed = inbox.wait_for(CardPlaced)
            assert placed.reader.startswith(PLUGGED)
            assert run(reader, placed.card, lambda link: link.transceive(SELECT)).result == SELECT + b"\x90\x00"
            pcscd.unplug(port)
            assert inbox.wait_for(CardRemoved).card == placed.card
            assert inbox.wait_for(DeviceDown).fault == "reader.absent"
            chip.lift()


def test_a_reader_unplugged_during_a_job_means_a_lost_card(pcscd: PcscDaemon) -> None:
    pcscd.stop()
    pcscd.start(plugs=True)
    with started("Virtual*") as (reader, inbox):
        port = pcscd.plug()
        inbox.wait_for(DeviceUp)
        chip = StubChip(port, echo)
        placed = inbox.wait_for(CardPlaced)

        def work(link: CardLink) -> object:
            link.transceive(SELECT)
            pcscd.unplug(port)
            while True:
                link.transceive(SELECT)

        assert isinstance(run(reader, placed.card, work).error, CardLostError)
        assert inbox.wait_for(CardRemoved).card == placed.card
        assert inbox.wait_for(DeviceDown).fault == "reader.absent"
        chip.lift()
        pcscd.plug()
        inbox.wait_for(DeviceUp)


def test_the_preferred_reader_takes_over_when_it_is_plugged_in_and_gives_back_when_it_is_gone(
    pcscd: PcscDaemon,
) -> None:
    pcscd.stop()
    pcscd.start(plugs=True, more=[CONTACT])
    with started(f"{PLUGGED}*, {READER}*") as (_, inbox):
        chip = StubChip(pcscd.more_ports[CONTACT], echo)
        placed = inbox.wait_for(CardPlaced)
        assert placed.reader.startswith(CONTACT)
        port = pcscd.plug()
        assert inbox.wait_for(CardRemoved).card == placed.card
        other = StubChip(port, echo)
        assert inbox.wait_for(CardPlaced).reader.startswith(PLUGGED)
        pcscd.unplug(port)
        inbox.wait_for(CardRemoved)
        assert inbox.wait_for(CardPlaced).reader == placed.reader
        chip.lift()
        other.lift()
    assert [type(event) for event in inbox.all() if isinstance(event, DeviceDown)] == []


@pytest.mark.parametrize("names", [f"{READER} [Contact Reader] 00 00", "No such*,  *Reader? 00 00 "])
def test_a_name_with_brackets_and_a_pattern_after_a_comma_find_the_same_reader(pcscd: PcscDaemon, names: str) -> None:
    pcscd.stop()
    pcscd.start(more=[CONTACT])
    assert [info.name for info in build(ReaderOptions(names=names)).readers()] == [f"{CONTACT} 00 00"]
