"""``tram read``: one card on one reader, read and proven once, and what that cost."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crypto.errors import MalformedError
from crypto.id_number import IdNumber
from terminal import registry
from terminal.boot import EXTENDED_BLOCK, tools_for
from terminal.cli import read_report, rehearsal
from terminal.cli.arguments import add_config, add_json, add_trust, settings_of, trust_of
from terminal.cli.card_job import Wanted, with_card
from terminal.cli.output import print_json
from terminal.cli.rehearsal import Rehearsal
from terminal.clock import SystemClock
from terminal.faults import FaultError
from terminal.model import ChipReading, DataSource, Person, Word
from terminal.ports import CardLink, ReaderOptions

if TYPE_CHECKING:
    from terminal.proof.access import ChipAccess
    from terminal.proof.reading import ChipConversation, Tools

HELP = "read and prove the card on a reader"

_REFUSED = 1
_NOT_PASSED = frozenset({Word.FAILED, Word.ABORTED})
_LONGEST_WAIT = 86_400
_SCRIPTED = Wanted("*", 10.0)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--reader", default="*", metavar="NAME", help="reader's name or pattern, see tram readers")
    key = parser.add_mutually_exclusive_group(required=True)
    key.add_argument("--can", metavar="DIGITS", help="card access number: the ID number's last six digits")
    key.add_argument("--id", metavar="NUMBER", help="the 12-digit ID number")
    key.add_argument("--mrz", metavar="LINES", help="the machine-readable zone, 90 characters, lines joined or not")
    parser.add_argument("--no-photo", action="store_true", help="do not read DG2")
    parser.add_argument("--block", type=_block, default=EXTENDED_BLOCK, metavar="BYTES", help="most a read asks for")
    parser.add_argument("--wait", type=_seconds, default=10.0, metavar="SECONDS", help="how long to wait for a card")
    rehearsal.add_arguments(parser)
    add_trust(parser)
    add_config(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Read the card and print the report; 1 when it refused the number, a check failed, or a script was not played to
    its end."""
    access = access_of(args)
    repeatable = Rehearsal(args) if rehearsal.wanted(args) else None
    tools = _tools(args, repeatable)
    scripted = repeatable.reader if repeatable else None
    reader = scripted or registry.reader("pcsc")(ReaderOptions(args.reader))
    wanted = Wanted(args.reader, args.wait) if scripted is None else _SCRIPTED
    read = with_card(reader, wanted, lambda link: _read(args, access, tools, link, repeatable))
    script = repeatable.finish() if repeatable else None
    if args.json:
        print_json(read_report.to_json(read.reading, read.talk, script))
    else:
        print("\n".join(read_report.to_lines(read.reading, read.talk, script, args.lang)))
    not_played = script is not None and script.answered < script.commands
    return _REFUSED if not_played or any(check.word in _NOT_PASSED for check in read.reading.checks) else 0


def access_of(args: argparse.Namespace) -> ChipAccess:
    """What opens the chip, from the arguments. Raises FaultError ``usage.bad``."""
    from crypto.emrtd.mrz import parse_mrz
    from terminal.proof.access import ChipAccess, access_for

    try:
        if args.mrz is not None:
            return ChipAccess(None, (parse_mrz("".join(args.mrz.split())).information,))
        if args.id is not None:
            found = access_for(Person(DataSource.TYPED, IdNumber(args.id)))
            assert found is not None  # noqa: S101 - there is a number
            return found
    except MalformedError as error:
        raise FaultError("usage.bad", str(error)) from error
    if not (args.can.isascii() and args.can.isdigit() and len(args.can) == 6):
        raise FaultError("usage.bad", "--can: six digits")
    return ChipAccess(args.can)


def _block(text: str) -> int:
    size = int(text)
    if not 64 <= size <= EXTENDED_BLOCK:
        raise argparse.ArgumentTypeError(f"64 to {EXTENDED_BLOCK}")
    return size


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds <= _LONGEST_WAIT:
        raise argparse.ArgumentTypeError(f"0 to {_LONGEST_WAIT}")
    return seconds


def _tools(args: argparse.Namespace, repeatable: Rehearsal | None) -> Tools:
    from dataclasses import replace

    clock = SystemClock() if repeatable is None else repeatable.clock(SystemClock())
    tools = tools_for(settings_of(args), clock)
    if args.trust:
        tools = replace(tools, trust=trust_of(args))
    return tools if repeatable is None else replace(tools, random=repeatable.random)


@dataclass(frozen=True, slots=True)
class _Read:
    reading: ChipReading
    talk: ChipConversation


def _read(
    args: argparse.Namespace, access: ChipAccess, tools: Tools, link: CardLink, repeatable: Rehearsal | None
) -> _Read:
    from terminal.proof.reading import ChipConversation

    transceive = link.transceive if repeatable is None else repeatable.transceive(link)
    talk = ChipConversation(transceive, tools, args.block)
    reading = talk.identify(access, simulated=link.simulated)
    if not args.no_photo:
        talk.read_photo()
    talk.read_rest()
    return _Read(reading, talk)
