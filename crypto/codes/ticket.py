"""Signed tickets: a CBOR Web Token (RFC 8392) in COSE_Sign1 (RFC 9052), ids only, Ed25519.

Written as ``TRAM:`` and base45 for cameras and serial scanners, or ``TRAMX`` and base32 for keyboard-mode scanners,
whose layouts leave only letters and figures alone. Both fit the alphanumeric mode of a QR code.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING

from crypto.codes import base45, cbor
from crypto.errors import IssuerUnknownError, MalformedError, NotSupportedError, ProofError, SignatureWrongError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_TAG_SIGN1 = b"\xd2"  # tag 18 in its only deterministic form
_TAG_CWT = b"\xd8\x3d"  # tag 61, which may stand around it

_ALG, _KID = 1, 4
ALG_ED25519 = -19
"""Fully specified Ed25519 (RFC 9864); what is written."""
_ALG_EDDSA = -8  # its deprecated, curve-less predecessor; still read

_ISS, _AUD, _EXP, _NBF, _CTI = 1, 3, 4, 5, 7
_PRODUCT, _ADMITS = -65537, -65538  # private use (RFC 8392 §9.1: below -65536)
_CLAIMS = frozenset({_ISS, _AUD, _EXP, _NBF, _CTI, _PRODUCT, _ADMITS})

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_MAX_TEXT = 2048
_MAX_ADMITS = 999
_MAX_TIME = 253_402_300_799  # the end of the year 9999
_SIGNATURE_SIZE = 64


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

    ``key_id`` names the signing key; ``issue`` fills it in.
    """

    issuer: str
    ticket_id: str
    event: str
    product: str
    admits: int
    not_before: datetime
    expires: datetime
    key_id: bytes = b""


@dataclass(frozen=True, slots=True)
class UnverifiedTicket:
    """A ticket whose signature was not checked: good for routing, never for admitting. ``otherwise``: what else it may
    have been before a keyboard-mode scanner typed it into another layout."""

    claims: Ticket
    signed: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    otherwise: tuple[UnverifiedTicket, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class TicketKey:
    """An issuer's public key: 32 bytes (RFC 8032 §5.1.5)."""

    public: bytes

    @property
    def key_id(self) -> bytes:
        """The first eight bytes of the key's SHA-256."""
        return hashlib.sha256(self.public).digest()[:8]

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
    raw = _decoded(text)
    untagged = raw.removeprefix(_TAG_CWT)
    if not untagged.startswith(_TAG_SIGN1):
        raise MalformedError("ticket: no COSE_Sign1 tag")
    parts = cbor.decode(untagged[1:])
    if not isinstance(parts, list) or len(parts) != 4:
        raise MalformedError("ticket: COSE_Sign1 has four parts")
    protected, unprotected, payload, signature = parts
    if not (isinstance(protected, bytes) and isinstance(payload, bytes) and isinstance(signature, bytes)):
        raise MalformedError("ticket: COSE_Sign1 parts of a wrong type")
    if len(signature) != _SIGNATURE_SIZE:
        raise MalformedError("ticket: an Ed25519 signature has 64 bytes")
    key_id = _key_id(_map(protected), unprotected)
    return UnverifiedTicket(_claims(_map(payload), key_id), _signed(protected, payload), signature)


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
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    key = next((key for key in keys if key.key_id == ticket.claims.key_id), None)
    if key is None:
        raise IssuerUnknownError("ticket: no accepted key has this key id")
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(ticket.signature, ticket.signed)
    except InvalidSignature:
        raise SignatureWrongError("ticket: signature") from None
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
    protected, payload = cbor.encode({_ALG: ALG_ED25519, _KID: key_id}), cbor.encode(body)
    signature = key.sign(_signed(protected, payload))
    raw = _TAG_SIGN1 + cbor.encode([protected, {}, payload, signature])
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


def _map(raw: bytes) -> dict[object, object]:
    value = cbor.decode(raw)
    if not isinstance(value, dict):
        raise MalformedError("ticket: a map belongs here")
    return value


def _key_id(protected: dict[object, object], unprotected: object) -> bytes:
    if not isinstance(unprotected, dict) or not set(protected) <= {_ALG, _KID} or not set(unprotected) <= {_KID}:
        raise NotSupportedError("ticket: a header that is not used here")
    if protected.get(_ALG) not in (ALG_ED25519, _ALG_EDDSA):
        raise NotSupportedError("ticket: an algorithm other than Ed25519")
    key_id = protected.get(_KID, unprotected.get(_KID))
    if not isinstance(key_id, bytes) or len(key_id) != 8 or (_KID in protected and _KID in unprotected):
        raise MalformedError("ticket: one key id of eight bytes is required")
    return key_id


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


def _signed(protected: bytes, payload: bytes) -> bytes:
    """Sig_structure (RFC 9052 §4.4) without external data."""
    return cbor.encode(["Signature1", protected, b"", payload])
