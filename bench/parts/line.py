"""The cable of a serial scanner: a pty that can be unplugged and plugged in again under one name. Linux only."""

from __future__ import annotations

import os
import pty
import threading
import tty
from pathlib import Path
from types import TracebackType


class Line:
    """``path`` is what a terminal opens; ``send`` is the scanner's end. Nobody who does not read can block it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._scanner = -1
        self._kept = -1
        self.plug()

    def plug(self) -> None:
        """Plug it in: a new line under the same name."""
        with self._lock:
            scanner, terminal = pty.openpty()
            tty.setraw(terminal)
            os.set_blocking(scanner, False)
            new = self.path.with_suffix(".new")
            new.symlink_to(os.ttyname(terminal))
            os.replace(new, self.path)
            # Without an open end a pty hangs up; the terminal's own comes and goes.
            self._scanner, self._kept = scanner, terminal

    def unplug(self) -> None:
        """Pull it: the terminal's end hangs up and the name is gone."""
        with self._lock:
            self.path.unlink(missing_ok=True)
            for handle in (self._scanner, self._kept):
                if handle >= 0:
                    os.close(handle)
            self._scanner = self._kept = -1

    def send(self, data: bytes) -> int:
        """How many of these bytes the line took; the rest is lost, as at a scanner without flow control."""
        with self._lock:
            try:
                return os.write(self._scanner, data) if self._scanner >= 0 else 0
            except BlockingIOError:
                return 0

    def __enter__(self) -> Line:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.unplug()
