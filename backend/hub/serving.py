"""``tram backend serve --hub``: what a hub needs to know before it answers, and how it runs."""

from __future__ import annotations

import argparse
import base64
import binascii
import json
import secrets
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from backend.engine.store import Store
    from backend.hub.exchange import Exchange
    from backend.keys import ServerKeys

ENROLMENT = "enrolment.json"
DEVICE_KEY = "device.key"
DATABASE = "hub.sqlite"

_KEY = 32


class HubError(ValueError):
    """This cannot be a hub yet; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Site:
    """What ``tram enrol`` wrote for this hub. ``keys``: its own key signs its ledger and its receipts; the key of marks
    is the upstream server's, so that a card that stands for a ticket is found."""

    device: str
    event: str
    token: str = field(repr=False)
    keys: ServerKeys = field(repr=False)


def load_site(token_file: Path) -> Site:
    """The enrolment beside ``token_file``. Raises HubError, SecretFileError, OSError."""
    from backend.keys import ServerKeys, load_device_key, read_private

    try:
        token = read_private(token_file).decode("ascii").strip()
        told = json.loads(read_private(token_file.with_name(ENROLMENT)))
        device, role, event, marks = told["device"], told["role"], told["event"], told["snapshot_key"]
        key = base64.b64decode(marks, validate=True)
    except FileNotFoundError as error:
        raise HubError(f"{error.filename} is missing: run tram enrol URL --device NAME --out FOLDER first") from None
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise HubError(f"{token_file.with_name(ENROLMENT)} is no enrolment: enrol this hub again") from None
    if role != "hub" or not isinstance(event, str) or not isinstance(device, str) or len(key) != _KEY:
        raise HubError("this is no hub's enrolment: tram backend device add NAME --role hub --event E")
    return Site(device, event, token, ServerKeys(load_device_key(token_file.with_name(DEVICE_KEY)), key))


def run(args: argparse.Namespace, now: Callable[[], datetime], say: Callable[[str], None]) -> int:
    """Answer until the process is asked to end. Raises HubError and what ``tram backend serve`` raises."""
    from backend.devices.tls import binding
    from backend.engine.opening import open_store
    from backend.hub.turns import Turns
    from backend.server import listen, serve_until_signal

    if args.upstream is None or args.token_file is None or not _is_server(args.upstream):
        raise HubError("a hub needs --upstream https://HOST[:PORT] and the --token-file that tram enrol wrote")
    bound = binding(args.host, args.tls_cert, args.tls_key)
    site = load_site(args.token_file)
    url = args.db or f"sqlite:///{args.token_file.absolute().with_name(DATABASE)}"
    with closing(open_store(url)) as store, listen(args.port, bound.host) as listener:
        found = {"url": bound.url(listener.getsockname()[1]), "hub": site.device, "event": site.event}
        words = json.dumps(found) if args.json else "{url}  hub {hub} of event {event}".format_map(found)
        app, exchange = assembled(store, site, args.upstream, args.ca, now)
        turns = Turns(exchange.run)
        turns.start()
        try:
            serve_until_signal(app, listener, lambda: say(words), bound.tls)
        finally:
            turns.stop(2)
            exchange.close()
    return 0


def assembled(
    store: Store, site: Site, url: str, ca_file: Path | None, now: Callable[[], datetime]
) -> tuple[ASGIApp, Exchange]:
    """The hub's application, and its exchange with the server at ``url``."""
    from backend.app import create_app
    from backend.hub.exchange import Exchange, Self
    from backend.hub.face import HubFace
    from backend.hub.own_lines import Stamper
    from backend.hub.upstream import Account, Upstream
    from crypto.tickets.record import Marks

    upstream = Upstream(Account(url, site.device, site.token, ca_file))
    own = Self(site.device, site.event, site.keys.signing, Marks(site.keys.marks))
    stamper = Stamper(secrets.token_hex(8), time.monotonic, None, None)
    exchange = Exchange(store, upstream, own, now, stamper)
    return HubFace(create_app(store, None, now, site.keys), exchange.knows), exchange


def _is_server(url: str) -> bool:
    """https; http only where the token stays on this computer."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    here = parts.scheme == "http" and host in ("127.0.0.1", "::1", "localhost")
    return bool(host) and not parts.query and "@" not in parts.netloc and (parts.scheme == "https" or here)
