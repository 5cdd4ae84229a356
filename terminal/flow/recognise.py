"""From raw code bytes or typed text to what the session can use.

A ticket's signature and dates are verified here, before the session: the reducer has neither keys nor a clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from crypto.errors import IssuerUnknownError, MalformedError, ProofError
from crypto.id_number import IdNumber
from terminal.events import MrzTyped, NumberTyped
from terminal.model import DataSource, Person
from terminal.proof.access import ChipAccess, access_for, typed_access

if TYPE_CHECKING:
    from crypto.codes.bhyt import InsuranceQr
    from crypto.codes.citizen_id import CitizenQr
    from crypto.codes.sniff import TicketQr
    from crypto.codes.ticket import Ticket, TicketKey


@dataclass(frozen=True, slots=True)
class PersonSeen:
    """A code or typed text that names a person; ``access`` is None for an insurance code, which opens no chip."""

    method: str
    person: Person = field(repr=False)
    access: ChipAccess | None = field(repr=False)
    damaged: bool = False
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class TicketSeen:
    """A ticket with a right signature and date, or a secret that its server may know, or (``ticket`` None) the key of
    the words that refuse it."""

    ticket: Ticket | None = field(repr=False)
    refused: str = ""
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class UselessCode:
    """A code that no desk can use; ``fault`` is a catalogue code."""

    fault: str


Recognised = PersonSeen | TicketSeen | UselessCode


def recognise_code(
    payload: bytes,
    ticket_keys: Sequence[TicketKey],
    now: datetime,
    *,
    event: str = "",
    simulated: bool = False,
    secrets: bool = False,
) -> Recognised:
    """What a scanned code is to this terminal; ``event``: the only one whose tickets are good here; ``secrets``: a code
    that is nothing else may be the secret under which the server knows a ticket."""
    from crypto.codes import (  # CBOR and the code parsers load with the first code, not at start-up
        bhyt,
        citizen_id,
        secret,
        sniff,
        vietqr,
    )

    code = sniff.sniff(payload)
    if isinstance(code, citizen_id.CitizenQr):
        person = _citizen(code)
        return PersonSeen("QR_CCCD", person, access_for(person), code.damaged, simulated)
    if isinstance(code, bhyt.InsuranceQr):
        return PersonSeen("QR_BHYT", _insured(code), None, bool(code.warnings), simulated)
    if isinstance(code, sniff.TicketQr):
        return _ticket(code, ticket_keys, now, event, sniff.bare(payload), simulated=simulated)
    if secrets and isinstance(code, sniff.UnknownQr):
        known = secret.ticket_of_secret(sniff.bare(payload).decode("ascii", "replace"), event)
        if known is not None:
            return _known(known, ticket_keys, now, simulated=simulated)
    useless = {vietqr.PaymentQr: "code.payment", sniff.LinkQr: "code.link", sniff.DamagedQr: "code.damaged"}
    return UselessCode(useless.get(type(code), "code.foreign"))


def is_proven_ticket(
    payload: bytes, keys: Sequence[TicketKey], now: datetime, *, event: str = "", secrets: bool = False
) -> bool:
    """Whether a code bears the signature of an accepted ticket issuer: then no second look at it is needed."""
    from crypto.codes.ticket import is_ticket_text

    if secrets and keys and not is_ticket_text(payload[:16].decode("ascii", "replace")):
        seen = recognise_code(payload, keys, now, event=event, secrets=True)
        return isinstance(seen, TicketSeen) and (seen.ticket is None or seen.ticket.key_id != b"")

    if not keys or not is_ticket_text(payload[:16].decode("ascii", "replace")):
        return False
    seen = recognise_code(payload, keys, now, event=event)
    return isinstance(seen, TicketSeen) and seen.refused not in ("qr.foreign", "qr.bad")


def recognise_typed(event: NumberTyped) -> Recognised:
    """What a typed text is: a 12-digit number, or an insurance code."""
    from crypto.codes.bhyt import is_insurance_code

    text = "".join(event.text.split()).upper()
    if is_insurance_code(text):
        return PersonSeen("TYPED", Person(DataSource.TYPED, insurance_code=text), None)
    try:
        person = Person(DataSource.TYPED, IdNumber(text))
    except MalformedError:
        return UselessCode("code.bad_number")
    return PersonSeen("TYPED", person, access_for(person, typed=True))


def recognise_mrz(event: MrzTyped) -> Recognised:
    """Number and dates typed for a chip that its number alone does not open."""
    try:
        person = Person(DataSource.TYPED, IdNumber("".join(event.number.split())))
        access = typed_access(person, event.born, event.expires)
    except MalformedError:
        return UselessCode("code.bad_number")
    return PersonSeen("TYPED", person, access)


def _citizen(code: CitizenQr) -> Person:
    return Person(
        source=DataSource.CARD_QR,
        id_number=code.id_number,
        name=code.name,
        born=code.born,
        sex=code.sex,
        address=code.address,
        issued=code.issued,
    )


def _insured(code: InsuranceQr) -> Person:
    return Person(
        source=DataSource.INSURANCE_QR,
        name=code.name,
        born=code.born,
        sex=code.sex,
        insurance_code=code.code,
    )


def _ticket(
    code: TicketQr, keys: Sequence[TicketKey], now: datetime, event: str, body: bytes, *, simulated: bool
) -> TicketSeen:
    from crypto.codes import ticket

    try:
        genuine = ticket.verify(code.ticket, keys, now)
    except (ticket.TicketExpiredError, ticket.TicketNotYetError):
        return TicketSeen(None, "stop.wrong_day", simulated)
    except IssuerUnknownError:
        return TicketSeen(None, "qr.foreign", simulated)
    except ProofError:
        return TicketSeen(None, "qr.bad", simulated)
    if event and genuine.event != event:
        return TicketSeen(None, "stop.wrong_gate", simulated)
    # As it was presented, because what admits it without the server proves the signature once more.
    return TicketSeen(replace(genuine, secret=body.decode("ascii", "replace")), simulated=simulated)


def _known(ticket: Ticket, keys: Sequence[TicketKey], now: datetime, *, simulated: bool) -> TicketSeen:
    from crypto.codes import secret
    from crypto.codes.ticket import TicketExpiredError, TicketNotYetError

    try:
        return TicketSeen(secret.prove(ticket, keys, now), simulated=simulated)
    except (TicketExpiredError, TicketNotYetError):
        return TicketSeen(None, "stop.wrong_day", simulated)
