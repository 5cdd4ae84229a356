"""``tram tasks``: what the desk has to clear up because a later answer differs from what was told."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from terminal.cli.arguments import add_config, add_json, settings_of
from terminal.cli.output import print_json
from terminal.clock import VIETNAM_TIME
from terminal.faults import FaultError
from terminal.messages import say
from terminal.model import Message

if TYPE_CHECKING:
    from terminal.rechecks import Task, TaskList

HELP = "list what must be cleared up after answers that came late, and strike it off"

_NO_SUCH_TASK = 1


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|done")
    listing = actions.add_parser("list", help="what is open, oldest first")
    add_config(listing)
    add_json(listing)
    done = actions.add_parser("done", help="strike a task off")
    done.add_argument("number", type=int, metavar="NUMBER")
    add_config(done)


def run(args: argparse.Namespace) -> int:
    """0 done, 1 no such open task. Raises FaultError ``offline.write``, ``offline.damaged``."""
    from terminal.clock import SystemClock
    from terminal.rechecks import TaskList
    from terminal.records.sealed import open_sealed, sealed_key

    offline = settings_of(args).offline
    if not offline.path.exists():
        raise FaultError("usage.bad", "this terminal has kept nothing yet")
    with open_sealed(offline.path, sealed_key(offline.key_file)) as store:
        tasks = TaskList(store, SystemClock())
        return _list(args, tasks) if args.action == "list" else _done(args, tasks)


def _list(args: argparse.Namespace, tasks: TaskList) -> int:
    found = tasks.open()
    if args.json:
        print_json({"tasks": [_as_json(task) for task in found]})
        return 0
    for task in found:
        seen = f"{task.seen_at.astimezone(VIETNAM_TIME):%d/%m/%Y %H:%M}"
        words = say(Message(f"cli.tasks.{task.kind}"), args.lang)
        told, later = (say(Message(f"cli.tasks.state.{state}"), args.lang) for state in (task.told, task.found))
        print(f"{task.number}  {seen}  {task.masked or '–'}  {words}: {told} → {later}  {task.reference or ''}")
    print(say(Message.of("cli.tasks.count", n=str(len(found))), args.lang))
    return 0


def _done(args: argparse.Namespace, tasks: TaskList) -> int:
    if tasks.done(args.number):
        return 0
    print(say(Message.of("cli.tasks.no_such", n=str(args.number)), args.lang))
    return _NO_SUCH_TASK


def _as_json(task: Task) -> dict[str, object]:
    return {
        "number": task.number,
        "kind": task.kind,
        "seen_at": task.seen_at.isoformat(),
        "scan_id": task.scan_id,
        "masked": task.masked,
        "told": task.told,
        "found": task.found,
        "reference": task.reference,
    }
