"""``tram enrol``: make this terminal known to a server, with the one-time code that its operator gave.

A certificate that nobody vouches for is shown and accepted by a person or not at all; before that nothing is sent.
"""

from __future__ import annotations

import argparse
import hmac
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from config.load import site_file
from config.rules import is_server_url
from terminal import registry
from terminal.cli.arguments import add_config, add_json, settings_of
from terminal.cli.output import print_json
from terminal.enrolment import FILE, TOKEN_FILE, keep, put
from terminal.faults import FaultError
from terminal.messages import say
from terminal.model import Message

if TYPE_CHECKING:
    from terminal.enrolling import Enroller, ShownCertificate
    from terminal.enrolment import Enrolment

    BuildEnroller = Callable[[str, Path | None], Enroller]

HELP = "make this terminal known to a server, with a one-time code"

CA_FILE = "backend-ca.pem"

_NOT_ACCEPTED = 1
_DEADLINE = 20.0
_GROUP = 4
_CODE_MOST = 64
_YES = frozenset({"yes", "có", "co"})


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("url", metavar="URL", help="the server: https://HOST[:PORT]")
    parser.add_argument("--code", help="the one-time code (default: asked for, so that no list of commands keeps it)")
    parser.add_argument("--device", metavar="NAME", help="this device's name at the server (default: the configured)")
    parser.add_argument("--ca", type=Path, metavar="FILE", help="the authority that signed the server's certificate")
    parser.add_argument("--fingerprint", metavar="HEX", help="accept the server's own certificate with this SHA-256")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where to write (default: beside the site's file)")
    add_config(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Do it; 1 when the server's certificate is not accepted. Raises FaultError ``enrol.…``, ``net.…``, ConfigError."""
    from terminal.records.device_key import device_key

    if not is_server_url(args.url):
        raise FaultError("usage.bad", "https://HOST[:PORT] | http://127.0.0.1[:PORT]")
    settings, folder = settings_of(args), _folder(args)
    build = registry.enroller("reference")
    try:
        authority = _authority(args, build, folder / CA_FILE)
    except _NotAcceptedError:
        print(_words("not_accepted", args.lang), file=sys.stderr)
        return _NOT_ACCEPTED
    code = args.code or _ask("code", args.lang)
    if not code:
        raise FaultError("enrol.refused")
    own_key = folder / "device.key" if args.out else settings.journal.device_key
    public = device_key(own_key).public_key().public_bytes_raw()
    enrolled = build(args.url, authority).enrol(code[:_CODE_MOST], args.device or settings.device, public, _DEADLINE)
    keep(folder / TOKEN_FILE, enrolled.token, enrolled.enrolment)
    _tell(args, enrolled.enrolment, folder, authority)
    return 0


class _NotAcceptedError(Exception):
    """Nobody accepted the server's certificate."""


def _folder(args: argparse.Namespace) -> Path:
    if args.out is not None:
        return Path(args.out).absolute()
    site = site_file(args.config, os.environ)
    if site is not None:
        return site.parent
    import platformdirs

    return platformdirs.user_config_path("tram", appauthor=False)


def _authority(args: argparse.Namespace, build: BuildEnroller, to: Path) -> Path | None:
    """Who vouches for the server; asked of the operator where nobody does. Raises _NotAcceptedError, FaultError."""
    named: Path | None = args.ca
    server = build(args.url, named)
    try:
        server.probe(_DEADLINE)
    except FaultError as error:
        if error.fault.code != "net.tls" or named is not None:
            raise
    else:
        return named
    shown = server.certificate(_DEADLINE)
    if not shown.own_authority:
        raise FaultError("net.tls", "--ca FILE")
    if not _accepted(args, shown):
        raise _NotAcceptedError
    put(to, shown.pem.encode("ascii"))
    try:
        build(args.url, to).probe(_DEADLINE)
    except FaultError:
        # For another name, or expired: accepting it would not have helped, so it must not lie around either.
        to.unlink()
        raise
    return to


def _accepted(args: argparse.Namespace, shown: ShownCertificate) -> bool:
    if args.fingerprint is not None:
        plain = "".join(args.fingerprint.replace(":", " ").split()).lower()
        return hmac.compare_digest(plain.encode(), shown.fingerprint.encode())
    digits = shown.fingerprint
    groups = " ".join(digits[at : at + _GROUP] for at in range(0, len(digits), _GROUP))
    print(_words("unknown", args.lang, subject=shown.subject, fingerprint=groups), file=sys.stderr)
    return _ask("accept", args.lang).casefold() in _YES


def _tell(args: argparse.Namespace, told: Enrolment, folder: Path, authority: Path | None) -> None:
    """What was written, and what is to be set."""
    backend = {"url": args.url, "token_file": str(folder / TOKEN_FILE), "ca_file": str(authority) if authority else ""}
    backend |= {"event": told.event or "", "gate": told.gate or ""}
    lines = [f"device = {json.dumps(told.device)}", "", "[backend]"]
    lines += [f"{key} = {json.dumps(value)}" for key, value in backend.items() if value]
    if args.json:
        about = {"device": told.device, "role": told.role, "event": told.event, "gate": told.gate}
        files = {"token_file": str(folder / TOKEN_FILE), "enrolment_file": str(folder / FILE)}
        print_json({**about, **files, "ca_file": str(authority) if authority else None, "settings": lines})
        return
    print(_words("done", args.lang, device=told.device, role=told.role, folder=str(folder)))
    if told.role == "terminal":
        print(_words("set", args.lang))
        print("\n".join(lines))


def _words(key: str, language: str, **params: str) -> str:
    return say(Message.of(f"cli.enrol.{key}", **params), language)


def _ask(key: str, language: str) -> str:
    """One line from the operator; the end of the input counts as an empty one."""
    print(f"{_words(key, language)}: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()
