"""``tram scan``: the codes in picture files, found as the camera's are.

The result holds what the codes say, personal data included: that is what was asked for.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from terminal import registry
from terminal.cli.arguments import add_config, add_json, settings_of
from terminal.cli.output import print_json
from terminal.faults import CATALOGUE, FaultError
from terminal.messages import say
from terminal.ports import DecodedCode, Decoder

HELP = "find and tell apart the codes in picture files (prints what the codes say)"

_NOTHING_FOUND = 1


@dataclass(frozen=True, slots=True)
class Scanned:
    """One file's codes, and how many milliseconds reading, unpacking and decoding it took."""

    file: Path
    ms: float
    codes: Sequence[DecodedCode] = field(repr=False)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="picture (PNG or JPEG)")
    add_config(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print the codes; 1 when a file has none. Raises FaultError ``usage.bad`` before anything when one is missing."""
    for file in args.files:
        if not file.is_file():
            raise FaultError("usage.bad", str(file))
    decoder = decoder_of(settings_of(args).codes.decoder)
    find = registry.scan("camera")
    images = [_scan(file, find, decoder) for file in args.files]
    if args.json:
        print_json({"images": [_as_json(image) for image in images]})
    else:
        _print(images, args.lang)
    return 0 if all(image.codes for image in images) else _NOTHING_FOUND


def decoder_of(name: str) -> Decoder:
    """The decoder of that name. Raises FaultError ``install.missing`` where its library is not there."""
    try:
        return registry.decoder(name)()
    except ImportError as error:
        raise FaultError("install.missing", f"tram.decoder {name}: {error.name or error}") from error


def kind_of(payload: bytes) -> str:
    """One word for what kind of code this is: card, insurance, ticket, payment, link, damaged or unknown."""
    from crypto.codes.bhyt import InsuranceQr
    from crypto.codes.citizen_id import CitizenQr
    from crypto.codes.sniff import DamagedQr, LinkQr, TicketQr, sniff
    from crypto.codes.vietqr import PaymentQr

    kinds = {
        CitizenQr: "card",
        InsuranceQr: "insurance",
        TicketQr: "ticket",
        PaymentQr: "payment",
        LinkQr: "link",
        DamagedQr: "damaged",
    }
    return kinds.get(type(sniff(payload)), "unknown")


def _scan(file: Path, find: registry.Scan, decoder: Decoder) -> Scanned:
    began = time.perf_counter()
    try:
        codes = find(file, decoder)
    except FaultError as error:
        if error.fault.code != "code.unreadable":
            raise
        codes = ()
    return Scanned(file, round((time.perf_counter() - began) * 1000, 2), codes)


def _text(payload: bytes) -> str:
    """The code as text; ``hex`` tells where it is none."""
    return payload.decode("utf-8", "replace")


def _as_json(image: Scanned) -> dict[str, object]:
    codes = [
        {"text": _text(code.payload), "hex": code.payload.hex(), "kind": kind_of(code.payload)} for code in image.codes
    ]
    return {"file": str(image.file), "ms": image.ms, "codes": codes}


def _print(images: Sequence[Scanned], language: str) -> None:
    for image in images:
        for code in image.codes:
            print(f"{image.file}: {kind_of(code.payload)}: {_printable(_text(code.payload))}")
        if not image.codes:
            print(f"{image.file}: {say(CATALOGUE['code.unreadable'].title, language)}")


def _printable(text: str) -> str:
    """A code can hold anything, also what would steer the console."""
    return "".join(sign if sign.isprintable() else "�" for sign in text)
