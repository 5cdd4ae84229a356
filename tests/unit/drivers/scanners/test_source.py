"""A scanner's life on a line that does as it is told."""

from __future__ import annotations

import logging
import queue
from collections.abc import Iterator, Sequence

import pytest

from drivers.scanners.source import CableScanner
from terminal.events import CodeSeen, Device, DeviceDown, DeviceUp
from terminal.faults import FaultError
from tests.fake_clock import FakeClock
from tests.inbox import RecordingInbox

NAME = "scanner"


class ToldLine:
    """Gives what a test puts in: codes to read, or a fault. ``taken`` counts the reads, ``opened`` the handles."""

    def __init__(self) -> None:
        self._next: queue.SimpleQueue[Sequence[bytes] | Exception] = queue.SimpleQueue()
        self._taken: queue.SimpleQueue[None] = queue.SimpleQueue()
        self.refused: list[FaultError] = []
        self.opened = 0

    def open(self) -> ToldLine:
        if self.refused:
            raise self.refused.pop(0)
        self.opened += 1
        return self

    def read(self) -> Sequence[bytes]:
        try:
            given = self._next.get(timeout=0.01)
        except queue.Empty:
            return ()
        if isinstance(given, Exception):
            raise given
        return given

    def close(self) -> None:
        self.opened -= 1

    def give(self, *codes: bytes) -> None:
        self._next.put(codes)

    def fail(self, fault: str) -> None:
        self._next.put(FaultError(fault))

    def stumble(self, error: Exception) -> None:
        self._next.put(error)


@pytest.fixture
def line() -> ToldLine:
    return ToldLine()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def scanner(line: ToldLine, clock: FakeClock) -> Iterator[CableScanner]:
    scanner = CableScanner(NAME, line.open, 5.0, clock)
    yield scanner
    scanner.stop()


@pytest.fixture
def inbox() -> RecordingInbox:
    return RecordingInbox()


def test_codes_are_told_with_the_name(scanner: CableScanner, line: ToldLine, inbox: RecordingInbox) -> None:
    scanner.start(inbox)
    assert inbox.wait_for(DeviceUp) == DeviceUp(Device.SCANNER, NAME, simulated=False)
    line.give(b"one", b"two")
    assert inbox.wait_for(CodeSeen) == CodeSeen(b"one", NAME)
    assert inbox.wait_for(CodeSeen) == CodeSeen(b"two", NAME)


def test_a_code_counts_again_after_its_time(
    scanner: CableScanner, line: ToldLine, inbox: RecordingInbox, clock: FakeClock
) -> None:
    scanner.start(inbox)
    line.give(b"one", b"one", b"mark")
    assert [inbox.wait_for(CodeSeen).payload for _ in range(2)] == [b"one", b"mark"]
    clock.advance(5.0)
    line.give(b"one")
    assert inbox.wait_for(CodeSeen).payload == b"one"


def test_codes_of_a_pause_are_dropped(
    scanner: CableScanner, line: ToldLine, inbox: RecordingInbox, clock: FakeClock
) -> None:
    scanner.pause(True)
    scanner.start(inbox)
    inbox.wait_for(DeviceUp)
    line.give(b"dropped")
    line.fail("scanner.absent")  # only to see that it has been read
    inbox.wait_for(DeviceDown)
    scanner.pause(False)
    line.give(b"told")
    line.give(b"dropped")
    assert [inbox.wait_for(CodeSeen).payload for _ in range(2)] == [b"told", b"dropped"]


def test_the_same_trouble_is_told_once_and_another_anew(
    scanner: CableScanner, line: ToldLine, inbox: RecordingInbox
) -> None:
    line.refused += [FaultError("scanner.absent"), FaultError("scanner.absent"), FaultError("scanner.denied")]
    scanner.start(inbox)
    inbox.wait_for(DeviceUp)
    assert inbox.seen == [
        DeviceDown(Device.SCANNER, NAME, "scanner.absent"),
        DeviceDown(Device.SCANNER, NAME, "scanner.denied"),
        DeviceUp(Device.SCANNER, NAME),
    ]


def test_a_line_that_opens_and_cannot_be_read_is_never_up(
    scanner: CableScanner, line: ToldLine, inbox: RecordingInbox
) -> None:
    line.fail("scanner.absent")
    line.fail("scanner.absent")
    scanner.start(inbox)
    inbox.wait_for(DeviceUp)
    assert [type(event) for event in inbox.seen] == [DeviceDown, DeviceUp]


def test_a_defect_ends_neither_the_scanner_nor_what_a_code_says_in_a_log(
    scanner: CableScanner, line: ToldLine, inbox: RecordingInbox, caplog: pytest.LogCaptureFixture
) -> None:
    scanner.start(inbox)
    inbox.wait_for(DeviceUp)
    with caplog.at_level(logging.DEBUG):
        line.stumble(RuntimeError("003090123450"))
        assert inbox.wait_for(DeviceDown).fault == "internal"
        inbox.wait_for(DeviceUp)
    line.give(b"afterwards")
    assert inbox.wait_for(CodeSeen).payload == b"afterwards"
    assert "RuntimeError" in caplog.text
    assert "003090123450" not in caplog.text


def test_every_handle_is_let_go(scanner: CableScanner, line: ToldLine, inbox: RecordingInbox) -> None:
    scanner.start(inbox)
    inbox.wait_for(DeviceUp)
    line.fail("scanner.absent")
    inbox.wait_for(DeviceDown)
    inbox.wait_for(DeviceUp)
    assert line.opened == 1
    scanner.stop()
    assert line.opened == 0
    assert not [event for event in inbox.all() if isinstance(event, CodeSeen)]


def test_started_again_it_says_again_that_it_is_there(
    scanner: CableScanner, line: ToldLine, inbox: RecordingInbox
) -> None:
    for _ in range(2):
        scanner.start(inbox)
        inbox.wait_for(DeviceUp)
        scanner.stop()
