"""Base45 (RFC 9285): bytes in the alphabet of alphanumeric QR codes."""

from __future__ import annotations

from crypto.errors import MalformedError

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}


def encode(data: bytes) -> str:
    """Three characters for two bytes, two for a last single one (§3)."""
    text = []
    for at in range(0, len(data) - 1, 2):
        low, rest = data[at + 1], data[at]
        high, middle = divmod(rest << 8 | low, 45 * 45)
        second, first = divmod(middle, 45)
        text.append(_ALPHABET[first] + _ALPHABET[second] + _ALPHABET[high])
    if len(data) % 2:
        second, first = divmod(data[-1], 45)
        text.append(_ALPHABET[first] + _ALPHABET[second])
    return "".join(text)


def decode(text: str) -> bytes:
    """The bytes that ``text`` stands for; raises MalformedError (a foreign character, a cut end, an overflow)."""
    data = bytearray()
    for at in range(0, len(text), 3):
        group = text[at : at + 3]
        try:
            values = [_VALUES[character] for character in group]
        except KeyError:
            raise MalformedError("base45: a character outside the alphabet") from None
        size = len(group) - 1
        number = sum(value * 45**place for place, value in enumerate(values))
        if size == 0 or number >= 1 << 8 * size:
            raise MalformedError("base45: a group that no bytes give")
        data += number.to_bytes(size, "big")
    return bytes(data)
