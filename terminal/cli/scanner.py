"""``tram scanner``: the scanners of this computer. What a code says is never printed here."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from terminal import registry
from terminal.cli import calibrate, scanner_watch
from terminal.cli.arguments import add_json
from terminal.cli.output import print_json
from terminal.faults import CATALOGUE
from terminal.messages import say
from terminal.model import Message

if TYPE_CHECKING:
    from terminal.ports import ScannerFound

HELP = "list the scanners, how each one speaks, and watch what one sends"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|watch|calibrate")
    add_json(actions.add_parser("list", help="every scanner of this computer, its mode, and how to switch it"))
    scanner_watch.configure(actions.add_parser("watch", help="what a scanner sends: kind, length, UTF-8 or not"))
    calibrate.configure(actions.add_parser("calibrate", help=calibrate.HELP))


def run(args: argparse.Namespace) -> int:
    """Do it. Raises FaultError ``install.missing`` where a library for scanners is not installed."""
    actions: dict[str, Callable[[argparse.Namespace], int]] = {
        "list": _list,
        "watch": scanner_watch.run,
        "calibrate": calibrate.run,
    }
    return actions[args.action](args)


def _list(args: argparse.Namespace) -> int:
    found = registry.scanners()().found()
    if args.json:
        print_json({"scanners": [_as_json(scanner, args.lang) for scanner in found]})
        return 0
    for scanner in found:
        _print(scanner, args.lang)
    if not found:
        absent = CATALOGUE["scanner.absent"]
        print(f"{say(absent.title, args.lang)}. {say(absent.remedy, args.lang)}")
    return 0


def _as_json(scanner: ScannerFound, language: str) -> dict[str, object]:
    return {
        "mode": scanner.mode,
        "name": scanner.name,
        "maker": scanner.maker,
        "address": scanner.address,
        "advice": say(scanner.advice, language) if scanner.advice else "",
        "simulated": scanner.simulated,
    }


def _print(scanner: ScannerFound, language: str) -> None:
    name = f"{scanner.maker} {scanner.name}".strip()
    mode = say(Message(f"cli.scanner.{scanner.mode}"), language)
    print(f"{name}: {mode}{f', {scanner.address}' if scanner.address else ''}")
    if scanner.advice:
        print(f"  {say(Message('cli.label.todo'), language)}: {say(scanner.advice, language)}")
