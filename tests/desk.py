"""A desk of doubles around the real engine: a face that keeps what it showed, a reader and a backend that obey."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto.codes.ticket import Ticket, issue, public_half
from terminal.events import CardPlaced, CodeSeen, Device, DeviceUp, Event
from terminal.faults import FaultError
from terminal.flow.desk import Desk, Noted
from terminal.flow.effects import PrintSlip, Record
from terminal.flow.engine import Engine
from terminal.flow.jobs import AskWork, ReadWork
from terminal.flow.rules import Rules
from terminal.model import EligibilityAnswer, Message, Outcome, RedeemAnswer
from terminal.outputs import Position
from terminal.ports import (
    AnnulQuestion,
    CardJob,
    CardLink,
    EligibilityQuestion,
    FrameSink,
    GreyFrame,
    Health,
    Inbox,
    ReaderInfo,
    RedeemQuestion,
)
from terminal.view import Cue, Screen, View
from terminal.view import Desk as DeskName
from tests import chips
from tests.fake_clock import FakeClock
from tests.machine import worlds
from tests.photos import PhotosHere

TICKET_SECRET = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
TICKET_KEYS = (public_half(TICKET_SECRET),)
EVENT = "trang-an-mau"


def ticket_text(ticket_id: str = "T1", event: str = EVENT, *, day: datetime | None = None) -> bytes:
    """A signed ticket for the day of the fake clock, or for another."""
    begins = day or datetime(2026, 11, 22, tzinfo=UTC)
    claims = Ticket("tram", ticket_id, event, "day", 2, begins, begins + timedelta(days=1))
    return issue(claims, TICKET_SECRET).encode()


@dataclass
class FakeFace:
    """Keeps what it was told to show and play; it fails while ``broken`` says so of a view."""

    broken: Callable[[View], bool] = lambda _view: False
    views: list[View] = field(default_factory=list)
    cues: list[Cue] = field(default_factory=list)
    tries: int = 0
    post: Inbox | None = None
    changed: threading.Condition = field(default_factory=threading.Condition)

    def connect(self, post: Inbox) -> None:
        self.post = post

    def show(self, view: View) -> None:
        self.tries += 1
        if self.broken(view):
            raise RuntimeError("no window any more")
        with self.changed:
            self.views.append(view)
            self.changed.notify_all()

    def wait_for(self, screen: Screen, timeout: float = 10.0) -> View:
        """The screen shown now, once it is this one; for engines that run on their own thread."""
        with self.changed:
            if not self.changed.wait_for(lambda: self.views[-1].screen is screen, timeout):
                raise AssertionError(f"{screen.value} was not shown, but {self.views[-1].screen.value}")
            return self.views[-1]

    @property
    def outcomes(self) -> list[Outcome]:
        """The outcomes of all results shown, in order."""
        return [view.result.verdict.outcome for view in self.views if view.result]

    def frame(self, frame: GreyFrame) -> None:
        raise AssertionError("no camera here")

    def play(self, cue: Cue) -> None:
        self.cues.append(cue)

    def run(self, started: Callable[[], None]) -> int:
        raise AssertionError("the engine never runs the face")

    def quit(self, code: int = 0) -> None:
        raise AssertionError("the engine never ends the face")

    def screenshot(self, path: Path) -> None:
        raise AssertionError("the engine takes no picture")


class FakeReader:
    """Keeps the jobs it was given until the test lets one run."""

    def __init__(self) -> None:
        self.inbox: Inbox | None = None
        self.stopped = False
        self.jobs: list[tuple[str, CardJob, threading.Event]] = []

    def start(self, inbox: Inbox) -> None:
        self.inbox = inbox

    def stop(self) -> None:
        self.stopped = True

    def readers(self) -> Sequence[ReaderInfo]:
        return ()

    def submit(self, card: str, job: CardJob, cancel: threading.Event) -> None:
        self.jobs.append((card, job, cancel))

    def run(self, link: CardLink) -> None:
        """Run the last job with that card."""
        self.jobs[-1][1](link)


class FakeCodes:
    """Keeps whether it was to look or not."""

    def __init__(self) -> None:
        self.inbox: Inbox | None = None
        self.frames: FrameSink | None = None
        self.paused: list[bool] = []
        self.stopped = False

    def start(self, inbox: Inbox, frames: FrameSink | None = None) -> None:
        self.inbox, self.frames = inbox, frames

    def pause(self, paused: bool) -> None:
        self.paused.append(paused)

    def stop(self) -> None:
        self.stopped = True


@dataclass
class FakeBackend:
    """Gives what it was told to; keeps what it was asked."""

    answer: EligibilityAnswer | RedeemAnswer | Exception = field(default_factory=worlds.cover_answer)
    asked: list[EligibilityQuestion | RedeemQuestion] = field(default_factory=list)
    annulled: list[AnnulQuestion] = field(default_factory=list)
    annul_tried: threading.Event = field(default_factory=threading.Event)
    deadlines: list[float] = field(default_factory=list)
    simulated: bool = True

    def check(self, question: EligibilityQuestion, deadline: float) -> EligibilityAnswer:
        found = self._give(question, deadline)
        assert isinstance(found, EligibilityAnswer)
        return found

    def redeem(self, question: RedeemQuestion, deadline: float) -> RedeemAnswer:
        found = self._give(question, deadline)
        assert isinstance(found, RedeemAnswer)
        return found

    def annul(self, question: AnnulQuestion, deadline: float) -> None:
        self.annulled.append(question)
        self.annul_tried.set()
        if isinstance(self.answer, Exception):
            raise self.answer

    def health(self, deadline: float) -> Health:
        raise FaultError("net.down")

    def _give(
        self, question: EligibilityQuestion | RedeemQuestion, deadline: float
    ) -> EligibilityAnswer | RedeemAnswer:
        self.asked.append(question)
        self.deadlines.append(deadline)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@dataclass
class FakeRecorder:
    """Keeps the decisions, or refuses them."""

    fault: str | None = None
    kept: list[tuple[Record, str, float]] = field(default_factory=list)
    notes: list[Noted] = field(default_factory=list)

    def __call__(self, record: Record, scan_id: str, ms: float) -> None:
        if self.fault:
            raise FaultError(self.fault, "the disk is full")
        self.kept.append((record, scan_id, ms))

    def note(self, noted: Noted) -> None:
        """What happened at the gate."""
        if self.fault:
            raise FaultError(self.fault, "the disk is full")
        self.notes.append(noted)


@dataclass
class FakeGate:
    """Keeps what it was told."""

    tells: bool = True
    simulated: bool = False
    opened: list[str] = field(default_factory=list)
    held: list[Position] = field(default_factory=list)
    inbox: Inbox | None = None
    stopped: bool = False

    def check(self) -> None:
        raise AssertionError("a desk that runs is told how its gate is")

    def start(self, inbox: Inbox) -> None:
        self.inbox = inbox

    def open(self, passage: str) -> None:
        self.opened.append(passage)

    def hold(self, position: Position) -> None:
        self.held.append(position)

    def stop(self) -> None:
        self.stopped = True


@dataclass
class FakeSlips:
    """Prints, or fails as it was told to."""

    fault: str | None = None
    simulated: bool = False
    printed: list[PrintSlip] = field(default_factory=list)
    tried: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    slow: threading.Event | None = None

    def print(self, effect: PrintSlip) -> None:
        self.printed.append(effect)
        if self.slow is not None:
            assert self.slow.wait(10.0)
        self.check()

    def check(self) -> None:
        self.tried.release()
        if self.fault == "defect":
            raise ValueError("no such dot")
        if self.fault:
            raise FaultError(self.fault)


@dataclass
class FakeSpeech:
    """Keeps what it was to say."""

    said: list[str] = field(default_factory=list)
    stopped: bool = False

    def say(self, message: Message) -> None:
        self.said.append(message.key)

    def stop(self) -> None:
        self.stopped = True


class Bench:
    """An engine that a test turns by hand, and everything around it."""

    def __init__(self, rules: Rules, **parts: object) -> None:
        self.face, self.clock, self.recorder = FakeFace(), FakeClock(), FakeRecorder()
        self.reader, self.codes, self.backend = FakeReader(), FakeCodes(), FakeBackend()
        desk = Desk(
            rules=rules,
            face=self.face,
            clock=self.clock,
            record=self.recorder,
            note=self.recorder.note,
            reader=self.reader,
            codes=(self.codes,),
            read=lambda post: ReadWork(chips.tools, 65_000, True, post, photos=PhotosHere()),
            ask=lambda post: AskWork(self.backend, "A1", 4.0, post),
            ticket_keys=TICKET_KEYS,
        )
        self.engine = Engine(replace(desk, **parts))  # type: ignore[arg-type]

    def say(self, *events: Event) -> None:
        """Let these happen, and everything that they lead to at once."""
        for event in events:
            self.engine.post(event)
        self.settle()

    def settle(self) -> None:
        """Turn until nothing is left to do now."""
        for _ in range(200):
            assert self.engine.turn(0.0)
            if self.engine._inbox.empty() and self.engine._patience() != 0.0:
                return
        raise AssertionError("it never comes to rest")

    def hear_answer(self) -> None:
        """Wait for what a net thread brings."""
        self.settle()
        for _ in range(20):
            if self.engine.state.screen is not Screen.CHECKING:
                break
            assert self.engine.turn(10.0)
        self.settle()

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.advance(seconds)
        self.settle()

    def screen(self) -> Screen:
        """What is shown."""
        return self.face.views[-1].screen


UP = DeviceUp(Device.READER, "r")
CARD = CardPlaced("card-1", "r")
PROFILE = "cccd-2021"


def code(profile: str = PROFILE, *, simulated: bool = False) -> CodeSeen:
    """The code of that card."""
    return CodeSeen(chips.person_of(profile).card_qr(), "camera", simulated)


def bench(desk: DeskName = DeskName.RECEPTION, **parts: object) -> Bench:
    """A desk in service."""
    made = Bench(worlds.rules(desk), **parts)
    made.say(UP)
    return made


def read(desk: Bench, profile: str = PROFILE) -> None:
    """Code and card are presented and the chip is read."""
    desk.say(code(profile), CARD)
    desk.reader.run(chips.Field(chips.contents_of(profile)))


def serve(desk: Bench, profile: str = PROFILE) -> None:
    """The whole visit, to the answer."""
    read(desk, profile)
    desk.settle()
    desk.hear_answer()
