"""A text without who and where: for a report that is mailed to strangers. Facts of devices stay, names of people go."""

from __future__ import annotations

import getpass
import platform
import re
from collections.abc import Callable, Iterable
from pathlib import Path

_MASKED = "•••"
_SHORTEST = 3
"""A user or computer of one or two letters cannot be told from the words of a sentence."""

_HOMES = re.compile(r"[A-Za-z]:\\Users\\[^\\:;,]+(?=\\)|(?:/home/|/Users/|[A-Za-z]:\\Users\\)[^/\\\s:;,]+")
_SERIAL_GROUP = re.compile(r"[\[(][^\])]*(?:serial|s/n|\d{2,}[-:]?\d{2,})[^\])]*[\])]", re.IGNORECASE)
_BY_ID = re.compile(r"(/dev/\w+/by-(?:id|path)/)\S+")
_SERIAL_WORD = re.compile(r"\b(?:serial|s/n|sn)[\s:=#]*[\w-]+", re.IGNORECASE)
_USERINFO = re.compile(r"(://)[^/\s@]+@")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_DIGITS = re.compile(r"(?<!\d)(?!8010[0-9A-F]{4}\b)\d{7,}")
"""From seven digits on a number may be an ID number, a telephone or a serial number; no measure here is as long, and
what begins with 8010 is an error of PC/SC."""

_TOKEN = re.compile(r"\b(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{16,}\b|[A-Za-z0-9+/]{32,}={0,2}")


def scrubber(secrets: Iterable[str] = ()) -> Callable[[str], str]:
    """What masks in a text: ``secrets`` themselves, the user's and the computer's name, homes, serial numbers, mail
    addresses, long numbers and whatever looks like a token."""
    known = {word for word in (*secrets, *_people()) if len(word) >= _SHORTEST}
    # The longest first: a name may be part of another.
    words = re.compile("|".join(map(re.escape, sorted(known, key=len, reverse=True))) or r"(?!)", re.IGNORECASE)
    home = str(Path.home())

    def scrub(text: str) -> str:
        text = _HOMES.sub("~", text.replace(home, "~")) if len(home) > _SHORTEST else _HOMES.sub("~", text)
        text = _BY_ID.sub(rf"\1{_MASKED}", text)
        text = _USERINFO.sub(r"\1", text)
        for pattern in (words, _SERIAL_GROUP, _SERIAL_WORD, _MAIL, _TOKEN, _DIGITS):
            text = pattern.sub(_MASKED, text)
        return text

    return scrub


def _people() -> tuple[str, ...]:
    try:
        user = getpass.getuser()
    except (ImportError, KeyError, OSError):  # no such user here: a container, a service of Windows
        user = ""
    computer = platform.node()
    # "root" names nobody, and stands in every sentence about rights.
    return tuple(name for name in (user, computer, computer.partition(".")[0]) if name not in ("root", "localhost"))
