"""Keyboard layouts that do not agree: a scanner presses the keys of one layout, the computer reads them by another.

Rows as in xkeyboard-config 2.35 (symbols us, fr, de, gb, es, it, vn), which are those of Windows too; the keys of a US
keyboard from the top left, first alone, then with Shift. NUL: a dead key, which leaves nothing of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

US = "us"
_DEAD = "\0"

ROWS = {
    US: "`1234567890-=qwertyuiop[]asdfghjkl;'\\zxcvbnm,./~!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:\"|ZXCVBNM<>?",
    "gb": "`1234567890-=qwertyuiop[]asdfghjkl;'#zxcvbnm,./¬!\"£$%^&*()_+QWERTYUIOP{}ASDFGHJKL:@~ZXCVBNM<>?",
    "fr": "²&é\"'(-è_çà)=azertyuiop\0$qsdfghjklmù*wxcvbn,;:!\x001234567890°+AZERTYUIOP\0£QSDFGHJKLM%µWXCVBN?./§",
    "de": "\x001234567890ß\0qwertzuiopü+asdfghjklöä#yxcvbnm,.-°!\"§$%&/()=?\0QWERTZUIOPÜ*ASDFGHJKLÖÄ'YXCVBNM;:_",
    "es": "º1234567890'¡qwertyuiop\0+asdfghjklñ\0çzxcvbnm,.-ª!\"·$%&/()=?¿QWERTYUIOP\0*ASDFGHJKLÑ\0ÇZXCVBNM;:_",
    "it": "\\1234567890'ìqwertyuiopè+asdfghjklòàùzxcvbnm,.-|!\"£$%&/()=?^QWERTYUIOPé*ASDFGHJKLç°§ZXCVBNM;:_",
    "vn": "`ăâêô\u0300\u0309\u0303\u0301\u0323đ-₫qwertyuiopươasdfghjkl;'\\zxcvbnm,./"
    '~ĂÂÊÔ%^&*(Đ_+QWERTYUIOPƯƠASDFGHJKL:"|ZXCVBNM<>?',
}
"""By name: ``vn`` is the Vietnamese national layout, whose top row types letters."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The layout that the scanner types, and the one that the computer reads by; one of them is ``us``."""

    scanner: str
    computer: str
    arriving: Mapping[int, str | None] = field(repr=False, compare=False)
    meaning: Mapping[int, str] = field(repr=False, compare=False)

    @classmethod
    def between(cls, scanner: str, computer: str) -> Mismatch:
        """The mismatch of two layouts of ROWS."""
        keys = tuple(zip(ROWS[scanner], ROWS[computer], strict=True))
        # What the scanner's layout has on a third level (AltGr) gives nothing certain on another one.
        arriving: dict[int, str | None] = dict.fromkeys(range(0x21, 0x7F))
        arriving.update({ord(meant): None if typed == _DEAD else typed for meant, typed in keys})
        meaning = {ord(typed): meant for meant, typed in keys if _DEAD not in (typed, meant)}
        return cls(scanner, computer, arriving, meaning)

    @property
    def loses_apostrophes(self) -> bool:
        """Whether an apostrophe, which some names hold, leaves no trace."""
        return self.arriving[ord("'")] is None

    def typed(self, text: str) -> str:
        """What arrives of ``text``: a character without a key passes as it is, that of a dead key is lost."""
        return text.translate(self.arriving)

    def meant(self, text: str) -> str:
        """What was meant by ``text`` as it arrived, character for character."""
        return text.translate(self.meaning)


MISMATCHES = tuple(Mismatch.between(US, name) for name in ROWS if name != US) + tuple(
    Mismatch.between(name, US) for name in ROWS if name != US
)


def readings(text: str) -> Iterator[tuple[Mismatch, str]]:
    """What ``text`` may have been before each mismatch; without the text itself, each once.

    Left out are the layouts that have no key for some sign of the text.
    """
    known = {text}
    signs = frozenset(sign for sign in text if "!" <= sign <= "~")
    for mismatch in MISMATCHES:
        meant = mismatch.meant(text)
        if meant not in known and signs.issubset(ROWS[mismatch.computer]):
            known.add(meant)
            yield mismatch, meant
