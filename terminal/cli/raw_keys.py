"""Keys as they are pressed: no echo, no line, nothing left over for whatever reads the terminal next."""

from __future__ import annotations

import codecs
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Keys = Callable[[float], str]
"""The characters typed by now, after waiting at most so many seconds for the first; "" when none came."""

_POLL = 0.005
_SPECIAL = "\0\xe0"
"""What the Windows console puts before the number of a key that types nothing."""


@contextmanager
def raw_keys() -> Iterator[Keys]:
    """Within, the terminal at standard input gives every key; Ctrl-C is U+0003, just as when a scanner types ETX."""
    if sys.platform == "win32":
        yield _windows_keys()
    else:
        with _posix_keys(sys.stdin.fileno()) as keys:
            yield keys


def typed_text(keys: Keys, seconds: float, longest: int, clock: Callable[[], float] = time.monotonic) -> str:
    """What is typed until a second passes without a key, "" when nothing came within ``seconds``.

    Raises KeyboardInterrupt for Ctrl-C as the first key: a scanner's first character is never ETX.
    """
    text, until = "", clock() + seconds
    while clock() < until and len(text) < longest:
        new = keys(max(0.0, until - clock()))
        if new.startswith("\x03") and not text:
            raise KeyboardInterrupt
        if new:
            text, until = text + new, clock() + _SETTLED
    return text[:longest]


_SETTLED = 1.0
"""Seconds without a key after which a code has ended, whatever the scanner's own pauses."""


@contextmanager
def _posix_keys(terminal: int) -> Iterator[Keys]:
    import importlib
    import os
    import select

    termios = importlib.import_module("termios")  # by name: type checking for Windows knows it without its contents
    decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def keys(seconds: float) -> str:
        ready, _, _ = select.select([terminal], [], [], seconds)
        return decoder.decode(os.read(terminal, 4096)) if ready else ""

    before = termios.tcgetattr(terminal)
    raw = termios.tcgetattr(terminal)
    raw[0] &= ~(termios.ICRNL | termios.INLCR | termios.IXON | termios.ISTRIP)
    raw[3] &= ~(termios.ICANON | termios.ECHO | termios.ISIG | termios.IEXTEN)
    try:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, raw)
        yield keys
    finally:
        # Dropping what is unread: a scanner still typing must not type commands into a shell.
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)


def _windows_keys() -> Keys:
    import msvcrt

    def keys(seconds: float) -> str:
        until, text = time.monotonic() + seconds, ""
        while not text and time.monotonic() < until:
            while msvcrt.kbhit():  # type: ignore[attr-defined,unused-ignore]
                sign = msvcrt.getwch()  # type: ignore[attr-defined,unused-ignore]
                if sign in _SPECIAL:
                    msvcrt.getwch()  # type: ignore[attr-defined,unused-ignore]
                else:
                    text += sign
            if not text:
                time.sleep(_POLL)
        return text

    return keys
