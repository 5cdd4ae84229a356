"""Benches on which the hand-over contract is tried: a way to the hospital's system, and that system coming and going.

A new way joins the suite by adding its rig to RIGS.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from drivers.handover import desk_api, folder, hl7
from drivers.handover.desk_api import DeskApi
from terminal.clock import Clock
from terminal.outputs import HandOver, HandOverOptions
from tests.desk_client import Client
from tests.hl7_peer import Listener


class Rig(Protocol):
    """One way, and the system at its end."""

    def way(self, clock: Clock) -> HandOver:
        """A new way, not started."""
        ...

    def receive(self) -> None:
        """The hospital's system is there, from now on."""
        ...

    def go(self) -> None:
        """It goes away."""
        ...

    def got(self) -> list[str]:
        """The visits that it has, in the order they came, each as often as it came."""
        ...

    def texts(self) -> str:
        """Everything it was told, in any form."""
        ...

    def close(self) -> None:
        """Clear the bench."""
        ...


class ApiRig:
    """A page in place of the hospital's system."""

    def __init__(self, tmp_path: Path) -> None:
        self._token = tmp_path / "token"
        self._made: DeskApi | None = None
        self._told: list[str] = []
        self._seen = "nothing"
        self._thread: threading.Thread | None = None
        self._cut: Callable[[], None] = _nothing

    def way(self, clock: Clock) -> HandOver:
        self._made = desk_api.build(HandOverOptions("quay-3", "reception", token_file=self._token), clock)
        return self._made

    def receive(self) -> None:
        assert self._made is not None
        client = Client(self._made.port, self._token)
        page = client.subscribe(f"/v1/results?after={self._seen}")

        def listen() -> None:
            with contextlib.suppress(EOFError, OSError, ValueError):
                while True:
                    self._seen, told = page.event()
                    self._told.append(json.dumps(told, ensure_ascii=False))
            page.close()

        self._thread = threading.Thread(target=listen, name="page")
        self._thread.start()
        self._cut = lambda: page.sock.shutdown(2)

    def go(self) -> None:
        with contextlib.suppress(OSError):
            self._cut()
        if self._thread is not None:
            self._thread.join(20.0)
            self._wait_for_nobody()

    def _wait_for_nobody(self) -> None:
        assert self._made is not None
        client, moment = Client(self._made.port, self._token), threading.Event()
        for _ in range(400):
            if json.loads(client.ask("GET", "/v1/status").body)["subscribers"] == 0:
                return
            moment.wait(0.05)
        raise AssertionError("the page is still there")

    def got(self) -> list[str]:
        return [json.loads(text)["visit"] for text in tuple(self._told)]

    def texts(self) -> str:
        return "\n".join(self._told)

    def close(self) -> None:
        if self._made is not None:
            self._made.stop()
        if self._thread is not None:
            self._thread.join(20.0)


class FolderRig:
    """A share that comes and goes; what leaves it is kept."""

    def __init__(self, tmp_path: Path) -> None:
        self._tray, self._away = tmp_path / "tray", tmp_path / "away"
        self._away.mkdir(mode=0o700)

    def way(self, clock: Clock) -> HandOver:
        return folder.build(HandOverOptions("quay-3", "reception", folder=self._tray), clock)

    def receive(self) -> None:
        self._away.rename(self._tray)

    def go(self) -> None:
        self._tray.rename(self._away)

    def _files(self, suffix: str) -> list[Path]:
        files = [*self._tray.glob(f"*{suffix}"), *self._away.glob(f"*{suffix}")]
        return sorted(files, key=lambda file: file.stat().st_mtime_ns)

    def got(self) -> list[str]:
        return [json.loads(file.read_text("utf-8"))["visit"] for file in self._files(".json")]

    def texts(self) -> str:
        return "\n".join(file.read_text("utf-8") for file in self._files(""))

    def close(self) -> None:
        """Files only."""


class Hl7Rig:
    """The hl7 library's own MLLP server."""

    def __init__(self, tmp_path: Path) -> None:
        self._peer: Listener | None = Listener()
        self._port = self._peer.port
        self._told: list[str] = []
        self.go()

    def way(self, clock: Clock) -> HandOver:
        return hl7.build(HandOverOptions("quay-3", "reception", hl7=f"127.0.0.1:{self._port}"), clock)

    def receive(self) -> None:
        self._peer = Listener(port=self._port)

    def go(self) -> None:
        if self._peer is not None:
            self._collect(self._peer)
            self._peer.close()
            self._peer = None

    def _collect(self, peer: Listener) -> None:
        while not peer.heard.empty():
            self._told.append(str(peer.heard.get()))

    def got(self) -> list[str]:
        if self._peer is not None:
            self._collect(self._peer)
        return [text.partition("\rPV1|")[2].split("|")[18].partition("^")[0] for text in self._told]

    def texts(self) -> str:
        self.got()
        return "\n".join(self._told)

    def close(self) -> None:
        self.go()


def _nothing() -> None:
    """No page came yet."""


RIGS: Mapping[str, Callable[[Path], Rig]] = MappingProxyType(
    {"desk_api": ApiRig, "folder": FolderRig, "hl7": Hl7Rig},
)
