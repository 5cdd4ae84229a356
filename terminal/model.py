"""The words of the kiosk: persons, checks, answers and verdicts.

Everything is frozen. Personal fields are ``repr=False``, so that a log line or an assertion cannot show them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum

from crypto.civil import PartialDate, Sex
from crypto.id_number import IdNumber


class Word(Enum):
    """The result of one check (BSI TR-03135-1 v2.5 §5.5)."""

    SUCCESSFUL = "successful"
    FAILED = "failed"
    UNDETERMINED = "undetermined"
    ABORTED = "aborted"
    NOT_SUPPORTED = "not supported"


class IssuerTrust(Enum):
    """Whether the issuer is accepted here; kept apart from whether the signature is right."""

    TRUSTED = "trusted"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    REVOKED = "revoked"


class Outcome(Enum):
    """What a person sees at a glance. A machine fault is CANNOT_CHECK: it says nothing about the person."""

    ALLOW = "allow"
    ATTENTION = "attention"
    STOP = "stop"
    CANNOT_CHECK = "cannot_check"


class CheckName(Enum):
    """Every question that can be asked about what was presented."""

    SIGNATURE = "signature"
    HASHES = "hashes"
    ISSUER = "issuer"
    CHIP = "chip"
    QR_MATCH = "qr_match"
    VALIDITY = "validity"
    ELIGIBILITY = "eligibility"
    TICKET = "ticket"


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence to show, by key; ``ui`` and the command line hold the words. Parameters are never personal."""

    key: str
    params: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, key: str, **params: str) -> Message:
        """A message with parameters by name."""
        return cls(key, tuple(sorted(params.items())))


@dataclass(frozen=True, slots=True)
class Check:
    """One check and its result; ``why`` says what stood in the way or what was used (``AA``, ``CA``)."""

    name: CheckName
    word: Word
    why: Message | None = None


class DataSource(Enum):
    """Where an identity came from; only CHIP data can be proven."""

    CHIP = "chip"
    CARD_QR = "card_qr"
    INSURANCE_QR = "insurance_qr"
    TYPED = "typed"


@dataclass(frozen=True, slots=True)
class Person:
    """Who a card or a code says this is. ``expires`` None with ``no_expiry`` False means: not known."""

    source: DataSource
    id_number: IdNumber | None = None
    name: str | None = field(default=None, repr=False)
    born: PartialDate | None = field(default=None, repr=False)
    sex: Sex | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    issued: date | None = field(default=None, repr=False)
    expires: date | None = field(default=None, repr=False)
    no_expiry: bool = False
    insurance_code: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Photo:
    """The face from DG2, decoded under limits and re-encoded as PNG for the screen."""

    png: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReadMetrics:
    """What a chip read cost: APDUs and bytes both ways, milliseconds by step, sizes of the files read.

    ``access`` says how the chip was opened: ``PACE-CAN``, ``PACE-MRZ``, ``PACE-PIN``, ``BAC`` or ``none``; ``variant``
    with which mapping, cipher and domain parameters; ``why_bac`` why it was the older protocol.
    """

    apdus: int
    bytes: int
    ms: tuple[tuple[str, float], ...]
    files: tuple[tuple[str, int], ...]
    access: str = "none"
    variant: str = ""
    why_bac: Message | None = None


@dataclass(frozen=True, slots=True)
class ChipReading:
    """What a chip told and proved; the photo may follow later.

    ``chip_proof`` names the protocol by which the chip was asked to prove itself (``CA …``, ``AA …``, ``PACE-CAM``),
    empty when it was not. ``findings`` are facts beside the checks that decide nothing: what is irregular or weak about
    the signature, how old the revocation list is.
    """

    person: Person
    checks: tuple[Check, ...]
    issuer: IssuerTrust
    metrics: ReadMetrics
    simulated: bool
    chip_proof: str = ""
    findings: tuple[Message, ...] = ()


class Source(Enum):
    """Who gave an answer. One that is not ONLINE never looks as full as one that is."""

    ONLINE = "online"
    HUB = "hub"
    CACHE = "cache"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Digests:
    """SHA-256 in hex of what was sent and of what came back, for the proof record."""

    asked: str
    answered: str


class Eligibility(Enum):
    """What a payer says of a person; PENDING: it will say later. A technical failure is a fault, never one of these."""

    ELIGIBLE = "eligible"
    NOT_ELIGIBLE = "not_eligible"
    CARD_INVALID = "card_invalid"
    UNKNOWN = "unknown"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Cover:
    """What the insurance covers, in the backend's own words where they are words.

    ``replaces_until``: the last day of the card that this new one replaces, where that still stands."""

    insurance_code: str = field(repr=False)
    benefit: str
    valid_from: date | None
    valid_to: date | None
    facility: str | None = None
    facility_name: str | None = None
    replaces_until: date | None = None


@dataclass(frozen=True, slots=True)
class EligibilityAnswer:
    """A backend's answer about a person. ``reason`` is its code (``expired``, ``not_found``…), ``note`` its words.

    ``as_of`` is the age of the data where they are older than the answer (``source`` CACHE). ``simulated``: a double
    gave it, which only its first answer may have told.
    """

    state: Eligibility
    reason: str
    answered_at: datetime
    reference: str
    cover: Cover | None = field(default=None, repr=False)
    registered_name: str | None = field(default=None, repr=False)
    note: str | None = field(default=None, repr=False)
    source: Source = Source.ONLINE
    as_of: datetime | None = None
    digests: Digests | None = None
    simulated: bool = False


class Direction(Enum):
    """Which way a gate leads."""

    ENTRY = "entry"
    EXIT = "exit"


class Redeemed(Enum):
    """What became of a ticket at this gate."""

    ADMITTED = "admitted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class RedeemAnswer:
    """A backend's answer about a ticket.

    ``reason`` when refused is one of the words of docs/protocol.md; with the first use's time and place for ``used``.
    ``admits`` says for whom (``2 người lớn``); of a group ticket ``people`` went in now and ``left`` may still come.
    ``attention``: words of the organiser for the staff. ``as_of``: how old the data are that a LOCAL answer rests on;
    ``near_limit``: the terminal may soon decide nothing more by itself.
    """

    result: Redeemed
    reason: str
    answered_at: datetime
    reference: str
    admits: str | None = None
    used_at: datetime | None = None
    used_place: str | None = None
    people: int | None = None
    left: int | None = None
    direction: Direction = Direction.ENTRY
    attention: str | None = None
    source: Source = Source.ONLINE
    as_of: datetime | None = None
    near_limit: bool = False
    digests: Digests | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The one clear answer: outcome, title, what to do, side notes for staff, and the checks behind it.

    ``fault`` is the catalogue code when the outcome is due to a machine or network fault.
    """

    outcome: Outcome
    title: Message
    remedy: Message | None = None
    notes: tuple[Message, ...] = ()
    checks: tuple[Check, ...] = ()
    fault: str | None = None

    @property
    def needs_look(self) -> bool:
        """Whether a yes should also draw the eye, and the ear, to a note."""
        return self.outcome is Outcome.ALLOW and any(note.key in _WORTH_A_LOOK for note in self.notes)


_WORTH_A_LOOK = frozenset(
    {"note.attention", "note.group", "note.near_limit", "note.offline_ticket", "note.near_expiry", "note.name_differs",
     "note.new_card", "note.new_card_both", "note.damaged", "note.id_expired", "note.chip_unproven",
     "note.insured_unproven", "note.data_age", "note.trust_age"}
)  # fmt: skip
