"""What a desk can still do when not everything works."""

from __future__ import annotations

from terminal.events import Device
from terminal.flow.rules import Rules
from terminal.model import Message
from terminal.view import Desk


def still_works(up: frozenset[Device], online: bool | None, rules: Rules) -> tuple[Message, ...]:
    """What a limited desk can still do, in the order in which it is told. ``up``: the devices that work; ``online``
    None while the backend was not asked yet."""
    asked = online is not False
    codes = not up.isdisjoint({Device.CAMERA, Device.SCANNER})
    parts = {
        "card": rules.people and Device.READER in up,
        "code": codes,
        "typed": rules.people,
        "ask": rules.asks and asked,
        "ticket": rules.tickets and asked and codes,
        "gate": Device.GATE in up,
        "print": Device.PRINTER in up,
        "hand": rules.desk is not Desk.POLICE,
    }
    return tuple(Message(f"works.{name}") for name, works in parts.items() if works)
