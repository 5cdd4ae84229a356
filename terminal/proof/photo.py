"""The face for the screen, decoded by a process of its own: no image from a chip meets a decoder in this one.

A decoder is the largest piece of code that bytes from a card reach, and images were made that take memory, time or
control of it. So each photo gets a fresh process with limits (``photo_worker``): it can neither reach the decision nor
change the next person's photo. What comes back is bare pixels of a bounded size, written as PNG here.
"""

from __future__ import annotations

import sys
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

from crypto.errors import MalformedError
from terminal.faults import FaultError
from terminal.model import Photo
from terminal.proof import photo_worker
from terminal.proof.photo_worker import ANSWER, READY, REQUEST, SCREEN_SIDE
from terminal.proof.png import png_of

if TYPE_CHECKING:
    import subprocess

DEADLINE = 4.0
"""Seconds for one photo; a common computer needs 0.01."""

_START = 15.0
"""Seconds for the process to start; a common computer needs 0.15."""

_FORMS = {"jpeg": "JPEG", "jp2": "JPEG2000", "j2k": "JPEG2000"}


def worker_command() -> tuple[str, ...]:
    """How to start the decoding process: a script without our packages, or the frozen program itself."""
    if getattr(sys, "frozen", False):
        return sys.executable, photo_worker.ARGUMENT
    return sys.executable, "-I", str(Path(photo_worker.__file__))


def photo_of(dg2: bytes) -> Photo:
    """The portrait in ``dg2``, once and without anything started ahead; raises as ``PhotoDecoder.decode``."""
    with PhotoDecoder() as photos:
        return photos.decode(dg2)


class PhotoDecoder:
    """Decodes photos one after the other, each in a fresh process; for one thread.

    ``warm`` starts the next process ahead, so that nobody waits for its start. Nothing is left running after ``close``,
    nor when this program ends in whatever way: the process ends with its pipe.
    """

    def __init__(self, command: Sequence[str] | None = None, deadline: float = DEADLINE) -> None:
        self._command = tuple(command or worker_command())
        self._deadline = deadline
        self._waiting: list[subprocess.Popen[bytes]] = []
        weakref.finalize(self, _end_all, self._waiting)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def warm(self) -> None:
        """Start the process for the next photo unless one waits. What stands in its way is told by ``decode``."""
        if any(process.poll() is not None for process in self._waiting):
            self.close()  # it was ended from outside, perhaps for want of memory
        if not self._waiting:
            with suppress(OSError):
                self._waiting.append(_start(self._command))

    def decode(self, dg2: bytes) -> Photo:
        """The portrait in ``dg2``.

        Raises MalformedError on what is no portrait of sane size or takes more than its time and memory,
        NotSupportedError on a record or a picture of another kind, FaultError ``install.missing`` when no process
        can be started that decodes.
        """
        from crypto.emrtd.face import parse_dg2

        face = parse_dg2(dg2)
        process = self._process()
        try:
            with _killed_after(_START, process):
                _await_ready(process)
            with _killed_after(self._deadline, process):
                return _photo(process, photo_worker.FORMATS.index(_FORMS[face.kind]), face.data)
        finally:
            _end(process)

    def close(self) -> None:
        """End the process that waits, if any; the next photo starts another."""
        _end_all(self._waiting)

    def _process(self) -> subprocess.Popen[bytes]:
        self.warm()
        if not self._waiting:
            raise FaultError("install.missing", "photo decoder: not started")
        return self._waiting.pop()


def _await_ready(process: subprocess.Popen[bytes]) -> None:
    _, told = _pipes(process)
    if told.read(len(READY)) != READY:
        raise FaultError("install.missing", "photo decoder: ended at its start")


def _photo(process: subprocess.Popen[bytes], form: int, image: bytes) -> Photo:
    asked, told = _pipes(process)
    try:
        asked.write(REQUEST.pack(form, len(image)) + image)
        asked.flush()
        head = told.read(ANSWER.size)
        width, height = ANSWER.unpack(head) if len(head) == ANSWER.size else (0, 0)
        if not (0 < width <= SCREEN_SIDE and 0 < height <= SCREEN_SIDE):
            raise MalformedError("DG2: the picture cannot be decoded")
        return Photo(png_of(width, height, told.read(width * height * 3)))
    except (OSError, ValueError) as error:
        raise MalformedError("DG2: the picture cannot be decoded") from error


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    import subprocess  # 10 ms at the program's start, needed only when a photo arrives

    return subprocess.Popen(  # noqa: S603 - our own program
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    assert process.stdin is not None  # noqa: S101 - asked for at its start
    assert process.stdout is not None  # noqa: S101
    return process.stdin, process.stdout


@contextmanager
def _killed_after(seconds: float, process: subprocess.Popen[bytes]) -> Iterator[None]:
    """End ``process`` after ``seconds``, which ends every reading and writing of its pipes on any system."""
    alarm = threading.Timer(seconds, process.kill)
    alarm.name = "photo-deadline"
    alarm.daemon = True
    alarm.start()
    try:
        yield
    finally:
        alarm.cancel()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    for pipe in _pipes(process):
        with suppress(OSError):  # what was not written yet has nobody to read it any more
            pipe.close()
    process.wait()


def _end_all(waiting: list[subprocess.Popen[bytes]]) -> None:
    while waiting:
        _end(waiting.pop())
