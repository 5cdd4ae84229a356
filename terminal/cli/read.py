"""``tram read``: one card on one reader, read and proven once, and what that cost."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from config.schema import Settings
from crypto.errors import MalformedError
from crypto.id_number import IdNumber
from terminal import registry
from terminal.boot import EXTENDED_BLOCK, tools_for
from terminal.cli import evidence_order, read_report, rehearsal
from terminal.cli.arguments import add_config, add_json, add_trust, settings_of, trust_of
from terminal.cli.card_job import Wanted, with_card
from terminal.cli.evidence_order import EvidenceOrder, order_of
from terminal.cli.output import print_json
from terminal.cli.progress import ProgressLine
from terminal.cli.rehearsal import Rehearsal
from terminal.clock import SystemClock
from terminal.faults import FaultError
from terminal.model import ChipReading, DataSource, Person, Word
from terminal.ports import CardLink, ReaderOptions

if TYPE_CHECKING:
    from terminal.evidence.collect import Read
    from terminal.proof.access import ChipAccess
    from terminal.proof.passive import PassiveReport
    from terminal.proof.reading import Tools

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
    key.add_argument("--mrz", metavar="LINES", help="the machine-readable zone, all its lines, joined or not")
    key.add_argument("--pin", metavar="PIN", help="the holder's secret number, where the chip has one")
    parser.add_argument("--no-photo", action="store_true", help="do not read DG2")
    parser.add_argument("--block", type=_block, default=EXTENDED_BLOCK, metavar="BYTES", help="most a read asks for")
    parser.add_argument("--wait", type=_seconds, default=10.0, metavar="SECONDS", help="how long to wait for a card")
    rehearsal.add_arguments(parser)
    evidence_order.add_arguments(parser)
    add_trust(parser)
    add_config(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Read the card and print the report; 1 when it refused the number, a check failed, or a script was not played to
    its end."""
    access = access_of(args)
    repeatable = Rehearsal(args) if rehearsal.wanted(args) else None
    settings = settings_of(args)
    tools = _tools(args, settings, repeatable)
    line = ProgressLine(None if args.json else sys.stderr, args.lang)
    work = _Work(args, access, tools, order_of(args, settings, tools.now()), repeatable, line)
    scripted = repeatable.reader if repeatable else None
    reader = scripted or registry.reader("pcsc")(ReaderOptions(args.reader))
    wanted = Wanted(args.reader, args.wait) if scripted is None else _SCRIPTED
    with line:
        done = with_card(reader, wanted, work)
    if work.order is not None:
        work.order.write(done.sealed)
    script = repeatable.finish() if repeatable else None
    report = read_report.Report(done.read, tools.now(), script, args.evidence)
    if args.json:
        print_json(read_report.to_json(report))
    else:
        print("\n".join(read_report.to_lines(report, args.lang)))
    not_played = script is not None and script.answered < script.commands
    return _REFUSED if not_played or any(check.word in _NOT_PASSED for check in done.read.reading.checks) else 0


def access_of(args: argparse.Namespace) -> ChipAccess:
    """What opens the chip, from the arguments. Raises FaultError ``usage.bad``."""
    from crypto.emrtd.mrz import parse_mrz
    from crypto.emrtd.pace_password import Password
    from terminal.proof.access import ChipAccess, access_for

    try:
        if args.mrz is not None:
            return ChipAccess(None, (parse_mrz("".join(args.mrz.split())).information,))
        if args.pin is not None:
            Password.pin(args.pin)
            return ChipAccess(pin=args.pin)
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
    if not text.isdecimal() or not 64 <= int(text) <= EXTENDED_BLOCK:
        raise argparse.ArgumentTypeError(f"64 to {EXTENDED_BLOCK}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= _LONGEST_WAIT:
        raise argparse.ArgumentTypeError(f"0 to {_LONGEST_WAIT}")
    return seconds


def _tools(args: argparse.Namespace, settings: Settings, repeatable: Rehearsal | None) -> Tools:
    clock = SystemClock() if repeatable is None else repeatable.clock(SystemClock())
    tools = tools_for(settings, clock)
    if args.trust:
        tools = replace(tools, trust=trust_of(args))
    return tools if repeatable is None else replace(tools, random=repeatable.random)


@dataclass(frozen=True, slots=True)
class _Done:
    read: Read
    sealed: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class _Work:
    """Everything that is done with the card while it lies there."""

    args: argparse.Namespace
    access: ChipAccess
    tools: Tools
    order: EvidenceOrder | None
    repeatable: Rehearsal | None
    line: ProgressLine

    def __call__(self, link: CardLink) -> _Done:
        from terminal.evidence.bundle import CardInField
        from terminal.evidence.collect import Read
        from terminal.proof.reading import ChipConversation

        transceive = link.transceive if self.repeatable is None else self.repeatable.transceive(link)
        talk = ChipConversation(transceive, self.tools, self.args.block, self.line.told)
        reading = talk.identify(self.access, simulated=link.simulated)
        if not self.args.no_photo:
            talk.read_photo()
        talk.read_rest()
        report = talk.prove_files()
        card = CardInField(link.reader, link.atr, link.simulated)
        read = Read(talk, _proven_again(reading, report), report, card)
        return _Done(read, self.order.take(read, self.tools) if self.order is not None else b"")


def _proven_again(reading: ChipReading, report: PassiveReport) -> ChipReading:
    """The reading with what passive authentication says of all files, those read after the identity among them."""
    from terminal.proof.checks import passive_checks

    later = {check.name: check for check in passive_checks(report)}
    return replace(reading, checks=tuple(later.get(check.name, check) for check in reading.checks))
