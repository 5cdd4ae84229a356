"""A scanner that types, told apart from a person by its speed. No Qt, and no clock: times are given.

Nobody presses four keys in a row with at most 35 ms between each two; a scanner does nothing else. Until four keys came
that fast they may be a person's, so they are held back; they are a person's as soon as one gap passes without another.
"""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
from dataclasses import dataclass, field
from enum import Enum

from terminal.ports import KeyboardOptions

_log = logging.getLogger(__name__)

SHORTEST = 4
"""Keys, the line end among them. Whoever rolls over the keys presses two within a gap, seldom three."""

LONGEST = 4096
"""Characters of a code, its prefix and suffix included; the largest QR code holds 2953 bytes."""

_PATIENCE = 3
"""Gaps that a scanner may pause in the middle of a code once it is known for one: a busy USB bus does that."""

REPEAT_AFTER = 5.0
"""Seconds for which the same code is ignored."""

_MOST_KNOWN = 64

_LINE_ENDS = frozenset("\r\n\t")
_AIM = re.compile(r"\][A-Za-z][0-9A-Fa-f]")
_NAMED = re.compile(r"<(F[0-9]{1,2}|Enter|Tab|Esc|Space|Home|End|Ins|Up|Down|Left|Right)>|.", re.DOTALL)
_TYPES = {"Enter": "\r", "Tab": "\t", "Esc": "\x1b", "Space": " "}


@dataclass(frozen=True, slots=True)
class Stroke:
    """One key. ``name`` of a key that types nothing (``F9``). ``alt_digit``: a figure of the keypad while Alt is held;
    ``composed``: a character that no key stands for, as Windows makes of such figures."""

    text: str = field(repr=False)
    name: str = ""
    alt_digit: bool = False
    composed: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """What came out: ``typed``: the keys that were held back are a person's. ``code``: a scanner ended this one."""

    typed: bool = False
    code: str | None = field(default=None, repr=False)


class _Run(Enum):
    """What the keys that came quickly one after the other are."""

    NONE = "none"
    OPEN = "open"
    SCAN = "scan"
    FLOOD = "flood"


_NOTHING = Heard()


class Typing:
    """Tells the keys of one keyboard apart.

    ``press`` every key that goes down, and call ``quiet`` once ``patience`` seconds have passed without one.
    """

    def __init__(self, options: KeyboardOptions) -> None:
        self._gap = options.gap
        self._prefix = _keys_of(options.prefix)
        suffix = _keys_of(options.suffix)
        self._suffix = [] if _LINE_ENDS.issuperset(suffix) else suffix
        self._run = _Run.NONE
        self._keys: list[str] = []
        self._presses = 0
        self._alt_digits = 0
        self._last = 0.0

    @property
    def scanning(self) -> bool:
        """Whether the last key was a scanner's."""
        return self._run in (_Run.SCAN, _Run.FLOOD)

    @property
    def patience(self) -> float | None:
        """Seconds without a key after which ``quiet`` is due; None when nothing is open.

        A line end need not be the last key: scanners send two of them, and a code may hold some.
        """
        if self._run is _Run.NONE:
            return None
        ended = bool(self._keys) and self._keys[-1] in _LINE_ENDS
        return self._gap * (_PATIENCE if self.scanning and not ended else 1)

    def press(self, stroke: Stroke, at: float) -> Heard:
        """A key went down at ``at`` seconds; what this tells of the keys before it."""
        patience = self.patience
        in_time = patience is not None and 0 <= at - self._last <= patience
        heard = _NOTHING if in_time else self.quiet()
        self._last = at
        self._presses += 1
        if self._run is not _Run.FLOOD:
            self._take(stroke)
        if self._run is _Run.NONE:
            self._run = _Run.OPEN
        if self._run is _Run.OPEN and self._presses >= SHORTEST:
            self._run = _Run.SCAN
        if self._run is _Run.SCAN and len(self._keys) > LONGEST:
            self._run = _Run.FLOOD
            self._keys.clear()
            _log.warning("keyboard scanner: more than %d characters without a pause are dropped", LONGEST)
        return heard

    def quiet(self) -> Heard:
        """No key came in time, or none will: what the last ones were."""
        run, keys = self._run, self._keys
        self._run, self._keys, self._presses, self._alt_digits = _Run.NONE, [], 0, 0
        if run is _Run.OPEN:
            return Heard(typed=True)
        return Heard(code=self._code(keys)) if run is _Run.SCAN else _NOTHING

    def _take(self, stroke: Stroke) -> None:
        if stroke.composed and self._alt_digits:
            del self._keys[-self._alt_digits :]
        self._alt_digits = self._alt_digits + 1 if stroke.alt_digit else 0
        self._keys.extend(stroke.text or ([f"<{stroke.name}>"] if stroke.name else []))

    def _code(self, keys: list[str]) -> str | None:
        """The characters between prefix and suffix; None where one of them is wanting, or nothing is between."""
        while keys and keys[-1] in _LINE_ENDS:
            keys.pop()
        aim = 3 if _AIM.match("".join(keys[:3])) else 0
        start = next((at for at in (0, aim) if keys[at : at + len(self._prefix)] == self._prefix), None)
        end = len(keys) - len(self._suffix)
        if start is None or keys[end:] != self._suffix:
            _log.warning("keyboard scanner: a code without the prefix or suffix that is configured is dropped")
            return None
        inner = keys[:start] + keys[start + len(self._prefix) : end]
        text = "".join(key for key in inner if len(key) == 1)
        # Some keyboards give a character beyond U+FFFF as its two halves.
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace") or None


class Repeats:
    """Which codes were told lately, as keyed hashes only, so that no personal data stays behind."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(16)
        self._told: dict[bytes, float] = {}

    def is_new(self, payload: bytes, now: float) -> bool:
        """Whether a code read at ``now`` (monotonic seconds) is to be told."""
        mark = hashlib.blake2b(payload, digest_size=16, key=self._key).digest()
        told = self._told.get(mark)
        if told is not None and now - told < REPEAT_AFTER:
            return False
        self._told.pop(mark, None)
        self._told[mark] = now
        while len(self._told) > _MOST_KNOWN:
            del self._told[next(iter(self._told))]
        return True


def _keys_of(text: str) -> list[str]:
    """A configured prefix or suffix key by key: characters, and keys by name (``<F9>``, ``<Enter>``)."""
    found = _NAMED.finditer(text)
    return [_TYPES.get(match[1], match[0]) for match in found]
