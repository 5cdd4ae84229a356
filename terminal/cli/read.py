"""``tram read``: one card on one reader, read and proven once, and what that cost."""

from __future__ import annotations

import argparse
import queue
import threading
import time
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from crypto.errors import CardError, MalformedError, ProofError
from crypto.id_number import IdNumber
from terminal import registry
from terminal.boot import EXTENDED_BLOCK, tools_for
from terminal.cli.arguments import add_config, add_json, settings_of
from terminal.cli.output import Json, print_json
from terminal.clock import SystemClock
from terminal.events import CardPlaced, DeviceDown, DeviceUp, Event
from terminal.faults import FaultError
from terminal.flow.jobs import fault_of
from terminal.messages import say
from terminal.model import ChipReading, DataSource, Message, Person, Word
from terminal.ports import CardLink, CardReader, ReaderOptions

if TYPE_CHECKING:
    from terminal.proof.access import ChipAccess
    from terminal.proof.reading import ChipConversation, Tools

HELP = "read and prove the card on a reader"

_REFUSED = 1
_NOT_PASSED = frozenset({Word.FAILED, Word.ABORTED})
_READ_SECONDS = 60.0
_LONGEST_WAIT = 86_400


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
    add_config(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Read the card and print the report; 1 when it refused the number or a check failed."""
    access = access_of(args)
    tools = _tools(args)
    reader = registry.reader("pcsc")(ReaderOptions(args.reader))
    outcome: queue.SimpleQueue[ChipReading | Exception] = queue.SimpleQueue()
    talks: list[ChipConversation] = []
    try:
        card = _wait_for_card(reader, args.reader, args.wait)
        reader.submit(card.card, _job(args, access, tools, talks, outcome.put), threading.Event())
        try:
            found = outcome.get(timeout=_READ_SECONDS)
        except queue.Empty:
            raise FaultError("card.timeout") from None
    finally:
        reader.stop()
    if isinstance(found, Exception):
        raise _as_fault(found) from found
    return _print(args, found, talks[0])


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


def _tools(args: argparse.Namespace) -> Tools:
    return tools_for(settings_of(args), SystemClock())


def _wait_for_card(reader: CardReader, pattern: str, seconds: float) -> CardPlaced:
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    reader.start(events.put)
    until = time.monotonic() + seconds
    fault = "card.silent"
    while (left := until - time.monotonic()) > 0:
        try:
            event = events.get(timeout=left)
        except queue.Empty:
            break
        if isinstance(event, DeviceDown | DeviceUp):
            fault = event.fault if isinstance(event, DeviceDown) else "card.silent"
        if isinstance(event, CardPlaced) and (event.reader == pattern or fnmatchcase(event.reader, pattern)):
            return event
    raise FaultError(fault, f"no card within {seconds:g} s")


def _job(
    args: argparse.Namespace,
    access: ChipAccess,
    tools: Tools,
    talks: list[ChipConversation],
    done: Callable[[ChipReading | Exception], None],
) -> Callable[[CardLink], None]:
    def job(link: CardLink) -> None:
        from terminal.proof.reading import ChipConversation

        try:
            talk = ChipConversation(link.transceive, tools, args.block)
            talks.append(talk)
            reading = talk.identify(access, simulated=link.simulated)
            if not args.no_photo:
                talk.read_photo()
            talk.read_rest()
        except Exception as error:  # noqa: BLE001 - told to the waiting main thread, which raises it
            done(error)
        else:
            done(reading)

    return job


def _as_fault(error: Exception) -> FaultError:
    if isinstance(error, FaultError):
        return error
    detail = str(error) if isinstance(error, CardError | ProofError) else type(error).__name__
    return FaultError(fault_of(error), detail)


def _print(args: argparse.Namespace, reading: ChipReading, talk: ChipConversation) -> int:
    report = report_of(reading, talk)
    if args.json:
        print_json(report)
    else:
        print("\n".join(_lines(reading, report, args.lang)))
    return _REFUSED if any(check.word in _NOT_PASSED for check in reading.checks) else 0


def report_of(reading: ChipReading, talk: ChipConversation) -> dict[str, Json | str | int | bool]:
    """The JSON object: cost, checks, and the document with its number masked and its name as initials."""
    metrics = talk.metrics
    return {
        "apdus": metrics.apdus,
        "bytes": metrics.bytes,
        "ms": dict(metrics.ms),
        "files": dict(metrics.files),
        "access": metrics.access,
        "checks": {check.name.value: check.word.value for check in reading.checks},
        "issuer": reading.issuer.value,
        "document": _document(reading.person),
        "simulated": reading.simulated,
    }


def _document(person: Person) -> Json:
    initials = " ".join(f"{part[0]}." for part in (person.name or "").split())
    return {
        "id_number": person.id_number.masked if person.id_number else None,
        "name": initials or None,
        "born": person.born.year if person.born else None,
        "sex": person.sex.value if person.sex else None,
        "expires": person.expires.isoformat() if person.expires else None,
        "no_expiry": person.no_expiry,
    }


def _lines(reading: ChipReading, report: dict[str, Json | str | int | bool], language: str) -> list[str]:
    def words(key: str) -> str:
        return say(Message(key), language)

    label = [words("note.simulated")] if reading.simulated else []
    checks = [
        f"{words(f'check.{check.name.value}')}: {words('word.' + check.word.value.replace(' ', '_'))}"
        for check in reading.checks
    ]
    number = reading.person.id_number
    return [
        *label,
        f"{words('field.id_number')}: {number.masked if number else '–'}",
        *checks,
        f"{report['access']}, {report['apdus']} APDU, {report['bytes']} byte",
    ]
