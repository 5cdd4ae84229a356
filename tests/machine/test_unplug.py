"""Unplug and replug anything at any moment: a whole desk with its real drivers, at every state of the session.

What each test promises: the desk works again within five seconds of the device's return, every admission is in the
journal exactly once, nothing is logged as an error, and nothing is left behind.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from drivers.simulator.cable import Line
from drivers.simulator.chip import Chip
from drivers.simulator.faults import ChipFault
from drivers.simulator.presented import Handling, PresentedCard
from terminal.events import Device
from terminal.flow.states import State
from terminal.model import Outcome
from terminal.view import Screen
from tests import chips
from tests.machine.whole_desk import RETURN, Belongings, Site, WholeDesk, site
from tests.pcscd import PcscDaemon

INSURED = ("insured", "lifted", "offline")
"""Cards of insured people, in turn: nobody's code is shown twice within the scanner's memory."""

RECEPTION = (Device.CAMERA, Device.SCANNER, Device.BACKEND)
GATE = (Device.CAMERA, Device.SCANNER, Device.BACKEND, Device.GATE)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("desk"), tickets=200) as made:
        yield made


@contextmanager
def desk_at(place: Site, name: str, pcscd: PcscDaemon) -> Iterator[WholeDesk]:
    """A desk that leaves no thread and no handle behind."""
    before = Belongings.now()
    made = WholeDesk(place, name, pcscd)
    try:
        yield made
    finally:
        made.close()
    before.wait_for()


@pytest.fixture
def reception(place: Site, pcscd: PcscDaemon) -> Iterator[WholeDesk]:
    with desk_at(place, "reception", pcscd) as made:
        yield made


@pytest.fixture
def gate(place: Site, pcscd: PcscDaemon) -> Iterator[WholeDesk]:
    with desk_at(place, "gate", pcscd) as made:
        yield made


def outcome(state: State) -> Outcome | None:
    verdict = state.case.verdict if state.case else None
    return verdict.outcome if verdict else None


class Counter:
    """Reaches every state of a reception, and serves somebody to prove that it works."""

    def __init__(self, desk: WholeDesk) -> None:
        self.desk = desk
        self._people = itertools.cycle(INSURED)
        self._profile = next(self._people)

    def card(self, handling: Handling | None = None) -> PresentedCard:
        return PresentedCard(Chip(chips.contents_of(self._profile)), handling)

    def idle(self) -> None:
        self.desk.hand.lift()
        self.desk.done()
        self.desk.seen.wait(lambda state: state.screen is Screen.IDLE and state.card is None)

    def ask_number(self) -> None:
        self.desk.hand.place(self.card())
        self.desk.seen.screen(Screen.ASK_NUMBER)

    def place_card(self) -> None:
        self._profile = next(self._people)
        self.desk.scan(chips.person_of(self._profile).card_qr())
        self.desk.seen.screen(Screen.PLACE_CARD)

    def reading(self) -> None:
        self.place_card()
        self.desk.hand.place(self.card(Handling(ChipFault.SLOW, 250)))
        self.desk.seen.screen(Screen.READING)

    def retry(self) -> None:
        self.place_card()
        self.desk.hand.place(self.card(Handling(ChipFault.LIFTED, 12)))
        self.desk.seen.screen(Screen.RETRY)

    def checking(self) -> None:
        self.place_card()
        self.desk.site.cable.set(Line.MUTE)
        self.desk.hand.place(self.card())
        self.desk.seen.screen(Screen.CHECKING)

    def result(self) -> None:
        self.place_card()
        self.desk.hand.place(self.card())
        self.desk.seen.screen(Screen.RESULT)

    def serve(self, within: float) -> None:
        """Somebody comes; the answer is a yes within that time of the card's being laid down."""
        self.idle()
        began = time.monotonic()
        self.place_card()
        self.desk.hand.place(self.card())
        state = self.desk.seen.screen(Screen.RESULT)
        assert outcome(state) is Outcome.ALLOW
        assert time.monotonic() - began < within
        self.idle()


STATES: dict[str, Callable[[Counter], None]] = {
    "idle": Counter.idle,
    "ask_number": Counter.ask_number,
    "place_card": Counter.place_card,
    "reading": Counter.reading,
    "retry": Counter.retry,
    "checking": Counter.checking,
    "result": Counter.result,
}


def unplugged(desk: WholeDesk, device: Device, way: int = 0) -> None:
    """One device goes and comes back, and the desk knows both."""
    desk.unplug(device, way)
    # While a result is shown nobody looks at the folder that is the camera.
    if device is not Device.CAMERA or desk.seen.state.screen is not Screen.RESULT:
        desk.wait_down(device)
    desk.plug(device)
    assert desk.wait_up(device) < RETURN


def check(desk: WholeDesk) -> None:
    """What holds whatever was unplugged."""
    desk.check_admissions()
    assert desk.complaints.texts == []


@pytest.mark.parametrize("state", STATES)
def test_each_device_goes_and_comes_back_in_each_state(reception: WholeDesk, state: str) -> None:
    chance = random.Random(state)
    reception.start()
    counter = Counter(reception)
    reception.seen.wait(lambda now: len(now.up) == 3)
    STATES[state](counter)
    order = [*chance.sample(RECEPTION, len(RECEPTION)), Device.READER]  # it last: the others leave the state as it is
    for device in order:
        unplugged(reception, device, chance.randrange(3))
    counter.serve(RETURN)
    check(reception)


def test_a_desk_that_starts_without_any_device_begins_with_the_first_that_comes(reception: WholeDesk) -> None:
    inputs = (Device.READER, Device.CAMERA, Device.SCANNER)
    for device in inputs:
        reception.unplug(device)
    reception.start()
    reception.seen.wait(lambda state: {device for device, _, _ in state.down} == set(inputs))
    assert reception.seen.state.screen is Screen.STARTING
    for device in inputs:
        reception.plug(device)
        assert reception.wait_up(device) < RETURN
        reception.seen.screen(Screen.IDLE, timeout=RETURN)
    Counter(reception).serve(RETURN)
    check(reception)


def test_a_desk_out_of_service_comes_back_by_itself(reception: WholeDesk) -> None:
    reception.start()
    counter = Counter(reception)
    reception.seen.wait(lambda state: len(state.up) == 3)
    for device in (Device.CAMERA, Device.SCANNER, Device.READER):
        reception.unplug(device)
    reception.seen.screen(Screen.OUT_OF_SERVICE)
    for device in (Device.READER, Device.CAMERA, Device.SCANNER):
        reception.plug(device)
        assert reception.wait_up(device) < RETURN
        reception.seen.screen(Screen.IDLE, timeout=RETURN)
    counter.serve(RETURN)
    check(reception)


class Turnstile:
    """People at a gate: each with a ticket of their own, who go through or change their minds."""

    def __init__(self, desk: WholeDesk, tickets: Iterator[bytes]) -> None:
        self.desk = desk
        self._tickets = tickets

    def ticket(self) -> None:
        """Somebody's ticket is scanned."""
        self.desk.scan(next(self._tickets))

    def admitted(self, within: float = RETURN) -> None:
        """People come until one is let in and goes through, in that time."""
        began = time.monotonic()
        while not self._is_let_in():
            assert time.monotonic() - began < within, self.desk.seen.state
        self.desk.board.turn()
        assert self.desk.board.wait_until(energised=False, timeout=within)

    def _is_let_in(self) -> bool:
        arming = self.desk.seen.state.arming
        self.ticket()
        state = self.desk.seen.wait(
            lambda state: state.arming > arming and outcome(state) in (Outcome.ALLOW, Outcome.CANNOT_CHECK)
        )
        return outcome(state) is Outcome.ALLOW and self.desk.board.wait_until(energised=True, timeout=1.0)


@pytest.fixture(scope="module")
def tickets(place: Site) -> Iterator[bytes]:
    """Tickets that nobody has used yet, for all tests of this module together."""
    return iter(place.tickets)


def test_each_device_of_a_gate_goes_and_comes_back_between_two_people(
    gate: WholeDesk, tickets: Iterator[bytes]
) -> None:
    gate.start()
    people = Turnstile(gate, tickets)
    gate.seen.wait(lambda state: len(state.up) == 4)
    for device in GATE:
        unplugged(gate, device)
        people.admitted()
    check(gate)


def test_a_gate_that_goes_while_somebody_is_let_in_undoes_nothing_and_lets_the_next_in(
    gate: WholeDesk, tickets: Iterator[bytes]
) -> None:
    gate.start()
    people = Turnstile(gate, tickets)
    gate.seen.wait(lambda state: len(state.up) == 4)
    people.ticket()
    assert gate.board.wait_until(energised=True)
    unplugged(gate, Device.GATE)
    people.admitted()
    check(gate)


@pytest.mark.parametrize("way", [0, 1], ids=["cut", "mute"])
def test_a_network_that_goes_during_a_question_admits_nobody_twice(
    gate: WholeDesk, tickets: Iterator[bytes], way: int
) -> None:
    gate.start()
    people = Turnstile(gate, tickets)
    gate.seen.wait(lambda state: len(state.up) == 4)
    gate.unplug(Device.BACKEND, way)
    people.ticket()
    gate.seen.wait(lambda state: outcome(state) is Outcome.CANNOT_CHECK)
    gate.plug(Device.BACKEND)
    people.admitted()
    check(gate)


@pytest.mark.parametrize("seed", range(3))
def test_a_gate_in_whose_cables_somebody_stumbles_all_the_time(
    gate: WholeDesk, tickets: Iterator[bytes], seed: int
) -> None:
    chance = random.Random(seed)
    gate.start()
    people = Turnstile(gate, tickets)
    gate.seen.wait(lambda state: len(state.up) == 4)
    out: set[Device] = set()
    for _ in range(40):
        device = chance.choice(GATE)
        act = chance.choice(["ticket", "ticket", "cable", "turn"])
        if act == "ticket":
            people.ticket()
        elif act == "turn":
            gate.board.turn()
        elif device in out:
            gate.plug(device)
            out.remove(device)
        else:
            gate.unplug(device, chance.randrange(2))
            out.add(device)
        gate.seen.settle(0.02 * chance.randrange(4))
    for device in out:
        gate.plug(device)
    gate.seen.wait(lambda state: len(state.up) == 4, RETURN)
    people.admitted()
    check(gate)
