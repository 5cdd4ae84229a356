"""The player: acts on the table in order, waits for the screen, and never takes one case's end for another's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from drivers.simulator.table import DemoTable
from terminal.demo import player
from terminal.demo.cases import CASES, TEAR_AFTER, Act, Case, Expected
from terminal.demo.player import DemoStuckError, Played, Player, Watcher
from terminal.events import Button, Event, Pressed
from terminal.flow.effects import AskPerson, AskTicket, Effect, Record, Show, StartRead
from terminal.flow.states import Case as Served
from terminal.flow.states import State
from terminal.flow.views import view_of
from terminal.messages import LANGUAGES, say
from terminal.model import Message, Outcome, Photo, Verdict
from terminal.ports import CardReader
from terminal.proof.access import ChipAccess
from terminal.table import Exhibit
from terminal.view import Desk, Screen
from tests.machine import worlds

ALLOW = Verdict(Outcome.ALLOW, Message("title.ok.bhyt"))
STOP = Verdict(Outcome.STOP, Message("title.stop.no_cover"))
READ = StartRead(1, "card", ChipAccess("123450"))
ASK = AskPerson(1, worlds.person(), 1)


def record(verdict: Verdict = ALLOW) -> Record:
    return Record(1, verdict, "CHIP_CCCD")


def at(screen: Screen, *, photo: bool | None = None) -> State:
    """A state of that screen; ``photo`` None: the chip was not read."""
    served = None
    if screen is Screen.RESULT:
        reading = None if photo is None else worlds.reading()
        served = Served(verdict=ALLOW, reading=reading, photo=Photo(b"png") if photo else None)
    return State(screen, case=served)


@dataclass
class ScriptedTable:
    """Answers each act as a terminal would, and keeps what was done."""

    answers: dict[str, Callable[[], None]] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    network_url: str = ""
    reader: CardReader | None = None
    issuer: bytes = b""

    def _act(self, what: str) -> None:
        self.done.append(what)
        self.answers.get(what, lambda: None)()

    def exhibits(self) -> Sequence[Exhibit]:
        return ()

    def show_code(self, code: str) -> None:
        self._act(f"show {code}")

    def place(self, code: str) -> None:
        self._act(f"place {code}")

    def lift(self, *, after_apdus: int | None = None) -> None:
        self._act("lift" if after_apdus is None else f"lift after {after_apdus}")

    def cut_network(self, cut: bool) -> None:
        self._act("cut" if cut else "plug")

    def close(self) -> None:
        self._act("close")


class Stage:
    """A player with a table that answers, and everything that it did in order."""

    def __init__(self, tmp_path: Path) -> None:
        self.watcher = Watcher()
        self.table = ScriptedTable()
        self.player = Player(self.table, self.watcher, self._post, self._screenshot, tmp_path)

    def tell(self, screen: Screen, *effects: Effect, photo: bool | None = None) -> None:
        self.watcher(at(screen, photo=photo), effects)

    def on(self, act: str, screen: Screen, *effects: Effect, photo: bool | None = None) -> None:
        """What the terminal does after that act."""
        self.table.answers[act] = lambda: self.tell(screen, *effects, photo=photo)

    def _post(self, event: Event) -> None:
        assert event == Pressed(Button.DONE)
        self.table.done.append("done")
        self.tell(Screen.IDLE)

    def _screenshot(self, path: Path) -> None:
        self.table.done.append(f"picture {path.name}")


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setattr(player, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(player, "_PATIENCE", 0.05)
    monkeypatch.setattr(player, "_PHOTO_PATIENCE", 0.05)
    return Stage(tmp_path)


INSURED = next(case for case in CASES if case.name == "insured")
LIFTED = next(case for case in CASES if case.name == "lifted")
OFFLINE = next(case for case in CASES if case.name == "offline")
AGAIN = next(case for case in CASES if case.name == "ticket-again")


# Playing -------------------------------------------------------------------------------------------------------------


def test_a_card_case_shows_the_code_lays_the_card_keeps_a_picture_and_clears(stage: Stage) -> None:
    stage.on("show insured", Screen.PLACE_CARD)
    stage.on("place insured", Screen.RESULT, READ, record(), photo=True)
    played = stage.player.play(INSURED)
    assert stage.table.done == ["show insured", "place insured", "picture insured.png", "lift", "done"]
    assert (played.outcome, played.title, played.as_expected) == ("allow", ALLOW.title, True)
    assert 0 <= played.decision_ms <= played.total_ms


def test_a_picture_waits_for_the_photo_that_comes_after_the_decision(stage: Stage) -> None:
    def place() -> None:
        stage.tell(Screen.RESULT, READ, record(), photo=False)
        stage.tell(Screen.RESULT, Show(view_of(at(Screen.RESULT), worlds.rules(Desk.RECEPTION))), photo=False)
        stage.tell(Screen.RESULT, photo=True)
        stage.tell(Screen.READING)  # nobody waits for this one

    stage.on("show insured", Screen.PLACE_CARD)
    stage.table.answers["place insured"] = place
    assert stage.player.play(INSURED).as_expected
    assert "picture insured.png" in stage.table.done


def test_a_photo_that_never_comes_is_not_waited_for_without_end(stage: Stage) -> None:
    stage.on("show insured", Screen.PLACE_CARD)
    stage.on("place insured", Screen.RESULT, READ, record(), photo=False)
    assert stage.player.play(INSURED).as_expected


def test_a_result_that_goes_while_its_photo_is_waited_for_is_left(stage: Stage) -> None:
    def place() -> None:
        stage.tell(Screen.RESULT, READ, record(), photo=False)
        stage.tell(Screen.IDLE)

    stage.on("show insured", Screen.PLACE_CARD)
    stage.table.answers["place insured"] = place
    assert stage.player.play(INSURED).as_expected


def test_a_torn_card_is_put_back(stage: Stage) -> None:
    stage.on("show lifted", Screen.PLACE_CARD)

    def torn() -> None:
        stage.tell(Screen.RETRY, READ)
        stage.on("place lifted", Screen.RESULT, READ, record(), photo=True)

    stage.table.answers[f"lift after {TEAR_AFTER}"] = torn
    assert stage.player.play(LIFTED).as_expected
    assert stage.table.done[:4] == ["show lifted", "place lifted", f"lift after {TEAR_AFTER}", "place lifted"]


def test_the_network_is_cut_for_one_case_only(stage: Stage) -> None:
    offline = Verdict(Outcome.ATTENTION, Message("title.warn.offline"))
    stage.on("show offline", Screen.PLACE_CARD)
    stage.on("place offline", Screen.RESULT, ASK, record(offline), photo=True)
    assert stage.player.play(OFFLINE).as_expected
    assert [act for act in stage.table.done if act in ("cut", "plug")] == ["cut", "plug"]
    assert stage.table.done.index("plug") > stage.table.done.index("picture offline.png")


def test_a_ticket_s_result_follows_from_its_code_alone(stage: Stage) -> None:
    ticket = worlds.ticket().ticket
    assert ticket is not None
    used = Verdict(Outcome.STOP, Message("title.stop.used"))
    stage.on("show ticket", Screen.RESULT, AskTicket(1, ticket), record(used))
    played = stage.player.play(AGAIN)
    assert played.as_expected
    assert "picture ticket-again.png" in stage.table.done


def test_the_time_to_a_decision_begins_with_the_last_input(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(1000))
    monkeypatch.setattr(player, "time", SimpleNamespace(perf_counter=lambda: next(clock) / 100))
    stage.tell(Screen.CHECKING, ASK)
    stage.tell(Screen.READING, READ)
    stage.tell(Screen.CHECKING, ASK)
    stage.tell(Screen.RESULT, record())
    stage.watcher.begin()
    stage.watcher.wait_for(Screen.RESULT)
    assert (stage.watcher.input_at, stage.watcher.record_at) == (0.01, 0.03)


def test_the_next_case_begins_when_the_reader_has_noticed_that_the_card_is_gone(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str | None] = []

    def done(_event: Event) -> None:
        for card in ("card", None):
            stage.watcher(replace(at(Screen.IDLE), card=card), ())
            seen.append(card)

    stage.player = Player(stage.table, stage.watcher, done, stage._screenshot, Path())
    stage.on("show insured", Screen.PLACE_CARD)
    stage.on("place insured", Screen.RESULT, READ, record(), photo=True)
    stage.player.play(INSURED)
    stage.tell(Screen.IDLE)
    assert stage.watcher.wait_for(Screen.IDLE).card is None
    assert seen == ["card", None]
    with pytest.raises(DemoStuckError):
        stage.watcher.wait_for(Screen.IDLE)  # the one with the card was passed over


# What goes wrong -----------------------------------------------------------------------------------------------------


def test_a_case_that_comes_to_something_else_is_not_as_expected(stage: Stage) -> None:
    stage.on("show insured", Screen.PLACE_CARD)
    stage.on("place insured", Screen.RESULT, READ, record(STOP), photo=True)
    assert not stage.player.play(INSURED).as_expected


@pytest.mark.parametrize(
    ("outcome", "title", "same"),
    [("allow", "title.ok.bhyt", True), ("allow", "title.ok.chip", False), ("stop", "title.ok.bhyt", False)],
)
def test_outcome_and_reason_must_both_be_right(outcome: str, title: str, same: bool) -> None:
    assert Played(INSURED, outcome, Message(title), 1.0, 2.0).as_expected is same


def test_a_terminal_that_does_not_move_is_said_to_stay_where_it_is(stage: Stage) -> None:
    with pytest.raises(DemoStuckError, match="waited for place_card or result, stayed at nowhere"):
        stage.player.play(INSURED)
    stage.on("show insured", Screen.CHECKING)
    with pytest.raises(DemoStuckError, match="stayed at checking"):
        stage.player.play(INSURED)


def test_a_case_without_a_decision_never_takes_the_last_one_s(stage: Stage) -> None:
    stage.on("show insured", Screen.PLACE_CARD)
    stage.on("place insured", Screen.RESULT, READ, record(), photo=True)
    stage.player.play(INSURED)
    stage.on("place insured", Screen.RESULT, photo=True)
    with pytest.raises(DemoStuckError, match="no decision was recorded"):
        stage.player.play(INSURED)


# The cases -----------------------------------------------------------------------------------------------------------


def test_the_ten_cases_are_those_on_the_table() -> None:
    from drivers.simulator.table import _ORDER

    assert DemoTable.__module__ == "drivers.simulator.table"
    assert list(dict.fromkeys(case.code for case in CASES)) == list(_ORDER)
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_expected_reason_has_words(language: str) -> None:
    for case in CASES:
        assert say(Message.of(case.expected.title, date="1", time="2", place="3"), language)


def test_every_outcome_is_played() -> None:
    assert {case.expected.outcome for case in CASES} == set(Outcome)
    plain = Case("insured", Desk.RECEPTION, "", (Act.SHOW,), Expected(Outcome.ALLOW, ""))
    assert (plain.name, replace(plain, label="other").name) == ("insured", "other")
