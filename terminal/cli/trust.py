"""``tram trust``: the issuers of ID cards that this site accepts. Nothing gets in without its fingerprint."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from crypto.errors import ProofError
from terminal.cli.arguments import add_config, add_json, settings_of
from terminal.cli.output import print_json
from terminal.clock import SystemClock
from terminal.faults import FaultError
from terminal.messages import say
from terminal.model import Message

if TYPE_CHECKING:
    from crypto.trust.certificate import Certificate
    from crypto.trust.store import Anchor, TrustStore

HELP = "list, add and remove accepted issuers of ID cards (CSCA certificates)"

_NOT_ACCEPTED = 1
_MAX_FILE = 1 << 20


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|add|remove")
    _common(actions.add_parser("list", help="accepted issuers"))
    add = actions.add_parser("add", help="accept an issuer whose fingerprint you have from another source")
    add.add_argument("file", type=Path, metavar="FILE", help="certificate, DER or PEM")
    add.add_argument("--fingerprint", metavar="HEX", help="its SHA-256 fingerprint; without it the file's is shown")
    _common(add)
    remove = actions.add_parser("remove", help="stop accepting an issuer")
    remove.add_argument("fingerprint", metavar="FINGERPRINT", help="its SHA-256 fingerprint")
    _common(remove)


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--store", type=Path, metavar="DIR", help="trust store (default: the configured one)")
    add_config(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Do it; 1 when a certificate was shown but not accepted. Raises FaultError ``trust.…`` or ``usage.bad``."""
    from crypto.trust.store import TrustStore

    directory = args.store or settings_of(args).trust.directory
    with _trust_faults():
        store = TrustStore.open(directory)
        if args.action == "list":
            return _list(args, store)
        if args.action == "remove":
            return _remove(args, store)
        return _add(args, store)


@contextlib.contextmanager
def _trust_faults() -> Iterator[None]:
    from crypto.trust.store import TrustRefusedError

    try:
        yield
    except TrustRefusedError as error:
        raise FaultError("trust.fingerprint", str(error)) from error
    except ProofError as error:
        raise FaultError("trust.unreadable", str(error)) from error
    except OSError as error:
        raise FaultError("trust.unreadable", f"{error.strerror}: {error.filename}") from error


def _list(args: argparse.Namespace, store: TrustStore) -> int:
    if args.json:
        print_json({"anchors": [_anchor_json(anchor) for anchor in store.anchors]})
        return 0
    for anchor in store.anchors:
        _print_certificate(anchor.certificate, args.lang)
        _print_row("source", f"{anchor.source}, {anchor.added_at:%d/%m/%Y}", args.lang)
    if not store.anchors:
        print(say(Message("cli.trust.none"), args.lang))
    return 0


def _add(args: argparse.Namespace, store: TrustStore) -> int:
    from crypto.trust.store import read_certificates

    raw = _read(args.file)
    if args.fingerprint:
        anchor = store.add(raw, args.fingerprint, args.file.name, SystemClock().now())
        return _done(args, "added", anchor)
    certificates = read_certificates(raw)
    if args.json:
        print_json({"accepted": False, "certificates": [_certificate_json(found) for found in certificates]})
        return _NOT_ACCEPTED
    for certificate in certificates:
        _print_certificate(certificate, args.lang)
    print(say(Message("cli.trust.compare"), args.lang))
    return _NOT_ACCEPTED


def _remove(args: argparse.Namespace, store: TrustStore) -> int:
    before = {anchor.fingerprint: anchor for anchor in store.anchors}
    store.remove(args.fingerprint)
    (gone,) = before.keys() - {anchor.fingerprint for anchor in store.anchors}
    return _done(args, "removed", before[gone])


def _done(args: argparse.Namespace, what: str, anchor: Anchor) -> int:
    if args.json:
        print_json({what: _anchor_json(anchor)})
    else:
        print(f"{say(Message(f'cli.trust.{what}'), args.lang)}:")
        _print_certificate(anchor.certificate, args.lang)
    return 0


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(_MAX_FILE)
    except OSError as error:
        raise FaultError("usage.bad", f"{file}: {error.strerror}") from error


def _anchor_json(anchor: Anchor) -> dict[str, object]:
    added = anchor.added_at.isoformat() if anchor.added_at else None
    return {**_certificate_json(anchor.certificate), "source": anchor.source, "added_at": added}


def _certificate_json(certificate: Certificate) -> dict[str, object]:
    return {
        "fingerprint": certificate.fingerprint,
        "subject": certificate.subject,
        "not_before": certificate.not_before.isoformat(),
        "not_after": certificate.not_after.isoformat(),
    }


def _print_certificate(certificate: Certificate, language: str) -> None:
    pairs = certificate.fingerprint.upper()
    print(certificate.subject)
    _print_row("sha256", ":".join(pairs[at : at + 2] for at in range(0, 64, 2)), language)
    _print_row("valid", f"{certificate.not_before:%d/%m/%Y} – {certificate.not_after:%d/%m/%Y}", language)


def _print_row(label: str, text: str, language: str) -> None:
    print(f"  {say(Message(f'cli.trust.{label}'), language)}: {text}")
