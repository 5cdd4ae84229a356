"""What keyboard-mode scanners, layouts and input methods make of a text, forwards."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from itertools import groupby
from urllib.parse import quote

from crypto.codes.layouts import MISMATCHES, Mismatch

Damaging = Callable[[str], str]

_TONES = {"s": "\u0301", "f": "\u0300", "r": "\u0309", "x": "\u0303", "j": "\u0323"}
_VNI_TONES = dict(zip("12345", _TONES.values(), strict=True))
_VNI_SHAPES = {("a", "6"): "\u0302", ("e", "6"): "\u0302", ("o", "6"): "\u0302", ("o", "7"): "\u031b",
               ("u", "7"): "\u031b", ("a", "8"): "\u0306"}  # fmt: skip


def each_foreign(text: str, change: Callable[[str], str]) -> str:
    """``text`` with its characters beyond ASCII changed, run by run."""
    return "".join(
        "".join(run) if ascii_run else change("".join(run)) for ascii_run, run in groupby(text, key=str.isascii)
    )


def decimal_bytes(text: str) -> str:
    return each_foreign(text, lambda run: "".join(f"{byte:04}" for byte in run.encode()))


def code_points(text: str) -> str:
    return each_foreign(text, lambda run: "".join(str(ord(character)) for character in run))


def swallowed(text: str) -> str:
    return each_foreign(text, lambda run: "")


def stripped(text: str) -> str:
    """Marks gone, letters left."""
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(character for character in plain if character.isascii())


def percent(text: str) -> str:
    return each_foreign(text, quote)


def entities(text: str) -> str:
    return text.encode("ascii", "xmlcharrefreplace").decode()


def question_marks(text: str) -> str:
    return text.encode("ascii", "replace").decode()


def nfd(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def mojibake(code_page: str) -> Damaging:
    """UTF-8 taken for an 8-bit code page, as Windows does it: free places become control characters."""

    def damage(text: str) -> str:
        return "".join(_as_windows(byte, code_page) for byte in text.encode())

    return damage


def _as_windows(byte: int, code_page: str) -> str:
    try:
        return bytes([byte]).decode(code_page)
    except UnicodeDecodeError:
        return chr(byte)


def caps_lock(text: str) -> str:
    """Caps Lock, for letters that all have keys."""
    return text.swapcase()


def caps_lock_on_keys(text: str) -> str:
    """Caps Lock, where letters beyond ASCII come as codes."""
    return "".join(character.swapcase() if character.isascii() else character for character in text)


def doubled_bars(text: str) -> str:
    return text.replace("|", "||")


def telex(text: str) -> str:
    return _by_word(text, _telex_word)


def vni(text: str) -> str:
    return _by_word(text, _vni_word)


def _by_word(text: str, change: Callable[[str], str]) -> str:
    return "".join(change(part) for part in re.split(r"([^\w]+)", text))


def _telex_word(word: str) -> str:
    made = ""
    for key in word:
        low, last = key.lower(), made[-1:].lower()
        vowel = max((at for at, sign in enumerate(made) if _base(sign) in "aeiouy"), default=-1)
        if low in _TONES and vowel >= 0:
            made = made[: vowel + 1] + _TONES[low] + made[vowel + 1 :]
        elif low == last and low in "aeo" and low.isascii():
            made += "\u0302"
        elif low == "d" and last == "d":
            made = made[:-1] + ("Đ" if made[-1] == "D" else "đ")
        elif low == "w":
            made += {"a": "\u0306", "o": "\u031b", "u": "\u031b"}.get(last, "ư")
        else:
            made += key
        made = unicodedata.normalize("NFC", made)
    return made


def _vni_word(word: str) -> str:
    made = ""
    for key in word:
        vowel = max((at for at, sign in enumerate(made) if _base(sign) in "aeiouy"), default=-1)
        last = _base(made[-1:])
        if key in _VNI_TONES and vowel >= 0:
            made = made[: vowel + 1] + _VNI_TONES[key] + made[vowel + 1 :]
        elif (last, key) in _VNI_SHAPES:
            made += _VNI_SHAPES[last, key]
        elif key == "9" and last == "d":
            made = made[:-1] + ("Đ" if made[-1] == "D" else "đ")
        else:
            made += key
        made = unicodedata.normalize("NFC", made)
    return made


def _base(sign: str) -> str:
    return unicodedata.normalize("NFD", sign)[:1].lower()


def through(mismatch: Mismatch, first: Damaging) -> Damaging:
    return lambda text: mismatch.typed(first(text))


UNDONE: dict[str, Damaging] = {
    "decimal bytes": decimal_bytes,
    "percent": percent,
    "entities": entities,
    "NFD": nfd,
    **{code_page: mojibake(code_page) for code_page in ("cp1252", "latin-1", "cp1258", "cp437", "cp850")},
    "Caps Lock": caps_lock,
    "Caps Lock on keys": caps_lock_on_keys,
    "Caps Lock and decimal bytes": lambda text: decimal_bytes(caps_lock_on_keys(text)),
    "Caps Lock and mojibake": lambda text: mojibake("cp1258")(caps_lock_on_keys(text)),
    "doubled bars": doubled_bars,
}
"""Damage that has one origin."""

FLAGGED: dict[str, Damaging] = {
    "code points": code_points,
    "swallowed": swallowed,
    "stripped": stripped,
    "question marks": question_marks,
    "swallowed, Telex": lambda text: telex(swallowed(text)),
    "swallowed, VNI": lambda text: vni(swallowed(text)),
    "swallowed, Caps Lock": lambda text: caps_lock(swallowed(text)),
    "mojibake with gaps": lambda text: "".join(sign for sign in mojibake("cp1252")(text) if sign.isprintable()),
}
"""Damage that took something away, or may have."""


def latin_1_only(text: str) -> str:
    """What a scanner leaves that types the letters of a western layout and drops all others."""
    return "".join(sign for sign in text if ord(sign) < 256)


MIXED: dict[str, Damaging] = {
    "decimal bytes, Telex": lambda text: telex(decimal_bytes(text)),
    "decimal bytes, VNI": lambda text: vni(decimal_bytes(text)),
    "stripped, Telex": lambda text: telex(stripped(text)),
    "stripped, VNI": lambda text: vni(stripped(text)),
    "percent, Telex": lambda text: telex(percent(text)),
    "percent, VNI": lambda text: vni(percent(text)),
    "entities, Telex": lambda text: telex(entities(text)),
    "entities, VNI": lambda text: vni(entities(text)),
    "doubled bars and decimal bytes": lambda text: doubled_bars(decimal_bytes(text)),
}
"""Damage on damage: it may be undone by luck."""

LAYOUTS: dict[str, Damaging] = {
    f"{mismatch.scanner} as {mismatch.computer}, {name}": through(mismatch, first)
    for mismatch in MISMATCHES
    for name, first in (("decimal bytes", decimal_bytes), ("swallowed", swallowed), ("percent", percent),
                        ("letters as codes", lambda text: text))
}  # fmt: skip
"""Every mismatch of layouts, with what else befalls letters that have no key."""
