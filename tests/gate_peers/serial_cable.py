"""Serial lines made of pseudo-terminals: a port under a lasting name, whose cable can be pulled and put back."""

from __future__ import annotations

import os
import pty
import select
import threading
import tty
from collections.abc import Callable
from pathlib import Path

Received = Callable[[bytes], None]


class SerialPort:
    """The port ``path``; ``send`` and ``received`` are the far end of its cable."""

    def __init__(self, path: Path, received: Received) -> None:
        self.path = path
        self._received = received
        self._lock = threading.Lock()
        self._far = -1
        self._pump: threading.Thread | None = None
        self._knock = os.pipe()
        self.plug()

    def plug(self) -> None:
        """Put the cable in: the port is there again, as another device under the same name, as with USB."""
        far, near = pty.openpty()
        tty.setraw(near)
        # What select saw may be gone when it is read: a port without anybody is readable until it is opened.
        os.set_blocking(far, False)
        part = self.path.with_suffix(".part")
        part.symlink_to(os.ttyname(near))
        part.replace(self.path)
        os.close(near)
        self._far = far
        self._pump = threading.Thread(target=self._run, args=[far], name="serial-port", daemon=True)
        self._pump.start()

    def unplug(self) -> None:
        """Pull it: the port is gone, and who holds it open hears an error."""
        if self._far < 0:
            return
        self.path.unlink()
        os.write(self._knock[1], b".")
        if self._pump is not None:
            self._pump.join(10.0)
        os.read(self._knock[0], 1)
        with self._lock:
            os.close(self._far)
            self._far = -1

    def close(self) -> None:
        """Take everything away."""
        self.unplug()
        for end in self._knock:
            os.close(end)

    def send(self, data: bytes) -> None:
        """Bytes towards who has opened the port; lost while it is unplugged."""
        with self._lock:
            if self._far >= 0:
                os.write(self._far, data)

    def _run(self, far: int) -> None:
        while True:
            ready, _, _ = select.select([far, self._knock[0]], [], [])
            if self._knock[0] in ready:
                return
            try:
                data = os.read(far, 4096)
            except OSError:
                # Nobody has the port open at this moment; Linux says so with EIO, and says it again and again.
                if select.select([self._knock[0]], [], [], 0.005)[0]:
                    return
                continue
            self._received(data)


class NullModem:
    """Two ports whose cables are joined; only the ``near`` one can be pulled."""

    def __init__(self, folder: Path) -> None:
        self.far = SerialPort(folder / "far", self._to_near)
        self.near = SerialPort(folder / "near", self.far.send)

    def close(self) -> None:
        """Take both away."""
        self.near.close()
        self.far.close()

    def _to_near(self, data: bytes) -> None:
        self.near.send(data)
