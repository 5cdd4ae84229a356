"""``tram ticket issue``: signed tickets as text, JSON or QR pictures, registered in a backend's database if asked.

The other actions of ``tram ticket`` stand in backend.tickets.commands.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from backend.tickets import commands
from backend.when import begins, ends
from crypto.codes.ticket import Form, public_half
from crypto.errors import MalformedError
from crypto.tickets.rules import VIETNAM

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from backend.tickets.sold import SoldTicket

HELP = "issue signed tickets, and put tickets on sale"

_DONE, _USAGE, _DEVICE = 0, 2, 3
_MAX_COUNT = 100_000
_FORMS = {"base45": Form.BASE45, "base32": Form.BASE32}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``tram ticket``."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    issue = actions.add_parser("issue", help="make signed tickets")
    issue.add_argument("--event", required=True, help="event id, A-Z a-z 0-9 . _ - (at most 64)")
    issue.add_argument("--product", required=True, help="product id, of the same form")
    issue.add_argument("--audience", help="for whom the product is, in words, for --db (người lớn)")
    issue.add_argument("--admits", type=int, default=1, help="how many people one ticket admits (default 1)")
    issue.add_argument("--valid-from", type=_begin, metavar="WHEN", help="yyyy-mm-dd or a time with offset (today)")
    issue.add_argument("--valid-to", type=_end, metavar="WHEN", help="last day, or the moment it ends (the first day)")
    issue.add_argument("--issuer", default="tram", help="issuer id (default tram)")
    issue.add_argument("--key", type=Path, help="signing key, made when missing (default: beside the database)")
    issue.add_argument("--form", choices=sorted(_FORMS), default="base45", help="base32 is for keyboard-mode scanners")
    issue.add_argument("--count", type=int, default=1, help="how many tickets (default 1)")
    issue.add_argument("--db", metavar="URL", help="register the tickets there, as in tram backend serve")
    issue.add_argument("--png", type=Path, metavar="FILE", help="also as QR picture; with --count FILE-1.png, …")
    issue.add_argument("--json", action="store_true", help="print one JSON object")
    commands.configure(actions)


def run(args: argparse.Namespace) -> int:
    """Do it; 0 done, 1 no such ticket or a wrong CSV file, 2 wrong arguments or files, 3 a file or the database."""
    try:
        return _done_or_explained(_issue if args.action == "issue" else commands.run, args)
    except ModuleNotFoundError as error:
        return _fail(_USAGE, f"{error.name} is not installed: pip install 'tram-terminal[backend]'")


def _done_or_explained(action: Callable[[argparse.Namespace], int], args: argparse.Namespace) -> int:
    from sqlalchemy.exc import SQLAlchemyError

    from backend.engine.errors import BusyError, NewerDatabaseError, UrlError
    from backend.keys import SecretFileError

    try:
        return action(args)
    except (UrlError, NewerDatabaseError, SecretFileError) as error:
        return _fail(_USAGE, str(error))
    except MalformedError as error:
        return _fail(_USAGE, f"{error}: see tram ticket issue --help")
    except (SQLAlchemyError, BusyError) as error:
        return _fail(_DEVICE, f"the database cannot be used ({type(error).__name__}): check --db and who else uses it")
    except OSError as error:
        return _fail(_DEVICE, f"{error.strerror or error}: check the folders of --key, --db and --png, and the file")


def _issue(args: argparse.Namespace) -> int:
    from backend import keys, places
    from backend.signing import signed

    if not 1 <= args.count <= _MAX_COUNT:
        raise MalformedError(f"--count is a number from 1 to {_MAX_COUNT}")
    key_file = args.key or places.beside(args.db or places.default_url(), keys.KEY_FILE)
    key = keys.load_signing_key(key_file)
    sold = _sold(args)
    texts = [signed(ticket, args.issuer, key, _FORMS[args.form]) for ticket in sold]
    if args.db:
        _register(args, sold)
    pictures = _draw(args.png, texts) if args.png else [None] * len(texts)
    if args.json:
        rows = [_row(*each) for each in zip(sold, texts, pictures, strict=True)]
        _print_json(rows, key, keys.public_key_file(key_file))
    else:
        sys.stdout.write("".join(f"{text}\n" for text in texts))
    return _DONE


def _sold(args: argparse.Namespace) -> list[SoldTicket]:
    from backend.signing import new_ticket_id
    from backend.tickets.sold import SoldTicket

    begin: datetime = args.valid_from or _begin(datetime.now(VIETNAM).date().isoformat())
    end: datetime = args.valid_to or _end(begin.astimezone(VIETNAM).date().isoformat())
    return [SoldTicket(args.event, new_ticket_id(), args.product, args.admits, begin, end) for _ in range(args.count)]


def _register(args: argparse.Namespace, sold: list[SoldTicket]) -> None:
    from backend.engine.opening import open_store
    from backend.tickets import selling
    from crypto.tickets.rules import Product

    store, now = open_store(args.db), datetime.now(UTC)
    try:
        with store.transaction() as db:
            if args.audience:
                selling.put_product(db, Product(args.event, args.product, args.audience), now)
            selling.add_tickets(db, sold, now)
    finally:
        store.close()


def _draw(path: Path, texts: list[str]) -> list[Path]:
    from backend.picture import save_qr

    numbered = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in range(1, len(texts) + 1))
    files = [path] if len(texts) == 1 else list(numbered)
    for file, text in zip(files, texts, strict=True):
        save_qr(text, file)
    return files


def _row(ticket: SoldTicket, text: str, picture: Path | None) -> dict[str, object]:
    return {
        "ticket": ticket.ticket,
        "event": ticket.event,
        "product": ticket.product,
        "admits": ticket.admits,
        "valid_from": ticket.valid_from.isoformat(),
        "valid_to": ticket.valid_to.isoformat(),
        "text": text,
        "png": str(picture) if picture else None,
    }


def _print_json(rows: list[dict[str, object]], key: Ed25519PrivateKey, key_file: Path) -> None:
    public = {"ticket_key": str(key_file), "key_id": public_half(key).key_id.hex()}
    sys.stdout.write(json.dumps({"tickets": rows, **public}) + "\n")


def _begin(text: str) -> datetime:
    return _written(begins, text)


def _end(text: str) -> datetime:
    return _written(ends, text)


def _written(read: Callable[[str], datetime], text: str) -> datetime:
    try:
        return read(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _fail(code: int, words: str) -> int:
    sys.stderr.write(f"tram ticket: {words}\n")
    return code
