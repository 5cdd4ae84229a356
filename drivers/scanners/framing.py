"""Where one code ends and the next begins in what a scanner sends. Pure: bytes in, codes out.

A serial line has no lengths, and a code may hold any byte. So silence ends a code, and a line end (CR, LF or CRLF) only
tells how much silence is enough: a burst that ends in one is over after ``QUIET``, any other after ``LONG_QUIET``,
since a scanner may pause within a code. A burst is then

- several codes, when it is text throughout and its last line end stands between its parts as well;
- one code otherwise, so that a CR or NUL within a binary code stays where it is. One line end after it is taken away.

A configured suffix that is more than a line end also ends a code, and at once; it should be one that no code holds.
What is longer than a code can be is thrown away up to the next silence, in constant memory.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

LONGEST = 4096
"""Bytes of a code: crypto.codes.sniff.MAX_SIZE, whose module loads with the first code and not with the driver."""

AIM = re.compile(rb"\][A-Za-z][0-9A-Fa-f]")
"""An identifier of the kind of code (ISO/IEC 15424), which a scanner may send before it."""

QUIET = 0.03
"""Seconds of silence after a line end that end a code: no port holds back a byte that it has for so long."""

LONG_QUIET = 0.25
"""Seconds of silence that end a code without a line end: a base station may pause in the middle for less."""

_LIMIT = 2 * LONGEST
_LINE_END = re.compile(rb"\r\n|\r|\n")
_TAIL = re.compile(rb"(?:\r\n|\r|\n|\t)\Z")
_NOT_IN_TEXT = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Framing:
    """What one line has sent and not yet ended. The codes do not depend on how the bytes were cut on the way."""

    def __init__(self, prefix: bytes = b"", suffix: bytes = b"") -> None:
        self._prefix = prefix
        # Line ends are known; as a suffix they would cut a binary code.
        self._suffix = suffix if suffix.strip(b"\r\n") else b""
        self._burst = bytearray()
        self._deaf = False
        self._after_suffix = False
        self.thrown_away = 0
        """How many codes were too long so far."""

    def feed(self, chunk: bytes) -> Sequence[bytes]:
        """The codes that end within ``chunk``."""
        codes: list[bytes] = []
        position = 0
        while position < len(chunk) and not self._deaf:
            room = _LIMIT - len(self._burst)
            self._burst += chunk[position : position + room]
            position += room
            codes += self._cut_at_suffix()
            if len(self._burst) >= _LIMIT:
                codes += self._make_room()
        return codes

    def quiet(self, seconds: float) -> Sequence[bytes]:
        """The codes that end because nothing has come for so long."""
        enough = QUIET if _TAIL.search(self._burst[-2:]) and not self._deaf else LONG_QUIET
        if seconds < enough:
            return ()
        burst = bytes(self._burst)
        self.clear()
        return self._codes_of(burst)

    def clear(self) -> None:
        """Forget what has not ended: the line was interrupted."""
        self._burst.clear()
        self._deaf = self._after_suffix = False

    def _cut_at_suffix(self) -> list[bytes]:
        codes: list[bytes] = []
        if not self._suffix:
            return codes
        while True:
            if self._after_suffix and self._burst:
                # A scanner that was given a suffix may send its line end behind it as well.
                del self._burst[: len(self._burst) - len(self._burst.lstrip(b"\r\n"))]
                self._after_suffix = not self._burst
            end = self._burst.find(self._suffix)
            if end < 0:
                return codes
            codes += self._code(bytes(self._burst[:end]))
            del self._burst[: end + len(self._suffix)]
            self._after_suffix = True

    def _make_room(self) -> list[bytes]:
        """A line that is never silent: text is cut at its line ends all the same, anything else is no code."""
        # Without the last byte: a CR there may be half of a line end.
        ends = list(_LINE_END.finditer(self._burst, 0, _LIMIT - 1))
        head = bytes(self._burst[: ends[-1].end()]) if ends else b""
        if head and _is_text(head):
            del self._burst[: len(head)]
            return self._codes_of(head)
        self.clear()
        self._deaf = True
        self.thrown_away += 1
        return []

    def _codes_of(self, burst: bytes) -> list[bytes]:
        tail = _TAIL.search(burst)
        if tail is None:
            return self._code(burst)
        body, line_end = burst[: tail.start()], tail.group()
        parts = _parted(body, line_end) if _is_text(body) else [body]
        return [code for part in parts for code in self._code(part)]

    def _code(self, raw: bytes) -> list[bytes]:
        code = without_marks(raw, self._prefix, self._suffix)
        if len(code) > LONGEST:
            self.thrown_away += 1
            return []
        return [code] if code else []


def without_marks(raw: bytes, prefix: bytes, suffix: bytes) -> bytes:
    """The code without the prefix (which may stand behind an AIM identifier) and suffix that the scanner was set to."""
    aim = AIM.match(raw)
    for start in (0, aim.end() if aim else 0):
        if prefix and raw.startswith(prefix, start):
            raw = raw[start + len(prefix) :]
            break
    return raw.removesuffix(suffix) if suffix else raw


def _parted(body: bytes, line_end: bytes) -> list[bytes]:
    """The parts between exactly this line end: the CR of a CRLF is none, since a code may itself have many lines."""
    parts, start = [], 0
    for found in _LINE_END.finditer(body):
        if found.group() == line_end:
            parts.append(body[start : found.start()])
            start = found.end()
    return [*parts, body[start:]]


def _is_text(burst: bytes) -> bool:
    """Whether all of it is UTF-8 without control characters but tabs and line ends."""
    if _NOT_IN_TEXT.search(burst):
        return False
    try:
        burst.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
