"""A scanner on a cable as a source of codes: opened, listened to, and opened again for as long as it takes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from drivers.device import BackOff, DeviceThread
from drivers.scanners.telling import Telling
from terminal.clock import Clock, SystemClock
from terminal.events import CodeSeen, Device, DeviceDown, DeviceUp
from terminal.faults import FaultError
from terminal.ports import FrameSink, Inbox

_log = logging.getLogger(__name__)


class ScannerLine(Protocol):
    """One opened scanner. All methods run on one thread."""

    def read(self) -> Sequence[bytes]:
        """The codes that have ended, after a tenth of a second at most. Raises FaultError ``scanner.…``."""
        ...

    def close(self) -> None:
        """Let it go; never raises."""
        ...


class CableScanner:
    """A `terminal.ports.CodeSource` over anything that ``open_line`` opens (or raises FaultError)."""

    def __init__(
        self, name: str, open_line: Callable[[], ScannerLine], repeat_after: float, clock: Clock | None = None
    ) -> None:
        self._name = name
        self._open_line = open_line
        self._clock = clock or SystemClock()
        self._telling = Telling(repeat_after)
        self._thread = DeviceThread("dev-scanner", self._work)
        self._paused = threading.Event()
        self._inbox: Inbox | None = None
        self._said: DeviceUp | DeviceDown | None = None

    def start(self, inbox: Inbox, frames: FrameSink | None = None) -> None:  # noqa: ARG002 - the port's
        """Begin to listen; a scanner has no pictures."""
        self._inbox, self._said = inbox, None
        self._thread.start()

    def pause(self, paused: bool) -> None:
        """Drop (or tell) the codes from now on; the line is read all the same, so that none waits in it."""
        if paused:
            self._paused.set()
        else:
            self._paused.clear()

    def stop(self) -> None:
        """End the thread and let the scanner go."""
        self._thread.stop()

    def _work(self) -> None:
        back_off = BackOff()
        while not self._thread.stopping.is_set():
            try:
                self._listen(back_off)
            except FaultError as error:
                self._say(DeviceDown(Device.SCANNER, self._name, error.fault.code), error.detail)
            except Exception as error:  # noqa: BLE001 - what a library trips over must not end the scanner for good
                # Its text may hold what a code says, so only its kind is told.
                self._say(DeviceDown(Device.SCANNER, self._name, "internal"), type(error).__name__)
            back_off.pause(self._thread.stopping)

    def _listen(self, back_off: BackOff) -> None:
        line = self._open_line()
        try:
            while not self._thread.stopping.is_set():
                codes = line.read()
                # Only now: a port that is going can still be opened, but no longer read.
                self._say(DeviceUp(Device.SCANNER, self._name))
                back_off.success()
                for code in codes:
                    self._saw(code)
        finally:
            line.close()

    def _saw(self, code: bytes) -> None:
        if not self._telling.tells(code, self._clock.monotonic(), paused=self._paused.is_set()):
            return
        from crypto.codes.sniff import is_misread

        if is_misread(code):
            _log.warning("scanner: a code is not UTF-8: scanner.mode")
        if self._inbox is not None and not self._thread.stopping.is_set():
            self._inbox(CodeSeen(code, self._name))

    def _say(self, event: DeviceUp | DeviceDown, detail: str = "") -> None:
        if event != self._said and self._inbox is not None:
            self._said = event
            _log.info("scanner: %s %s", type(event).__name__, detail)
            self._inbox(event)
