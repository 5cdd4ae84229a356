"""``tram verify``: passive authentication of files on disk, without any device."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from terminal.cli.arguments import add_config, add_json, add_trust, trust_of
from terminal.cli.output import print_json
from terminal.clock import SystemClock
from terminal.faults import FaultError
from terminal.messages import say
from terminal.model import IssuerTrust, Message, Word

if TYPE_CHECKING:
    from terminal.proof.passive import PassiveReport

HELP = "prove the files of a chip: EF.SOD.bin and DG1.bin … DG16.bin in a folder"

SOD_FILE = "EF.SOD.bin"
_MAX_FILE = 4 << 20
_NOT_PROVEN = 1


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("directory", type=Path, metavar="DIR", help="folder of the files")
    add_trust(parser)
    add_config(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print the report; 0 when everything is successful and the issuer trusted, 1 otherwise.

    Raises FaultError ``usage.bad`` (no security object there) or ``trust.unreadable``.
    """
    from terminal.proof.passive import passive_authentication

    sod, files = read_files(args.directory)
    report = passive_authentication(sod, files, trust_of(args), SystemClock().now())
    if args.json:
        print_json({"passive_authentication": as_json(report)})
    else:
        _print(report, args.lang)
    return 0 if _proven(report) else _NOT_PROVEN


def read_files(directory: Path) -> tuple[bytes, dict[int, bytes]]:
    """The security object and the data groups of a folder. Raises FaultError ``usage.bad``."""
    if not (directory / SOD_FILE).is_file():
        raise FaultError("usage.bad", f"{directory}: {SOD_FILE}?")
    groups = {number: directory / f"DG{number}.bin" for number in range(1, 17)}
    return _read(directory / SOD_FILE), {number: _read(file) for number, file in groups.items() if file.is_file()}


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            raw = stream.read(_MAX_FILE + 1)
    except OSError as error:
        raise FaultError("usage.bad", f"{file}: {error.strerror}") from error
    if len(raw) > _MAX_FILE:
        raise FaultError("usage.bad", f"{file}: > {_MAX_FILE} bytes")
    return raw


def _proven(report: PassiveReport) -> bool:
    from terminal.proof.checks import hashes_word

    words = (report.signature, hashes_word(tuple(word for _, word in report.hashes)))
    return set(words) == {Word.SUCCESSFUL} and report.issuer is IssuerTrust.TRUSTED


def as_json(report: PassiveReport) -> dict[str, object]:
    """The report with the words of BSI TR-03135; ``why`` holds the last parts of the message keys."""
    signer = None
    if report.signer_fingerprint is not None:
        signer = {
            "subject": report.signer_subject,
            "serial": report.signer_serial,
            "fingerprint": report.signer_fingerprint,
        }
    return {
        "signature": report.signature.value,
        "hashes": {f"DG{number}": word.value for number, word in report.hashes},
        "issuer": report.issuer.value,
        "algorithm": report.algorithm,
        "hash_algorithm": report.hash_algorithm,
        "weak": report.weak,
        "signer": signer,
        "why": [message.key.rpartition(".")[2] for message in report.why],
    }


def _print(report: PassiveReport, language: str) -> None:
    rows: list[tuple[Message, str]] = [
        (
            Message("check.signature"),
            _word(report.signature, language) + (report.algorithm and f" ({report.algorithm})"),
        )
    ]
    rows += [(Message("cli.verify.group"), f"DG{dg}: {_word(word, language)}") for dg, word in report.hashes]
    rows.append((Message("cli.verify.issuer"), say(Message(f"issuer.{report.issuer.value}"), language)))
    if report.signer_subject:
        rows.append((Message("cli.verify.signer"), report.signer_subject))
    for label, text in rows:
        print(f"{say(label, language)}: {text}")
    _print_reasons(report.why, language)


def _print_reasons(reasons: Sequence[Message], language: str) -> None:
    for reason in reasons:
        print(f"  {say(reason, language)}")


def _word(word: Word, language: str) -> str:
    return say(Message(f"word.{word.value.replace(' ', '_')}"), language)
