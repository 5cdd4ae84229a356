"""``tram backend serve --as bhyt|fhir``: a double on the loopback, with secrets of its own."""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backend.doubles.bhyt_people import People

USER = "01000_MAU"

_PASSWORD_FILE = "bhyt-double.password"  # noqa: S105 - a file name
_TOKEN_FILE = "bhyt-double.token"  # noqa: S105 - a file name
_FHIR_TOKEN_FILE = "fhir-double.token"  # noqa: S105 - a file name
_STAFF_FILE = "bhyt-double-staff.toml"


def run(args: argparse.Namespace) -> int:
    """Answer until the process is asked to end. Raises OSError, SecretFileError."""
    return _serve_fhir(args) if args.kind == "fhir" else _serve_bhyt(args)


def _serve_fhir(args: argparse.Namespace) -> int:
    from backend import keys, places
    from backend.doubles.fhir import ID_SYSTEM, INSURER, MEMBER_SYSTEM, create_app
    from backend.sample import members
    from backend.server import LOOPBACK, listen, serve_until_signal
    from crypto.tickets.rules import day_of

    token = places.beside(args.db or places.default_url(), _FHIR_TOKEN_FILE)
    with listen(args.port) as listener:
        found = {
            "url": f"http://{LOOPBACK}:{listener.getsockname()[1]}",
            "token_file": str(token),
            "insurer": INSURER,
            "id_system": ID_SYSTEM,
            "member_system": MEMBER_SYSTEM,
        }
        line = "SIMULATED payer, invented people: {url}  token: {token_file}".format_map(found)
        words = json.dumps({"simulated": True, **found}) if args.json else line
        app = create_app(members(day_of(_now())), keys.load_token(token), _now)
        serve_until_signal(app, listener, lambda: _say(words), date_header=False)
    return 0


def _serve_bhyt(args: argparse.Namespace) -> int:
    from backend import keys, places
    from backend.doubles.bhyt import Gateway, Secrets, create_app
    from backend.doubles.bhyt_people import People
    from backend.server import LOOPBACK, listen, serve_until_signal

    url = args.db or places.default_url()
    password, token, staff = (places.beside(url, name) for name in (_PASSWORD_FILE, _TOKEN_FILE, _STAFF_FILE))
    people = People.read()
    account = Secrets(USER, keys.load_token(password), keys.load_token(token))
    _write_staff(staff, people)
    with listen(args.port) as listener:
        address = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        found = {
            "url": address,
            "relay_url": f"{address}/relay",
            "user": USER,
            "password_file": str(password),
            "staff_file": str(staff),
            "token_file": str(token),
        }
        words = json.dumps({"simulated": True, **found}) if args.json else _line(found)
        app = create_app(Gateway(people, account, _now))
        serve_until_signal(app, listener, lambda: _say(words), date_header=False)
    return 0


def _write_staff(file: Path, people: People) -> None:
    """Who of the invented staff asks, as ``bhyt.staff_file`` wants it; an existing file stays."""
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    number, name = next(iter(people.staff.items()))
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(f'name = "{name}"\nid_number = "{number}"\n')


def _line(found: dict[str, str]) -> str:
    words = "SIMULATED gateway, invented people: {url}  user: {user}  password: {password_file}  staff: {staff_file}"
    return words.format_map(found) + "  relay: {relay_url}  token: {token_file}".format_map(found)


def _now() -> datetime:
    return datetime.now(UTC)


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()
