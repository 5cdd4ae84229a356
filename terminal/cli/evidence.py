"""``tram evidence``: the key pair of whoever is to verify evidence files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from terminal.cli.arguments import add_json
from terminal.cli.output import print_json
from terminal.evidence import private_file
from terminal.faults import FaultError
from terminal.messages import say
from terminal.model import Message

HELP = "make the key pair that evidence files are sealed to and opened with"

PUBLIC = ".pub.pem"
"""The ending of the public half's file, beside the private one."""

_MAX_PASSPHRASE = 1024
_SHORTEST = 12


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="keygen")
    keygen = actions.add_parser("keygen", help="a new X25519 key pair: FILE and its public half FILE.pub.pem")
    keygen.add_argument("file", type=Path, metavar="FILE", help="the private key's new file (PKCS#8, PEM)")
    lock = keygen.add_mutually_exclusive_group()
    add_passphrase(lock)
    lock.add_argument("--no-passphrase", action="store_true", help="leave it to the file's rights alone")
    add_json(keygen)


def add_passphrase(parser: argparse._ActionsContainer) -> None:
    """``--passphrase-file FILE``."""
    parser.add_argument(
        "--passphrase-file", type=Path, metavar="FILE", help="its first line is the passphrase (default: asked for)"
    )


def run(args: argparse.Namespace) -> int:
    """Make the pair. Raises FaultError ``usage.bad``."""
    from terminal.evidence.keys import load_recipient, make_key

    public_file = args.file.with_name(args.file.name + PUBLIC)
    private_file.check_new(args.file)
    private_file.check_new(public_file)
    private, public = make_key(None if args.no_passphrase else _new_passphrase(args))
    private_file.write_new(args.file, private)
    private_file.write_new(public_file, public)
    key_id = load_recipient(public).key_id.hex()
    if args.json:
        print_json({"private_key": str(args.file), "public_key": str(public_file), "key_id": key_id})
    else:
        for label, text in (("private", args.file), ("public", public_file), ("key_id", key_id)):
            print(f"{say(Message(f'cli.evidence.{label}'), args.lang)}: {text}")
    return 0


def passphrase_of(args: argparse.Namespace) -> bytes:
    """The passphrase of a key that there is, from the file or the keyboard. Raises FaultError ``usage.bad``."""
    if args.passphrase_file is not None:
        return _first_line(args.passphrase_file)
    return _typed("cli.evidence.passphrase", args.lang)


def _new_passphrase(args: argparse.Namespace) -> bytes:
    if args.passphrase_file is not None:
        found = _first_line(args.passphrase_file)
    else:
        found = _typed("cli.evidence.new_passphrase", args.lang)
        if _typed("cli.evidence.again", args.lang) != found:
            raise FaultError("usage.bad", "the passphrases differ")
    if len(found) < _SHORTEST:
        raise FaultError("usage.bad", f"a passphrase has at least {_SHORTEST} characters")
    return found


def _first_line(file: Path) -> bytes:
    return private_file.read_bounded(file, _MAX_PASSPHRASE).partition(b"\n")[0].rstrip(b"\r")


def _typed(prompt: str, language: str) -> bytes:
    import getpass

    if not sys.stdin.isatty():
        raise FaultError("usage.bad", "--passphrase-file: nobody can be asked here")
    return getpass.getpass(f"{say(Message(prompt), language)}: ").encode()
