"""``tram backend device``: add, list and revoke devices."""

from __future__ import annotations

import argparse
import json
import re
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from backend.devices.book import Device

_DONE, _REFUSED = 0, 1
_ROLES = ("terminal", "hub", "supervisor", "seller")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    actions = parser.add_subparsers(dest="device_action", required=True, metavar="add|list|revoke")
    add = actions.add_parser("add", help="a new device; prints the one-time code for tram enrol")
    add.add_argument("name", type=_name, metavar="NAME", help="the device's own name; its ledger is kept under it")
    add.add_argument("--role", choices=_ROLES, default="terminal", help="what it may ask (default: terminal)")
    add.add_argument("--event", type=_name, help="the only event that it may ask about (default: all)")
    add.add_argument("--gate", type=_name, help="told to the device when it enrols")
    add.add_argument("--again", action="store_true", help="a new code for a device that is enrolled already")
    _common(add)
    _common(actions.add_parser("list", help="all devices, and when each was seen last"))
    revoke = actions.add_parser("revoke", help="refuse a device from now on")
    revoke.add_argument("name", type=_name, metavar="NAME")
    _common(revoke)


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--db", metavar="URL", help="database (default: the one of tram backend serve)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Do it; 1 when the device is enrolled already or there is none of that name. Raises what the store raises."""
    from backend import places
    from backend.engine.opening import open_store

    store = open_store(args.db or places.default_url())
    try:
        with store.transaction() as db:
            return {"add": _add, "list": _list, "revoke": _revoke}[args.device_action](args, db)
    finally:
        store.close()


def _add(args: argparse.Namespace, db: Connection) -> int:
    from backend.devices import book
    from backend.devices.codes import LIFE
    from backend.devices.identity import Role

    now = _now()
    try:
        code = book.add(db, args.name, Role(args.role), now, event=args.event, gate=args.gate, again=args.again)
    except book.EnrolledError:
        return _refuse(
            f"{args.name} is enrolled: take another name for another device, or add --again "
            "when this one lost its token and still has its own ledger"
        )
    until = now + LIFE
    said = {"device": args.name, "role": args.role, "code": code, "valid_until": until.isoformat()}
    _say(said if args.json else f"{args.name} ({args.role})  code: {code}  until {until:%Y-%m-%d %H:%M} UTC")
    return _DONE


def _list(args: argparse.Namespace, db: Connection) -> int:
    from backend.devices import book

    found = book.devices(db)
    if args.json:
        _say({"devices": [_as_json(device) for device in found]})
        return _DONE
    for device in found:
        _say(_as_line(device))
    return _DONE


def _revoke(args: argparse.Namespace, db: Connection) -> int:
    from backend.devices import book

    try:
        book.revoke(db, args.name, _now())
    except book.NoDeviceError:
        return _refuse(f"there is no device {args.name}")
    _say({"device": args.name, "state": "revoked"} if args.json else f"{args.name}: revoked")
    return _DONE


def _state(device: Device) -> str:
    if device.revoked_at is not None:
        return "revoked"
    return "enrolled" if device.enrolled_at is not None else "added"


def _as_json(device: Device) -> dict[str, object]:
    return {
        "device": device.device,
        "role": device.role.value,
        "event": device.event,
        "gate": device.gate,
        "state": _state(device),
        "seen_at": device.seen_at.isoformat() if device.seen_at else None,
        "skew_ms": device.skew_ms,
        "waiting": device.waiting,
    }


def _as_line(device: Device) -> str:
    seen = f"seen {device.seen_at:%Y-%m-%d %H:%M:%S} UTC" if device.seen_at else "never seen"
    more = [f"{name} {value}" for name, value in (("event", device.event), ("gate", device.gate)) if value]
    if device.skew_ms is not None:
        more.append(f"clock off by {device.skew_ms} ms")
    if device.waiting is not None:
        more.append(f"{device.waiting} lines waiting")
    return "  ".join([device.device, device.role.value, _state(device), seen, *more])


def _say(what: dict[str, object] | str) -> None:
    sys.stdout.write((what if isinstance(what, str) else json.dumps(what)) + "\n")


def _refuse(words: str) -> int:
    sys.stderr.write(f"tram backend: {words}\n")
    return _REFUSED


def _now() -> datetime:
    return datetime.now(UTC)


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise argparse.ArgumentTypeError("1 to 64 of A-Z a-z 0-9 . _ -")
    return text
