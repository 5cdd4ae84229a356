"""Moves of the session whose reasons the property tests do not tell."""

from __future__ import annotations

import runpy
from dataclasses import replace
from datetime import date

import pytest

from terminal import events as on
from terminal.events import Button, Device, DeviceDown, DeviceUp
from terminal.flow import deciding, diagram, moves
from terminal.flow.effects import AskPerson, CancelRead, Play, Record, Show, StartRead, Wipe
from terminal.flow.rules import Rules
from terminal.flow.session import advance
from terminal.flow.states import Case, State
from terminal.flow.views import view_of
from terminal.model import (
    Check,
    CheckName,
    ChipReading,
    DataSource,
    Eligibility,
    IssuerTrust,
    Message,
    Outcome,
    Person,
    ReadMetrics,
    Word,
)
from terminal.view import Cue, Desk, Screen
from tests.machine import worlds

RECEPTION = worlds.rules(Desk.RECEPTION)
WORKING = State(Screen.IDLE, up=frozenset({(Device.READER, "r")}))


def after(state: State, *events: object, rules: Rules = RECEPTION) -> State:
    for event in events:
        state, _ = advance(state, event, rules)  # type: ignore[arg-type]
    return state


# Devices -------------------------------------------------------------------------------------------------------------


def test_a_device_that_comes_back_clears_its_own_fault_and_that_of_its_kind() -> None:
    state = replace(
        WORKING,
        down=(
            (Device.READER, "", "reader.absent"),
            (Device.READER, "a", "reader.busy"),
            (Device.READER, "b", "reader.busy"),
            (Device.CAMERA, "a", "camera.absent"),
        ),
    )
    back = moves.device_up(state, DeviceUp(Device.READER, "a"))
    assert back.down == ((Device.READER, "b", "reader.busy"), (Device.CAMERA, "a", "camera.absent"))
    assert (Device.READER, "a") in back.up


def test_a_kind_that_is_down_takes_all_its_devices_and_their_labels() -> None:
    state = moves.device_up(WORKING, DeviceUp(Device.READER, "double", simulated=True))
    assert state.simulated_devices == {"double"}
    state = moves.device_up(state, DeviceUp(Device.CAMERA, "c"))
    gone = moves.device_down(state, DeviceDown(Device.READER, "", "reader.service"))
    assert (gone.up, gone.simulated_devices) == (frozenset({(Device.CAMERA, "c")}), frozenset())


def test_the_same_fault_is_kept_once() -> None:
    state = WORKING
    for _ in range(3):
        state = moves.device_down(state, DeviceDown(Device.CAMERA, "c", "camera.absent"))
    assert state.down == ((Device.CAMERA, "c", "camera.absent"),)


def test_a_desk_that_loses_its_last_device_serves_nobody_and_forgets() -> None:
    state, effects = advance(
        replace(WORKING, screen=Screen.PLACE_CARD, case=Case(claimed=worlds.person())),
        DeviceDown(Device.READER, "r", "reader.service"),
        RECEPTION,
    )
    assert (state.screen, state.case) == (Screen.OUT_OF_SERVICE, None)
    assert [type(effect) for effect in effects[:2]] == [CancelRead, Wipe]


# People --------------------------------------------------------------------------------------------------------------


def reading_without_number() -> ChipReading:
    checks = (Check(CheckName.SIGNATURE, Word.SUCCESSFUL), Check(CheckName.HASHES, Word.FAILED))
    return ChipReading(Person(DataSource.CHIP), checks, IssuerTrust.TRUSTED, ReadMetrics(1, 1, (), ()), simulated=True)


def test_nobody_is_asked_about_a_chip_that_names_nobody() -> None:
    reading = after(WORKING, worlds.seen(), on.CardPlaced("c", "r"))
    state, effects = advance(reading, on.ReadDone(reading.session, reading_without_number()), RECEPTION)
    assert not any(isinstance(effect, AskPerson) for effect in effects)
    assert state.case is not None
    assert state.case.verdict is not None
    assert state.case.verdict.outcome is Outcome.STOP
    assert after(state, on.Pressed(Button.AGAIN)).screen is Screen.RESULT


def test_with_nobody_to_ask_about_the_desk_begins_anew() -> None:
    state, effects = deciding.ask(replace(WORKING, screen=Screen.PLACE_CARD, case=Case()), RECEPTION)
    assert (state.screen, state.case) == (Screen.IDLE, None)
    assert any(isinstance(effect, Wipe) for effect in effects)


def test_a_card_waits_for_its_number_and_a_number_for_its_card() -> None:
    state = after(WORKING, on.CardPlaced("c", "r"))
    assert state.screen is Screen.ASK_NUMBER
    _, effects = advance(state, worlds.seen(), RECEPTION)
    assert effects[0] == StartRead(state.session, "c", worlds.seen().access, worlds.person())  # type: ignore[arg-type]
    assert after(WORKING, worlds.seen()).screen is Screen.PLACE_CARD


def test_an_insurance_code_is_asked_about_without_any_chip() -> None:
    seen = replace(worlds.seen(), access=None, method="QR_BHYT")
    assert after(WORKING, seen).screen is Screen.CHECKING
    state, effects = advance(WORKING, seen, worlds.rules(Desk.POLICE))
    assert (state.screen, effects[0]) == (Screen.IDLE, Play(Cue.ATTENTION))


def test_a_useless_code_beside_a_waiting_card_leaves_everything_as_it_was() -> None:
    from terminal.flow.recognise import UselessCode

    asking = after(WORKING, on.CardPlaced("c", "r"))
    state, effects = advance(asking, UselessCode("code.payment"), RECEPTION)
    assert (state.screen, state.arming, state.case) == (asking.screen, asking.arming, asking.case)
    assert [type(effect) for effect in effects] == [Play, Show]


@pytest.mark.parametrize("fault", ["code.foreign", "code.link", "code.payment"])
def test_where_only_tickets_count_a_useless_code_asks_for_a_ticket(fault: str) -> None:
    from terminal.flow.recognise import UselessCode

    gate = after(WORKING, UselessCode(fault), rules=worlds.rules(Desk.GATE))
    assert gate.notice == Message("remedy.idle.gate")
    assert after(WORKING, UselessCode(fault)).notice == Message(f"fault.{fault}.remedy")


def test_what_went_wrong_before_does_not_stand_in_the_place_of_the_reason() -> None:
    state = after(WORKING, worlds.seen(), on.Pressed(Button.WITHOUT_CHIP))
    state = after(state, on.Answered(state.session, worlds.cover_answer()))
    state = after(state, on.PrintFailed(state.session, "printer.absent"))
    assert view_of(state, RECEPTION).hint == Message("fault.printer.absent.remedy")
    state = after(state, on.Admitted("supervisor"))
    assert view_of(state, RECEPTION).hint == Message("reason.supervisor")


def test_the_same_card_is_not_asked_about_again_after_its_result() -> None:
    state = after(WORKING, worlds.seen(), on.CardPlaced("c", "r"))
    state = after(state, on.ReadDone(state.session, worlds.reading()))
    state = after(state, on.Answered(state.session, worlds.cover_answer()))
    assert after(state, on.Pressed(Button.DONE)).screen is Screen.IDLE
    other = after(state, on.CardRemoved("c"), on.CardPlaced("d", "r"), on.Pressed(Button.DONE))
    assert other.screen is Screen.ASK_NUMBER


def test_a_card_lost_too_often_is_a_fault() -> None:
    state = after(WORKING, worlds.seen())
    for n in range(4):
        state = after(state, on.CardPlaced(f"c{n}", "r"))
        state = after(state, on.ReadFailed(state.session, "card.lost"))
    assert state.screen is Screen.RESULT
    assert state.case is not None
    assert state.case.verdict is not None
    assert (state.case.verdict.outcome, state.case.verdict.fault) == (Outcome.CANNOT_CHECK, "card.lost")


def test_another_card_put_back_is_said_to_be_another() -> None:
    state = after(WORKING, worlds.seen(), on.CardPlaced("c", "r"))
    state = after(state, on.ReadFailed(state.session, "card.lost"), on.CardPlaced("d", "r"))
    state = after(state, on.ReadFailed(state.session, "card.locked"))
    assert (state.screen, state.case and state.case.read_fault) == (Screen.RETRY, "card.other")


def test_the_record_of_a_decision_by_hand_says_so_and_keeps_the_checks() -> None:
    state = after(WORKING, worlds.seen(), on.CardPlaced("c", "r"))
    state = after(state, on.ReadDone(state.session, worlds.reading()))
    state = after(state, on.AskFailed(state.session, "net.down"))
    _, effects = advance(state, on.Admitted("supervisor"), RECEPTION)
    record = next(effect for effect in effects if isinstance(effect, Record))
    assert record.admitted == "supervisor"
    assert record.verdict.outcome is Outcome.ATTENTION
    assert state.case is not None
    assert state.case.verdict is not None
    assert record.verdict.checks == state.case.verdict.checks
    assert advance(state, on.Admitted("because"), RECEPTION) == (state, ())


def test_the_day_that_counts_is_the_server_s() -> None:
    answer = worlds.cover_answer(until=date(2026, 6, 10))
    assert deciding.case_day(Case(answer=answer)) == worlds.NOW
    assert deciding.case_day(Case()) is None


def test_every_desk_s_yes_has_its_own_words() -> None:
    assert set(deciding._YES) == set(Desk)


# The diagram ---------------------------------------------------------------------------------------------------------


def test_the_diagram_is_printed_as_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(diagram.__file__, run_name="__main__")
    assert capsys.readouterr().out == diagram.page()
    assert "    [*] --> starting\n" in diagram.mermaid()
    assert "idle --> ask_number: CardPlaced, button type_number" in diagram.mermaid()


# A photo that is still missing ---------------------------------------------------------------------------------------

POLICE = worlds.rules(Desk.POLICE)


def shown_without_photo(rules: Rules) -> State:
    """A result whose card was lifted before the photo was whole."""
    state = after(State(up=WORKING.up, screen=Screen.IDLE), worlds.seen(1), on.CardPlaced("c1", "r"), rules=rules)
    state = after(state, on.ReadDone(state.session, worlds.reading()), rules=rules)
    if state.screen is Screen.CHECKING:
        state = after(state, on.Answered(state.session, worlds.cover_answer(Eligibility.ELIGIBLE)), rules=rules)
    assert state.screen is Screen.RESULT
    return after(state, on.PhotoLost(state.session), on.CardRemoved("c1"), rules=rules)


def test_a_card_put_back_is_asked_for_the_photo_that_is_missing() -> None:
    state = shown_without_photo(POLICE)
    before = state.case
    assert before is not None
    assert before.photo_lost
    state, effects = advance(state, on.CardPlaced("c2", "r"), POLICE)
    start = next(effect for effect in effects if isinstance(effect, StartRead))
    assert (start.card, start.photo_only) == ("c2", True)
    assert state.screen is Screen.RESULT
    assert state.case == replace(before, photo_lost=False)
    assert state.served == "c2"


def test_a_card_put_on_a_result_that_lacks_nothing_is_left_alone() -> None:
    state = after(shown_without_photo(POLICE), on.CardPlaced("c2", "r"), rules=POLICE)
    state, effects = advance(after(state, on.CardRemoved("c2"), rules=POLICE), on.CardPlaced("c3", "r"), POLICE)
    assert not [effect for effect in effects if isinstance(effect, StartRead)]
    assert state.card == "c3"


def test_the_screen_says_that_the_photo_is_missing() -> None:
    rules = RECEPTION
    result = view_of(shown_without_photo(rules), rules).result
    assert result is not None
    assert result.photo_lost
