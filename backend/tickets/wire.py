"""The words on the wire about ledgers, changes and conflicts (docs/protocol.md)."""

from __future__ import annotations

import base64
import binascii
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from backend.api import Direction, Name
from backend.tickets.journal import MOST
from crypto.tickets.line import MAX_BODY, Line

_MOST_NUMBER = 2**63 - 1


def _signature(text: str) -> str:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("a signature is written in base64") from None
    if len(raw) != 64:
        raise ValueError("an Ed25519 signature has 64 bytes")
    return text


class _Words(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


Seal = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 in hex."""


class SentLine(_Words):
    """A line of a device's ledger, as it was sealed."""

    seq: int = Field(ge=1, le=_MOST_NUMBER)
    body: str = Field(max_length=MAX_BODY, repr=False)
    prev: Seal
    seal: Seal

    def line(self) -> Line:
        """The line."""
        return Line(self.seq, self.body, bytes.fromhex(self.prev), bytes.fromhex(self.seal))


class JournalRequest(_Words):
    """Lines of one device, in their order; none: only asks how far its ledger is here."""

    lines: tuple[SentLine, ...] = Field(max_length=MOST)
    device: Name | None = Field(default=None, description="Whose lines, where a hub hands them over.")
    head_signature: Annotated[str, AfterValidator(_signature)] | None = Field(
        default=None, description="The device's signature over the last line, base64; required with lines."
    )


class LineAnswer(_Words):
    """What became of a line."""

    seq: int
    result: Literal["kept", "known", "refused"]
    reason: str | None = Field(description="Why it was refused.")
    conflict: str | None = Field(description="What the admission contradicts; it stands all the same.")


class Witness(_Words):
    """The last line that the server has kept, with its word for it."""

    seq: int
    seal: Seal
    signature: str = Field(description="The server's, in base64.")


class JournalResponse(_Words):
    """An answer for each line, in their order."""

    received_at: AwareDatetime
    answered_at: AwareDatetime
    answers: tuple[LineAnswer, ...]
    witness: Witness


class ChangesResponse(_Words):
    """What happened to an event's tickets: records of crypto.tickets.record, in base64."""

    cursor: int
    more: bool
    records: tuple[str, ...]


class PassageRow(_Words):
    """Somebody who went through with a ticket; ``device`` and ``scan_id``: whose scan it was."""

    device: str
    scan_id: str
    reference: str
    gate: str
    at: AwareDatetime
    direction: Direction
    people: int
    uses: int
    moved: int
    asked_people: int | None
    admits: str | None


class TicketRow(_Words):
    """A ticket as it was sold, and how it stands."""

    event: str
    ticket: str
    product: str
    admits: int
    valid_from: AwareDatetime
    valid_to: AwareDatetime
    gate: str | None
    max_uses: int
    paid: bool
    standing: str
    standing_at: AwareDatetime | None
    uses: int
    day: date | None
    day_uses: int
    inside: int
    outside: int
    holders: tuple[str, ...] = Field(description="Marks of the cards that it is bound to, in hex.")
    passages: tuple[PassageRow, ...] = Field(description="Those that stand, in their order.")


class ProductRow(_Words):
    """A kind of ticket."""

    product: str
    audience: str
    gates: tuple[str, ...]
    per_day: int | None
    reentry: bool
    splits: bool
    attention: str | None


class ZoneRow(_Words):
    """A place that takes only so many people, and the gates that lead there."""

    zone: str
    capacity: int
    gates: tuple[str, ...]


class TicketsResponse(_Words):
    """A page of an event's tickets by their numbers; ``next``: where the page after it begins, null at the end."""

    cursor: int
    products: tuple[ProductRow, ...]
    zones: tuple[ZoneRow, ...]
    tickets: tuple[TicketRow, ...]
    next: str | None


class Side(_Words):
    """One of two admissions."""

    device: str
    gate: str
    at: AwareDatetime


class ConflictState(StrEnum):
    """What a supervisor made of it."""

    OPEN = "open"
    ACCEPTED = "accepted"
    FRAUD = "fraud"


class ConflictRow(_Words):
    """An admission that happened without the server and contradicts what it knows."""

    conflict: str
    event: str
    ticket: str | None
    kind: str
    people: int
    entered: Side
    skewed: bool = Field(description="The device's clock was wrong by more than two minutes.")
    ambiguous: bool = Field(description="The clocks do not tell which was first.")
    holder: Side | None = Field(description="Who has the use instead.")
    state: ConflictState
    noted_by: str | None
    noted_at: AwareDatetime | None


class ConflictsResponse(_Words):
    """The event's conflicts in the order of time, at most 500; ``more``: there are others."""

    conflicts: tuple[ConflictRow, ...]
    more: bool


class ResolveRequest(_Words):
    """What a supervisor makes of a conflict."""

    state: ConflictState
    noted_by: str = Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")


class GateCount(_Words):
    """People who went through a gate that day."""

    gate: str
    zone: str | None
    entered: int
    exited: int


class ZoneCount(_Words):
    """People in a zone, by the gates' counts."""

    zone: str
    inside: int
    capacity: int


class CountersResponse(_Words):
    """The counts of one day (Vietnam)."""

    event: str
    day: date
    inside: int
    gates: tuple[GateCount, ...]
    zones: tuple[ZoneCount, ...]
