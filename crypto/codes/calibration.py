"""One known text, and what a scanner, the keyboard layout and the input method made of it on its way.

Every damage is done to the known text and compared, so that what is told is certain; the rest is OTHER.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum

from crypto.codes.layouts import MISMATCHES, Mismatch

# Small enough for a QR code that fits a terminal of 80 x 24. In the alphabets, which lack w, no vowel stands before a
# letter or figure that an input method would take for a tone.
_FIGURES = "0123456789"
_KEYS = f"{_FIGURES}|bcdfghjklmnpqrstvxzaeiouy BCDFGHJKLMNPQRSTVXZAEIOUY $%*+-./:'"
_LETTERS = "ễĐđƠưẠ"
_PROBES = "as dd ow a1 d9"
_END = "TRAM"

LONGEST = 1024
"""Characters of an answer that are looked at; a prefix and suffix fit many times."""

_MOST_AROUND = 16  # characters of a prefix or suffix, as in the configuration
_AIM = re.compile(r"\][A-Za-z][0-9A-Fa-f]")
_LINE_ENDS = "\r\n\t"


class Letters(Enum):
    """What became of the Vietnamese letters."""

    WHOLE = "whole"
    DECOMPOSED = "decomposed"
    DECIMAL_BYTES = "decimal_bytes"
    CODE_POINTS = "code_points"
    MOJIBAKE = "mojibake"
    ESCAPED = "escaped"
    STRIPPED = "stripped"
    SWALLOWED = "swallowed"
    NOT_UTF8 = "not_utf8"
    OTHER = "other"


class InputMethod(Enum):
    """Which input method (Unikey, EVKey, the system's own) took letters or figures for marks."""

    TELEX = "telex"
    VNI = "vni"
    OTHER = "other"


class Advice(Enum):
    """What to change, the most urgent first."""

    AGAIN = "again"
    INPUT_METHOD = "input_method"
    CAPS_LOCK = "caps_lock"
    LAYOUT = "layout"
    UTF8 = "utf8"
    SERIAL = "serial"
    SERIAL_BETTER = "serial_better"
    LINE_END = "line_end"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was found; ``recognised`` is False where the text was not in the answer, and nothing else is meant then.

    ``prefix`` and ``suffix`` are without line ends and AIM identifier, just as they arrive. ``layout`` is None where
    scanner and computer agree. ``line_end``: what ends a code: ``\\r``, ``\\n``, ``\\t``, several of them, or "".
    """

    recognised: bool
    prefix: str = field(default="", repr=False)
    suffix: str = field(default="", repr=False)
    line_end: str = field(default="", repr=False)
    aim: str = ""
    layout: Mismatch | None = None
    caps_lock: bool = False
    method: InputMethod | None = None
    letters: Letters = Letters.WHOLE
    advice: tuple[Advice, ...] = (Advice.AGAIN,)


def calibration_payload() -> bytes:
    """What the QR code to be scanned holds: UTF-8, 107 bytes."""
    return f"{_KEYS} {_LETTERS} {_PROBES} {_END}".encode()


def diagnose(received: str | bytes) -> Calibration:
    """What happened to the calibration text: ``str`` from a scanner that types, ``bytes`` from one on a cable."""
    typed = isinstance(received, str)
    text, utf8 = (received, True) if isinstance(received, str) else _decoded(received)
    text = text[:LONGEST]
    for mismatch, caps, pattern in _ways() if typed else ((None, False, _pattern(_same)),):
        match = _last(pattern, text)
        if match is not None:
            return _calibration(text, match, mismatch, caps=caps, utf8=utf8, typed=typed)
    return Calibration(recognised=False)


def _decoded(received: bytes) -> tuple[str, bool]:
    try:
        return received.decode("utf-8"), True
    except UnicodeDecodeError:
        return received.decode("latin-1"), False


def _same(text: str) -> str:
    return text


def _ways() -> Iterator[tuple[Mismatch | None, bool, re.Pattern[str]]]:
    """Every layout, with and without Caps Lock: how the text would arrive. Layouts that lose signs fit more texts and
    come last; those that lose figures fit too many."""
    usual = (mismatch for mismatch in MISMATCHES if len(mismatch.typed(_FIGURES)) == len(_FIGURES))
    for mismatch in (None, *sorted(usual, key=lambda mismatch: -len(mismatch.typed(_KEYS)))):
        typed: Callable[[str], str] = mismatch.typed if mismatch else _same
        yield mismatch, False, _pattern(typed)
        yield mismatch, True, _pattern(lambda text, typed=typed: typed(text).swapcase())  # type: ignore[misc]


def _pattern(typed: Callable[[str], str]) -> re.Pattern[str]:
    # A dead key leaves nothing, its own sign, or swallows the space after it.
    keys = "".join(re.escape(typed(sign)) if typed(sign) else r"[^\w ]?" for sign in _KEYS)
    return re.compile(f"{keys} ?(?P<letters>.{{0,120}}?) (?P<probes>.{{0,40}}?) {re.escape(typed(_END))}", re.DOTALL)


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """The last occurrence: whoever scans twice is answered for the second time."""
    return next(iter(reversed(list(pattern.finditer(text)))), None)


def _calibration(
    text: str, match: re.Match[str], mismatch: Mismatch | None, *, caps: bool, utf8: bool, typed: bool
) -> Calibration:
    before = re.split(f"[{_LINE_ENDS}]", text[: match.start()])[-1]
    after = text[match.end() :]
    suffix = re.split(f"[{_LINE_ENDS}]", after)[0]
    line_end = re.match(f"[{_LINE_ENDS}]*", after[len(suffix) :])
    meant = mismatch.meant(before) if mismatch else before
    aim = next(iter(_AIM.findall(meant)), "")
    prefix = before if not aim else before[: meant.index(aim)] + before[meant.index(aim) + len(aim) :]
    if max(len(prefix), len(suffix)) > _MOST_AROUND:
        return Calibration(recognised=False)
    letters = _letters(match["letters"], mismatch, caps=caps) if utf8 else Letters.NOT_UTF8
    method = _method(match["probes"], mismatch, caps=caps) if typed else None
    end = line_end.group() if line_end else ""
    advice = tuple(_advice(mismatch, letters, method, caps=caps, typed=typed, ends=bool(end)))
    return Calibration(True, prefix, suffix, end, aim, mismatch, caps, method, letters, advice)


def _letters(arrived: str, mismatch: Mismatch | None, *, caps: bool) -> Letters:
    """What happened to the letters, as the keys that spelt them went through the same layout and Caps Lock."""
    for kind, change in _CHANGES:
        spelt = change(_LETTERS)
        through = mismatch.typed(spelt) if mismatch else spelt
        if arrived in {through, *((through.swapcase(), _swapped(through)) if caps else ())}:
            return kind
    return Letters.OTHER


def _swapped(text: str) -> str:
    return "".join(sign.swapcase() if sign.isascii() else sign for sign in text)


def _method(arrived: str, mismatch: Mismatch | None, *, caps: bool) -> InputMethod | None:
    """Whether figures or letters became marks: ``as`` in Telex, ``a1`` in VNI."""
    through = mismatch.typed(_PROBES) if mismatch else _PROBES
    if arrived == (through.swapcase() if caps else through):
        return None
    words = unicodedata.normalize("NFC", arrived).casefold().split(" ")
    if words[-1:] == ["đ"] and "á" in words[-2:]:
        return InputMethod.VNI
    return InputMethod.TELEX if words[:1] == ["á"] else InputMethod.OTHER


def _advice(
    mismatch: Mismatch | None, letters: Letters, method: InputMethod | None, *, caps: bool, typed: bool, ends: bool
) -> Iterator[Advice]:
    found = {
        Advice.INPUT_METHOD: method is not None,
        Advice.CAPS_LOCK: caps,
        Advice.LAYOUT: mismatch is not None,
        Advice.UTF8: not typed and letters not in _FAITHFUL,
        Advice.SERIAL: typed and letters in _LOST,
        Advice.SERIAL_BETTER: typed and letters not in _LOST,
        Advice.LINE_END: not ends,
    }
    yield from (advice for advice, applies in found.items() if applies)
    if not any(found.values()):
        yield Advice.NOTHING


def _percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def _stripped(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(sign for sign in plain if sign.isascii())


def _in_code_page(code_page: str) -> Callable[[str], str]:
    """UTF-8 taken for that code page; Windows makes control characters of the places that are free in it."""

    def change(text: str) -> str:
        return "".join(
            bytes([byte]).decode(code_page, "replace").replace("\N{REPLACEMENT CHARACTER}", chr(byte))
            for byte in text.encode()
        )

    return change


def _visible(change: Callable[[str], str]) -> Callable[[str], str]:
    """Without the characters that no key types."""
    return lambda text: "".join(sign for sign in change(text) if sign.isprintable())


_PAGES = tuple(map(_in_code_page, ("cp1252", "cp1258", "latin-1", "cp437", "cp850")))
_CHANGES: tuple[tuple[Letters, Callable[[str], str]], ...] = (
    (Letters.WHOLE, _same),
    (Letters.DECOMPOSED, lambda text: unicodedata.normalize("NFD", text)),
    (Letters.DECIMAL_BYTES, lambda text: "".join(f"{byte:04}" for byte in text.encode())),
    (Letters.CODE_POINTS, lambda text: "".join(str(ord(sign)) for sign in text)),
    *((Letters.MOJIBAKE, page) for page in _PAGES),
    *((Letters.MOJIBAKE, _visible(page)) for page in _PAGES),
    (Letters.ESCAPED, _percent),
    (Letters.ESCAPED, lambda text: _percent(text).lower()),
    (Letters.ESCAPED, lambda text: text.encode("ascii", "xmlcharrefreplace").decode()),
    (Letters.ESCAPED, lambda text: "".join(f"&#x{ord(sign):x};" for sign in text)),
    (Letters.ESCAPED, lambda text: "".join(f"&#x{ord(sign):X};" for sign in text)),
    (Letters.STRIPPED, _stripped),
    (Letters.SWALLOWED, lambda _: ""),
    (Letters.SWALLOWED, lambda text: "?" * len(text)),
    (Letters.SWALLOWED, lambda text: "?" * len(text.encode())),
)
_FAITHFUL = frozenset({Letters.WHOLE, Letters.DECOMPOSED})
_LOST = frozenset({Letters.CODE_POINTS, Letters.STRIPPED, Letters.SWALLOWED, Letters.OTHER})
