"""``tram scanner watch``: what the scanner sends, as kind, length and whether it is UTF-8; never what a code says."""

from __future__ import annotations

import argparse
import queue
import sys
from dataclasses import replace

from terminal import registry
from terminal.cli.arguments import add_config, add_json, settings_of
from terminal.cli.ending import unwinding
from terminal.cli.output import print_json
from terminal.cli.scan import kind_of
from terminal.events import CodeSeen, DeviceDown, DeviceUp, Event
from terminal.faults import CATALOGUE, Fault, FaultError
from terminal.messages import say
from terminal.model import Message
from terminal.ports import CodeSource

_LOOK_UP_EVERY = 0.2
"""Seconds after which waiting for a code looks whether Ctrl-C was pressed, which Windows does not do by itself."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--driver", choices=("serial", "hid"), help="how it speaks (default: the configured one)")
    parser.add_argument("--address", metavar="TEXT", help="which one (default: the configured one, else the only one)")
    parser.add_argument("--count", type=int, metavar="N", help="end after so many codes; without it Ctrl-C ends")
    add_config(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Show codes until ``--count`` or Ctrl-C. Raises FaultError ``usage.bad`` where no scanner can be watched."""
    source = _source(args)
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    left = args.count
    with unwinding():
        source.start(events.put)
        try:
            while left is None or left > 0:
                event = _next(events)
                _show(event, args)
                sys.stdout.flush()
                if isinstance(event, CodeSeen) and left is not None:
                    left -= 1
        finally:
            source.stop()
    return 0


def _source(args: argparse.Namespace) -> CodeSource:
    from terminal import parts

    scanner = settings_of(args).scanner
    driver = args.driver or scanner.driver
    if driver not in ("serial", "hid"):
        raise FaultError("usage.bad", f"scanner.driver = {driver}: --driver serial|hid")
    options = parts.scanner_options(scanner, repeat_after=0.0)
    if args.address is not None:
        options = replace(options, address=args.address)
    return registry.scanner(driver)(options)


def _next(events: queue.SimpleQueue[Event]) -> Event:
    while True:
        try:
            return events.get(timeout=_LOOK_UP_EVERY)
        except queue.Empty:
            continue


def _show(event: Event, args: argparse.Namespace) -> None:
    if isinstance(event, CodeSeen):
        _show_code(event.payload, args)
    elif isinstance(event, DeviceUp):
        _line(args, {"event": "up", "name": event.name}, say(Message("cli.scanner.ready"), args.lang))
    elif isinstance(event, DeviceDown):
        fault = CATALOGUE[event.fault]
        _line(args, {"event": "down", "name": event.name, "fault": fault.code}, _told(fault, args.lang))


def _show_code(payload: bytes, args: argparse.Namespace) -> None:
    from crypto.codes.sniff import is_misread

    kind, wrong = kind_of(payload), CATALOGUE["scanner.mode"] if is_misread(payload) else None
    utf8 = _is_utf8(payload)
    found = {"event": "code", "kind": kind, "bytes": len(payload), "utf8": utf8, "fault": wrong.code if wrong else None}
    key = "cli.scanner.code" if utf8 else "cli.scanner.code_other"
    text = say(Message.of(key, kind=kind, bytes=str(len(payload))), args.lang)
    _line(args, found, f"{text}. {_told(wrong, args.lang)}" if wrong else text)


def _is_utf8(payload: bytes) -> bool:
    try:
        payload.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _line(args: argparse.Namespace, found: dict[str, object], text: str) -> None:
    if args.json:
        print_json(found)
    else:
        print(text)


def _told(fault: Fault, language: str) -> str:
    return f"{say(fault.title, language)}. {say(fault.remedy, language)}"
