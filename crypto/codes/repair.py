"""Undoing what keyboard-mode scanners do to Vietnamese text (every kind here was seen at a counter).

A repair is made only where the damage has one possible origin; a letter is never guessed. Digits survive
every kind of damage, so a number may be used even when this module gives the letters up.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum

_MARKED = "ăâđêôơưáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ"
_VIETNAMESE = frozenset(_MARKED + _MARKED.upper())
_TYPOGRAPHIC = frozenset("’‘ʼ–—")
_LATIN_1 = frozenset(map(chr, range(0x80, 0x100))) - _VIETNAMESE - frozenset("ñÑ")
_NOT_IN_NAMES = frozenset('0123456789!"#$%&*+:;<=>@[]^_{|}')

_BYTE = r"0(?:12[89]|1[3-9][0-9]|2[0-4][0-9]|25[0-5])"  # one byte of 128 to 255, typed as four digits
_BYTES = re.compile(f"(?:{_BYTE})+")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,31});")
_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})+")


class Damage(Enum):
    """What happened to a text on its way."""

    DECIMAL_BYTES = "decimal_bytes"
    MOJIBAKE = "mojibake"
    ESCAPED = "escaped"
    DIGITS_IN_NAME = "digits_in_name"
    LETTERS_LOST = "letters_lost"


@dataclass(frozen=True, slots=True)
class Mended:
    """Texts after inspection; ``texts`` is None where their letters cannot be trusted."""

    texts: tuple[str, ...] | None = field(repr=False)
    damage: Damage | None = None


class _NotThisError(Exception):
    """The text did not come about in the way that this repair undoes."""


def mend(texts: tuple[str, ...]) -> Mended:
    """Inspect the free texts of one card, its holder's name first, and undo damage that has one origin.

    Texts come back in NFC. Texts without a single Vietnamese letter count as LETTERS_LOST.
    """
    plain = tuple(unicodedata.normalize("NFC", text) for text in texts)
    for damage, repairs in _REPAIRS:
        found = {repaired for repair in repairs if (repaired := _apply(repair, plain)) is not None}
        if found:
            return Mended(_spaced(found.pop()) if len(found) == 1 else None, damage)
    if any(character.isdigit() for character in plain[0]):
        return Mended(None, Damage.DIGITS_IN_NAME)
    whole = all(map(_readable, plain)) and _NOT_IN_NAMES.isdisjoint(plain[0])
    if not whole or _VIETNAMESE.isdisjoint("".join(plain)):
        return Mended(None, Damage.LETTERS_LOST)
    return Mended(_spaced(plain))


def _spaced(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(" ".join(text.split()) for text in texts)


def _apply(repair: Callable[[str], str], texts: tuple[str, ...]) -> tuple[str, ...] | None:
    """The texts repaired, or None when the repair changes nothing, fits not all, or leaves no Vietnamese name."""
    try:
        repaired = tuple(unicodedata.normalize("NFC", repair(text)) for text in texts)
    except (_NotThisError, UnicodeError):
        return None
    trusted = all(map(_vietnamese_only, repaired)) and _NOT_IN_NAMES.isdisjoint(repaired[0])
    return repaired if trusted and repaired != texts else None


def _vietnamese_only(text: str) -> bool:
    return all(
        character in _VIETNAMESE or character in _TYPOGRAPHIC or (character.isascii() and character.isprintable())
        for character in text
    )


def _readable(text: str) -> bool:
    """Whether no character is the trace of a wrong code page or of a lost letter."""
    return all(
        (character.isprintable() and character != "?")
        if character.isascii()
        else character in _TYPOGRAPHIC or (character.isalpha() and character not in _LATIN_1)
        for character in text
    )


def _require_ascii(text: str) -> None:
    # A scanner that spells letters out does so because it cannot type any other; a clean text may hold such figures.
    if not text.isascii():
        raise _NotThisError


def _from_decimal_bytes(text: str) -> str:
    def decoded(match: re.Match[str]) -> str:
        digits = match.group()
        return bytes(int(digits[at : at + 4]) for at in range(0, len(digits), 4)).decode("utf-8")

    _require_ascii(text)
    return _BYTES.sub(decoded, text)


def _from_escapes(text: str) -> str:
    _require_ascii(text)
    repaired = _PERCENT.sub(lambda match: bytes.fromhex(match.group().replace("%", "")).decode("utf-8"), text)
    return _ENTITY.sub(lambda match: html.unescape(match.group()), repaired)


def _from_code_page(name: str) -> Callable[[str], str]:
    def repair(text: str) -> str:
        return b"".join(_byte_of(character, name) for character in text).decode("utf-8")

    return repair


def _byte_of(character: str, code_page: str) -> bytes:
    # Windows passes the five positions that its code page 1252 leaves free as control characters.
    if code_page == "cp1252" and "\x80" <= character <= "\x9f":
        return character.encode("latin-1")
    return character.encode(code_page)


_REPAIRS: tuple[tuple[Damage, Iterable[Callable[[str], str]]], ...] = (
    (Damage.ESCAPED, (_from_escapes,)),
    (Damage.MOJIBAKE, tuple(map(_from_code_page, ("cp1252", "cp437", "cp850")))),
    (Damage.DECIMAL_BYTES, (_from_decimal_bytes,)),
)
