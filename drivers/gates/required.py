"""What a gate's driver must have before it is built."""

from __future__ import annotations

import importlib.util

from terminal.faults import FaultError


def require_library(name: str) -> None:
    """Raise FaultError ``install.missing`` unless the library is there; it is loaded where it is first used."""
    if importlib.util.find_spec(name) is None:
        raise FaultError("install.missing", name)


def require(fine: bool, rule: str) -> None:
    """Raise FaultError ``config.invalid`` with the rule that the settings break."""
    if not fine:
        raise FaultError("config.invalid", rule)
