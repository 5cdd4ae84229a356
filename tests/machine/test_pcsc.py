"""The PC/SC driver against the real daemon in its bad hours."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from smartcard import scard

from crypto.errors import CardLostError
from drivers.pcsc import PcscReaders, build
from terminal.events import CardPlaced, CardRemoved, DeviceDown, DeviceUp
from terminal.faults import FaultError
from terminal.ports import CardLink, ReaderOptions
from tests.contract.card_rigs import PcscRig
from tests.contract.test_card_reader import SELECT, Job, run
from tests.inbox import RecordingInbox
from tests.pcscd import PcscDaemon
from tests.stub_chip import StubChip, echo


@pytest.fixture
def rig(pcscd: PcscDaemon) -> Iterator[PcscRig]:
    rig = PcscRig(pcscd)
    yield rig
    if pcscd.names:
        rig.lift()


@pytest.fixture
def inbox() -> RecordingInbox:
    return RecordingInbox()


@pytest.fixture
def reader(pcscd: PcscDaemon, rig: PcscRig, inbox: RecordingInbox) -> Iterator[PcscReaders]:
    reader = build(ReaderOptions(names="Virtual*", apdu_timeout=0.4))
    reader.start(inbox)
    yield reader
    reader.stop()


def test_a_silent_card_is_declared_silent_by_the_watchdog(
    rig: PcscRig, reader: PcscReaders, inbox: RecordingInbox
) -> None:
    wake = threading.Event()

    def answers(command: bytes) -> bytes:
        wake.wait(10.0)
        return command + b"\x90\x00"

    rig.place(answers)
    job = run(reader, inbox.wait_for(CardPlaced).card, lambda link: link.transceive(SELECT))
    wake.set()
    assert isinstance(job.error, FaultError)
    assert job.error.fault.code == "card.silent"


def test_the_reader_works_again_after_a_silent_card(rig: PcscRig, reader: PcscReaders, inbox: RecordingInbox) -> None:
    wake = threading.Event()

    def answers(command: bytes) -> bytes:
        wake.wait(10.0)
        return command + b"\x90\x00"

    rig.place(answers)
    assert run(reader, inbox.wait_for(CardPlaced).card, lambda link: link.transceive(SELECT)).error
    wake.set()
    rig.lift()
    inbox.wait_for(CardRemoved)
    rig.place(echo)
    assert run(reader, inbox.wait_for(CardPlaced).card, lambda link: link.transceive(SELECT)).error is None


@pytest.mark.parametrize("crash", [False, True], ids=["stopped", "killed"])
def test_the_reader_survives_a_restart_of_the_daemon(
    crash: bool, pcscd: PcscDaemon, rig: PcscRig, reader: PcscReaders, inbox: RecordingInbox
) -> None:
    rig.place(echo)
    placed = inbox.wait_for(CardPlaced)
    if crash:
        pcscd.kill()
    else:
        pcscd.stop()
    assert inbox.wait_for(CardRemoved).card == placed.card
    assert inbox.wait_for(DeviceDown).fault == "reader.service"
    pcscd.start()
    inbox.wait_for(DeviceUp)
    rig.place(echo)
    again = inbox.wait_for(CardPlaced)
    assert again.card != placed.card
    assert run(reader, again.card, lambda link: link.transceive(SELECT)).error is None


def test_a_job_for_a_card_of_the_daemon_before_is_told_that_it_is_lost(
    pcscd: PcscDaemon, rig: PcscRig, reader: PcscReaders, inbox: RecordingInbox
) -> None:
    rig.place(echo)
    card = inbox.wait_for(CardPlaced).card
    pcscd.stop()
    inbox.wait_for(DeviceDown)
    assert isinstance(run(reader, card, lambda link: link.transceive(SELECT)).error, CardLostError)


def test_a_daemon_that_dies_during_a_job_means_a_lost_card(
    pcscd: PcscDaemon, rig: PcscRig, reader: PcscReaders, inbox: RecordingInbox
) -> None:
    rig.place(echo)

    def work(link: CardLink) -> object:
        link.transceive(SELECT)
        pcscd.kill()
        return link.transceive(SELECT)

    assert isinstance(run(reader, inbox.wait_for(CardPlaced).card, work).error, CardLostError)
    assert inbox.wait_for(DeviceDown).fault == "reader.service"


def test_a_daemon_without_readers_is_an_absent_reader(pcscd: PcscDaemon, inbox: RecordingInbox) -> None:
    pcscd.restart(readers=False)
    reader = build(ReaderOptions(names="Virtual*"))
    reader.start(inbox)
    try:
        assert inbox.wait_for(DeviceDown).fault == "reader.absent"
        assert not reader.readers()
        pcscd.restart()
        inbox.wait_for(DeviceUp)
    finally:
        reader.stop()


def test_no_daemon_is_a_fault_of_the_service(pcscd: PcscDaemon, inbox: RecordingInbox) -> None:
    pcscd.stop()
    reader = build(ReaderOptions())
    with pytest.raises(FaultError) as caught:
        reader.readers()
    assert caught.value.fault.code == "reader.service"
    reader.start(inbox)
    try:
        assert inbox.wait_for(DeviceDown).fault == "reader.service"
    finally:
        reader.stop()


def test_two_readers_hold_two_cards(
    pcscd: PcscDaemon, rig: PcscRig, reader: PcscReaders, inbox: RecordingInbox
) -> None:
    rig.place(lambda command: b"\x01\x90\x00")
    first = inbox.wait_for(CardPlaced)
    other = StubChip(pcscd.ports[1], lambda command: b"\x02\x90\x00")
    second = inbox.wait_for(CardPlaced)
    try:
        answers = [run(reader, placed.card, lambda link: link.transceive(SELECT)) for placed in (first, second)]
        assert [first.reader, second.reader] == list(pcscd.names)
        assert [job.result for job in answers] == [b"\x01\x90\x00", b"\x02\x90\x00"]
    finally:
        other.lift()


def test_a_name_pattern_leaves_the_other_readers_alone(pcscd: PcscDaemon, rig: PcscRig, inbox: RecordingInbox) -> None:
    picky, all_of_them, everything = (
        build(ReaderOptions(names=pcscd.names[1])),
        build(ReaderOptions()),
        RecordingInbox(),
    )
    picky.start(inbox)
    all_of_them.start(everything)
    rig.place(echo)
    try:
        assert everything.wait_for(CardPlaced).reader == pcscd.names[0]
        other = StubChip(pcscd.ports[1], echo)
        assert everything.wait_for(CardPlaced).reader == pcscd.names[1]
        assert inbox.wait_for(CardPlaced).reader == pcscd.names[1]
        other.lift()
    finally:
        picky.stop()
        all_of_them.stop()


class OtherProgram:
    """Another program that holds the card."""

    def __init__(self, reader: str, mode: int) -> None:
        _, self._context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        code, self.card, _ = scard.SCardConnect(self._context, reader, mode, protocols)
        assert code == scard.SCARD_S_SUCCESS

    def say(self, command: bytes) -> None:
        """Send an APDU; pcsc-lite lets it wait for another's transaction."""
        scard.SCardTransmit(self.card, scard.SCARD_PCI_T1, list(command))

    def close(self) -> None:
        scard.SCardDisconnect(self.card, scard.SCARD_LEAVE_CARD)
        scard.SCardReleaseContext(self._context)


def test_a_card_held_by_another_program_is_a_busy_reader(
    rig: PcscRig, reader: PcscReaders, inbox: RecordingInbox
) -> None:
    rig.place(echo)
    placed = inbox.wait_for(CardPlaced)
    other = OtherProgram(placed.reader, scard.SCARD_SHARE_EXCLUSIVE)
    job = run(reader, placed.card, lambda link: link.transceive(SELECT))
    other.close()
    assert isinstance(job.error, FaultError)
    assert job.error.fault.code == "reader.busy"
    assert run(reader, placed.card, lambda link: link.transceive(SELECT)).error is None


def test_a_card_that_another_program_shares_is_read_in_a_transaction(
    rig: PcscRig, reader: PcscReaders, inbox: RecordingInbox
) -> None:
    heard: list[bytes] = []

    def answers(command: bytes) -> bytes:
        heard.append(command[-2:])
        return b"\x90\x00"

    rig.place(answers)
    placed = inbox.wait_for(CardPlaced)
    other = OtherProgram(placed.reader, scard.SCARD_SHARE_SHARED)
    intruder = threading.Thread(target=other.say, args=(SELECT[:-2] + b"\xff\xff",))

    def work(link: CardLink) -> object:
        link.transceive(SELECT)
        intruder.start()
        intruder.join(0.3)
        return link.transceive(SELECT)

    assert run(reader, placed.card, work).error is None
    intruder.join(5.0)
    other.close()
    assert heard[:2] == [SELECT[-2:], SELECT[-2:]]


def test_another_program_that_keeps_its_transaction_is_a_busy_reader(
    rig: PcscRig, reader: PcscReaders, inbox: RecordingInbox
) -> None:
    rig.place(echo)
    placed = inbox.wait_for(CardPlaced)
    other = OtherProgram(placed.reader, scard.SCARD_SHARE_SHARED)
    assert scard.SCardBeginTransaction(other.card) == scard.SCARD_S_SUCCESS
    job = run(reader, placed.card, lambda link: link.transceive(SELECT))
    scard.SCardEndTransaction(other.card, scard.SCARD_LEAVE_CARD)
    other.close()
    assert isinstance(job.error, FaultError)
    assert job.error.fault.code == "reader.busy"


def test_rights_do_not_outlive_a_job(rig: PcscRig, reader: PcscReaders, inbox: RecordingInbox) -> None:
    rig.place(echo)
    placed = inbox.wait_for(CardPlaced)
    first = Job(lambda link: link.transceive(SELECT))
    reader.submit(placed.card, first, threading.Event())
    second = run(reader, placed.card, lambda link: link.atr)
    assert second.result
    assert rig.chip is not None
    assert rig.chip.powered_down >= 1


def test_a_lost_card_that_the_reader_still_claims_to_hold_is_placed_again(
    rig: PcscRig, reader: PcscReaders, inbox: RecordingInbox
) -> None:
    # What a contactless reader does with a card that slipped: it still answers the presence check, and no APDU.
    answers = iter([b"\x90", *[b"\x90\x00"] * 9])
    rig.place(lambda command: next(answers))
    placed = inbox.wait_for(CardPlaced)
    assert isinstance(run(reader, placed.card, lambda link: link.transceive(SELECT)).error, CardLostError)
    assert inbox.wait_for(CardRemoved).card == placed.card
    again = inbox.wait_for(CardPlaced)
    assert again.card != placed.card
    assert run(reader, again.card, lambda link: link.transceive(SELECT)).result == b"\x90\x00"
