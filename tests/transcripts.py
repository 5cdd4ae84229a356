"""The committed transcripts of simulated chips, and how they are made again:

    python -m tests.transcripts

They fix the order and the bytes of all commands: when that order changes on purpose, run it and read the difference.
The chips, their owners and their issuer are invented; nothing here comes from a real card.
"""

from __future__ import annotations

import hashlib
import itertools
import shlex
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from drivers.simulator.chip import Chip
from drivers.simulator.personalise import mrz_zone
from terminal.proof.reading import ChipConversation, Tools
from terminal.transcript import Recorder, Transcript, write
from tests import chips

FOLDER = Path(__file__).parent / "vectors" / "transcripts"
ROOT = FOLDER / "root-simulated.der"
AT = datetime(2026, 3, 4, 5, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Recipe:
    """One transcript: a profile of the simulated chip, and the options of ``tram read`` that belong to it."""

    name: str
    profile: str
    options: tuple[str, ...]
    block: int = 65_000
    photo: bool = True

    @property
    def file(self) -> Path:
        """Where it is committed."""
        return FOLDER / f"simulated-{self.name}.txt"

    @property
    def key(self) -> tuple[str, str]:
        """What opens the card: the option and its value."""
        if self.profile == "bac-only":
            return "--mrz", mrz_zone(chips.person_of(self.profile))
        return "--can", chips.person_of(self.profile).id_number.can

    @property
    def command(self) -> str:
        """The command line that replays it, as a shell takes it, in the folder of the transcripts.

        The root belongs to it: a chip's mapping proves it only under an accepted issuer, else the chip is asked again.
        """
        trust = ("--trust", ROOT.name, "--at", AT.isoformat(), "--random", "HEX")
        return shlex.join(("tram", "read", "--script", self.file.name, *self.key, *self.options, *trust))


RECIPES = (
    Recipe("extended", "cccd-2024", ()),
    Recipe("short-no-photo", "cccd-2024", ("--block", "223", "--no-photo"), block=223, photo=False),
    Recipe("bac", "bac-only", ("--no-photo",), photo=False),
    Recipe("cam", "icao-cam", ("--no-photo",), photo=False),
    Recipe("dh-im", "icao-dh-im", ("--no-photo",), photo=False),
)


def numbers(seed: str) -> Callable[[int], bytes]:
    """Bytes that follow from ``seed`` and look like randomness."""
    stream = itertools.chain.from_iterable(hashlib.sha256(f"{seed} {n}".encode()).digest() for n in itertools.count())
    return lambda size: bytes(itertools.islice(stream, size))


@dataclass(frozen=True, slots=True)
class Recorded:
    """A conversation, and the terminal's randomness that was used up in it."""

    transcript: Transcript
    random: bytes


def recorded(recipe: Recipe) -> Recorded:
    """What terminal and simulated chip say to each other now."""
    chip = Chip(chips.contents_of(recipe.profile), random=numbers(f"chip of {recipe.name}"))
    recorder = Recorder(chip.transmit)
    clock, used = itertools.count(), bytearray()
    supply = numbers(f"terminal of {recipe.name}")

    def random(size: int) -> bytes:
        used.extend(given := supply(size))
        return given

    tools = Tools(chips.accepted(), lambda: AT, lambda: next(clock) / 1000, random)
    talk = ChipConversation(recorder.transceive, tools, recipe.block)
    talk.identify(chips.key_of(recipe.profile), simulated=True)
    if recipe.photo:
        talk.read_photo()
    talk.read_rest()
    return Recorded(recorder.transcript(chip.atr), bytes(used))


def text(recipe: Recipe) -> str:
    """The whole file."""
    made = recorded(recipe)
    heading = (
        f"SIMULATED chip, profile {recipe.profile}, invented person. python -m tests.transcripts makes it; replayed by",
        recipe.command,
        "with this HEX:",
        *textwrap.wrap(made.random.hex().upper(), 116),
    )
    return write(made.transcript, heading)


def random_of(file: Path) -> str:
    """The HEX that a committed file names in its heading."""
    lines = [line[1:].strip() for line in file.read_text("ascii").splitlines() if line.startswith("#")]
    return "".join(lines[lines.index("with this HEX:") + 1 :])


def main() -> None:
    """Write all of them."""
    FOLDER.mkdir(exist_ok=True)
    ROOT.write_bytes(chips.AUTHORITY.root)
    for recipe in RECIPES:
        recipe.file.write_text(text(recipe), "ascii")


if __name__ == "__main__":
    main()
