"""Benches on which the code-source contract is tried: a kind of source, and hands that show it a code.

A new kind of source joins the suite by adding its rig to RIGS.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from drivers.camera import build
from drivers.decoders import build_zxing
from drivers.scanners import hid_pos, serial_port
from drivers.simulator.scripted import ScriptedCodes
from terminal.ports import CodeOptions, CodeSource, ScannerOptions
from tests.hid_devices import PluggableHid, honeywell_reports
from tests.qr_pictures import png, qr_picture
from tests.serial_port import PluggablePort


class Rig(Protocol):
    """One source and one hand."""

    simulated: bool
    """What the source says of itself."""

    def source(self) -> CodeSource:
        """A new source, not started; the same code is ignored for a minute."""
        ...

    def show(self, payload: bytes) -> None:
        """Hold up this code, instead of one that was held up before."""
        ...

    def close(self) -> None:
        """Put everything away."""
        ...


class FolderRig:
    """The camera driver over a folder of pictures."""

    simulated = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = 0

    def source(self) -> CodeSource:
        """The camera."""
        return build(CodeOptions(source=str(self._folder), repeat_after=60.0), build_zxing())

    def show(self, payload: bytes) -> None:
        """Put a picture into the folder."""
        for shown in self._folder.glob("*.png"):
            shown.unlink()
        self._number += 1
        part = self._folder / "picture.part"
        part.write_bytes(png(qr_picture(payload)))
        os.replace(part, self._folder / f"{self._number}.png")

    def close(self) -> None:
        """The folder is the test's."""


class ScriptedRig:
    """The double that is told what it sees."""

    simulated = True

    def __init__(self, _folder: Path) -> None:
        self._codes = ScriptedCodes()

    def source(self) -> CodeSource:
        """The double."""
        return self._codes

    def show(self, payload: bytes) -> None:
        """Pull the trigger."""
        self._codes.present(payload)

    def close(self) -> None:
        """It holds nothing."""


class SerialRig:
    """The serial driver on a pseudo-terminal."""

    simulated = False

    def __init__(self, folder: Path) -> None:
        self._port = PluggablePort(folder)
        self._port.plug()

    def source(self) -> CodeSource:
        """The scanner."""
        return serial_port.build(ScannerOptions(str(self._port.address), repeat_after=60.0))

    def show(self, payload: bytes) -> None:
        """Send the code and the line end that most scanners add."""
        self._port.send(payload + b"\r\n")

    def close(self) -> None:
        """Unplug it."""
        self._port.unplug()


class NetworkRig:
    """The serial driver on the connection to a fixed reader."""

    simulated = False

    def __init__(self, _folder: Path) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(10)
        self._connection: socket.socket | None = None

    def source(self) -> CodeSource:
        """The scanner."""
        address = f"tcp:127.0.0.1:{self._server.getsockname()[1]}"
        return serial_port.build(ScannerOptions(address, prefix=b"<<", suffix=b">>", repeat_after=60.0))

    def show(self, payload: bytes) -> None:
        """Send the code between its marks."""
        if self._connection is None:
            self._connection, _ = self._server.accept()
        self._connection.sendall(b"<<" + payload + b">>")

    def close(self) -> None:
        """Hang up."""
        self._server.close()
        if self._connection is not None:
            self._connection.close()


class HidRig:
    """The HID driver over a stand-in for hidapi."""

    simulated = False

    def __init__(self, _folder: Path) -> None:
        self._library = PluggableHid()

    def source(self) -> CodeSource:
        """The scanner."""
        return hid_pos.scanner_over(self._library, ScannerOptions(repeat_after=60.0))

    def show(self, payload: bytes) -> None:
        """Send its reports."""
        self._library.send(*honeywell_reports(payload))

    def close(self) -> None:
        """It holds nothing."""


RIGS: Mapping[str, Callable[[Path], Rig]] = MappingProxyType(
    {"folder": FolderRig, "scripted": ScriptedRig, "serial": SerialRig, "network": NetworkRig, "hid": HidRig}
)
