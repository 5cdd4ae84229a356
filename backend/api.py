"""The words on the wire: requests, answers and errors of protocol version 1 (docs/protocol.md).

Unknown fields are refused. No error text repeats anything that was sent.
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

VERSION = "0.1.0"

DEVICE_HEADER = "X-Tram-Device"
NAME_PATTERN = r"^[A-Za-z0-9._-]{1,64}$"

MAX_BODY = 8192
"""Bytes of a request body; a longer one is answered 413."""

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)")


def _written_time(value: object) -> object:
    # pydantic would also take a number of seconds; the protocol has one form only.
    if not isinstance(value, str) or not _RFC3339.fullmatch(value):
        raise ValueError("a time is written as in RFC 3339, with its offset")
    return value


Name = Annotated[str, Field(pattern=NAME_PATTERN)]
"""A name that one machine gave another: a device, scan, event, ticket or gate."""

SentTime = Annotated[AwareDatetime, BeforeValidator(_written_time)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class EligibilityRequest(_Request):
    """Is this person insured today? At least one of ``id_number`` and ``insurance_code``."""

    scan_id: Name = Field(description="The asking terminal's own id of this visit.")
    asked_at: SentTime = Field(description="The terminal's clock, RFC 3339 with offset.")
    id_number: str | None = Field(default=None, pattern=r"^[0-9]{12}$", repr=False)
    insurance_code: str | None = Field(default=None, pattern=r"^([0-9]{10}|[A-Z]{2}[1-5][0-9]{12})$", repr=False)
    name: str | None = Field(default=None, min_length=1, max_length=200, repr=False)
    born: str | None = Field(
        default=None,
        pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$",
        repr=False,
        description="As much as the papers know: yyyy, yyyy-mm or yyyy-mm-dd.",
    )

    @model_validator(mode="after")
    def _some_key(self) -> EligibilityRequest:
        if self.id_number is None and self.insurance_code is None:
            raise ValueError("an ID number or an insurance code is required")
        return self


class State(StrEnum):
    """What the insurer says of a person."""

    ELIGIBLE = "eligible"
    NOT_ELIGIBLE = "not_eligible"
    CARD_INVALID = "card_invalid"
    UNKNOWN = "unknown"


class EligibilityReason(StrEnum):
    """Why; every reason belongs to one state only (docs/protocol.md)."""

    IN_FORCE = "in_force"
    NOT_FOUND = "not_found"
    EXPIRED = "expired"
    NOT_STARTED = "not_started"
    CANCELLED = "cancelled"
    BLOCKED = "blocked"
    BORN_DIFFERS = "born_differs"
    CODES_DIFFER = "codes_differ"


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Cover(_Answer):
    """What a plan pays and when; dates include both ends."""

    insurance_code: str = Field(repr=False)
    benefit: str
    valid_from: date | None
    valid_to: date | None
    facility: str | None = Field(description="Five characters, the initial health facility.")
    facility_name: str | None


class EligibilityResponse(_Answer):
    """The answer about a person."""

    state: State
    reason: EligibilityReason
    answered_at: AwareDatetime
    reference: str = Field(description="The insurer's own number of this answer.")
    cover: Cover | None = Field(description="Present with in_force, expired and not_started.")
    registered_name: str | None = Field(
        description="Present where the question brought no name, or another one than the register's.", repr=False
    )
    note: str | None = Field(description="The insurer's own words, to show as they are.")


class Direction(StrEnum):
    """Which way somebody goes."""

    ENTRY = "entry"
    EXIT = "exit"


class RedeemRequest(_Request):
    """May this ticket's holder pass this gate? Answered once per device and ``scan_id``.

    Exactly one of ``ticket`` and ``id_number``, which finds the ticket that is bound to it.
    """

    scan_id: Name = Field(description="The asking terminal's own id of this scan; the key of repetition.")
    asked_at: SentTime = Field(description="The terminal's clock, RFC 3339 with offset; recorded, never decided by.")
    event: Name
    gate: Name
    ticket: Name | None = None
    id_number: str | None = Field(default=None, pattern=r"^[0-9]{12}$", repr=False)
    direction: Direction = Direction.ENTRY
    people: int | None = Field(default=None, ge=1, le=10_000, description="Of a group; null: all who are left.")

    @model_validator(mode="after")
    def _one_key(self) -> RedeemRequest:
        if (self.ticket is None) is (self.id_number is None):
            raise ValueError("a ticket or an ID number is required, and not both")
        return self


class AnnulRequest(_Request):
    """Take back what this terminal's ``scan_id`` was answered: nobody went through. The fields are the redemption's."""

    scan_id: Name = Field(description="The scan_id of the redemption.")
    asked_at: SentTime = Field(description="The terminal's clock, RFC 3339 with offset; recorded, never decided by.")
    event: Name
    gate: Name
    ticket: Name | None = Field(default=None, description="Null where a card stood for it.")


class Result(StrEnum):
    """What became of a ticket."""

    ADMITTED = "admitted"
    REFUSED = "refused"


class RedeemReason(StrEnum):
    """Why, in the order in which refusals are looked for; ``ok`` when admitted."""

    OK = "ok"
    ANNULLED = "annulled"
    HOLDER_UNKNOWN = "holder_unknown"
    AMBIGUOUS = "ambiguous"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"
    BLOCKED = "blocked"
    REVOKED = "revoked"
    WRONG_DAY = "wrong_day"
    NOT_YET = "not_yet"
    WRONG_GATE = "wrong_gate"
    UNPAID = "unpaid"
    DAY_LIMIT = "day_limit"
    TOO_MANY = "too_many"
    USED = "used"
    FULL = "full"
    NOT_INSIDE = "not_inside"


class RedeemResponse(_Answer):
    """The answer about a ticket."""

    result: Result
    reason: RedeemReason
    answered_at: AwareDatetime
    reference: str = Field(description="The server's own number of this answer; a repeated scan gets the same.")
    admits: str | None = Field(description="For whom, when admitted: `2 người lớn`.")
    used_at: AwareDatetime | None = Field(description="When the ticket was first used, with reason `used`.")
    used_place: str | None = Field(description="The gate of the first use, with reason `used`.")
    people: int | None = Field(description="Of a group that may come in parts: how many went through now.")
    left: int | None = Field(description="Of such a group: how many may still come.")
    attention: str | None = Field(description="The organiser's words for the staff, when admitted.")


class Annulled(StrEnum):
    """What became of an annulment."""

    ANNULLED = "annulled"
    NOTHING = "nothing"
    TOO_LATE = "too_late"


class AnnulResponse(_Answer):
    """The answer to an annulment."""

    result: Annulled
    answered_at: AwareDatetime
    reference: str = Field(description="The server's own number of this answer; a repeated annulment gets the same.")


class HealthResponse(_Answer):
    """That the server is there, and its clock."""

    status: str
    version: str
    time: AwareDatetime


class ErrorCode(StrEnum):
    """Everything that can be wrong with a request, and the ways in which the server can fail."""

    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    CODE_REFUSED = "code_refused"
    NOT_FOUND = "not_found"
    METHOD = "method_not_allowed"
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    INVALID = "invalid_request"
    SCAN_ID_REUSED = "scan_id_reused"
    BUSY = "busy"
    NOT_HERE = "not_here"
    INTERNAL = "internal"


class ErrorResponse(_Answer):
    """An error: its code and, for ``invalid_request``, which known fields are wrong (never what they held)."""

    error: ErrorCode
    fields: tuple[str, ...] = ()
