"""Starts programs as children of a process that has loaded them all: ``python -m tests.day.nursery``.

Reads orders, one JSON object a line: ``{"run": "tram" | "terminal", "argv": […], "port": N, "log": FILE}``. The child's
input and output are a connection to that port of this computer. Answers ``{"pid": N}``. Ends with its input.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import socket
import sys
from pathlib import Path

from tests.day import fast

_LOADED = (
    "backend.app",
    "backend.devices.tls",
    "backend.engine.opening",
    "backend.hub.serving",
    "backend.hub.exchange",
    "backend.sample",
    "backend.serve",
    "backend.server",
    "backend.workers",
    "crypto.codes.citizen_id",
    "crypto.codes.sniff",
    "drivers.backends.reference",
    "drivers.backends.reference_sync",
    "requests",
    "terminal.__main__",
    "terminal.boot",
    "terminal.offline.assembly",
    "terminal.offline.recovery",
    "terminal.offline.sync",
    "terminal.offline.unlit",
    "terminal.records.device_key",
    "tests.day.terminal_process",
    "uvicorn.protocols.http.httptools_impl",
    "uvloop",
)


def main() -> None:
    """Serve until nobody orders any more."""
    for name in _LOADED:
        importlib.import_module(name)
    fast.hurry()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever ended needs no farewell
    for line in sys.stdin.buffer:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _live(order)
        sys.stdout.write(json.dumps({"pid": pid}) + "\n")
        sys.stdout.flush()


def _live(order: dict[str, object]) -> None:
    """The child, to its end."""
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _connect(int(str(order["port"])), Path(str(order["log"])))
        argv = [str(each) for each in order["argv"]]  # type: ignore[attr-defined]
        code = _run(str(order["run"]), argv)
    finally:
        os._exit(code)


def _connect(port: int, log: Path) -> None:
    with socket.create_connection(("127.0.0.1", port)) as wire:
        for number in (0, 1):
            os.dup2(wire.fileno(), number)
    with log.open("ab") as stream:
        os.dup2(stream.fileno(), 2)
    sys.stdin, sys.stdout = os.fdopen(0, encoding="utf-8"), os.fdopen(1, "w", encoding="utf-8")


def _run(name: str, argv: list[str]) -> int:
    if name == "tram":
        from terminal.__main__ import main as tram

        return tram(argv)
    from tests.day.terminal_process import run

    return run(Path(argv[0]))


if __name__ == "__main__":
    main()
