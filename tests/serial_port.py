"""A serial port that can be plugged and unplugged: a pseudo-terminal behind a name that stays the same."""

from __future__ import annotations

import os
import tty
from pathlib import Path


class PluggablePort:
    """The device's end of a serial cable. ``address`` is what the program opens; it is there while plugged."""

    def __init__(self, folder: Path) -> None:
        self.address = folder / "ttyACM0"
        self._device: int | None = None

    def plug(self) -> None:
        """Plug it in: a new port under the old name."""
        device, port = os.openpty()
        tty.setraw(port)
        self.address.symlink_to(os.ttyname(port))
        os.close(port)
        self._device = device

    def unplug(self) -> None:
        """Pull the cable; nothing happens when it is out already."""
        if self._device is not None:
            self.address.unlink()
            os.close(self._device)
            self._device = None

    def send(self, raw: bytes) -> None:
        """Have the device send these bytes; waits while the line is full."""
        assert self._device is not None
        while raw:
            raw = raw[os.write(self._device, raw) :]
