"""Everything that a simulated chip can do in its own way, by name: the quirks of real chips, and the attacks."""

from __future__ import annotations

from drivers.simulator.hostile.catalogue import HOSTILE
from drivers.simulator.layers import catalogue
from drivers.simulator.quirks.catalogue import QUIRKS

FLAWS = catalogue(*QUIRKS.values(), *HOSTILE.values())
"""``tram chip --quirk NAME``."""
