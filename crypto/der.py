"""The few DER forms that chips use (ITU-T X.690): numbers, object identifiers and key wrappers, strict and bounded."""

from __future__ import annotations

from crypto import tlv
from crypto.errors import MalformedError
from crypto.tlv import Tlv

INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
OBJECT_IDENTIFIER = 0x06
SEQUENCE = 0x30
SET = 0x31

_MAX_INTEGER = 1025  # the modulus of the longest RSA keys, and the byte for its sign
_MAX_IDENTIFIER = 64


def parts(item: Tlv, tag: int = SEQUENCE) -> tuple[Tlv, ...]:
    """The members of ``item``, which must be a SEQUENCE (or ``tag``); raises MalformedError."""
    return tlv.parse_all(value(item, tag))


def value(item: Tlv, tag: int) -> bytes:
    """The content of ``item``, which must have ``tag``; raises MalformedError."""
    if item.tag != tag:
        raise MalformedError(f"DER: tag {item.tag:X} where {tag:X} belongs")
    return item.value


def unsigned(item: Tlv) -> int:
    """A non-negative INTEGER of at most 8192 bits; raises MalformedError."""
    content = value(item, INTEGER)
    if not content or len(content) > _MAX_INTEGER or content[0] & 0x80:
        raise MalformedError("DER: not a non-negative integer of a sane size")
    return int.from_bytes(content, "big")


def bits(item: Tlv) -> bytes:
    """The bytes of a BIT STRING without unused bits; raises MalformedError."""
    content = value(item, BIT_STRING)
    if not content or content[0]:
        raise MalformedError("DER: bit string that is not whole bytes")
    return content[1:]


def identifier(item: Tlv) -> str:
    """An OBJECT IDENTIFIER in dotted form; raises MalformedError."""
    content = value(item, OBJECT_IDENTIFIER)
    if not content or len(content) > _MAX_IDENTIFIER or content[-1] & 0x80:
        raise MalformedError("DER: object identifier empty, oversized or cut short")
    arcs: list[int] = []
    arc = 0
    for byte in content:
        arc = arc << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, [first, arcs[0] - 40 * first, *arcs[1:]]))


def encode_identifier(dotted: str) -> bytes:
    """The content bytes of an OBJECT IDENTIFIER (without tag and length); raises MalformedError."""
    try:
        first, second, *rest = (int(arc) for arc in dotted.split("."))
    except ValueError:
        raise MalformedError("object identifier: dotted numbers are required") from None
    if not 0 <= first <= 2 or second < 0 or (first < 2 and second > 39) or any(arc < 0 for arc in rest):
        raise MalformedError("object identifier: arc out of range")
    return b"".join(_encode_arc(arc) for arc in [40 * first + second, *rest])


def _encode_arc(arc: int) -> bytes:
    encoded = [arc & 0x7F]
    while arc := arc >> 7:
        encoded.append(0x80 | arc & 0x7F)
    return bytes(reversed(encoded))


def unsigned_bytes(number: int) -> bytes:
    """A non-negative ``number`` in the fewest bytes, at least one (BSI TR-03110-3 §D.2.1.1)."""
    return number.to_bytes((number.bit_length() + 7) // 8 or 1, "big")


def encode_unsigned(number: int) -> bytes:
    """An INTEGER object for a non-negative ``number``."""
    return tlv.encode(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))
