"""``tram demo``: the stage it sets, the cases it plays, and how it ends; the whole is tried in tests/e2e."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from drivers.simulator.people import PEOPLE
from drivers.simulator.table import DemoTable
from terminal import boot, registry
from terminal.boot import Terminal
from terminal.cli import demo
from terminal.demo import player
from terminal.demo.cases import CASES
from terminal.demo.surroundings import RunningBackend
from terminal.events import CodeSeen, Device, DeviceUp
from terminal.faults import FaultError
from terminal.model import EligibilityAnswer, RedeemAnswer, Redeemed
from terminal.ports import FaceOptions, FrameSink, Inbox
from terminal.table import Table, TableOptions
from terminal.view import Screen
from tests.desk import TICKET_KEYS, FakeBackend, FakeCodes, FakeFace, ticket_text
from tests.machine import worlds
from tests.unit.terminal.cli.conftest import Tram

Lines = Callable[..., tuple[int, list[str]]]
SHORT = tuple(case for case in CASES if case.name in ("insured", "cloned", "ticket"))


class TableWindow(FakeFace):
    """A window that can show the table; it runs until it is told to quit."""

    def __init__(self) -> None:
        super().__init__()
        self.end = threading.Event()
        self.code = 99
        self.desks: list[str] = []
        self.pictures: list[str] = []
        self.options: list[FaceOptions] = []
        self.table: Table | None = None
        self.switch: Callable[[str], None] = lambda _desk: None
        self.by_hand: Callable[[], None] = lambda: None

    def run(self, started: Callable[[], None]) -> int:
        started()
        self.by_hand()
        assert self.end.wait(20.0)
        return self.code

    def quit(self, code: int = 0) -> None:
        self.code = code
        self.end.set()

    def screenshot(self, path: Path) -> None:
        self.pictures.append(path.stem)

    def add_table(self, table: Table, switch_desk: Callable[[str], None]) -> None:
        self.table, self.switch = table, switch_desk

    def turn_to(self, desk: str) -> None:
        self.desks.append(desk)


class Answers(FakeBackend):
    """Everybody is insured and every ticket good."""

    def _give(self, question: Any, deadline: float) -> EligibilityAnswer | RedeemAnswer:
        self.answer = worlds.redeemed() if hasattr(question, "ticket") else worlds.cover_answer()
        return super()._give(question, deadline)


class Camera(FakeCodes):
    """A camera that works at once."""

    def start(self, inbox: Inbox, frames: FrameSink | None = None) -> None:
        super().start(inbox, frames)
        inbox(DeviceUp(Device.CAMERA, "camera"))


class Stage:
    """The demo's parts as doubles, but for the table, its cards and its reader."""

    def __init__(self) -> None:
        self.window, self.codes, self.backend = TableWindow(), Camera(), Answers()
        self.tables: list[DemoTable] = []
        self.taken_down: list[str] = []

    def face(self, options: FaceOptions) -> TableWindow:
        self.window.options.append(options)
        return self.window

    def table(self, options: TableOptions) -> DemoTable:
        codes, tickets = self.codes, dict(options.tickets)

        class Shown(DemoTable):
            def show_code(self, code: str) -> None:
                assert codes.inbox is not None
                payload = tickets[code].encode() if code in tickets else PEOPLE[code].card_qr()
                codes.inbox(CodeSeen(payload, "table", simulated=True))

        self.tables.append(Shown(options))
        return self.tables[-1]


@pytest.fixture
def stage(home: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    found = Stage()

    @contextlib.contextmanager
    def backend_process(folder: Path) -> Iterator[RunningBackend]:
        folder.mkdir()
        key, token = folder / "key.pub.pem", folder / "token"
        key.write_bytes(TICKET_KEYS[0].to_pem())
        token.write_text("secret", "ascii")
        token.chmod(0o600)
        try:
            yield RunningBackend("http://127.0.0.1:9", token, key, "trang-an-mau", ticket_text(day=today()).decode())
        finally:
            found.taken_down.append("backend")

    @contextlib.contextmanager
    def display(*, headless: bool) -> Iterator[str]:
        try:
            yield "no display" if headless else "a screen"
        finally:
            found.taken_down.append("display")

    monkeypatch.setattr(demo, "backend_process", backend_process)
    monkeypatch.setattr(demo, "display", display)
    monkeypatch.setattr(demo, "CASES", SHORT)
    monkeypatch.setattr(player, "_PATIENCE", 10.0)
    monkeypatch.setattr(registry, "face", lambda _name: found.face)
    monkeypatch.setattr(registry, "table", lambda _name: found.table)
    monkeypatch.setattr(registry, "codes", lambda _name: lambda _options, _decoder: found.codes)
    monkeypatch.setattr(registry, "decoder", lambda _name: lambda: None)
    monkeypatch.setattr(registry, "backend", lambda _name: lambda _options: found.backend)
    return found


def today() -> datetime:
    """Midnight of today: the demo's clock is the computer's own."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def played(*more: str) -> list[str]:
    return ["demo", "--headless", "--in-process", *more]


# By themselves -------------------------------------------------------------------------------------------------------


def test_the_cases_play_one_after_the_other_at_their_desks(tram: Tram, stage: Stage, tmp_path: Path) -> None:
    code, shown = tram(*played("--out", str(tmp_path / "out")))
    assert (code, shown["failures"]) == (0, [])
    assert [(case["case"], case["ok"]) for case in shown["cases"]] == [(case.name, True) for case in SHORT]
    assert shown["cases"][0].keys() == {
        *("case", "desk", "presented", "outcome", "title", "expected", "ok", "decision_ms", "total_ms")
    }
    assert stage.window.desks == ["reception", "gate"]
    assert stage.window.pictures == [case.name for case in SHORT]
    assert [options.demo for options in stage.window.options] == [True]
    assert stage.taken_down == ["display", "backend"]
    assert (tmp_path / "out" / "reception.toml").is_file()
    assert all(view.simulated for view in stage.window.views if view.screen is Screen.RESULT)


def test_people_read_a_line_a_case(lines: Lines, stage: Stage, tmp_path: Path) -> None:
    code, shown = lines(*played("--out", str(tmp_path / "out"), "--lang", "vi"))
    assert code == 0
    assert shown[0].startswith("in-process reader; no display; http://127.0.0.1:9; ")
    assert [line.split()[:2] for line in shown[1:]] == [["ok", case.name] for case in SHORT]
    assert "NGUYỄN VĂN THỬ NGHIỆM" in shown[1]


def test_a_case_that_comes_to_something_else_makes_it_1(
    lines: Lines, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worlds, "redeemed", lambda: RedeemAnswer(Redeemed.REFUSED, "used", worlds.NOW, "R"))
    code, shown = lines(*played("--out", str(tmp_path / "out")))
    assert code == 1
    assert shown[-1].startswith("UNEXPECTED ticket")


def test_a_terminal_that_is_stuck_is_told_and_ends_it(
    tram: Tram, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(player, "_PATIENCE", 0.3)
    monkeypatch.setattr(PEOPLE["insured"].__class__, "card_qr", lambda _self: b"nothing")
    code, shown = tram(*played("--out", str(tmp_path / "out")))
    assert (code, shown["cases"]) == (1, [])
    assert "stayed at idle" in shown["failures"][0]
    assert stage.taken_down == ["display", "backend"]


def test_a_stage_that_breaks_is_told_as_what_it_is(
    tram: Tram, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_self: DemoTable, _code: str) -> None:
        raise FaultError("reader.service", "no virtual reader")

    monkeypatch.setattr(DemoTable, "place", gone)
    code, shown = tram(*played("--out", str(tmp_path / "out")))
    assert (code, shown["error"]["code"]) == (3, "reader.service")
    assert stage.taken_down == ["display", "backend"]


def test_a_window_without_a_table_is_a_fault(
    tram: Tram, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "face", lambda _name: lambda _options: FakeFace())
    code, shown = tram(*played("--out", str(tmp_path / "out")))
    assert (code, shown["error"]["code"]) == (2, "install.missing")


# The readers ---------------------------------------------------------------------------------------------------------


class Virtual:
    """Virtual readers that are there until they are stopped."""

    address = ("127.0.0.1", 35963)

    def __init__(self, folder: Path) -> None:
        self.folder, self.stopped = folder, False

    def stop(self) -> None:
        self.stopped = True


def test_a_private_daemon_is_used_where_there_can_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Virtual] = []

    def start(folder: Path) -> Virtual:
        made.append(Virtual(folder))
        return made[-1]

    monkeypatch.setattr(registry, "virtual_readers", lambda _name: start)
    with contextlib.ExitStack() as stack:
        address, words = demo._readers(stack, in_process=False)
        assert (address, words) == (Virtual.address, "PC/SC daemon with virtual readers")
        assert (made[0].folder.is_dir(), made[0].stopped) == (True, False)
    assert (made[0].folder.exists(), made[0].stopped) == (False, True)


def test_without_a_daemon_the_demo_says_why_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_folder: Path) -> Virtual:
        raise FaultError("reader.service", "pcscd is missing")

    monkeypatch.setattr(registry, "virtual_readers", lambda _name: start)
    with contextlib.ExitStack() as stack:
        address, words = demo._readers(stack, in_process=False)
    assert (address, words) == (None, "in-process reader (no PC/SC daemon here: pcscd is missing)")


# By a person ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A computer with a display."""
    monkeypatch.setenv("DISPLAY", ":0")


def test_a_person_plays_at_a_desk_and_changes_it(
    lines: Lines, stage: Stage, screen: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[Terminal] = []
    original = boot.build

    def build(*arguments: Any, **more: Any) -> Terminal:
        built.append(original(*arguments, **more))
        return built[-1]

    window = stage.window

    def by_hand() -> None:
        window.wait_for(Screen.IDLE)
        window.switch("gate")
        window.wait_for(Screen.IDLE)
        window.quit(0)

    monkeypatch.setattr("terminal.cli.demo.build", build)
    window.by_hand = by_hand
    code, shown = lines("demo", "--in-process", "--desk", "police", "--out", tmp_path / "out")
    assert code == 0
    assert "a screen" in shown[0]
    assert window.table is stage.tables[0]
    assert [terminal.settings.desk for terminal in built] == ["police", "gate"]
    assert not any(terminal.engine._thread.is_alive() for terminal in built)
    assert stage.codes.stopped


@pytest.mark.parametrize(
    ("variables", "platform", "there"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({}, "win32", True),
        ({}, "darwin", True),
    ],
)
def test_whether_there_is_a_display(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], platform: str, there: bool
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    # Only this module's view of the machine: other threads may be importing what looks at it.
    monkeypatch.setattr("terminal.cli.demo.sys", SimpleNamespace(platform=platform))
    assert demo._has_display() is there


# The folder ----------------------------------------------------------------------------------------------------------


def test_a_folder_of_an_earlier_demo_is_emptied(tram: Tram, stage: Stage, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for _ in range(2):
        assert tram(*played("--out", str(out)))[0] == 0
        (out / "left.txt").write_text("from the last run")
        stage.window.end.clear()
    demo._empty(out)
    assert [file.name for file in out.iterdir()] == [demo._MARKER]


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    demo._empty(tmp_path)
    assert (tmp_path / demo._MARKER).is_file()


@pytest.mark.parametrize("name", ["thesis.txt", "file"])
def test_no_other_folder_is_ever_emptied(tram: Tram, stage: Stage, tmp_path: Path, name: str) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / name).write_text("years of work")
    out = own if name != "file" else own / name
    code, shown = tram(*played("--out", str(out)))
    assert (code, shown["error"]["code"]) == (2, "usage.bad")
    assert (own / name).read_text() == "years of work"
    assert stage.tables == []


def test_a_folder_that_cannot_be_made_is_a_usage_error(tram: Tram, stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code, shown = tram(*played("--out", str(tmp_path / "file" / "out")))
    assert (code, shown["error"]["code"]) == (2, "usage.bad")
