"""Distinguished names of certificates (RFC 5280 §4.1.2.4): for people to read, and prepared for comparison.

States write names in every string type that ASN.1 has, some wrongly: what cannot be read as text is shown as hex, so
that a name never makes a certificate unusable.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from crypto import der
from crypto.errors import MalformedError
from crypto.tlv import Tlv

_MAX_TEXT = 512
_MAX_PARTS = 64
_BETWEEN_LEVELS = "\x1e"
_BETWEEN_PARTS = "\x1f"
_SHORT_NAMES = {
    "550403": "CN",
    "550405": "serialNumber",
    "550406": "C",
    "55040a": "O",
    "55040b": "OU",
}
_ENCODINGS = {
    0x0C: "utf-8",
    0x12: "ascii",
    # ASCII by their definitions; issuers put their own letters in, mostly Latin-1.
    0x13: "latin-1",
    0x14: "latin-1",
    0x16: "latin-1",
    0x1A: "latin-1",
    0x1C: "utf-32-be",
    0x1E: "utf-16-be",
}
"""How the string types of X.520 are read, by tag."""


def text(name: Tlv) -> str:
    """The name for people, like ``C=VN, O=…, CN=…``: at most 512 characters, nothing unprintable.

    Parts without a common short name have their number (``2.5.4.7=Town``), or their bytes where that is none. Raises
    MalformedError for what is no name, which ``comparison_key`` refuses too.
    """
    parts = (f"{_kind(kind)}={_shown(value)}" for kind, value in _flat(name))
    return "".join(sign if sign.isprintable() else "?" for sign in ", ".join(parts))[:_MAX_TEXT]


def comparison_key(name: Tlv) -> str:
    """The same text for all names that count as the same (RFC 5280 §7.1); raises MalformedError.

    Case, kind of string, and how many spaces there are do not count; the order of levels does.
    """
    levels = (_BETWEEN_PARTS.join(sorted(_prepared(*part) for part in level)) for level in _levels(name))
    return _BETWEEN_LEVELS.join(levels)


def _flat(name: Tlv) -> Iterator[tuple[Tlv, Tlv]]:
    for level in _levels(name):
        yield from level


def _levels(name: Tlv) -> Iterator[list[tuple[Tlv, Tlv]]]:
    levels = der.parts(name)
    if len(levels) > _MAX_PARTS:
        raise MalformedError("name: too many parts")
    for level in levels:
        parts = [der.parts(part) for part in der.parts(level, der.SET)]
        if len(parts) > _MAX_PARTS or any(len(part) != 2 for part in parts):
            raise MalformedError("name: a part is not type and value")
        yield [(part[0], part[1]) for part in parts]


def _decoded(value: Tlv) -> str | None:
    try:
        return value.value.decode(_ENCODINGS[value.tag])
    except (KeyError, UnicodeDecodeError):
        return None


def _kind(kind: Tlv) -> str:
    try:
        return _SHORT_NAMES.get(kind.value.hex()) or der.identifier(kind)
    except MalformedError:
        return f"#{kind.value.hex()}"


def _shown(value: Tlv) -> str:
    decoded = _decoded(value)
    return f"#{value.encode().hex()}" if decoded is None else decoded


def _prepared(kind: Tlv, value: Tlv) -> str:
    decoded = _decoded(value)
    # split() takes the separators of the key for spaces too, so no value can forge a border.
    plain = " ".join(unicodedata.normalize("NFKC", decoded).casefold().split()) if decoded is not None else None
    return f"{der.value(kind, der.OBJECT_IDENTIFIER).hex()}={f'#{value.encode().hex()}' if plain is None else plain}"
