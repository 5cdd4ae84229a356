"""Transcripts of a card's conversation: commands and the responses they got, as text or JSON (docs/transcripts.md).

They come from outside, so the parser is strict and bounded, and its errors name the line. The words of a transcript
are never quoted in an error: one that was recorded from a card holds what the card said.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NoReturn, Protocol

from crypto.errors import MalformedError
from terminal.ports import CardReader

MAX_TEXT = 8 << 20
"""Bytes of a transcript file: a full read of the largest chip is about one tenth of it."""

MAX_EXCHANGES = 8192
_MAX_COMMAND = 4 + 3 + 0xFFFF + 2
_MAX_RESPONSE = 0x10000 + 2
_MAX_ATR = 33
_SHORTEST_COMMAND, _SHORTEST_RESPONSE = 4, 2
_WIDTH = 116

_LINE = re.compile(
    r"(?:-->|>>|>|(?:C-?APDU|C)\s*:)(?P<command>.*)|(?:<--|<<|<|(?:R-?APDU|R)\s*:)(?P<response>.*)|ATR\s*:(?P<atr>.*)",
    re.IGNORECASE,
)
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})*")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One command APDU and the response APDU to it, status word last."""

    command: bytes = field(repr=False)
    response: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Transcript:
    """A conversation from power-on, in its order. ``atr`` is empty where none was noted."""

    exchanges: tuple[Exchange, ...]
    atr: bytes = b""


class Replay(Protocol):
    """A card that plays a transcript, on a reader of its own. ``build(transcript: Transcript) -> Replay`` (entry point
    ``tram.replay``); no site configuration can name it."""

    @property
    def reader(self) -> CardReader:
        """The reader on which the card lies. It says that it is simulated."""
        ...

    @property
    def answered(self) -> int:
        """How many commands of the transcript were answered so far."""
        ...


def parse(raw: bytes) -> Transcript:
    """The transcript in ``raw`` (UTF-8 text or JSON). Raises MalformedError that names the line or the entry."""
    if len(raw) > MAX_TEXT:
        raise MalformedError(f"transcript: longer than {MAX_TEXT} bytes")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise MalformedError("transcript: not UTF-8") from None
    return _from_json(text) if text.lstrip()[:1] in ("[", "{") else _from_lines(text)


def write(transcript: Transcript, heading: Iterable[str] = ()) -> str:
    """The transcript as text, ``heading`` as comments before it, long lines wrapped."""
    lines = [f"# {line}".rstrip() for line in heading]
    if transcript.atr:
        lines.append(f"ATR: {transcript.atr.hex().upper()}")
    for exchange in transcript.exchanges:
        lines += _wrapped(">", exchange.command)
        lines += _wrapped("<", exchange.response)
    return "\n".join(lines) + "\n"


def _wrapped(mark: str, raw: bytes) -> list[str]:
    first, *rest = textwrap.wrap(raw.hex().upper(), _WIDTH)
    return [f"{mark} {first}", *(f"  {line}" for line in rest)]


# Text ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Item:
    """A marked line and what goes on with it."""

    kind: str
    line: int
    parts: list[str] = field(repr=False)

    @property
    def text(self) -> str:
        return "".join(self.parts)


def _from_lines(text: str) -> Transcript:
    reading = _Reading()
    for item in _items(text):
        where = f"line {item.line}"
        if item.kind == "atr":
            reading.take_atr(_bytes(item.text, where), where)
        elif item.kind == "command":
            reading.command(_bytes(item.text, where), where)
        else:
            reading.response(_bytes(item.text, where), where)
    return reading.end()


def _items(text: str) -> Iterator[_Item]:
    """The marked lines, each with the indented lines that go on with it; comments and empty lines left out."""
    item: _Item | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        content = line.partition("#")[0].rstrip()
        if not content:
            continue
        found = _LINE.fullmatch(content.lstrip())
        if found is None:
            if item is None or not content[0].isspace():
                _refuse(f"line {number}", "neither a command, a response, an ATR nor a comment")
            item.parts.append(content)
            continue
        if item is not None:
            yield item
        item = _item(found, number)
    if item is not None:
        yield item


def _item(found: re.Match[str], number: int) -> _Item:
    kind, text = next((kind, text) for kind, text in found.groupdict().items() if text is not None)
    return _Item(kind, number, [text])


# JSON ----------------------------------------------------------------------------------------------------------------


def _from_json(text: str) -> Transcript:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise MalformedError("transcript: neither lines nor JSON") from None
    reading = _Reading()
    if isinstance(found, dict):
        if set(found) - {"atr", "exchanges"}:
            raise MalformedError("transcript: a key that is not used here")
        if "atr" in found:
            reading.take_atr(_bytes(found["atr"], "atr"), "atr")
        found = found.get("exchanges")
    if not isinstance(found, list):
        raise MalformedError("transcript: a list of commands and responses belongs here")
    for number, entry in enumerate(found, start=1):
        where = f"entry {number}"
        if not isinstance(entry, Mapping) or set(entry) != {"command", "response"}:
            _refuse(where, "exactly command and response belong here")
        reading.command(_bytes(entry["command"], where), where)
        reading.response(_bytes(entry["response"], where), where)
    return reading.end()


# Both ----------------------------------------------------------------------------------------------------------------


class _Reading:
    """The rules that both forms share: pairs, in order, within bounds."""

    def __init__(self) -> None:
        self._exchanges: list[Exchange] = []
        self._command: bytes | None = None
        self._atr = b""

    def take_atr(self, atr: bytes, where: str) -> None:
        if self._atr or self._exchanges or self._command is not None:
            _refuse(where, "one ATR belongs before the first command")
        if not 1 < len(atr) <= _MAX_ATR:
            _refuse(where, "an ATR has 2 to 33 bytes")
        self._atr = atr

    def command(self, command: bytes, where: str) -> None:
        if self._command is not None:
            _refuse(where, "a command before the response to the one before")
        if not _SHORTEST_COMMAND <= len(command) <= _MAX_COMMAND:
            _refuse(where, "no length of a command APDU")
        if len(self._exchanges) == MAX_EXCHANGES:
            _refuse(where, f"more than {MAX_EXCHANGES} commands")
        self._command = command

    def response(self, response: bytes, where: str) -> None:
        if self._command is None:
            _refuse(where, "a response without a command")
        if not _SHORTEST_RESPONSE <= len(response) <= _MAX_RESPONSE:
            _refuse(where, "a response ends with its status word, two bytes")
        self._exchanges.append(Exchange(self._command, response))
        self._command = None

    def end(self) -> Transcript:
        if self._command is not None:
            raise MalformedError("transcript: the last command has no response")
        if not self._exchanges:
            raise MalformedError("transcript: no command in it")
        return Transcript(tuple(self._exchanges), self._atr)


def _bytes(text: object, where: str) -> bytes:
    plain = "".join(text.split()) if isinstance(text, str) else None
    if plain is None or not _HEX.fullmatch(plain):
        _refuse(where, "pairs of hex digits belong here")
    return bytes.fromhex(plain)


def _refuse(where: str, what: str) -> NoReturn:
    raise MalformedError(f"transcript: {where}: {what}")


# Making one ----------------------------------------------------------------------------------------------------------


class Recorder:
    """Writes down what passes between a terminal and a card. Only for test cards: it keeps everything that is said."""

    def __init__(self, transceive: Callable[[bytes], bytes]) -> None:
        self._transceive = transceive
        self._exchanges: list[Exchange] = []

    def transceive(self, command: bytes) -> bytes:
        """One APDU, passed on; raises what the card's link raises."""
        response = self._transceive(command)
        self._exchanges.append(Exchange(command, response))
        return response

    def transcript(self, atr: bytes) -> Transcript:
        """What was said so far."""
        return Transcript(tuple(self._exchanges), atr)
