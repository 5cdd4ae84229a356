"""``tram backend``: the reference server, the devices that it knows, its certificate and its machine-readable form."""

from __future__ import annotations

import argparse
import functools
import json
import socket
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from backend.devices import certificate, commands

if TYPE_CHECKING:
    from backend.sample import SampleTicket

HELP = "run the reference backend, and enrol the devices that ask it"

_DONE, _USAGE, _DEVICE = 0, 2, 3
_KINDS = ("reference", "bhyt", "fhir")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``tram backend``."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    serve = actions.add_parser("serve", help="answer terminals until Ctrl-C or SIGTERM")
    serve.add_argument(
        "--as", dest="kind", choices=_KINDS, default="reference", help="bhyt, fhir: a simulated gateway or payer"
    )
    serve.add_argument(
        "--db", metavar="URL", help="sqlite:///FILE (default: in the user's data folder) or postgresql://…"
    )
    serve.add_argument("--workers", type=_workers, default=1, help="processes that answer; PostgreSQL only (default 1)")
    serve.add_argument("--port", type=_port, default=0, help="0 (default) takes any free port")
    serve.add_argument("--host", default="127.0.0.1", help="address to answer on; beyond this computer only with TLS")
    serve.add_argument("--tls-cert", type=Path, metavar="FILE", help="the server's certificate (PEM)")
    serve.add_argument("--tls-key", type=Path, metavar="FILE", help="its key (PEM, without password)")
    serve.add_argument("--hub", action="store_true", help="answer a house's gates while the server for all is away")
    serve.add_argument("--upstream", metavar="URL", help="hub: the server for all")
    serve.add_argument("--ca", type=Path, metavar="FILE", help="hub: the authority that signed its certificate")
    serve.add_argument("--sample", action="store_true", help="put invented members and tickets into the database")
    serve.add_argument("--token-file", type=Path, help="bearer token, made when missing (default: beside the database)")
    serve.add_argument("--key", type=Path, help="ticket signing key, made when missing (default: beside the database)")
    serve.add_argument("--json", action="store_true", help="say as one JSON object where it listens")
    commands.configure(actions.add_parser("device", help="add, list and revoke the devices that may ask"))
    certificate.configure(actions.add_parser("certificate", help="make a certificate for a server in the house"))
    actions.add_parser("openapi", help="print the OpenAPI document")


def run(args: argparse.Namespace) -> int:
    """Do what was asked; 0 done, 2 wrong arguments or files, 3 the port or the database cannot be had."""
    actions = {
        "serve": _run_serve,
        "device": commands.run,
        "certificate": certificate.run,
        "openapi": lambda _args: _openapi(),
    }
    try:
        return _told(actions[args.action], args)
    except ModuleNotFoundError as error:
        return _fail(_USAGE, f"{error.name} is not installed: pip install 'tram-terminal[backend]'")


def openapi_text() -> str:
    """The OpenAPI document of the protocol, as committed in backend/openapi.json."""
    from backend.app import describe

    return json.dumps(describe(), indent=2, sort_keys=True) + "\n"


def _openapi() -> int:
    sys.stdout.write(openapi_text())
    return _DONE


def _told(action: Callable[[argparse.Namespace], int], args: argparse.Namespace) -> int:
    from sqlalchemy.exc import SQLAlchemyError

    from backend.devices.tls import BindingError
    from backend.engine.errors import BusyError, NewerDatabaseError, UrlError
    from backend.hub.serving import HubError
    from backend.keys import SecretFileError
    from backend.workers import WorkerError

    try:
        return action(args)
    except (UrlError, NewerDatabaseError, SecretFileError, BindingError, HubError) as error:
        return _fail(_USAGE, str(error))
    except (SQLAlchemyError, BusyError) as error:
        return _fail(_DEVICE, f"the database cannot be used ({type(error).__name__}): check --db and who else uses it")
    except WorkerError:
        return _fail(_DEVICE, "a worker could not answer: what it says above")
    except OSError as error:
        return _fail(_DEVICE, f"{error.strerror or error}: choose another --port, or check the files' folder")


def _run_serve(args: argparse.Namespace) -> int:
    if args.hub:
        from backend.hub import serving

        return serving.run(args, _now, _say)
    return _run_server(args) if args.kind == "reference" else _run_double(args)


def _run_server(args: argparse.Namespace) -> int:
    from backend import keys, places
    from backend.devices.tls import binding
    from backend.engine.errors import UrlError
    from backend.engine.opening import open_store
    from backend.engine.urls import database_file
    from backend.sample import seed
    from backend.server import listen
    from backend.workers import Workers

    bound = binding(args.host, args.tls_cert, args.tls_key)
    url = args.db or places.default_url()
    if args.workers > 1 and database_file(url) is not None:
        raise UrlError("--workers is for PostgreSQL: one SQLite file has one writer, in one process")
    token_file = args.token_file or places.beside(url, keys.TOKEN_FILE)
    key_file = args.key or places.beside(url, keys.KEY_FILE)
    key = keys.load_signing_key(key_file)
    # Here too, so that workers find what must be made once.
    keys.load_token(token_file)
    keys.load_server_keys(lambda name: places.beside(url, name))
    with closing(open_store(url)) as store:
        samples = seed(store, key, _now()) if args.sample else ()
    with listen(args.port, bound.host) as listener:
        address = bound.url(listener.getsockname()[1])
        found = {"url": address, "token_file": token_file, "ticket_key": keys.public_key_file(key_file)}
        words = _ready_words({name: str(value) for name, value in found.items()}, samples, as_json=args.json)
        answer = functools.partial(_answer, args, url, token_file)
        if args.workers > 1:
            Workers(args.workers, answer, listener).run(lambda: _say(words))
        else:
            answer(listener, lambda: _say(words))
    return _DONE


def _answer(
    args: argparse.Namespace, url: str, token_file: Path, listener: socket.socket, ready: Callable[[], None]
) -> None:
    """What each process that answers does until it is asked to end."""
    from backend import keys, places
    from backend.app import create_app
    from backend.devices.tls import binding
    from backend.engine.opening import open_store
    from backend.server import serve_until_signal

    token, server_keys = keys.load_token(token_file), keys.load_server_keys(lambda name: places.beside(url, name))
    with closing(open_store(url)) as store:
        app = create_app(store, token, _now, server_keys)
        serve_until_signal(app, listener, ready, binding(args.host, args.tls_cert, args.tls_key).tls)


def _run_double(args: argparse.Namespace) -> int:
    from backend.doubles import serving

    return serving.run(args) if args.host == "127.0.0.1" else _fail(_USAGE, "a double answers on 127.0.0.1 only")


def _ready_words(found: dict[str, str], samples: tuple[SampleTicket, ...], *, as_json: bool) -> str:
    if not as_json:
        return "{url}  token: {token_file}  ticket key: {ticket_key}".format_map(found)
    tickets = [
        {
            "ticket": sample.ticket.ticket,
            "event": sample.ticket.event,
            "product": sample.ticket.product,
            "admits": sample.ticket.admits,
            "expected": sample.expected,
            "text": sample.text,
        }
        for sample in samples
    ]
    return json.dumps({**found, "sample_tickets": tickets})


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def _fail(code: int, words: str) -> int:
    sys.stderr.write(f"tram backend: {words}\n")
    return code


def _now() -> datetime:
    return datetime.now(UTC)


def _workers(text: str) -> int:
    count = int(text)
    if not 1 <= count <= 64:
        raise argparse.ArgumentTypeError("workers are a number from 1 to 64")
    return count


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65_535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return port
