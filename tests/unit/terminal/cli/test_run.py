"""``tram run``: the desk is built, started in its face's own loop, and always stopped."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from terminal import registry
from terminal.cli import run
from terminal.ports import FaceOptions
from terminal.view import Screen
from tests.desk import FakeCodes, FakeFace, FakeReader

Lines = Callable[..., tuple[int, list[str]]]


class RunningFace(FakeFace):
    """Runs until it is told to quit; what happens meanwhile is up to the test."""

    code: int | None = None
    meanwhile: Callable[[], None] = lambda: None

    def run(self, started: Callable[[], None]) -> int:
        started()
        type(self).meanwhile()
        return self.code if self.code is not None else 7

    def quit(self, code: int = 0) -> None:
        self.code = code


class Parts:
    """The parts of a patrol's desk."""

    def __init__(self) -> None:
        self.face, self.reader, self.codes = RunningFace(), FakeReader(), FakeCodes()
        self.options: FaceOptions | None = None

    def build_face(self, options: FaceOptions) -> RunningFace:
        self.options = options
        return self.face


@pytest.fixture
def parts(home: Path, monkeypatch: pytest.MonkeyPatch) -> Parts:
    found = Parts()
    monkeypatch.setattr(registry, "face", lambda _name: found.build_face)
    monkeypatch.setattr(registry, "reader", lambda _name: lambda _options: found.reader)
    monkeypatch.setattr(registry, "codes", lambda _name: lambda _options, _decoder: found.codes)
    monkeypatch.setattr(registry, "decoder", lambda _name: lambda: None)
    monkeypatch.setattr(RunningFace, "meanwhile", lambda: None)
    monkeypatch.setattr(run, "leave", lambda code: code)  # another test's device must not end the tests
    return found


def test_a_desk_runs_until_its_face_ends_and_is_stopped(lines: Lines, parts: Parts, home: Path) -> None:
    assert lines("run", "--profile", "police") == (7, [])
    assert parts.options is not None
    assert (parts.options.desk, parts.options.demo) == ("police", False)
    assert parts.face.views[0].screen is Screen.STARTING
    assert parts.reader.inbox is not None
    assert (parts.reader.stopped, parts.codes.stopped) == (True, True)
    (home / "user_data_path" / "journal.sqlite3").rename(home / "moved")  # nothing holds it any more


def test_a_face_that_crashes_leaves_a_stopped_desk(lines: Lines, parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash() -> None:
        raise RuntimeError("a defect in the window")

    monkeypatch.setattr(RunningFace, "meanwhile", crash)
    assert lines("run", "--profile", "police")[0] == 3
    assert parts.reader.stopped


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_a_signal_asks_the_face_to_end(
    lines: Lines, parts: Parts, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    before = signal.getsignal(number)
    monkeypatch.setattr(RunningFace, "meanwhile", lambda: os.kill(os.getpid(), number))
    assert lines("run", "--profile", "police")[0] == 128 + number
    assert parts.reader.stopped
    assert signal.getsignal(number) is before


def test_a_reception_that_does_not_know_its_backend_does_not_start(lines: Lines, parts: Parts) -> None:
    code, shown = lines("run")
    assert code == 2
    assert any("backend.url" in line for line in shown)
    assert parts.face.views == []


def test_a_profile_takes_the_place_of_the_file_s_desk(lines: Lines, parts: Parts, tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text('desk = "reception"\nplace = "Cổng 2"\n', "utf-8")
    assert lines("run", "--config", file, "--profile", "police")[0] == 7
    assert parts.options is not None
    assert (parts.options.desk, parts.options.place) == ("police", "Cổng 2")


def test_a_profile_nobody_knows_is_a_usage_error(lines: Lines, parts: Parts) -> None:
    assert lines("run", "--profile", "kitchen")[0] == 2
