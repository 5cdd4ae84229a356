"""``tram readers``: the card readers of this computer."""

from __future__ import annotations

import argparse

from terminal import registry
from terminal.cli.arguments import add_json
from terminal.cli.output import print_json
from terminal.faults import CATALOGUE
from terminal.messages import say
from terminal.model import Message
from terminal.ports import ReaderInfo, ReaderOptions

HELP = "list the card readers"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print the readers. Raises FaultError ``reader.service`` when the smart-card service does not answer."""
    found = registry.reader("pcsc")(ReaderOptions()).readers()
    if args.json:
        print_json({"readers": [_as_json(reader) for reader in found]})
        return 0
    for reader in found:
        print(_line(reader, args.lang))
    if not found:
        absent = CATALOGUE["reader.absent"]
        print(f"{say(absent.title, args.lang)}. {say(absent.remedy, args.lang)}")
    return 0


def _as_json(reader: ReaderInfo) -> dict[str, object]:
    return {
        "name": reader.name,
        "present": reader.present,
        "atr": reader.atr,
        "simulated": reader.simulated,
        "contact": reader.contact,
    }


def _line(reader: ReaderInfo, language: str) -> str:
    state = say(Message("cli.readers.card" if reader.present else "cli.readers.empty"), language)
    label = f" [{say(Message('cli.readers.simulated'), language)}]" if reader.simulated else ""
    return f"{reader.name}{label}: {state}"
