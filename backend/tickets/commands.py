"""``tram ticket import`` and its neighbours: what the sell side does on the database itself."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from crypto.errors import MalformedError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from backend.tickets.csv_file import Row
    from crypto.tickets.record import Marks

_DONE, _REFUSED, _USAGE = 0, 1, 2
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_CONFLICT = re.compile(r"C-[A-Z2-7]{16}")
_STANDINGS = MappingProxyType(
    {
        "revoke": ("revoked", "its code is worth nothing any more"),
        "block": ("blocked", "let nobody in with it until unblock"),
        "unblock": ("valid", "let it in again"),
        "cancel": ("cancelled", "it was given back"),
    }
)


def configure(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the arguments of all actions but issue."""
    load = _add(actions, "import", "put the tickets of a CSV file on sale, all or none")
    load.add_argument("file", type=Path, metavar="FILE", help="CSV; the columns are in docs/cli.md")
    load.add_argument("--dry-run", action="store_true", help="only say what is wrong with the file")
    _add(actions, "export", "print the tickets as CSV")
    _product(_add(actions, "product", "say what all tickets of a kind have in common"))
    zone = _add(actions, "zone", "say how many people a place takes and which gates lead there")
    zone.add_argument("zone", type=_name, metavar="ZONE")
    zone.add_argument("--capacity", type=_count, required=True, help="most people at a time")
    zone.add_argument("--gates", type=_names, required=True, metavar="GATE,…", help="the gates that lead there")
    for name, (_, words) in _STANDINGS.items():
        _ticket(_add(actions, name, words))
    _ticket(_add(actions, "pay", "it is paid"))
    _ticket(_add(actions, "bind", "let a card stand for it; reads the ID number from the input"))
    _ticket(_add(actions, "unbind", "let no card stand for it any more"))
    _ticket(_add(actions, "show", "say how it stands and who went in with it"))
    listing = _add(actions, "conflicts", "list admissions that contradict the ledger, or resolve one")
    listing.add_argument("--all", action="store_true", help="also those that are resolved")
    listing.add_argument("--resolve", type=_conflict, metavar="NUMBER", help="note what became of this one")
    listing.add_argument("--as", dest="state", choices=("accepted", "fraud", "open"), help="with --resolve")
    listing.add_argument("--by", metavar="WHO", help="with --resolve: who decided")


def run(args: argparse.Namespace) -> int:
    """Do it; 1 for a wrong file or a number that there is not. Raises what the store and the key files raise."""
    if args.action == "conflicts" and len({value is None for value in (args.resolve, args.state, args.by)}) > 1:
        return _fail(_USAGE, "--resolve, --as and --by belong together")
    actions: Mapping[str, Callable[[argparse.Namespace], int]] = {
        "import": _import,
        "export": _export,
        "product": _put_product,
        "zone": _put_zone,
        "pay": _pay,
        "bind": _bind,
        "unbind": _unbind,
        "show": _show,
        "conflicts": _conflicts,
    }
    return actions.get(args.action, _stand)(args)


def _add(
    actions: argparse._SubParsersAction[argparse.ArgumentParser], name: str, words: str
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=words)
    parser.add_argument("--event", type=_name, required=True, help="the event of the tickets")
    parser.add_argument("--db", metavar="URL", help="database (default: the one of tram backend serve)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _ticket(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ticket", type=_name, metavar="TICKET")


def _product(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("product", type=_name, metavar="PRODUCT")
    parser.add_argument("--audience", required=True, help="for whom, in words (người lớn)")
    parser.add_argument(
        "--gates", type=_names, default=(), metavar="GATE,…", help="the only gates it opens (default: all)"
    )
    parser.add_argument("--per-day", type=_count, help="most uses a day, for passes")
    parser.add_argument("--reentry", action="store_true", help="whoever left may come back without a new use")
    parser.add_argument("--splits", action="store_true", help="a group that may come in parts; a use is a person")
    parser.add_argument("--attention", help="words for the staff, shown with every admission")


def _import(args: argparse.Namespace) -> int:
    from backend.tickets import csv_file, selling

    count = 0

    def counted() -> Iterator[Row]:
        nonlocal count
        for row in csv_file.read(args.file, args.event):
            count += 1
            yield row

    try:
        if args.dry_run:
            for _ in counted():
                pass
        else:
            marks = _marks(args)
            with _database(args) as db:
                selling.load(db, ((row.ticket, row.id_number) for row in counted()), marks, _now())
            # Lines that came in while it was written saw nothing of it.
            with _database(args) as db:
                selling.settle_sold(db, args.event, _now())
    except csv_file.BadFileError as error:
        words = [str(problem) for problem in error.problems]
        if args.json:
            _say({"tickets": 0, "problems": words})
        for line in words:
            sys.stderr.write(f"{line}\n")
        return _fail(_REFUSED, "nothing was imported")
    done = "would be imported" if args.dry_run else "imported"
    _say({"tickets": count, "problems": []} if args.json else f"{count} tickets {done}")
    return _DONE


def _export(args: argparse.Namespace) -> int:
    from backend.tickets import csv_file, selling

    with _database(args) as db:
        csv_file.write(sys.stdout, selling.rows(db, args.event))
    return _DONE


def _put_product(args: argparse.Namespace) -> int:
    from backend.tickets import selling
    from crypto.tickets.rules import Product

    product = Product(
        event=args.event,
        product=args.product,
        audience=args.audience,
        gates=frozenset(args.gates),
        per_day=args.per_day,
        reentry=args.reentry,
        splits=args.splits,
        attention=args.attention,
    )
    with _database(args) as db:
        selling.put_product(db, product, _now())
    return _done(args, {"product": args.product})


def _put_zone(args: argparse.Namespace) -> int:
    from backend.tickets import selling

    with _database(args) as db:
        selling.put_zone(db, args.event, args.zone, args.capacity, args.gates)
    return _done(args, {"zone": args.zone})


def _stand(args: argparse.Namespace) -> int:
    from backend.tickets import selling
    from crypto.tickets.rules import Standing

    standing = Standing(_STANDINGS[args.action][0])
    return _on_ticket(args, lambda db: selling.stand(db, args.event, args.ticket, standing, _now()))


def _pay(args: argparse.Namespace) -> int:
    from backend.tickets import selling

    return _on_ticket(args, lambda db: selling.pay(db, args.event, args.ticket, _now()))


def _bind(args: argparse.Namespace) -> int:
    import getpass

    from backend.tickets import selling
    from crypto.id_number import IdNumber

    # Never an argument: other users see those, and the shell keeps them.
    typed = getpass.getpass("ID number: ") if sys.stdin.isatty() else sys.stdin.readline(64)
    try:
        number = IdNumber(typed.strip())
    except MalformedError as error:
        return _fail(_USAGE, str(error))
    marks = _marks(args)
    return _on_ticket(args, lambda db: selling.bind(db, args.event, args.ticket, number.digits, marks, _now()))


def _unbind(args: argparse.Namespace) -> int:
    from backend.tickets import selling

    with _database(args) as db:
        count = selling.unbind(db, args.event, args.ticket, _now())
    return _done(args, {"ticket": args.ticket, "cards": count})


def _show(args: argparse.Namespace) -> int:
    from backend.tickets import showing

    with _database(args) as db:
        found = showing.ticket(db, args.event, args.ticket)
    if found is None:
        return _fail(_REFUSED, "no such ticket")
    _say(found if args.json else "\n".join(f"{name}: {value}" for name, value in showing.flat(found)))
    return _DONE


def _conflicts(args: argparse.Namespace) -> int:
    from backend.tickets import conflicts, showing
    from backend.tickets.wire import ConflictState

    with _database(args) as db:
        if args.resolve:
            state = ConflictState(args.state)
            if not conflicts.resolve(db, args.event, args.resolve, state, args.by, _now()):
                return _fail(_REFUSED, "no such conflict")
            rows, more = conflicts.one(db, args.event, args.resolve), False
        else:
            rows, more = conflicts.listed(db, args.event, only_open=not args.all)
    if args.json:
        _say({"conflicts": [row.model_dump(mode="json") for row in rows], "more": more})
    else:
        _say("\n".join(showing.line(row) for row in rows) or "no conflicts")
    return _DONE


def _on_ticket(args: argparse.Namespace, work: Callable[[Connection], None]) -> int:
    from backend.tickets.selling import NoTicketError

    try:
        with _database(args) as db:
            work(db)
    except NoTicketError:
        return _fail(_REFUSED, "no such ticket")
    return _done(args, {"ticket": args.ticket})


@contextmanager
def _database(args: argparse.Namespace) -> Iterator[Connection]:
    from backend import places
    from backend.engine.opening import open_store

    store = open_store(args.db or places.default_url())
    try:
        with store.transaction() as db:
            yield db
    finally:
        store.close()


def _marks(args: argparse.Namespace) -> Marks:
    from backend import keys, places
    from crypto.tickets.record import Marks

    url = args.db or places.default_url()
    return Marks(keys.load_server_keys(lambda name: places.beside(url, name)).marks)


def _done(args: argparse.Namespace, what: dict[str, object]) -> int:
    _say({"event": args.event, **what} if args.json else "done")
    return _DONE


def _say(what: object) -> None:
    text = what if isinstance(what, str) else json.dumps(what, ensure_ascii=False)
    sys.stdout.write(f"{text}\n")


def _fail(code: int, words: str) -> int:
    sys.stderr.write(f"tram ticket: {words}\n")
    return code


def _now() -> datetime:
    return datetime.now(UTC)


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise argparse.ArgumentTypeError("1 to 64 of A-Z a-z 0-9 . _ -")
    return text


def _names(text: str) -> tuple[str, ...]:
    return tuple(_name(part) for part in text.split(","))


def _count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", text) or int(text) < 1:
        raise argparse.ArgumentTypeError("a number from 1 to 999999")
    return int(text)


def _conflict(text: str) -> str:
    if not _CONFLICT.fullmatch(text):
        raise argparse.ArgumentTypeError("a number of tram ticket conflicts, C- and 16 letters and figures")
    return text
