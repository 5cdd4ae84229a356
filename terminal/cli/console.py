"""A face of lines of text: what the window shows, for a terminal without a screen and for logs of a service."""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from terminal.events import Button, Event, NumberTyped, Pressed
from terminal.faults import FaultError
from terminal.messages import say
from terminal.model import Message
from terminal.ports import FaceOptions, GreyFrame, Inbox
from terminal.view import Cue, Screen, View


def build(options: FaceOptions) -> ConsoleFace:
    """The console on standard output."""
    return ConsoleFace(options, sys.stdin, sys.stdout)


class ConsoleFace:
    """terminal.ports.Face. Prints each new screen as one line; no name and no number ever appears.

    A typed line is a number; an empty one says done.
    """

    def __init__(self, options: FaceOptions, source: TextIO, out: TextIO) -> None:
        self._language = options.language
        self._demo = options.demo
        self._in = source
        self._out = out
        self._post: Inbox | None = None
        self._end: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._last = ""

    def connect(self, post: Inbox) -> None:
        """Where typed lines go."""
        self._post = post

    def show(self, view: View) -> None:
        """Print the screen, when its words differ from the last."""
        line = self.line_of(view)
        if line != self._last:
            self._last = line
            print(line, file=self._out, flush=True)

    def line_of(self, view: View) -> str:
        """One line: screen, title, what to do, outcome."""
        parts = [view.screen.value, say(view.title, self._language)]
        if view.hint:
            parts.append(say(view.hint, self._language))
        if view.screen is Screen.RESULT and view.result:
            parts.append(say(Message(f"outcome.{view.result.verdict.outcome.value}"), self._language))
        if view.simulated or self._demo:
            parts.append(say(Message("note.simulated"), self._language))
        return " · ".join(parts)

    def frame(self, frame: GreyFrame) -> None:
        """A console has no viewfinder."""

    def play(self, cue: Cue) -> None:
        """A console is silent."""

    def run(self, started: Callable[[], None]) -> int:
        """Until ``quit``."""
        threading.Thread(target=self._listen, name="dev-console", daemon=True).start()
        started()
        return self._end.get()

    def _listen(self) -> None:
        for line in self._in:
            event: Event = NumberTyped(line.strip()) if line.strip() else Pressed(Button.DONE)
            if self._post:
                self._post(event)

    def quit(self, code: int = 0) -> None:
        """End ``run``."""
        self._end.put(code)

    def screenshot(self, path: Path) -> None:
        """A console has no picture: FaultError."""
        raise FaultError("usage.bad", f"no window to save as {path.name}")
