"""Which role may call what, and how long each body may be: one row a path, and nothing without a row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from backend.api import MAX_BODY
from backend.devices.identity import Role

LONG_BODY = 1024 * 1024
"""Bytes of an upload of ledger lines."""

HEALTH = "/v1/health"
ENROL = "/v1/enrol"
OPEN = frozenset({HEALTH, ENROL})
"""Paths that ask for no token."""

_ASKS = frozenset({Role.TERMINAL})
_GATES = frozenset({Role.TERMINAL, Role.HUB})
_HUB = frozenset({Role.HUB})
_SUPERVISOR = frozenset({Role.SUPERVISOR})
_WATCHES = frozenset({Role.SUPERVISOR, Role.SELLER})


@dataclass(frozen=True, slots=True)
class Row:
    """One path: by method who may call it; ``shared``: also with the token file of a one-PC set-up."""

    methods: Mapping[str, frozenset[Role]]
    longest: int = MAX_BODY
    shared: bool = True


def _row(method: str, roles: frozenset[Role], longest: int = MAX_BODY, *, shared: bool = True) -> Row:
    return Row(MappingProxyType({method: roles}), longest, shared)


TABLE: Mapping[str, Row] = MappingProxyType(
    {
        "/v1/eligibility": _row("POST", _ASKS),
        "/v1/redeem": _row("POST", _ASKS),
        "/v1/annul": _row("POST", _ASKS),
        "/v1/journal": _row("POST", _GATES, LONG_BODY, shared=False),
        "/v1/changes": _row("GET", _GATES),
        "/v1/snapshot": _row("GET", _GATES),
        "/v1/tickets": _row("GET", _HUB),
        "/v1/devices": _row("GET", _HUB),
        "/v1/conflicts": _row("GET", _SUPERVISOR),
        "/v1/conflicts/*": _row("POST", _SUPERVISOR),
        "/v1/counters": _row("GET", _WATCHES),
    }
)
"""``*`` stands for one part of a path. The shared token speaks as a terminal."""

_PART = re.compile(r"/[A-Za-z0-9._-]{1,64}$")


def row_of(path: str) -> Row | None:
    """The row of a path, None for a path that nobody serves."""
    return TABLE.get(path) or TABLE.get(_PART.sub("/*", path))


def may(row: Row, method: str, role: Role, *, enrolled: bool) -> bool:
    """Whether the call is allowed. A method that nobody may use is let through: the answer to it is 405."""
    roles = row.methods.get(method)
    return roles is None or (role in roles and (enrolled or row.shared))
