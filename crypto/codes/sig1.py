"""Tickets of pretix' signature scheme 1: Ed25519 over a small protobuf message, ids only.

Source: pretix 2026.8, ``pretix/base/secrets.py`` and ``pretix_sig1.proto``. The text is base64 read backwards, so that
not all tickets begin alike; the bytes are: version 1, length of the payload and of the signature (two bytes each, most
significant first), payload, signature. libpretixsync reads the first length otherwise (``<< 2``), which is the same for
payloads below 256 bytes, and others do not fit into the 255 characters that pretix keeps.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from crypto.codes.ticket import TicketExpiredError, TicketKey, TicketNotYetError
from crypto.errors import MalformedError, SignatureWrongError

MAX_TEXT = 255

_FORM = re.compile(r"={0,2}[A-Za-z0-9+/]+")
_VERSION = 1
_HEAD, _SIGNATURE = 5, 64
_SEED, _ITEM, _VARIATION, _SUBEVENT, _FROM, _UNTIL = 1, 2, 3, 4, 5, 6
_VARINT, _BYTES = 0, 2  # wire types (protobuf encoding, "Message structure")
_MAX_ID = 2**63 - 1
_MAX_TIME = 253_402_300_799  # the end of the year 9999
_MAX_SEED = 64


@dataclass(frozen=True, slots=True)
class Sig1Claims:
    """What such a ticket says. ``variation`` and ``subevent`` 0: none; a time None: unlimited, otherwise inclusive.

    ``key_id`` names the key by which it was proven, b"" before.
    """

    seed: str = field(repr=False)
    item: int
    variation: int
    subevent: int
    valid_from: datetime | None
    valid_until: datetime | None
    key_id: bytes = b""


@dataclass(frozen=True, slots=True)
class UnverifiedSig1:
    """A ticket whose signature was not checked."""

    claims: Sig1Claims
    signed: bytes = field(repr=False)
    signature: bytes = field(repr=False)


def parse(text: str) -> UnverifiedSig1:
    """The ticket's contents before any proof; raises MalformedError."""
    payload, signature = _parts(text)
    return UnverifiedSig1(_claims(payload), payload, signature)


def verify(text: str, keys: Sequence[TicketKey], now: datetime) -> Sig1Claims:
    """The ticket, proven to be signed by one of ``keys`` and valid at ``now`` (aware).

    Raises MalformedError, SignatureWrongError (by none of them), TicketNotYetError or TicketExpiredError.
    """
    claims = _genuine(parse(text), keys)
    if claims.valid_from is not None and now < claims.valid_from:
        raise TicketNotYetError("sig1: not valid yet")
    if claims.valid_until is not None and now > claims.valid_until:
        raise TicketExpiredError("sig1: expired")
    return claims


def key_of(text: str) -> TicketKey:
    """An event's public key as pretix tells it: base64 of a PEM file. Raises MalformedError, NotSupportedError."""
    try:
        pem = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedError("sig1 key: not base64") from None
    return TicketKey.from_pem(pem)


def _genuine(ticket: UnverifiedSig1, keys: Sequence[TicketKey]) -> Sig1Claims:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    for key in keys:
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(ticket.signature, ticket.signed)
        except InvalidSignature:
            continue
        return replace(ticket.claims, key_id=key.key_id)
    raise SignatureWrongError("sig1: signed by none of the accepted keys")


def _parts(text: str) -> tuple[bytes, bytes]:
    """Payload and signature."""
    if len(text) > MAX_TEXT or _FORM.fullmatch(text) is None:
        raise MalformedError("sig1: not base64 backwards")
    forwards = text[::-1]
    try:
        raw = base64.b64decode(forwards, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedError("sig1: not base64 backwards") from None
    if base64.b64encode(raw).decode("ascii") != forwards:
        raise MalformedError("sig1: base64 with loose bits")
    payload, signature = int.from_bytes(raw[1:3], "big"), int.from_bytes(raw[3:_HEAD], "big")
    if raw[:1] != bytes([_VERSION]) or signature != _SIGNATURE or len(raw) != _HEAD + payload + signature:
        raise MalformedError("sig1: version or lengths")
    return raw[_HEAD : _HEAD + payload], raw[_HEAD + payload :]


def _claims(payload: bytes) -> Sig1Claims:
    fields = _fields(payload)
    seed = fields.get(_SEED, b"")
    if not isinstance(seed, bytes) or not 0 < len(seed) <= _MAX_SEED or not seed.isalnum() or not seed.isascii():
        raise MalformedError("sig1: seed")
    item = _number(fields, _ITEM, _MAX_ID)
    if item == 0:
        raise MalformedError("sig1: a ticket of no product")
    return Sig1Claims(
        seed=seed.decode("ascii"),
        item=item,
        variation=_number(fields, _VARIATION, _MAX_ID),
        subevent=_number(fields, _SUBEVENT, _MAX_ID),
        valid_from=_time(fields, _FROM),
        valid_until=_time(fields, _UNTIL),
    )


def _fields(payload: bytes) -> dict[int, int | bytes]:
    """Each field once, and none that this scheme does not have: what it may demand could not be obeyed."""
    found: dict[int, int | bytes] = {}
    at = 0
    while at < len(payload):
        tag, at = _varint(payload, at)
        number, kind = tag >> 3, tag & 7
        if number in found or not _SEED <= number <= _UNTIL or kind != (_BYTES if number == _SEED else _VARINT):
            raise MalformedError("sig1: a field that does not belong here")
        value, at = _varint(payload, at)
        if kind == _VARINT:
            found[number] = value
            continue
        if value > len(payload) - at:
            raise MalformedError("sig1: a field is cut off")
        found[number] = payload[at : at + value]
        at += value
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number and where it ends: seven bits a byte, the lowest first, as few bytes as it takes."""
    value = 0
    for place in range(10):
        if at + place >= len(data):
            break
        byte = data[at + place]
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            if byte == 0 and place > 0:
                break
            return value, at + place + 1
    raise MalformedError("sig1: a number is cut off or too long")


def _number(fields: dict[int, int | bytes], number: int, most: int) -> int:
    value = fields.get(number, 0)
    if not isinstance(value, int) or value > most:
        raise MalformedError("sig1: a number is out of range")
    return value


def _time(fields: dict[int, int | bytes], number: int) -> datetime | None:
    value = _number(fields, number, _MAX_TIME)
    return datetime.fromtimestamp(value, UTC) if value else None
