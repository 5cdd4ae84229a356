"""How far a work is, in one line of the console that is wiped at the end: a slow card takes many seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TextIO

from terminal.messages import say
from terminal.model import Message

if TYPE_CHECKING:
    from terminal.proof.reading import Progress

_PERCENT = 100


class StatusLine:
    """Writes to ``stream`` while people look at it; nothing at all to a file or a pipe."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream if stream is not None and stream.isatty() else None
        self._width = 0

    def __enter__(self) -> Self:
        """Nothing yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Wipe the line."""
        self.show("")

    def show(self, text: str) -> None:
        """``text`` in the place of what stood there."""
        if self._stream is not None:
            self._stream.write(f"\r{text:{self._width}}" + ("" if text else "\r"))
            self._stream.flush()
            self._width = len(text)


class ProgressLine(StatusLine):
    """The steps of a read."""

    def __init__(self, stream: TextIO | None, language: str) -> None:
        super().__init__(stream)
        self._language = language

    def __enter__(self) -> Self:
        """Ask for the card."""
        self.show(say(Message("ui.place_here"), self._language))
        return self

    def told(self, progress: Progress) -> None:
        """The step, and how much of the file; a read reports here."""
        text = say(Message(f"step.{progress.step.value}"), self._language)
        if progress.file is not None and progress.total:
            text += f": {progress.file.name} {progress.done * _PERCENT // progress.total} %"
        self.show(text)
