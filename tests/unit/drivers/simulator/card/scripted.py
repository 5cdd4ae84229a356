"""A chip whose nonces and ephemeral keys are the published ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from drivers.simulator.chip import Chip

VECTORS = Path(__file__).parents[4] / "vectors"


def published(name: str) -> list[str]:
    """The hex constants of a table of vectors, in their order."""
    (table,) = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
    return [row["hex"] for row in table["constants"]]


def scripted(*values: str) -> Callable[[int], bytes]:
    """A random source that gives those values in turn, each of which must be of the size asked for."""
    queue = [bytes.fromhex(value) for value in values]

    def random(size: int) -> bytes:
        value = queue.pop(0)
        assert len(value) == size
        return value

    return random


def send(chip: Chip, command: str) -> str:
    """The chip's answer to a command, both in hex."""
    return chip.transmit(bytes.fromhex(command)).hex()
