"""Telling QR codes apart, in a fixed order: citizen card, insurance card, payment, ticket, link, unknown."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum

from crypto.codes.bhyt import InsuranceQr, looks_like_insurance, parse_insurance
from crypto.codes.citizen_id import (
    CitizenQr,
    by_layout,
    certain_card,
    looks_like_card,
    looks_like_damaged_card,
    parse_citizen,
)
from crypto.codes.layouts import Mismatch, readings
from crypto.codes.ticket import UnverifiedTicket, is_ticket_text, parse
from crypto.codes.vietqr import PaymentQr, looks_like_payment, parse_payment
from crypto.errors import MalformedError, ProofError

MAX_SIZE = 4096
"""Bytes; the largest QR code holds 2953."""

_AIM = re.compile(rb"\][A-Za-z][0-9A-Fa-f]")
_AIM_TEXT = re.compile(r"\][A-Za-z][0-9A-Fa-f]")
_LINE_ENDS = b"\r\n\t\0"
_LINK = re.compile(r"https?://([^/?#\\\s]+)", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_LONGEST_LABEL, _LONGEST_HOST = 63, 253
_CARD_BARS = 4


class BrokenKind(Enum):
    """Which kind of code a damaged one seems to have been."""

    CARD = "card"
    INSURANCE = "insurance"
    TICKET = "ticket"
    PAYMENT = "payment"
    NOT_UTF8 = "not_utf8"


@dataclass(frozen=True, slots=True)
class TicketQr:
    """A ticket, not yet verified."""

    ticket: UnverifiedTicket


@dataclass(frozen=True, slots=True)
class LinkQr:
    """A web address, which is never opened: only its domain, lower case, in its ASCII form."""

    domain: str


@dataclass(frozen=True, slots=True)
class UnknownQr:
    """Something else; it may be a dynamic VNeID code, which has no public form."""


@dataclass(frozen=True, slots=True)
class DamagedQr:
    """One of the kinds above, too damaged to be used."""

    kind: BrokenKind


Code = CitizenQr | InsuranceQr | TicketQr | PaymentQr | LinkQr | UnknownQr | DamagedQr


def sniff(payload: bytes) -> Code:
    """What the code is and says. Never raises: what cannot be used is DamagedQr or UnknownQr.

    A scanner's AIM prefix (``]Q1``) and a line end are dropped; the rest must be UTF-8 of at most 4096 bytes.
    """
    if len(payload) > MAX_SIZE:
        return UnknownQr()
    body = bare(payload)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return _not_utf8(body)
    return _tell(text)


def bare(payload: bytes) -> bytes:
    """The code without what the scanner added: an AIM prefix, a line end."""
    body = _AIM.sub(b"", payload, count=1) if _AIM.match(payload) else payload
    return body.rstrip(_LINE_ENDS)


def is_misread(payload: bytes) -> bool:
    """Whether a card's text came in another code than UTF-8: the scanner that sent it is in a wrong mode."""
    try:
        payload.decode("utf-8")
    except UnicodeDecodeError:
        return payload.count(b"|") >= _CARD_BARS
    return False


def _tell(text: str) -> Code:
    code = _read_as(_WHOLE, text)
    if code is None or isinstance(code, DamagedQr):
        code = _respelled(text) or code
    return code or _read_as(_BROKEN, text) or _link(text) or UnknownQr()


def _read_as(kinds: Sequence[_Kind], text: str) -> Code | None:
    for looks, read, kind in kinds:
        if looks(text):
            try:
                return read(text)
            except ProofError:
                return DamagedQr(kind)
    return None


def _respelled(text: str) -> Code | None:
    """What the text was before the computer read it by another keyboard layout than the scanner typed.

    None unless exactly one layout gives a code that proves itself: by all of a card's anchors, a checksum, or the form
    of a ticket, whose signature is still to be verified.
    """
    meant = [(mismatch, _AIM_TEXT.sub("", reading, count=1)) for mismatch, reading in readings(text)]
    found = [code for mismatch, reading in meant if (code := _certain(mismatch, reading, text)) is not None]
    return found[0] if len(found) == 1 else _ticket_among([reading for _, reading in meant])


def _certain(mismatch: Mismatch, meant: str, arrived: str) -> Code | None:
    card = certain_card(meant)
    if card is not None:
        return by_layout(card, mismatch, meant, arrived[-len(meant) :])
    code = _read_as((_INSURANCE, _PAYMENT), meant)
    return code if isinstance(code, PaymentQr) or (isinstance(code, InsuranceQr) and not code.warnings) else None


def _ticket_among(spellings: Sequence[str]) -> TicketQr | None:
    """The ticket of the first spelling that is one, with what it would be by the others: its signature decides."""
    tickets = []
    for text in filter(is_ticket_text, spellings):
        with suppress(ProofError):
            tickets.append(parse(text))
    return TicketQr(replace(tickets[0], otherwise=tuple(tickets[1:]))) if tickets else None


def _not_utf8(body: bytes) -> Code:
    """A card through a scanner in a wrong mode keeps its number; a foreign binary code stays unknown."""
    if body.count(b"|") < _CARD_BARS:
        return UnknownQr()
    text = body.decode("ascii", "replace")
    if looks_like_damaged_card(text):
        return _tell(text)
    return DamagedQr(BrokenKind.NOT_UTF8)


def _read_ticket(text: str) -> TicketQr:
    found = _ticket_among([text, *(reading for _, reading in readings(text))])
    if found is None:
        raise MalformedError("ticket: no spelling of it can be read")
    return found


def _link(text: str) -> LinkQr | None:
    match = _LINK.match(text)
    if match is None:
        return None
    host = match.group(1).rpartition("@")[2].partition(":")[0]
    if max(map(len, host.split("."))) > _LONGEST_LABEL or len(host) > _LONGEST_HOST:
        return None  # to spell it in ASCII could take a tenth of a second
    try:
        domain = host.lower() if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    return LinkQr(domain) if _HOST.fullmatch(domain) else None


_Kind = tuple[Callable[[str], bool], Callable[[str], Code], BrokenKind]
_CARD: _Kind = (looks_like_card, parse_citizen, BrokenKind.CARD)
_INSURANCE: _Kind = (looks_like_insurance, parse_insurance, BrokenKind.INSURANCE)
_PAYMENT: _Kind = (looks_like_payment, parse_payment, BrokenKind.PAYMENT)
_WHOLE = (_CARD, _INSURANCE, _PAYMENT, (is_ticket_text, _read_ticket, BrokenKind.TICKET))
_BROKEN: tuple[_Kind, ...] = ((looks_like_damaged_card, parse_citizen, BrokenKind.CARD),)
