"""``tram trust``: the issuers of ID cards that this site accepts. Nothing gets in without somebody's word for it."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from crypto.errors import ProofError
from terminal.cli import trust_import, trust_setup
from terminal.cli.arguments import add_config, add_json, settings_of
from terminal.cli.output import print_json
from terminal.cli.trust_print import anchor_json, certificate_json, crl_json, print_anchor, print_certificate, print_crl
from terminal.cli.trust_print import words as text
from terminal.clock import SystemClock
from terminal.faults import FaultError, file_fault

if TYPE_CHECKING:
    from crypto.trust.anchor import Anchor
    from crypto.trust.store import TrustStore

HELP = "list, add, import and remove accepted issuers of ID cards (CSCA certificates)"

_NOT_ACCEPTED = 1
_SHORTEST = 8


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|show|setup|add|import|crl|remove")
    listing = actions.add_parser("list", help="accepted issuers and revocation lists")
    listing.add_argument("--country", metavar="CC", help="only those of this country, two letters")
    _common(listing)
    show = actions.add_parser("show", help="one accepted issuer, with its certificate in PEM")
    show.add_argument("fingerprint", metavar="FINGERPRINT", help="its SHA-256 fingerprint, or its first eight digits")
    _common(show)
    setup = actions.add_parser("setup", help="accept a root step by step, by comparing its fingerprint")
    trust_setup.configure(setup)
    _places(setup)
    add = actions.add_parser("add", help="accept an issuer whose fingerprint you have from another source")
    add.add_argument("file", type=Path, metavar="FILE", help="certificate, DER or PEM")
    add.add_argument("--fingerprint", metavar="HEX", help="its SHA-256 fingerprint; without it the file's is shown")
    add.add_argument("--words", metavar="TEXT", default="", help="who compared with which source, to be kept")
    _common(add)
    incoming = actions.add_parser("import", help="a master list, a file of certificates, or a revocation list")
    trust_import.configure_import(incoming)
    _common(incoming)
    crl = actions.add_parser("crl", help="a revocation list of an accepted issuer")
    trust_import.configure_crl(crl)
    _common(crl)
    remove = actions.add_parser("remove", help="stop accepting an issuer, or all that came in one file")
    remove.add_argument("fingerprint", metavar="FINGERPRINT", help="SHA-256 of the certificate, list or imported file")
    _common(remove)


def _common(parser: argparse.ArgumentParser) -> None:
    _places(parser)
    add_json(parser)


def _places(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--store", type=Path, metavar="DIR", help="trust store (default: the configured one)")
    add_config(parser)


def run(args: argparse.Namespace) -> int:
    """Do it; 1 when nothing was accepted. Raises FaultError ``trust.…`` or ``usage.bad``."""
    from crypto.trust.store import TrustStore

    actions = {
        "list": _list,
        "show": _show,
        "setup": trust_setup.run,
        "add": _add,
        "import": trust_import.run_import,
        "crl": trust_import.run_crl,
        "remove": _remove,
    }
    directory = args.store or settings_of(args).trust.directory
    try:
        store = TrustStore.open(directory)
    except ProofError as error:
        raise FaultError("trust.unreadable", str(error)) from error
    except OSError as error:
        raise FaultError("trust.unreadable", f"{error.strerror}: {error.filename}") from error
    with _refusals():
        return actions[args.action](args, store)


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    """What the file or the fingerprint was refused for, and files that fail; the output's own failures pass."""
    from crypto.trust.store import FingerprintDiffersError

    try:
        yield
    except FingerprintDiffersError as error:
        raise FaultError("trust.fingerprint", str(error)) from error
    except ProofError as error:
        raise FaultError("trust.refused", str(error)) from error
    except OSError as error:
        if error.filename is None:
            raise
        raise file_fault(error.filename, error) from error


def _list(args: argparse.Namespace, store: TrustStore) -> int:
    now = SystemClock().now()
    anchors = [anchor for anchor in (*store.anchors, *store.links) if _of_country(anchor, args.country)]
    lists = [crl for crl, _ in store.crls]
    if args.json:
        found = [anchor_json(anchor) for anchor in anchors]
        print_json({"anchors": found, "lists": [crl_json(crl, now) for crl in lists]})
        return 0
    for anchor in anchors:
        print_anchor(anchor, args.lang)
    for crl in lists:
        print(f"{text('crl', args.lang)}: ", end="")
        print_crl(crl, now, args.lang)
    if not anchors:
        print(text("none", args.lang))
    return 0


def _of_country(anchor: Anchor, country: str | None) -> bool:
    from crypto.trust.states import country_of

    return country is None or country_of(anchor.certificate) == country.upper()


def _show(args: argparse.Namespace, store: TrustStore) -> int:
    from crypto.trust.store import FingerprintDiffersError

    wanted = "".join(args.fingerprint.replace(":", " ").split()).lower()
    found = [anchor for anchor in (*store.anchors, *store.links) if anchor.fingerprint.startswith(wanted)]
    if len(wanted) < _SHORTEST or len(found) != 1:
        raise FingerprintDiffersError("trust: not the fingerprint of one accepted certificate")
    now, pem = SystemClock().now(), _pem(found[0].certificate.der)
    crl = store.crl_of(found[0].certificate.subject_key)
    if args.json:
        print_json({"anchor": {**anchor_json(found[0]), "pem": pem}, "list": crl_json(crl, now) if crl else None})
        return 0
    print_anchor(found[0], args.lang)
    if crl:
        print_crl(crl, now, args.lang)
    else:
        print(f"  {text('crl_none', args.lang)}")
    print(pem, end="")
    return 0


def _pem(der: bytes) -> str:
    from base64 import encodebytes
    from textwrap import wrap

    body = "\n".join(wrap(encodebytes(der).decode("ascii").replace("\n", ""), 64))
    return f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"


def _add(args: argparse.Namespace, store: TrustStore) -> int:
    from crypto.trust.bundle import read_certificates

    raw = trust_import.read_raw(args.file)
    if args.fingerprint:
        anchor = store.add(raw, args.fingerprint, args.file.name, SystemClock().now(), args.words)
        return _done(args, "added", [anchor], anchor_json(anchor))
    certificates = read_certificates(raw)
    if args.json:
        print_json({"accepted": False, "certificates": [certificate_json(found) for found in certificates]})
        return _NOT_ACCEPTED
    for certificate in certificates:
        print_certificate(certificate, args.lang)
    print(text("compare", args.lang))
    return _NOT_ACCEPTED


def _remove(args: argparse.Namespace, store: TrustStore) -> int:
    before = (*store.anchors, *store.links)
    store.remove(args.fingerprint)
    gone = [anchor for anchor in before if anchor.fingerprint not in store.fingerprints]
    return _done(args, "removed", gone, [anchor_json(anchor) for anchor in gone])


def _done(args: argparse.Namespace, what: str, anchors: list[Anchor], found: object) -> int:
    if args.json:
        print_json({what: found})
    else:
        print(f"{text(what, args.lang)}:")
        for anchor in anchors:
            print_anchor(anchor, args.lang)
    return 0
