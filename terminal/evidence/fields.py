"""The fields of a CBOR map from a stranger, each taken once by name and type."""

from __future__ import annotations

from datetime import MAXYEAR, MINYEAR, UTC, datetime
from enum import Enum
from typing import TypeVar

from crypto.errors import MalformedError

_MAX_ITEMS = 64

_E = TypeVar("_E", bound=Enum)
_T = TypeVar("_T")


class Fields:
    """One map. Every method raises MalformedError for a field that is missing or of another type or size."""

    def __init__(self, value: object) -> None:
        if not isinstance(value, dict) or len(value) > _MAX_ITEMS or not all(isinstance(key, str) for key in value):
            raise MalformedError("evidence: a map with names belongs here")
        self._values: dict[str, object] = value
        self._taken: set[str] = set()

    def names(self) -> tuple[str, ...]:
        """All names, in order."""
        return tuple(self._values)

    def has(self, name: str) -> bool:
        """Whether there is such a field."""
        return name in self._values

    def map(self, name: str) -> Fields:
        """A map inside."""
        return Fields(self._take(name, dict))

    def text(self, name: str, most: int) -> str:
        """A text that may be shown as it is."""
        return shown(self._take(name, str), most)

    def octets(self, name: str, most: int) -> bytes:
        """A byte string."""
        return _bounded(self._take(name, bytes), most)

    def number(self, name: str) -> int:
        """An integer."""
        return self._take(name, int)

    def time(self, name: str) -> datetime:
        """An aware time, UTC."""
        try:
            at = datetime.fromisoformat(self._take(name, str))
            if at.tzinfo is not None and MINYEAR < at.year < MAXYEAR:  # so that it can be told in every zone
                return at.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        raise MalformedError("evidence: a time with its offset belongs here")

    def one_of(self, name: str, kind: type[_E]) -> _E:
        """A word of a closed set."""
        value = self._take(name, str)
        for known in kind:
            if known.value == value:
                return known
        raise MalformedError("evidence: an unknown word")

    def list_of_bytes(self, name: str, most: int) -> tuple[bytes, ...]:
        """A list of byte strings."""
        return tuple(_bounded(_typed(item, bytes), most) for item in self._list(name))

    def list_of_texts(self, name: str, most: int) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(shown(_typed(item, str), most) for item in self._list(name))

    def end(self) -> None:
        """Raises MalformedError when there is a field that nobody took."""
        if self._taken != set(self._values):
            raise MalformedError("evidence: a field that is not used here")

    def _list(self, name: str) -> list[object]:
        items: list[object] = self._take(name, list)
        if len(items) > _MAX_ITEMS:
            raise MalformedError("evidence: a list too long")
        return items

    def _take(self, name: str, kind: type[_T]) -> _T:
        if name not in self._values:
            raise MalformedError("evidence: a field is missing")
        self._taken.add(name)
        return _typed(self._values[name], kind)


def shown(text: str, most: int) -> str:
    """``text``, which may be shown on a screen as it is: bounded, without control characters but line ends."""
    if len(text) > most or not all(part.isprintable() for part in text.split("\n")):
        raise MalformedError(f"evidence: a text longer than {most} characters, or with control characters")
    return text


def _typed(value: object, kind: type[_T]) -> _T:
    if not isinstance(value, kind):
        raise MalformedError("evidence: a field of another type")
    return value


def _bounded(raw: bytes, most: int) -> bytes:
    if len(raw) > most:
        raise MalformedError("evidence: a field too long")
    return raw
