"""``tram proof``: proof records read and proven, and the key that they are proven with."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from crypto.errors import IssuerUnknownError, ProofError, SignatureWrongError
from terminal.cli.arguments import add_config, add_json, settings_of
from terminal.cli.output import print_json
from terminal.clock import VIETNAM_TIME
from terminal.faults import FaultError
from terminal.messages import say
from terminal.model import Message

HELP = "verify proof records, and print the key that they are verified with"

_REFUSED = 1
_MAX_FILE = 65_536


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="verify|key")
    verify = actions.add_parser("verify", help="prove a record that was scanned from a slip or taken from the journal")
    verify.add_argument("text", nargs="?", metavar="TEXT", help="TRAMP:…; without it, the first line of the input")
    verify.add_argument("--key", type=Path, action="append", metavar="FILE", help="a terminal's public key (PEM)")
    add_config(verify)
    add_json(verify)
    key = actions.add_parser("key", help="this terminal's public key, as PEM")
    add_config(key)


def run(args: argparse.Namespace) -> int:
    """0 proven (or printed), 1 not proven. Raises FaultError ``usage.bad``, ``file.unusable``, ``secrets.exposed``."""
    return _print_key(args) if args.action == "key" else _verify(args)


def _print_key(args: argparse.Namespace) -> int:
    from crypto.codes.ticket import public_half
    from terminal.records.device_key import device_key

    sys.stdout.write(public_half(device_key(settings_of(args).journal.device_key)).to_pem().decode("ascii"))
    return 0


def _verify(args: argparse.Namespace) -> int:
    from crypto.codes.proof import MAX_TEXT, verify

    text = args.text or sys.stdin.readline(MAX_TEXT + 2)
    try:
        proof = verify(text.rstrip("\r\n"), _keys(args))
    except IssuerUnknownError:
        return _refused(args, "unknown_key")
    except SignatureWrongError:
        return _refused(args, "wrong_signature")
    except ProofError:
        return _refused(args, "no_record")
    said = {
        "device": proof.device,
        "scan_id": proof.scan_id,
        "at": proof.at.isoformat(),
        "state": proof.state,
        "method": proof.method,
        "checks": proof.checks,
        "source": proof.source,
        "reference": proof.reference,
        "as_of": proof.as_of.isoformat() if proof.as_of else None,
        "until": proof.until.isoformat() if proof.until else None,
        "subject": proof.subject.hex() if proof.subject else None,
        "asked": proof.asked.hex() if proof.asked else None,
        "answered": proof.answered.hex() if proof.answered else None,
        "policy": proof.policy,
        "key_id": proof.key_id.hex(),
    }
    if args.json:
        print_json({"proven": True, **said})
        return 0
    print(say(Message("cli.proof.proven"), args.lang))
    print(f"  at: {proof.at.astimezone(VIETNAM_TIME):%d/%m/%Y %H:%M:%S}")
    for name, value in said.items():
        if value and name != "at":
            print(f"  {name}: {value}")
    return 0


def _refused(args: argparse.Namespace, why: str) -> int:
    if args.json:
        print_json({"proven": False, "why": why})
    else:
        print(say(Message(f"cli.proof.{why}"), args.lang))
    return _REFUSED


def _keys(args: argparse.Namespace) -> list[bytes]:
    """Those that were named, else this terminal's own."""
    from crypto.codes.ticket import TicketKey, public_half
    from terminal.records.device_key import device_key

    if not args.key:
        return [public_half(device_key(settings_of(args).journal.device_key)).public]
    keys = []
    for file in args.key:
        try:
            with file.open("rb") as stream:
                keys.append(TicketKey.from_pem(stream.read(_MAX_FILE)).public)
        except OSError as error:
            raise FaultError("file.unusable", f"{file}: {type(error).__name__}") from error
        except ProofError as error:
            raise FaultError("file.unusable", f"{file}: no Ed25519 public key as PEM") from error
    return keys
