"""A visit of a flawed chip: what the terminal's half makes of it, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crypto.emrtd.lds import Ef
from crypto.emrtd.passive_auth import SecurityObject
from crypto.errors import CardError, CardLostError, ProofError
from drivers.simulator.layers import Flaw, LayeredChip
from drivers.simulator.presented import CardSide
from terminal.faults import FaultError
from terminal.flow.jobs import fault_of
from terminal.model import CheckName, ChipReading, Outcome, Word
from terminal.proof.access import ChipAccess
from terminal.proof.photo import photo_of
from terminal.proof.reading import ChipConversation
from terminal.proof.verdict import Facts, decide
from tests import chips
from tests.machine import worlds

DEMANDS = worlds.IDENTITY | {CheckName.VALIDITY}
"""What a police desk demands: the strictest."""


class Meter:
    """A field with that chip in it, as a CardLink: counts APDUs and bytes.

    At the APDU of index ``ends_at``, ``error`` happens: by default the card is lifted.
    """

    simulated = True
    reader = "field of the tests"

    def __init__(
        self,
        chip: CardSide,
        *,
        most: int = 20_000,
        ends_at: int | None = None,
        error: Exception | None = None,
    ) -> None:
        self._chip = chip
        self._most = most
        self._ends_at = ends_at
        self._error = error or CardLostError("lifted")
        self.atr = chip.atr
        self.apdus = 0
        self.octets = 0

    def transceive(self, command: bytes) -> bytes:
        """One APDU; raises ``error`` at its index, AssertionError when there is no end to it."""
        assert self.apdus < self._most, "the conversation does not come to an end"
        if self.apdus == self._ends_at:
            raise self._error
        self.apdus += 1
        answer = self._chip.transmit(command)
        self.octets += len(command) + len(answer)
        return answer


@dataclass(frozen=True, slots=True)
class Visit:
    """How it ended: a fault of the catalogue or a reading, the verdict, and whether a photograph was proven."""

    fault: str | None
    reading: ChipReading | None
    outcome: Outcome
    title: str
    photo: bool
    files: Mapping[Ef, bytes] = field(repr=False)
    apdus: int
    octets: int

    @property
    def words(self) -> dict[str, str]:
        """The checks that were not successful."""
        found = chips.words(self.reading) if self.reading else {}
        return {name.value: word.value for name, word in found.items() if word is not Word.SUCCESSFUL}

    @property
    def ending(self) -> str:
        """The fault's code, or the checks that were not successful, in one line; empty when all is well."""
        return self.fault or " ".join(f"{name}={word}" for name, word in sorted(self.words.items()))


def flawed(flaw: Flaw, profile: str = "cccd-2021") -> LayeredChip:
    """The card of that profile with this flaw; its issuer is accepted."""
    return flaw.chip(chips.contents_of(profile), chips.AUTHORITY)


def visit(
    chip: LayeredChip,
    profile: str = "cccd-2021",
    *,
    access: ChipAccess | None = None,
    block: int = 65_000,
    most: int = 20_000,
    decode: bool = False,
) -> Visit:
    """One whole read of ``chip``; only documented errors are caught. ``decode``: the photograph too, in its process."""
    meter = Meter(chip, most=most)
    talk = ChipConversation(meter.transceive, chips.tools(), block)
    fault, reading, photo = None, None, False
    try:
        reading = talk.identify(access or chips.key_of(profile))
        photo = _photo(talk, decode=decode)
        talk.read_rest()
    except (CardError, ProofError, FaultError) as error:
        fault = fault_of(error)
    verdict = decide(_facts(reading, None if reading else fault))
    return Visit(fault, reading, verdict.outcome, verdict.title.key, photo, talk.files, meter.apdus, meter.octets)


def _photo(talk: ChipConversation, *, decode: bool) -> bool:
    dg2 = talk.read_photo()
    if dg2 is None:
        return False
    try:
        SecurityObject.parse(talk.files[Ef.SOD]).verify_file(2, dg2)
        if decode:
            photo_of(dg2)
    except ProofError:
        return False
    return True


def _facts(reading: ChipReading | None, fault: str | None) -> Facts:
    return Facts(DEMANDS, chips.NOW, "ok.chip", reading=reading, read_fault=fault)
