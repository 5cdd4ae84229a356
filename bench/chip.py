"""One full read of a chip: commands, bytes, time to the identity decision and in all, by block size and by way.

The same terminal code reads the same simulated card in this very process and through pcscd with a virtual reader,
behind which the chip runs in a process of its own, so that this process's CPU time is the terminal's alone.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from parts.chips import chip_process, tools_trusting
from parts.folders import short_folder
from parts.reads import Once, read_once
from parts.results import Row, median, report

from drivers.simulator import daemon
from drivers.simulator.card.contents import Contents
from drivers.simulator.chip import Chip
from drivers.simulator.faults import ChipFault
from drivers.simulator.inprocess import SimulatedReader
from drivers.simulator.issuer.authority import Authority
from drivers.simulator.issuer.faces import DG2_SIZE
from drivers.simulator.personalise import personalise
from drivers.simulator.presented import Handling, PresentedCard
from drivers.simulator.profiles import PROFILES
from terminal import registry
from terminal.boot import EXTENDED_BLOCK
from terminal.events import CardPlaced, Event
from terminal.ports import CardReader, ReaderOptions
from terminal.proof.habits import Habits
from terminal.proof.reading import Tools

PROFILE = "bench"
BLOCKS = (EXTENDED_BLOCK, 256, 223)
SLOW_MS = 15
ROUNDS, SLOW_ROUNDS = 15, 3

PUBLISHED: tuple[Row, ...] = (
    {"way": "published: gmrtd 1.1.2", "block": "extended", "apdus": 30, "total ms": 69.0},
    {"way": "published: gmrtd 1.1.2", "block": "256", "apdus": 97, "total ms": 104.0},
    {"way": "published: gmrtd 1.1.2", "block": "short", "apdus": 107},
    {"way": "published: gmrtd 1.1.2, 15 ms", "block": "extended", "apdus": 30, "total ms": 620.0},
    {"way": "published: gmrtd 1.1.2, 15 ms", "block": "256", "apdus": 97, "total ms": 1700.0},
)
"""The earlier comparison of chip readers over the same daemon and file sizes, without DG13, on another machine: a Go
program. Taken over as it stands, not measured here."""


@dataclass(frozen=True, slots=True)
class Way:
    """A card lying on a reader, and how often it is read."""

    name: str
    reader: CardReader
    card: str
    can: str
    rounds: int


def row_of(way: str, block: int, reads: list[Once], *, cpu: bool) -> Row:
    """The medians of one way and block size."""
    return {
        "way": way,
        "block": name_of(block),
        "apdus": reads[0].apdus,
        "to decision": reads[0].decision_apdus,
        "bytes": reads[0].octets,
        "connect ms": median([read.connect for read in reads]),
        "decision ms": median([read.decision for read in reads]),
        "total ms": median([read.total for read in reads]),
        "decision CPU ms": median([read.decision_cpu for read in reads]) if cpu else None,
        "terminal CPU ms": median([read.cpu for read in reads]) if cpu else None,
    }


def in_process(contents: Contents, stack: ExitStack) -> list[Way]:
    """The card on the in-process reader, at full speed and slow."""
    slow = Handling(ChipFault.SLOW, SLOW_MS)
    ways = []
    for name, handling, rounds in (("in process", None, ROUNDS), ("in process, 15 ms", slow, SLOW_ROUNDS)):
        reader = SimulatedReader()
        reader.place(PresentedCard(Chip(contents), handling))
        ways += [Way(name, reader, card, contents.can, rounds) for card in _started(reader, 1, stack).values()]
    return ways


def _started(reader: CardReader, cards: int, stack: ExitStack) -> dict[str, str]:
    """Card names by reader name, once ``cards`` cards were seen."""
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    reader.start(events.put)
    stack.callback(reader.stop)
    placed: dict[str, str] = {}
    while len(placed) < cards:
        event = events.get(timeout=10)
        if isinstance(event, CardPlaced):
            placed[event.reader] = event.card
    return placed


def measured(ways: Sequence[Way], tools: Tools) -> dict[tuple[str, int], list[Once]]:
    """The reads by way and block size: in turn, so that a busy moment hits all.

    The first round only warms up, and teaches what this kind of card can do, as the first card of a day does.
    """
    known: dict[tuple[str, int], Habits] = {}
    reads: dict[tuple[str, int], list[Once]] = {(way.name, block): [] for way in ways for block in BLOCKS}
    for number in range(-1, ROUNDS):
        for way in ways:
            for block in BLOCKS if number < way.rounds else ():
                habits = known.get((way.name, block))
                once = read_once(way.reader, way.card, way.can, tools, block, habits)
                known[way.name, block] = once.habits
                if number >= 0:
                    reads[way.name, block].append(once)
    return reads


def ratios_of(reads: dict[tuple[str, int], list[Once]]) -> dict[str, float]:
    """What the daemon costs, and what the block size costs on a card that needs its time."""
    totals = {key: median([read.total for read in found]) for key, found in reads.items()}
    ratios = {
        f"pcscd / in process, total, {name_of(block)}": totals["pcscd", block] / totals["in process", block]
        for block in BLOCKS
    }
    for block in BLOCKS[1:]:
        ratios[f"{block} / extended, pcscd, 15 ms a command, total"] = (
            totals["pcscd, 15 ms", block] / totals["pcscd, 15 ms", EXTENDED_BLOCK]
        )
    return ratios


def name_of(block: int) -> str:
    """The block size as the settings call it."""
    return "extended" if block == EXTENDED_BLOCK else str(block)


def main() -> None:
    """One card by four ways, three block sizes each."""
    profile, authority = PROFILES[PROFILE], Authority(b"bench")
    contents = personalise(profile.person, profile.make, authority)
    with ExitStack() as stack:
        folder = stack.enter_context(short_folder())
        running = daemon.start(folder / "pcscd")
        stack.callback(running.stop)
        fast = stack.enter_context(chip_process(PROFILE, running.ports[0], folder))
        slowly = ("--fault", "slow", "--fault-arg", str(SLOW_MS))
        slow = stack.enter_context(chip_process(PROFILE, running.ports[1], folder, *slowly))
        tools = tools_trusting(folder, [authority.root, fast.root, slow.root], time.perf_counter)
        reader = registry.reader("pcsc")(ReaderOptions())
        cards = _started(reader, 2, stack)
        ways = [
            *in_process(contents, stack),
            Way("pcscd", reader, cards[running.names[0]], fast.can, ROUNDS),
            Way("pcscd, 15 ms", reader, cards[running.names[1]], slow.can, SLOW_ROUNDS),
        ]
        reads = measured(ways, tools)
    rows = [row_of(way, block, found, cpu="pcscd" in way) for (way, block), found in reads.items()]
    rows += PUBLISHED
    notes = {"rounds": ROUNDS, "rounds at 15 ms": SLOW_ROUNDS, "DG2 bytes": DG2_SIZE}
    report("chip", rows, ratios_of(reads), notes)


if __name__ == "__main__":
    main()
