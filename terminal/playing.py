"""Programs that make sound, one at a time: what the window's sounds and the voices stand on. Nothing here blocks."""

from __future__ import annotations

import logging
import shutil
import subprocess
from collections.abc import Sequence

_log = logging.getLogger(__name__)

_NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)
"""Windows opens a console for a program that has none."""

_END_SECONDS = 1.0


def find_player() -> tuple[str, ...] | None:
    """The command that plays a WAV file here, or None."""
    for name, extra in (("pw-play", ()), ("paplay", ()), ("aplay", ("-q",))):
        found = shutil.which(name)
        if found:
            return (found, *extra)
    return None


class OneAtATime:
    """Runs a program and cuts off the one before."""

    def __init__(self) -> None:
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, command: Sequence[str], spoken: bytes = b"") -> None:
        """Run it, with ``spoken`` (of less than a pipe holds, 4 KB) as its input. One that does not start is logged."""
        self.cut_off()
        try:
            process = subprocess.Popen(  # noqa: S603 - the command was found on this machine
                command,
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                creationflags=_NO_WINDOW,
            )
        except OSError as error:
            _log.warning("no sound: %s", type(error).__name__)
            return
        self._running.append(process)
        self._tell(process, spoken)

    def cut_off(self) -> None:
        """Be silent at once."""
        self._running = [process for process in self._running if process.poll() is None]
        for process in self._running:
            process.kill()

    def close(self) -> None:
        """Be silent, and wait for the programs' end."""
        self.cut_off()
        for process in self._running:
            try:
                process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                _log.warning("a program that made sound does not end")
        self._running.clear()

    @staticmethod
    def _tell(process: subprocess.Popen[bytes], spoken: bytes) -> None:
        if process.stdin is None:
            return
        with process.stdin as told:
            try:
                told.write(spoken)
            except OSError as error:
                _log.warning("no sound: %s", type(error).__name__)
