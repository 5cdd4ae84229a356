"""``tram printer``: a test slip, with every Vietnamese letter and nobody's data."""

from __future__ import annotations

import argparse
import unicodedata
from dataclasses import replace

from config.schema import PrinterSettings
from terminal import registry
from terminal.cli.arguments import add_config, add_json, settings_of
from terminal.cli.output import print_json
from terminal.clock import VIETNAM_TIME, Clock, SystemClock
from terminal.faults import FaultError
from terminal.messages import say
from terminal.model import Message
from terminal.outputs import PrinterOptions, Slip

HELP = "print a test slip"

TEST_CODE = b"TRAM-TEST"
"""What the test slip's QR code says."""

_VOWELS = ("aăâ", "eê", "i", "oôơ", "uư", "y")
_TONES = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")
"""None, huyền, hỏi, ngã, sắc, nặng: the order of Vietnamese dictionaries."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="test")
    test = actions.add_parser("test", help="print a slip with every Vietnamese letter and a QR code")
    test.add_argument("--driver", choices=("escpos", "zpl", "system"), help="instead of the configured one")
    test.add_argument("--address", metavar="TEXT", help="instead of the configured one")
    add_config(test)
    add_json(test)


def run(args: argparse.Namespace) -> int:
    """Print it. Raises FaultError with what is wrong with the printer, ``usage.bad`` when none is configured."""
    settings = settings_of(args)
    chosen = _chosen(settings.printer, args)
    options = PrinterOptions(chosen.address, chosen.dots, chosen.seconds, chosen.baud)
    clock = SystemClock()
    begun = clock.monotonic()
    try:
        registry.printer(chosen.driver)(options).print(slip_for_test(settings.place, args.lang, clock))
    except FaultError as error:
        raise FaultError(error.fault.code, f"{chosen.address}: {error.detail}") from error
    ms = round((clock.monotonic() - begun) * 1000)
    if args.json:
        print_json({"printed": True, "driver": chosen.driver, "address": chosen.address, "ms": ms})
    else:
        print(say(Message.of("cli.printer.printed", ms=str(ms)), args.lang))
    return 0


def slip_for_test(place: str, language: str, clock: Clock) -> Slip:
    """Every letter, small and capital, the time, and a code that says ``TRAM-TEST``."""
    rows = [(line[0].upper(), f"{line} {line.upper()}") for line in map(_with_tones, _VOWELS)]
    rows.append(("Đ", "đ Đ"))
    rows.append((_say("slip.printed_at", language), f"{clock.now().astimezone(VIETNAM_TIME):%d/%m/%Y %H:%M}"))
    return Slip(_say("slip.test", language), place, tuple(rows), TEST_CODE, _say("slip.no_proof", language))


def _with_tones(vowels: str) -> str:
    return "".join(unicodedata.normalize("NFC", vowel + tone) for vowel in vowels for tone in _TONES)


def _chosen(configured: PrinterSettings, args: argparse.Namespace) -> PrinterSettings:
    """What the configuration says, unless the command line does; another driver's address is no address."""
    chosen = configured
    if args.driver is not None and args.driver != configured.driver:
        chosen = replace(configured, driver=args.driver, address="")
    if args.address is not None:
        chosen = replace(chosen, address=args.address)
    if chosen.driver == "none":
        raise FaultError("usage.bad", "printer.driver is none: --driver escpos|zpl|system")
    return chosen


def _say(key: str, language: str) -> str:
    return say(Message(key), language)
