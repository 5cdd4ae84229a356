"""``tram verify``: what was read before proven again, without any device: a folder of files, or an evidence file."""

from __future__ import annotations

import argparse
from pathlib import Path

from terminal.cli import evidence_report, proof_report
from terminal.cli.arguments import add_config, add_json, add_trust, trust_of
from terminal.cli.evidence import add_passphrase
from terminal.cli.output import print_json
from terminal.clock import SystemClock
from terminal.evidence.private_file import read_bounded
from terminal.faults import FaultError

HELP = "prove again what was read: an evidence file, or EF.SOD.bin and DG1.bin … DG16.bin in a folder"

SOD_FILE = "EF.SOD.bin"
_MAX_FILE = 4 << 20
_NOT_PROVEN = 1


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("path", type=Path, metavar="DIR_OR_FILE", help="folder of the files, or an evidence file")
    parser.add_argument("--key", type=Path, metavar="FILE", help="private key that opens the evidence file (PEM)")
    add_passphrase(parser)
    add_trust(parser)
    add_config(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print the report; 0 when everything is successful and the issuer trusted, 1 otherwise.

    Raises FaultError ``usage.bad`` (no security object there, no key) or ``trust.unreadable``.
    """
    if args.path.is_file():
        return evidence_report.verify(args)
    from terminal.proof.passive import passive_authentication

    sod, files = read_files(args.path)
    now = SystemClock().now()
    report = passive_authentication(sod, files, trust_of(args), now)
    if args.json:
        print_json({"passive_authentication": proof_report.to_json(report, now)})
    else:
        print("\n".join(proof_report.to_lines(report, args.lang)))
    return 0 if proof_report.proven(report) else _NOT_PROVEN


def read_files(directory: Path) -> tuple[bytes, dict[int, bytes]]:
    """The security object and the data groups of a folder. Raises FaultError ``usage.bad``."""
    if not (directory / SOD_FILE).is_file():
        missing = f"no {SOD_FILE} in it" if directory.is_dir() else f"no evidence file, and no folder with {SOD_FILE}"
        raise FaultError("usage.bad", f"{directory}: {missing}")
    groups = {number: directory / f"DG{number}.bin" for number in range(1, 17)}
    found = {number: read_bounded(file, _MAX_FILE) for number, file in groups.items() if file.is_file()}
    return read_bounded(directory / SOD_FILE, _MAX_FILE), found
