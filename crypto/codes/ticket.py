"""Signed tickets: a CBOR Web Token (RFC 8392) in COSE_Sign1 (RFC 9052), ids only, Ed25519.

Written as ``TRAM:`` and base45 for cameras and serial scanners, or ``TRAMX`` and base32 for keyboard-mode scanners,
whose layouts leave only letters and figures alone. Both fit the alphanumeric mode of a QR code.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING

from crypto.codes import base45, sign1
from crypto.errors import IssuerUnknownError, MalformedError, NotSupportedError, ProofError, SignatureWrongError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_ISS, _AUD, _EXP, _NBF, _CTI = 1, 3, 4, 5, 7
_PRODUCT, _ADMITS = -65537, -65538  # private use (RFC 8392 §9.1: below -65536)
_CLAIMS = frozenset({_ISS, _AUD, _EXP, _NBF, _CTI, _PRODUCT, _ADMITS})

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_MAX_TEXT = 2048
_MAX_ADMITS = 999
_MAX_TIME = 253_402_300_799  # the end of the year 9999


class TicketExpiredError(ProofError):
    """The ticket is genuine and its time is over."""


class TicketNotYetError(ProofError):
    """The ticket is genuine and its time has not come."""


class Form(Enum):
    """How the signed bytes are written; the value is the prefix that routes a scanned text here."""

    BASE45 = "TRAM:"
    BASE32 = "TRAMX"


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a ticket says: ids only, nothing about a person. Valid from ``not_before`` until just before ``expires``.

    ``key_id`` names the signing key; ``issue`` fills it in. ``secret``: the code as it was presented, for
    servers that know their tickets by it (secret.py) and for whoever proves it again.
    """

    issuer: str
    ticket_id: str
    event: str
    product: str
    admits: int
    not_before: datetime
    expires: datetime
    key_id: bytes = b""
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class UnverifiedTicket:
    """A ticket whose signature was not checked: good for routing, never for admitting. ``otherwise``: what else it may
    have been before a keyboard-mode scanner typed it into another layout."""

    claims: Ticket
    signed: sign1.Signed = field(repr=False)
    otherwise: tuple[UnverifiedTicket, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class TicketKey:
    """An issuer's public key: 32 bytes (RFC 8032 §5.1.5)."""

    public: bytes

    @property
    def key_id(self) -> bytes:
        """The first eight bytes of the key's SHA-256."""
        return sign1.key_id_of(self.public)

    def to_pem(self) -> bytes:
        """SubjectPublicKeyInfo (RFC 8410) as PEM."""
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        return Ed25519PublicKey.from_public_bytes(self.public).public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @classmethod
    def from_pem(cls, pem: bytes) -> TicketKey:
        """The key in a PEM file that an issuer gave; raises MalformedError, NotSupportedError (not Ed25519)."""
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            key = serialization.load_pem_public_key(pem)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise MalformedError("ticket key: no public key in PEM form") from error
        if not isinstance(key, Ed25519PublicKey):
            raise NotSupportedError("ticket key: not an Ed25519 key")
        return cls(key.public_bytes_raw())


def is_ticket_text(text: str) -> bool:
    """Whether the text claims to be a ticket of this form."""
    return _form_of(text) is not None


def parse(text: str) -> UnverifiedTicket:
    """The ticket's contents before any proof; raises MalformedError or NotSupportedError."""
    signed = sign1.parse(_decoded(text))
    return UnverifiedTicket(_claims(signed.claims, signed.key_id), signed)


def verify(ticket: str | UnverifiedTicket, keys: Sequence[TicketKey], now: datetime) -> Ticket:
    """The ticket, proven to be issued by one of ``keys`` and valid at ``now`` (aware).

    Raises MalformedError, NotSupportedError, IssuerUnknownError (no such key), SignatureWrongError,
    TicketNotYetError or TicketExpiredError.
    """
    unverified = parse(ticket) if isinstance(ticket, str) else ticket
    claims = _genuine(unverified, keys)
    if now < claims.not_before:
        raise TicketNotYetError("ticket: not valid yet")
    if now >= claims.expires:
        raise TicketExpiredError("ticket: expired")
    return claims


def _genuine(ticket: UnverifiedTicket, keys: Sequence[TicketKey]) -> Ticket:
    """The claims of the one reading that was signed; raises what is wrong with the first."""
    wrong: ProofError | None = None
    for reading in (ticket, *ticket.otherwise):
        try:
            return _signed_claims(reading, keys)
        except (IssuerUnknownError, SignatureWrongError) as error:
            wrong = wrong or error
    raise wrong or SignatureWrongError("ticket: signature")


def _signed_claims(ticket: UnverifiedTicket, keys: Sequence[TicketKey]) -> Ticket:
    sign1.verify(ticket.signed, [key.public for key in keys])
    return ticket.claims


def issue(ticket: Ticket, key: Ed25519PrivateKey, form: Form = Form.BASE45) -> str:
    """The signed text of ``ticket``, times cut to whole seconds; raises MalformedError when a field is out of form."""
    key_id = public_half(key).key_id
    body = {
        _ISS: ticket.issuer,
        _AUD: ticket.event,
        _EXP: int(ticket.expires.timestamp()),
        _NBF: int(ticket.not_before.timestamp()),
        _CTI: ticket.ticket_id.encode("utf-8", "replace"),
        _PRODUCT: ticket.product,
        _ADMITS: ticket.admits,
    }
    _claims(body, key_id)
    raw = sign1.sign(body, key)
    if form is Form.BASE45:
        return f"{form.value}{base45.encode(raw)}"
    return f"{form.value}{_base32(raw)}"


def public_half(key: Ed25519PrivateKey) -> TicketKey:
    """The public key that terminals must know to verify what ``key`` signs."""
    return TicketKey(key.public_key().public_bytes_raw())


def _form_of(text: str) -> Form | None:
    head = text[: len(Form.BASE32.value)].upper()
    return next((form for form in Form if form.value == head), None)


def _decoded(text: str) -> bytes:
    form = _form_of(text)
    if form is None or len(text) > _MAX_TEXT:
        raise MalformedError("ticket: no ticket prefix, or too long")
    # Caps Lock reverses what a keyboard-mode scanner types; neither alphabet has small letters.
    body = text[len(form.value) :].upper()
    if form is Form.BASE45:
        return base45.decode(body)
    try:
        raw = base64.b32decode(body + "=" * (-len(body) % 8))
    except (binascii.Error, ValueError):
        raise MalformedError("ticket: not base32") from None
    if _base32(raw) != body:
        raise MalformedError("ticket: base32 with padding or loose bits")
    return raw


def _base32(raw: bytes) -> str:
    return base64.b32encode(raw).decode("ascii").rstrip("=")


def _claims(body: dict[object, object] | dict[int, object], key_id: bytes) -> Ticket:
    if set(body) != _CLAIMS:
        raise MalformedError("ticket: claims missing or unknown")
    token = body[_CTI]
    if not isinstance(token, bytes):
        raise MalformedError("ticket: the ticket id is a byte string")
    ticket = Ticket(
        issuer=_name(body[_ISS]),
        ticket_id=_name(token.decode("utf-8", "replace")),
        event=_name(body[_AUD]),
        product=_name(body[_PRODUCT]),
        admits=_number(body[_ADMITS], 1, _MAX_ADMITS),
        not_before=_time(body[_NBF]),
        expires=_time(body[_EXP]),
        key_id=key_id,
    )
    if ticket.expires <= ticket.not_before:
        raise MalformedError("ticket: it ends before it begins")
    return ticket


def _name(value: object) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise MalformedError("ticket: an id has a wrong form")
    return value


def _number(value: object, low: int, high: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise MalformedError("ticket: a number is out of range")
    return value


def _time(value: object) -> datetime:
    return datetime.fromtimestamp(_number(value, 0, _MAX_TIME), UTC)
