"""A code source double that shows what a test gives it. No entry point names it: no site can select it."""

from __future__ import annotations

from terminal.events import CodeSeen, Device, DeviceDown, DeviceUp
from terminal.ports import FrameSink, GreyFrame, Inbox

NAME = "Simulated scanner"


class ScriptedCodes:
    """A ``terminal.ports.CodeSource`` whose ``present`` is the scanner's trigger, on the caller's own thread."""

    def __init__(self) -> None:
        self._inbox: Inbox | None = None
        self._frames: FrameSink | None = None
        self._paused = False

    def start(self, inbox: Inbox, frames: FrameSink | None = None) -> None:
        """Be ready."""
        self._inbox = inbox
        self._frames = frames
        inbox(DeviceUp(Device.SCANNER, NAME, simulated=True))

    def pause(self, paused: bool) -> None:
        """Ignore what is presented, or take notice again."""
        self._paused = paused

    def stop(self) -> None:
        """Nothing is seen any more."""
        self._inbox = None
        self._frames = None

    def present(self, payload: bytes) -> None:
        """Show a code; it is not noticed while paused or stopped."""
        if self._inbox is not None and not self._paused:
            self._inbox(CodeSeen(payload, NAME, simulated=True))

    def show_frame(self, frame: GreyFrame) -> None:
        """Show a viewfinder picture."""
        if self._frames is not None:
            self._frames(frame)

    def fail(self, fault: str) -> None:
        """Break down with a fault of the catalogue."""
        if self._inbox is not None:
            self._inbox(DeviceDown(Device.SCANNER, NAME, fault))
