"""The face of lines: each new screen once, in words, without a name or number."""

from __future__ import annotations

import io
import queue
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from terminal.cli.console import ConsoleFace, build
from terminal.events import Button, Event, NumberTyped, Pressed
from terminal.faults import FaultError
from terminal.flow.states import Case, State
from terminal.flow.views import view_of
from terminal.model import Message, Outcome, Verdict
from terminal.ports import FaceOptions, GreyFrame
from terminal.view import Cue, Desk, Screen, View
from tests.machine import worlds

RULES = worlds.rules(Desk.RECEPTION)
OPTIONS = FaceOptions("reception", "Quầy 3", "en")
IDLE = view_of(State(Screen.IDLE), RULES)


def face(options: FaceOptions = OPTIONS, typed: str = "") -> tuple[ConsoleFace, io.StringIO]:
    out = io.StringIO()
    return ConsoleFace(options, io.StringIO(typed), out), out


def result(outcome: Outcome) -> View:
    verdict = Verdict(outcome, Message("title.stop.no_cover"), Message("remedy.stop.no_cover"))
    return view_of(State(Screen.RESULT, case=Case(claimed=worlds.person(), verdict=verdict)), RULES)


def test_each_new_screen_is_one_line() -> None:
    shown, out = face()
    for view in (IDLE, IDLE, replace(IDLE, session=2), result(Outcome.STOP), IDLE):
        shown.show(view)
    lines = out.getvalue().splitlines()
    assert [line.split(" · ")[0] for line in lines] == ["idle", "result", "idle"]


def test_a_result_says_what_what_to_do_and_which_outcome() -> None:
    shown, out = face()
    shown.show(result(Outcome.STOP))
    assert out.getvalue() == "result · NO VALID INSURANCE · Offer self-pay or renewal · Stop\n"


def test_the_line_speaks_the_language_of_its_options() -> None:
    english, vietnamese = (face(replace(OPTIONS, language=name))[0].line_of(IDLE) for name in ("en", "vi"))
    assert english != vietnamese
    assert vietnamese.startswith("idle · ")


@pytest.mark.parametrize("outcome", Outcome)
def test_no_name_and_no_number_appears(outcome: Outcome) -> None:
    shown, out = face()
    shown.show(result(outcome))
    who = worlds.person()
    assert who.name is not None
    assert who.id_number is not None
    assert who.name not in out.getvalue()
    assert who.id_number.digits[3:] not in out.getvalue()


@pytest.mark.parametrize(
    ("view", "demo", "labelled"),
    [(IDLE, False, False), (replace(IDLE, simulated=True), False, True), (IDLE, True, True)],
)
def test_a_double_and_the_demo_are_labelled(view: View, demo: bool, labelled: bool) -> None:
    line = face(replace(OPTIONS, demo=demo))[0].line_of(view)
    assert ("simulated" in line.lower()) is labelled


def test_what_is_typed_becomes_a_number_or_done() -> None:
    shown, _ = face(typed=" 003090123450 \n\n")
    posted: queue.SimpleQueue[Event] = queue.SimpleQueue()
    shown.connect(posted.put)
    started: list[bool] = []
    runner = threading.Thread(target=lambda: shown.run(lambda: started.append(True)))
    runner.start()
    heard = [posted.get(timeout=5.0) for _ in range(2)]
    shown.quit()
    runner.join(5.0)
    assert heard == [NumberTyped("003090123450"), Pressed(Button.DONE)]
    assert started == [True]


def test_it_runs_until_it_is_told_to_quit_with_a_code() -> None:
    shown, _ = face(typed="typed before anybody listens\n")
    assert shown.run(lambda: shown.quit(3)) == 3


def test_it_has_neither_picture_nor_sound(tmp_path: Path) -> None:
    shown, out = face()
    shown.frame(GreyFrame(1, 1, b"\0"))
    shown.play(Cue.ALLOW)
    assert out.getvalue() == ""
    with pytest.raises(FaultError) as caught:
        shown.screenshot(tmp_path / "shot.png")
    assert caught.value.fault.code == "usage.bad"
    assert str(tmp_path) not in caught.value.detail


def test_the_entry_point_writes_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    build(OPTIONS).show(IDLE)
    assert capsys.readouterr().out.startswith("idle · ")
