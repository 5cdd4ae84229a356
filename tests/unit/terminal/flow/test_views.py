"""From a state to what is shown: words, buttons and lives."""

from __future__ import annotations

from dataclasses import replace

import pytest

from terminal.events import Button, CardPlaced, Device
from terminal.faults import CATALOGUE
from terminal.flow.moves import with_card, without_card
from terminal.flow.rules import Rules
from terminal.flow.states import Case, State
from terminal.flow.views import can_ask_again, may_admit, view_of
from terminal.messages import LANGUAGES, say
from terminal.model import DataSource, Message, Outcome, Person, Verdict
from terminal.view import CodesBy, Desk, Screen
from tests.machine import worlds

RECEPTION = worlds.rules(Desk.RECEPTION)
GATE = worlds.rules(Desk.GATE)
POLICE = worlds.rules(Desk.POLICE)
STOP = Verdict(Outcome.STOP, Message("title.stop.no_cover"), Message("remedy.stop.no_cover"))
ALLOW = Verdict(Outcome.ALLOW, Message("title.ok.bhyt"))


def result(verdict: Verdict = STOP, **case: object) -> State:
    served = Case(claimed=worlds.person(), verdict=verdict, **case)  # type: ignore[arg-type]
    return State(Screen.RESULT, case=served)


STATES = [
    *(State(screen) for screen in Screen if screen is not Screen.RETRY and screen is not Screen.RESULT),
    *(State(Screen.RETRY, case=Case(lost=lost)) for lost in (1, 2, 3)),
    State(Screen.RETRY, case=Case(lost=1, read_fault="card.other")),
    *(State(Screen.ASK_NUMBER, case=Case(refused=refused)) for refused in (0, 1, 2)),
    *(State(Screen.OUT_OF_SERVICE, down=((device, "d", "reader.absent"),)) for device in Device),
    *(State(Screen.IDLE, notice=Message(f"fault.{code}.remedy")) for code in CATALOGUE),
    State(Screen.READING, case=Case(), slow=True),
]


@pytest.mark.parametrize("rules", [RECEPTION, GATE, POLICE], ids=lambda rules: rules.desk.value)
@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_can_be_shown_has_words(rules: Rules, language: str) -> None:
    for state in STATES:
        view = view_of(state, rules)
        assert say(view.title, language)
        assert view.hint is None or say(view.hint, language)


@pytest.mark.parametrize(
    ("lost", "fault", "title"),
    [(1, None, "title.retry.removed"), (2, None, "title.retry.weak"), (1, "card.other", "title.retry.other")],
)
def test_a_retry_says_what_went_wrong(lost: int, fault: str | None, title: str) -> None:
    state = State(Screen.RETRY, case=Case(lost=lost, read_fault=fault))
    assert view_of(state, RECEPTION).title == Message(title)


@pytest.mark.parametrize(("contact", "key"), [(True, "retry.slot"), (False, "retry.weak")])
def test_a_card_lost_again_is_pushed_in_where_it_was_plugged_in(contact: bool, key: str) -> None:
    placed = CardPlaced("card-1", "r", contact=contact)
    state = without_card(with_card(State(Screen.RETRY, case=Case(lost=2)), placed))
    view = view_of(state, RECEPTION)
    assert (view.title, view.hint) == (Message(f"title.{key}"), Message(f"remedy.{key}"))


def test_a_number_that_was_refused_twice_is_followed_by_the_dates() -> None:
    titles = [view_of(State(Screen.ASK_NUMBER, case=Case(refused=n)), RECEPTION).title.key for n in (0, 1, 2)]
    hints = [view_of(State(Screen.ASK_NUMBER, case=Case(refused=n)), RECEPTION).hint for n in (0, 1, 2)]
    assert titles == ["title.ask.number", "title.ask.number", "title.ask.mrz"]
    assert hints == [Message("remedy.ask.number"), Message("remedy.card.locked"), Message("remedy.ask.mrz")]
    assert view_of(State(Screen.ASK_NUMBER), RECEPTION).hint == Message("remedy.ask.number")


def test_out_of_service_tells_of_the_reader_before_the_camera() -> None:
    down = ((Device.CAMERA, "c", "camera.absent"), (Device.READER, "r", "reader.service"))
    assert view_of(State(Screen.OUT_OF_SERVICE, down=down), RECEPTION).hint == Message("fault.reader.service.remedy")
    assert view_of(State(Screen.OUT_OF_SERVICE), RECEPTION).hint == Message("fault.reader.absent.remedy")


def test_devices_that_are_down_are_listed_once_each() -> None:
    down = ((Device.READER, "a", "reader.absent"), (Device.READER, "b", "reader.absent"), (Device.CAMERA, "c", "x"))
    assert view_of(State(Screen.IDLE, down=down), RECEPTION).faults == ("reader.absent", "x")


@pytest.mark.parametrize("outcome", Outcome)
def test_each_outcome_lives_as_long_as_the_rules_say(outcome: Outcome) -> None:
    times = replace(RECEPTION.times, allow=1, attention=2, stop=3, cannot_check=4)
    lives = {Outcome.ALLOW: 1, Outcome.ATTENTION: 2, Outcome.STOP: 3, Outcome.CANNOT_CHECK: 4}
    state = result(Verdict(outcome, Message("title.ok.bhyt")))
    assert view_of(state, replace(RECEPTION, times=times)).life == lives[outcome]


def test_nobody_s_data_means_no_life_and_everybody_s_a_life() -> None:
    for screen in Screen:
        life = view_of(State(screen, case=Case(verdict=STOP)), RECEPTION).life
        assert (life is None) == (screen in (Screen.IDLE, Screen.OUT_OF_SERVICE))
    assert view_of(State(Screen.IDLE, notice=Message("remedy.qr.then_card")), RECEPTION).life == RECEPTION.times.notice


@pytest.mark.parametrize(
    ("screen", "rules", "actions"),
    [
        (Screen.STARTING, RECEPTION, ()),
        (Screen.OUT_OF_SERVICE, RECEPTION, ()),
        (Screen.IDLE, RECEPTION, (Button.TYPE_NUMBER,)),
        (Screen.IDLE, GATE, ()),
        (Screen.PLACE_CARD, RECEPTION, (Button.WITHOUT_CHIP, Button.DONE)),
        (Screen.PLACE_CARD, POLICE, (Button.DONE,)),
        (Screen.READING, RECEPTION, (Button.DONE,)),
        (Screen.CHECKING, RECEPTION, (Button.DONE,)),
    ],
)
def test_the_buttons_of_a_screen(screen: Screen, rules: Rules, actions: tuple[Button, ...]) -> None:
    assert view_of(State(screen), rules).actions == actions


@pytest.mark.parametrize(
    ("state", "rules", "actions"),
    [
        (result(), RECEPTION, {Button.DONE, Button.AGAIN, Button.ADMIT, Button.MORE_TIME}),
        (result(ALLOW), RECEPTION, {Button.DONE, Button.AGAIN, Button.MORE_TIME}),
        (result(), POLICE, {Button.DONE, Button.MORE_TIME}),
        (result(), GATE, {Button.DONE, Button.ADMIT}),
    ],
    ids=["a no", "a yes", "police", "gate"],
)
def test_the_buttons_of_a_result(state: State, rules: Rules, actions: set[Button]) -> None:
    assert set(view_of(state, rules).actions) == actions
    assert view_of(state, rules).actions[0] is Button.DONE


TICKET = worlds.ticket().ticket


@pytest.mark.parametrize(
    ("case", "again"),
    [
        (Case(claimed=worlds.person()), True),
        (Case(claimed=Person(DataSource.INSURANCE_QR, insurance_code="0030000001")), True),
        (Case(), False),
        (Case(claimed=Person(DataSource.CHIP)), False),
        (Case(claimed=worlds.person(), read_fault="card.silent"), False),
        (Case(claimed=worlds.person(), answer=worlds.redeemed()), False),
        (Case(ticket=TICKET), False),
        (Case(ticket=TICKET, answer=worlds.redeemed()), False),
        (Case(ticket=TICKET, ask_fault="net.down"), True),
    ],
    ids=[
        "a person",
        "an insurance code",
        "nobody",
        "somebody without number",
        "an unread card",
        "a ticket's answer",
        "a ticket",
        "a redeemed ticket",
        "a ticket that nobody was asked about",
    ],
)
def test_who_may_be_asked_about_again(case: Case, again: bool) -> None:
    assert can_ask_again(case, RECEPTION) is again


def test_a_desk_that_asks_nobody_asks_nobody_again() -> None:
    assert not can_ask_again(Case(claimed=worlds.person()), POLICE)


def test_staff_decide_by_hand_over_anything_but_a_yes_and_not_at_the_police_desk() -> None:
    assert may_admit(result(), RECEPTION)
    assert may_admit(result(), GATE)
    assert not may_admit(result(ALLOW), RECEPTION)
    assert not may_admit(result(), POLICE)
    assert not may_admit(State(Screen.IDLE), RECEPTION)


def test_a_result_without_verdict_shows_none() -> None:
    assert view_of(State(Screen.RESULT, case=Case(verdict=STOP)), RECEPTION).result is not None
    assert view_of(State(Screen.READING, case=Case(verdict=STOP)), RECEPTION).result is None


@pytest.mark.parametrize(
    ("state", "simulated"),
    [
        (State(Screen.IDLE), False),
        (State(Screen.IDLE, simulated_devices=frozenset({"double"})), True),
        (State(Screen.READING, case=Case(simulated=True)), True),
    ],
)
def test_a_double_labels_every_screen(state: State, simulated: bool) -> None:
    assert view_of(state, RECEPTION).simulated is simulated


READER_UP, CAMERA_UP, SCANNER_UP = ((kind, "d") for kind in (Device.READER, Device.CAMERA, Device.SCANNER))
READER_DOWN = ((Device.READER, "d", "reader.absent"),)
GATE_DOWN = ((Device.GATE, "g", "gate.absent"),)
GATE_RULES = replace(GATE, gate=True)


def test_who_has_a_number_and_no_reader_is_not_asked_for_a_card() -> None:
    waiting = State(Screen.PLACE_CARD, case=Case())
    assert view_of(waiting, RECEPTION).hint == Message("remedy.qr.then_card")
    away = replace(waiting, down=READER_DOWN)
    assert view_of(away, RECEPTION).hint == Message("remedy.qr.no_reader")
    assert view_of(away, replace(RECEPTION, asks=False)).hint == Message("fault.reader.absent.remedy")
    assert view_of(replace(away, up=frozenset({READER_UP})), RECEPTION).hint == Message("remedy.qr.then_card")


@pytest.mark.parametrize(
    ("up", "by"),
    [
        ({CAMERA_UP, SCANNER_UP}, CodesBy.CAMERA),
        ({SCANNER_UP, READER_UP}, CodesBy.SCANNER),
        ({READER_UP}, CodesBy.NOTHING),
        (set(), CodesBy.CAMERA),  # nothing has come up yet
    ],
)
def test_nobody_is_sent_to_a_camera_that_is_not_there(up: set[tuple[Device, str]], by: CodesBy) -> None:
    assert view_of(State(Screen.IDLE, up=frozenset(up)), RECEPTION).codes_by is by


def test_a_yes_at_a_gate_without_its_board_says_that_staff_open() -> None:
    yes = Verdict(Outcome.ALLOW, Message("title.ok.ticket"))
    shown = State(Screen.RESULT, case=Case(verdict=yes), down=GATE_DOWN)
    by_hand = Message("fault.gate.absent.remedy")
    assert view_of(shown, GATE_RULES).hint == by_hand
    assert view_of(replace(shown, down=()), GATE_RULES).hint is None
    assert view_of(replace(shown, held=True), GATE_RULES).hint is None
    assert view_of(shown, GATE).hint is None
    no = replace(shown, case=Case(verdict=replace(yes, outcome=Outcome.STOP)))
    assert view_of(no, GATE_RULES).hint is None
    assert view_of(replace(no, case=replace(no.case or Case(), admitted=True)), GATE_RULES).hint == by_hand


@pytest.mark.parametrize("screen", [Screen.IDLE, Screen.OUT_OF_SERVICE])
def test_a_gate_that_is_held_open_says_so_before_anything_else(screen: Screen) -> None:
    view = view_of(State(screen, held=True), GATE_RULES)
    assert (view.title, view.hint) == (Message("title.gate_held"), Message("remedy.gate_held"))
