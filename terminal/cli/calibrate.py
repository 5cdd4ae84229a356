"""``tram scanner calibrate``: one known code, scanned, tells what scanner, layout and input method make of codes.

What was scanned is never printed, only what stood around the known text: it might be somebody's card.
"""

from __future__ import annotations

import argparse
import json
import queue
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from terminal import registry
from terminal.cli.arguments import add_config, add_json, settings_of
from terminal.cli.ending import unwinding
from terminal.cli.output import print_json
from terminal.cli.qr_print import as_lines, png
from terminal.events import CodeSeen, DeviceDown, Event
from terminal.faults import FaultError
from terminal.messages import say
from terminal.model import Message

if TYPE_CHECKING:
    from crypto.codes.calibration import Calibration

HELP = "scan one code that tells layout, prefix, suffix and damage, and what to change"

_NOT_READ = 1
_SECONDS = 60.0
_LOOK_UP_EVERY = 0.2
_MOST = 4096


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--port", metavar="ADDRESS", help="a scanner on a cable instead of one that types")
    parser.add_argument("--driver", choices=("serial", "hid"), default="serial", help="how the one at --port speaks")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the code as a PNG picture, to print it")
    parser.add_argument(
        "--from", dest="source", metavar="FILE", help="what the scanner typed, from a file or - (stdin)"
    )
    parser.add_argument("--seconds", type=float, default=_SECONDS, metavar="N", help="how long to wait (default 60)")
    add_config(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Show the code, take the answer, print what it tells; 1 when it was not the code's."""
    from crypto.codes.calibration import diagnose

    if args.save is not None:
        _save(args.save, args)
    found = diagnose(_answer(args))
    lines = _site_lines(found, args) if found.recognised else []
    if args.json:
        print_json(_as_json(found, lines))
    else:
        print("\n".join(_told(found, lines, args.lang)))
    return 0 if found.recognised else _NOT_READ


def _answer(args: argparse.Namespace) -> str | bytes:
    if args.source is not None:
        return _from_file(args.source)
    if args.port is None and not sys.stdin.isatty():
        raise FaultError("usage.bad", "--from: nobody types here")
    _show(args)
    with unwinding():
        return _typed(args.seconds) if args.port is None else _sent(args)


def _from_file(source: str) -> str:
    try:
        raw = sys.stdin.buffer.read(_MOST) if source == "-" else Path(source).read_bytes()[:_MOST]
    except OSError as error:
        raise FaultError("usage.bad", f"--from {source}: {error.strerror}") from error
    return raw.decode("utf-8", "replace")


def _typed(seconds: float) -> str:
    from terminal.cli.raw_keys import raw_keys, typed_text

    with raw_keys() as keys:
        return typed_text(keys, seconds, _MOST)


def _sent(args: argparse.Namespace) -> bytes:
    """The first code of the scanner at ``--port``, b"" when none came; raises the fault for which none could."""
    from terminal import parts

    options = parts.scanner_options(settings_of(args).scanner, repeat_after=0.0)
    source = registry.scanner(args.driver)(replace(options, address=args.port, prefix=b"", suffix=b""))
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    until, fault = time.monotonic() + args.seconds, ""
    source.start(events.put)
    try:
        while time.monotonic() < until:
            try:
                event = events.get(timeout=_LOOK_UP_EVERY)
            except queue.Empty:
                continue
            if isinstance(event, CodeSeen):
                return event.payload
            fault = event.fault if isinstance(event, DeviceDown) else ""
    finally:
        source.stop()
    if fault:
        raise FaultError(fault, args.port)
    return b""


def _code() -> registry.QrModules:
    from crypto.codes.calibration import calibration_payload

    return registry.qr("zxing")(calibration_payload())


def _show(args: argparse.Namespace) -> None:
    """The code and what to do with it; beside the result where that is JSON."""
    out = sys.stderr if args.json else sys.stdout
    print("\n".join(as_lines(_code())), file=out)
    print(say(Message.of("cli.calibrate.scan", seconds=f"{args.seconds:g}"), args.lang), file=out, flush=True)


def _save(file: Path, args: argparse.Namespace) -> None:
    try:
        file.write_bytes(png(_code()))
    except OSError as error:
        raise FaultError("usage.bad", f"--save {file}: {error.strerror}") from error
    if not args.json:
        print(say(Message.of("cli.calibrate.saved", file=str(file)), args.lang))


def _site_lines(found: Calibration, args: argparse.Namespace) -> list[str]:
    """The ``[scanner]`` table of the site's file."""
    values = {"driver": "keyboard" if args.port is None else args.driver}
    if args.port is not None:
        values["address"] = args.port
    values |= {"prefix": found.prefix, "suffix": found.suffix}
    return ["[scanner]", *(f"{name} = {_toml(value)}" for name, value in values.items())]


def _toml(text: str) -> str:
    """A basic string: what JSON escapes and DEL (TOML 1.0, "String")."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _as_json(found: Calibration, lines: list[str]) -> dict[str, object]:
    layout = found.layout
    return {
        "recognised": found.recognised,
        "prefix": found.prefix,
        "suffix": found.suffix,
        "line_end": found.line_end,
        "aim": found.aim,
        "layout": {"scanner": layout.scanner, "computer": layout.computer} if layout else None,
        "caps_lock": found.caps_lock,
        "input_method": found.method.value if found.method else None,
        "letters": found.letters.value if found.recognised else None,
        "advice": [advice.value for advice in found.advice],
        "lines": lines,
    }


def _told(found: Calibration, lines: list[str], language: str) -> list[str]:
    layout = found.layout
    params = {
        "method": found.method.value if found.method else "",
        "scanner": layout.scanner if layout else "",
        "computer": layout.computer if layout else "",
    }
    todo = say(Message("cli.label.todo"), language)
    advice = [say(Message.of(f"cli.calibrate.{one.value}", **params), language) for one in found.advice]
    if not found.recognised:
        return [f"{todo}: {one}" for one in advice]
    letters = say(Message(f"cli.calibrate.letters_{found.letters.value}"), language)
    return [letters, *(f"{todo}: {one}" for one in advice), say(Message("cli.calibrate.file"), language), *lines]
