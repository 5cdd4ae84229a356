"""``tram demo``: ten invented people, cards, codes and tickets over the real parts, by hand or by themselves."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from config.schema import DeskName
from terminal import registry
from terminal.boot import Terminal, build, build_face
from terminal.cli.ending import closing, unwinding
from terminal.cli.output import print_json
from terminal.demo.cases import CASES
from terminal.demo.player import DemoStuckError, Played, Player, Watcher
from terminal.demo.surroundings import RunningBackend, accept, backend_process, display, settings_for
from terminal.faults import FaultError
from terminal.messages import say
from terminal.table import Table, TableFace, TableOptions
from terminal.view import Screen

HELP = "play ten invented cases over the real parts"

_UNEXPECTED = 1
_MARKER = ".tram-demo"
"""Lies in a folder that a demo made: no other is ever emptied."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "--headless", action="store_true", help="play the cases by themselves (default without display)"
    )
    parser.add_argument("--in-process", action="store_true", help="use the in-process reader even where pcscd is")
    parser.add_argument("--out", type=Path, default=Path("build/demo"), metavar="FOLDER", help="pictures and traces")
    parser.add_argument("--desk", choices=get_args(DeskName), default="reception", help="first desk, with a display")
    parser.add_argument("--json", action="store_true", help="with --headless: print one JSON object at the end")


def run(args: argparse.Namespace) -> int:
    """Set the stage, then play or let play; 1 when a case came to something else than expected."""
    headless = args.headless or not _has_display()
    folder = args.out.resolve()
    _empty(folder)
    (folder / "pictures").mkdir()
    with unwinding(), ExitStack() as stack:
        backend = stack.enter_context(backend_process(folder / "backend"))
        address, readers = _readers(stack, in_process=args.in_process)
        options = TableOptions(folder / "pictures", backend.url, address, (("ticket", backend.ticket),))
        table = registry.table("simulator")(options)
        stack.callback(table.close)
        screen = stack.enter_context(display(headless=headless))
        accept(folder, table, backend)
        stage = Stage(folder, table, backend, args.lang)
        _tell(args, f"{readers}; {screen}; {backend.url}; {folder}")
        return _play(stage, args) if headless else _let_play(stage, args.desk)


def _empty(folder: Path) -> None:
    """Make ``folder`` an empty one. Raises FaultError ``usage.bad`` where something else than a demo's files lies."""
    marker = folder / _MARKER
    if folder.exists() and not marker.is_file() and not (folder.is_dir() and not any(folder.iterdir())):
        raise FaultError("usage.bad", f"--out {folder}: holds other files than a demo's; name an empty folder")
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        marker.touch()
    except OSError as error:
        raise FaultError("usage.bad", f"--out {folder}: {error.strerror}") from error


@dataclass(frozen=True, slots=True)
class Stage:
    """What every desk of the demo is built from."""

    folder: Path
    table: Table
    backend: RunningBackend
    language: str

    def face(self, desk: DeskName) -> TableFace:
        """The one window of the demo."""
        face = build_face(settings_for(desk, self.folder, self.table, self.backend, self.language), demo=True)
        if not isinstance(face, TableFace):
            raise FaultError("install.missing", "a window that can show the demo's table")
        return face

    def terminal(self, desk: DeskName, face: TableFace, watch: Watcher | None = None) -> Terminal:
        """A terminal for that desk, in that window."""
        settings = settings_for(desk, self.folder, self.table, self.backend, self.language)
        return build(settings, face=face, reader=self.table.reader, demo=True, watch=watch)


def _readers(stack: ExitStack, *, in_process: bool) -> tuple[tuple[str, int] | None, str]:
    """A private PC/SC daemon with virtual readers where there can be one, else the table's own reader; and which."""
    if in_process:
        return None, "in-process reader"
    # Not below --out: a socket's path has room for about a hundred characters.
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tram-")))
    try:
        readers = registry.virtual_readers("vpcd")(folder)
    except FaultError as error:
        return None, f"in-process reader (no PC/SC daemon here: {error.detail})"
    stack.callback(readers.stop)
    return readers.address, "PC/SC daemon with virtual readers"


def _has_display() -> bool:
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _tell(args: argparse.Namespace, line: str) -> None:
    if not args.json:
        print(line, flush=True)


# By a person ---------------------------------------------------------------------------------------------------------


def _let_play(stage: Stage, desk: DeskName) -> int:
    face = stage.face(desk)
    current = [stage.terminal(desk, face)]

    def switch(name: str) -> None:
        _close(current[0])
        current[0] = stage.terminal(_desk(name), face)
        current[0].engine.start()

    face.add_table(stage.table, switch)
    try:
        with closing(face):
            return face.run(lambda: current[0].engine.start())
    finally:
        _close(current[0])


def _desk(name: str) -> DeskName:
    return next(desk for desk in get_args(DeskName) if desk == name)


def _close(terminal: Terminal) -> None:
    terminal.engine.stop()
    terminal.close()


# By themselves -------------------------------------------------------------------------------------------------------


def _play(stage: Stage, args: argparse.Namespace) -> int:
    face = stage.face("reception")
    results: list[Played] = []
    failures: list[str] = []
    errors: list[Exception] = []

    def all_cases() -> None:
        code = _UNEXPECTED
        try:
            code = _play_all(stage, face, results, lambda played: _tell(args, _line(played, stage)))
        except DemoStuckError as stuck:
            failures.append(str(stuck))
        except Exception as error:  # noqa: BLE001 - told to the waiting main thread, which raises it
            errors.append(error)
        finally:
            face.quit(code)

    with closing(face):
        code = face.run(threading.Thread(target=all_cases, name="demo", daemon=True).start)
    if errors:
        raise errors[0]
    for failure in failures:
        print(failure, file=sys.stderr)
    if args.json:
        print_json({"cases": [_row(played) for played in results], "failures": failures})
    return code


def _play_all(stage: Stage, face: TableFace, results: list[Played], tell: Callable[[Played], None]) -> int:
    terminal: Terminal | None = None
    watcher = Watcher()
    try:
        for case in CASES:
            if terminal is None or terminal.settings.desk != case.desk.value:
                if terminal is not None:
                    _close(terminal)
                watcher = Watcher()
                terminal = stage.terminal(_desk(case.desk.value), face, watcher)
                face.turn_to(case.desk.value)
                terminal.engine.start()
                watcher.wait_for(Screen.IDLE)
            player = Player(stage.table, watcher, terminal.engine.post, face.screenshot, stage.folder)
            results.append(player.play(case))
            tell(results[-1])
    finally:
        if terminal is not None:
            _close(terminal)
    return 0 if all(played.as_expected for played in results) else _UNEXPECTED


def _line(played: Played, stage: Stage) -> str:
    who = {exhibit.code: exhibit.who for exhibit in stage.table.exhibits()}[played.case.code]
    mark = "ok" if played.as_expected else "UNEXPECTED"
    reason = say(played.title, stage.language)
    return (
        f"{mark:<11}{played.case.name:<15}{who:<24}{played.case.presented:<18}{played.outcome:<13}"
        f"{played.decision_ms:6.0f} ms {played.total_ms:6.0f} ms  {reason}"
    )


def _row(played: Played) -> dict[str, object]:
    return {
        "case": played.case.name,
        "desk": played.case.desk.value,
        "presented": played.case.presented,
        "outcome": played.outcome,
        "title": played.title.key,
        "expected": [played.case.expected.outcome.value, played.case.expected.title],
        "ok": played.as_expected,
        "decision_ms": round(played.decision_ms, 1),
        "total_ms": round(played.total_ms, 1),
    }
