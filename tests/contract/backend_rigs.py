"""Clients of eligibility and ticket servers for the backend contract, each with its server's words.

A new client joins the suite by adding its rig to RIGS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from drivers.backends import reference
from terminal.ports import Backend, BackendOptions

COVER: dict[str, object] = {
    "insurance_code": "0030000001",
    "benefit": "80 %",
    "valid_from": "2026-01-01",
    "valid_to": "2026-12-31",
    "facility": "01000",
    "facility_name": "Bệnh viện Mẫu",
}
ELIGIBLE: dict[str, object] = {
    "state": "eligible",
    "reason": "in_force",
    "answered_at": "2026-11-22T08:30:00.120000Z",
    "reference": "E-5F2K7Q3MX4TB6ZNA",
    "cover": COVER,
    "registered_name": None,
    "note": None,
}
ADMITTED: dict[str, object] = {
    "result": "admitted",
    "reason": "ok",
    "answered_at": "2026-11-22T08:31:00.020000Z",
    "reference": "R-M2J6B4XN7CQ5TDPA",
    "admits": "2 người lớn",
    "used_at": None,
    "used_place": None,
}
ANNULLED = {"result": "annulled", "answered_at": "2026-11-22T08:31:07.500000Z", "reference": "A-7QX4TB6ZNA5F2K3M"}
HEALTH = {"status": "ok", "version": "0.1.0", "time": "2026-11-22T08:30:00.000000Z"}


@dataclass(frozen=True)
class Rig:
    """A client and the good answers of its server, as JSON values."""

    build: Callable[[BackendOptions], Backend]
    eligible: object
    admitted: object
    annulled: object
    too_late: object
    health: object


RIGS: Mapping[str, Rig] = MappingProxyType(
    {"reference": Rig(reference.build, ELIGIBLE, ADMITTED, ANNULLED, ANNULLED | {"result": "too_late"}, HEALTH)}
)
