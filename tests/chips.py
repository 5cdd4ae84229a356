"""Simulated chips to talk to, their issuer accepted, and what the terminal's side of a conversation needs."""

from __future__ import annotations

import functools
import secrets
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from crypto.civil import PartialDate
from crypto.emrtd.lds import Ef
from crypto.errors import CardLostError
from crypto.trust.store import TrustStore
from drivers.simulator.card.contents import Contents, Limits
from drivers.simulator.chip import Chip
from drivers.simulator.faults import ChipFault
from drivers.simulator.issuer.authority import Authority
from drivers.simulator.people import Resident
from drivers.simulator.personalise import personalise
from drivers.simulator.profiles import PROFILES
from terminal.model import CheckName, ChipReading, DataSource, Person, Word
from terminal.proof.access import ChipAccess, access_for
from terminal.proof.reading import ChipConversation, Progress, Tools

NOW = datetime(2026, 3, 4, 5, 0, tzinfo=UTC)
AUTHORITY = Authority(b"chips of the tests")


@functools.cache
def contents_of(profile: str, fault: ChipFault | None = None) -> Contents:
    """What the chip of that profile holds, with a fault made in or its own."""
    card = PROFILES[profile]
    return personalise(card.person, card.with_fault(fault).make if fault else card.make, AUTHORITY)


def person_of(profile: str) -> Resident:
    """Whose card that is."""
    return PROFILES[profile].person


@functools.cache
def accepted() -> TrustStore:
    """A trust store that holds the simulated issuer's root."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root.der"
        root.write_bytes(AUTHORITY.root)
        return TrustStore.load_files([root])


def tools(store: TrustStore | None = None, now: datetime = NOW) -> Tools:
    """A terminal's tools; without ``store`` the simulated issuer is accepted. Each look at the clock takes 1 ms."""
    seconds = iter(range(1_000_000))
    return Tools(accepted() if store is None else store, lambda: now, lambda: next(seconds) / 1000, secrets.token_bytes)


class Field:
    """The field of a reader with one chip in it, which is lost from the APDU of number ``lost_at`` on."""

    simulated = True
    reader = "field of the tests"

    def __init__(self, contents: Contents, *, limits: Limits | None = None, lost_at: int | None = None) -> None:
        self._chip = Chip(contents, limits=limits)
        self._lost_at = lost_at
        self.atr = self._chip.atr
        self.commands: list[bytes] = []

    def transceive(self, command: bytes) -> bytes:
        """One APDU; raises CardLostError."""
        if self._lost_at is not None and len(self.commands) >= self._lost_at:
            raise CardLostError("lifted")
        self.commands.append(command)
        return self._chip.transmit(command)


def without(contents: Contents, *files: Ef) -> Contents:
    """The same chip with those files missing; nothing is signed anew."""
    return replace(contents, files={ef: raw for ef, raw in contents.files.items() if ef not in files})


def with_files(contents: Contents, changed: dict[Ef, bytes]) -> Contents:
    """The same chip with those files in the place of its own; nothing is signed anew."""
    return replace(contents, files={**contents.files, **changed})


def uncovered(contents: Contents, *files: Ef) -> Contents:
    """The same chip with a sound EF.SOD of the same issuer that says nothing about those files."""
    groups = {ef: raw for ef, raw in contents.files.items() if ef.number is not None and ef not in files}
    return with_files(contents, {Ef.SOD: AUTHORITY.signer().sign(groups)})


def key_of(profile: str) -> ChipAccess:
    """What the QR of that card opens: its number, and dates for BAC."""
    who = person_of(profile)
    born = PartialDate(who.born.year, who.born.month, who.born.day)
    found = access_for(Person(DataSource.CARD_QR, who.id_number, born=born, issued=who.issued))
    assert found is not None
    return found


def conversation(
    contents: Contents,
    *,
    block: int = 65_000,
    lost_at: int | None = None,
    store: TrustStore | None = None,
    report: Callable[[Progress], None] = lambda _progress: None,
) -> tuple[ChipConversation, Field]:
    """The terminal's half of a conversation with that chip, and the field that the chip lies in."""
    field = Field(contents, lost_at=lost_at)
    return ChipConversation(field.transceive, tools(store), block, report), field


def words(reading: ChipReading) -> dict[CheckName, Word]:
    """Each check's result."""
    return {check.name: check.word for check in reading.checks}


def reasons(reading: ChipReading) -> dict[CheckName, str]:
    """Each check's reason, where it has one."""
    return {check.name: check.why.key for check in reading.checks if check.why}


GENUINE = {
    CheckName.SIGNATURE: Word.SUCCESSFUL,
    CheckName.HASHES: Word.SUCCESSFUL,
    CheckName.ISSUER: Word.SUCCESSFUL,
    CheckName.CHIP: Word.SUCCESSFUL,
    CheckName.VALIDITY: Word.SUCCESSFUL,
}
"""What is said of a genuine card that is in date and whose issuer is accepted."""
