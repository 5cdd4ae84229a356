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
_ONLY_VIETNAMESE = frozenset(letter for letter in _VIETNAMESE if ord(letter) >= 0x100)
_TYPOGRAPHIC = frozenset("’‘ʼ–—")
_LATIN_1 = frozenset(map(chr, range(0x80, 0x100))) - _VIETNAMESE - frozenset("ñÑ")
_NOT_IN_NAMES = frozenset('0123456789!"#$%&*+:;<=>@[]^_{|}')

_WORD = re.compile(r"[^\W\d_]+")
_VOWELS = frozenset("aeiouy")
_ABBREVIATIONS = frozenset(("TP", "KP", "TDP", "TT", "TX", "QL", "TL", "KV", "KDC", "NG", "TR", "ST", "HCM"))
_SEXES = frozenset({"Nam", "Nữ", "NAM", "NỮ", "nam", "nữ"})

_BYTE = r"0(?:12[89]|1[3-9][0-9]|2[0-4][0-9]|25[0-5])"  # one byte of 128 to 255, typed as four digits
_BYTES = re.compile(f"(?:{_BYTE})+")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,31});")
_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_CONTROLS, _NOWHERE = re.compile("([\x80-\x9f]+)"), re.compile("(?!)")


class Damage(Enum):
    """What happened to a text on its way."""

    DECIMAL_BYTES = "decimal_bytes"
    MOJIBAKE = "mojibake"
    ESCAPED = "escaped"
    CAPITALS = "capitals"
    LAYOUT = "layout"
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
    """Inspect the free texts of one card (the holder's name, then the sex, then all others) and undo damage that has
    one origin.

    Texts come back in NFC. Texts without a single letter that only Vietnamese has count as LETTERS_LOST.
    """
    plain = tuple(unicodedata.normalize("NFC", text) for text in texts)
    for damage, repairs in _REPAIRS:
        found = {repaired for repair in repairs if (repaired := _apply(repair, texts, plain)) is not None}
        if found:
            return _settled(found.pop(), damage) if len(found) == 1 else Mended(None, damage)
    if any(character.isdigit() for character in plain[0]):
        return Mended(None, Damage.DIGITS_IN_NAME)
    whole = all(map(_readable, plain)) and _NOT_IN_NAMES.isdisjoint(plain[0]) and "%" not in "".join(plain)
    # Western layouts have keys for some of the letters; where no other is left, the others may have been swallowed.
    if not whole or _ONLY_VIETNAMESE.isdisjoint("".join(plain)):
        return Mended(None, Damage.LETTERS_LOST)
    # An input method makes letters of what swallowed ones left, in words of a few languages only: not all over a card.
    if len(plain) > 2 and plain[2] and plain[2].isascii() and not plain[0].isascii():
        return Mended(None, Damage.LETTERS_LOST)
    return _settled(plain, None)


def is_vietnamese(character: str) -> bool:
    """Whether this is one of the letters that only Vietnamese (and no key of a US layout) writes."""
    return character in _VIETNAMESE


def _settled(texts: tuple[str, ...], damage: Damage | None) -> Mended:
    """The texts, unless letters are wanting in them; capitals and small letters put right where Caps Lock was on."""
    if _consonants_only(texts):
        return Mended(None, Damage.LETTERS_LOST)
    if len(texts) < 2 or not texts[1].startswith("n"):
        return Mended(_spaced(texts), damage)
    # Caps Lock reverses what keys type; letters that came as codes it leaves alone. Never both in one text.
    ways = {texts, tuple(map(str.swapcase, texts)), tuple(map(_swapped_where_keys_are, texts))}
    fitting = [way for way in ways if _well_cased(way[0]) and way[1] in _SEXES]
    if len(fitting) != 1:
        return Mended(None, damage or Damage.CAPITALS)
    return Mended(_spaced(fitting[0]), damage if fitting[0] == texts else damage or Damage.CAPITALS)


def _consonants_only(texts: tuple[str, ...]) -> bool:
    """Whether a word has no vowel. Input methods can turn what swallowed letters left into others, so that a Vietnamese
    letter in the text does not prove that none is wanting."""
    name, *others = ([word for word in _WORD.findall(text) if not _has_vowel(word)] for text in texts)
    longer = [word for words in others for word in words if word.upper() not in _ABBREVIATIONS]
    return any(len(word) > 1 for word in name) or any(len(w) > (3 if w.isupper() else 1) for w in longer)


def _has_vowel(word: str) -> bool:
    return not _VOWELS.isdisjoint(unicodedata.normalize("NFD", word).lower())


def _well_cased(name: str) -> bool:
    return name.isupper() or all(word.istitle() for word in name.split())


def _swapped_where_keys_are(text: str) -> str:
    return "".join(character.swapcase() if character.isascii() else character for character in text)


def _spaced(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(" ".join(text.split()) for text in texts)


def _apply(repair: Callable[[str], str], texts: tuple[str, ...], plain: tuple[str, ...]) -> tuple[str, ...] | None:
    """The texts repaired, or None when the repair changes nothing, fits not all, or leaves no Vietnamese name.

    ``texts`` are as they arrived: composing them would destroy what code page 1258 made of them.
    """
    try:
        repaired = tuple(unicodedata.normalize("NFC", repair(text)) for text in texts)
    except (_NotThisError, UnicodeError):
        return None
    trusted = all(map(_vietnamese_only, repaired)) and _NOT_IN_NAMES.isdisjoint(repaired[0])
    # A number in an address may look like a spelt letter by chance. Then the letters of name and sex are swallowed.
    spelt = repaired[:2] != plain[:2] or not "".join(plain).isascii()
    return repaired if trusted and spelt and repaired != plain else None


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
    # Windows passes the positions that its code pages leave free as control characters.
    free = _CONTROLS if name.startswith("cp125") else _NOWHERE

    def repair(text: str) -> str:
        parts = free.split(text)
        return b"".join(part.encode("latin-1" if at % 2 else name) for at, part in enumerate(parts)).decode("utf-8")

    return repair


_REPAIRS: tuple[tuple[Damage, Iterable[Callable[[str], str]]], ...] = (
    (Damage.ESCAPED, (_from_escapes,)),
    (Damage.MOJIBAKE, tuple(map(_from_code_page, ("cp1252", "cp1258", "cp437", "cp850")))),
    (Damage.DECIMAL_BYTES, (_from_decimal_bytes,)),
)
