"""Several processes that answer on one socket. Each opens the database itself; one that ends is replaced."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Protocol

Answer = Callable[[socket.socket, Callable[[], None]], None]
"""Answer on the socket until the process is asked to end, and call back once answers are given. Has to be picklable."""

_GRACE = 5.0
"""Seconds that workers get to end."""


class _Ear(Protocol):
    """The parent's end of a pipe, whose class differs between systems."""

    def recv(self) -> Any:
        """What a worker says; EOFError when it has ended."""

    def close(self) -> None:
        """Hear no more."""


class WorkerError(Exception):
    """A worker ended before it answered; what was wrong, it has said itself."""


class Workers:
    """``count`` processes that do ``answer``."""

    def __init__(self, count: int, answer: Answer, listener: socket.socket) -> None:
        self._count, self._answer, self._listener = count, answer, listener
        # Not forked: the parent has threads, and connections that must not be used twice.
        self._context = multiprocessing.get_context("spawn")
        self._running: dict[BaseProcess, _Ear] = {}
        self._ended = False

    def run(self, ready: Callable[[], None]) -> None:
        """Start them, call ``ready`` when all answer, replace those that end, until SIGTERM or Ctrl-C. Raises
        WorkerError."""
        for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
            number = getattr(signal, name, None)
            if number is not None:
                signal.signal(number, self._end)
        try:
            for _ in range(self._count):
                self._start()
            for process, said in list(self._running.items()):
                self._wait_until_it_answers(process, said)
            if not self._ended:
                ready()
            self._replace_until_the_end()
        finally:
            self._end(0, None)
            for process in self._running:
                process.join(_GRACE)
                if process.exitcode is None:
                    process.kill()
                    process.join()

    def _end(self, _number: int, _frame: object) -> None:
        self._ended = True
        for process in list(self._running):
            process.terminate()

    def _start(self) -> tuple[BaseProcess, _Ear]:
        said, tells = self._context.Pipe(duplex=False)
        process = self._context.Process(target=_work, args=(self._answer, self._listener, tells), daemon=True)
        process.start()
        tells.close()
        self._running[process] = said
        if self._ended:  # asked while this one was being started
            process.terminate()
        return process, said

    def _wait_until_it_answers(self, process: BaseProcess, said: _Ear) -> None:
        try:
            said.recv()
        except EOFError:
            process.join(_GRACE)
            if not self._ended:
                raise WorkerError from None

    def _replace_until_the_end(self) -> None:
        while not self._ended:
            wait([process.sentinel for process in self._running])
            for process in [process for process in self._running if process.exitcode is not None]:
                self._running.pop(process).close()
                if not self._ended:
                    sys.stderr.write(f"tram backend: a worker ended ({process.exitcode}), another takes its place\n")
                    self._wait_until_it_answers(*self._start())


def _work(answer: Answer, listener: socket.socket, tells: Connection) -> None:
    """One worker's life, which ends with its parent's however that ends."""
    threading.Thread(target=_follow_parent, name="parent-watch", daemon=True).start()

    def ready() -> None:
        tells.send(True)

    answer(listener, ready)


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
