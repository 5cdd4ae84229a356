"""Where a printer of tests.escpos_paper or zpl_paper hangs: on a loopback socket, on a pty, or nowhere any more."""

from __future__ import annotations

import os
import select
import socket
import struct
import threading

from tests.escpos_paper import ReceiptPrinter, RubbishError
from tests.zpl_paper import LabelPrinter

AnyPrinter = ReceiptPrinter | LabelPrinter

_PORTION = 997  # no multiple of anything that a driver sends


class Peer:
    """Serves one printer until closed. What it made of rubbish stands in ``rubbish``."""

    def __init__(self, printer: AnyPrinter) -> None:
        self.printer = printer
        self.rubbish: list[str] = []
        self.heard = 0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="peer", daemon=True)

    def close(self) -> None:
        """Away."""
        self._closing.set()
        self._thread.join(10)
        assert not self._thread.is_alive()
        assert self.rubbish == []

    def _serve(self) -> None:
        raise NotImplementedError

    def _print(self, data: bytes) -> bytes:
        self.heard += len(data)
        try:
            return self.printer.take(data)
        except RubbishError as error:
            self.rubbish.append(str(error))
            return b""


class TcpPrinter(Peer):
    """On ``port``, or one of its own. ``deaf``: it takes the connection and nothing more; ``hangs_up_after`` so many
    bytes it resets the connection, once."""

    def __init__(
        self, printer: AnyPrinter, *, deaf: bool = False, hangs_up_after: int | None = None, port: int = 0
    ) -> None:
        super().__init__(printer)
        self.hangs_up_after = hangs_up_after
        self._deaf = deaf
        self._door = socket.create_server(("127.0.0.1", port))
        self._port = self._door.getsockname()[1]
        self._door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._thread.start()

    @property
    def address(self) -> str:
        """As ``printer.address`` wants it."""
        return f"tcp:127.0.0.1:{self._port}"

    def _serve(self) -> None:
        with self._door:
            while not self._closing.is_set():
                if not select.select([self._door], [], [], 0.02)[0]:
                    continue
                with self._door.accept()[0] as line:
                    if self._deaf:
                        self._closing.wait(30)
                    else:
                        self._converse(line)

    def _converse(self, line: socket.socket) -> None:
        while not self._closing.is_set():
            if not select.select([line], [], [], 0.02)[0]:
                continue
            try:
                data = line.recv(_PORTION)
                if not data:
                    return
                line.sendall(self._print(data))
            except ConnectionResetError:
                return
            if self.hangs_up_after is not None and self.heard > self.hangs_up_after:
                self.hangs_up_after = None
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return


class PtyPrinter(Peer):
    """On the far end of a pty; ``path`` is the near end. ``deaf``: it takes nothing; it is pulled out once it took
    ``pulled_after`` bytes."""

    def __init__(self, printer: AnyPrinter, *, deaf: bool = False, pulled_after: int | None = None) -> None:
        import pty
        import tty

        super().__init__(printer)
        self._deaf = deaf
        self._pulled_after = pulled_after
        self._far, self._near = pty.openpty()
        tty.setraw(self._near)
        self.path = os.ttyname(self._near)
        self._thread.start()

    def _serve(self) -> None:
        try:
            while not self._closing.is_set():
                if self._deaf:
                    self._closing.wait(0.02)
                elif select.select([self._far], [], [], 0.02)[0]:
                    os.write(self._far, self._print(os.read(self._far, _PORTION)))
                    if self._pulled_after is not None and self.heard > self._pulled_after:
                        return
        finally:
            os.close(self._near)
            os.close(self._far)
