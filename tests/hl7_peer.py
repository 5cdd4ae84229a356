"""The other side of HL7: the hl7 library's own MLLP server as a listener, and a strict reader of segments.

The reader knows nothing of drivers.handover.adt: its positions are those of HL7 v2.5, chapters 2, 3, 6 and 7.
"""

from __future__ import annotations

import asyncio
import queue
import re
import threading
from collections.abc import Callable
from typing import Any, ClassVar

import hl7
from hl7.mllp import start_hl7_server

Answer = Callable[[Any], bytes | None]
"""What the listener says to a message, as a whole MLLP block; None: nothing."""


def frame(text: str) -> bytes:
    """An MLLP block."""
    return b"\x0b" + text.encode() + b"\x1c\r"


def says(code: str) -> Answer:
    """The library's own acknowledgement."""
    return lambda message: frame(str(message.create_ack(code)))


TAKES = says("AA")


class Listener:
    """A hospital's HL7 listener on a free port (or ``port``) of this computer, until ``close``."""

    def __init__(self, answer: Answer = TAKES, port: int = 0) -> None:
        self.answer = answer
        self.heard: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.port = port
        self._up = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._end = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="hl7-listener")
        self._thread.start()
        assert self._up.wait(20.0)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        talks: set[asyncio.Task[None]] = set()

        def connected(reader: Any, writer: Any) -> None:
            task = self._loop.create_task(self._talk(reader, writer))
            talks.add(task)

        server = await start_hl7_server(connected, "127.0.0.1", self.port, encoding="utf-8")
        self.port = server.sockets[0].getsockname()[1]
        self._up.set()
        async with server:
            await self._end.wait()
            for task in talks:
                task.cancel()
            await asyncio.gather(*talks, return_exceptions=True)

    async def _talk(self, reader: Any, writer: Any) -> None:
        try:
            while True:
                message = await reader.readmessage()
                self.heard.put(message)
                block = self.answer(message)
                if block is not None:
                    writer.write(block)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.transport.abort()

    def next(self) -> Any:
        """The next message, parsed by the library."""
        return self.heard.get(timeout=20.0)

    def close(self) -> None:
        """Go away."""
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(20.0)


_ESCAPES = {"F": "|", "S": "^", "T": "&", "R": "~", "E": "\\"}


class Segments:
    """A message, strictly: carriage returns, the usual delimiters, nothing unescaped, no segment out of order."""

    ORDER: ClassVar = ("MSH", "EVN", "PID", "PD1", "PV1", "OBX", "IN1")
    REQUIRED: ClassVar = {
        "MSH": (7, 9, 10, 11, 12),
        "EVN": (2,),
        "PID": (3, 5),
        "PV1": (2,),
        "OBX": (3, 11),
        "IN1": (1, 2, 3),
    }
    """Usage R in the v2.5 attribute tables."""

    def __init__(self, text: str) -> None:
        assert text.startswith("MSH|^~\\&|")
        assert text.endswith("\r")
        assert not re.search(r"[\x00-\x0c\x0e-\x1f\x7f]", text)
        rows = [row.split("|") for row in text[:-1].split("\r")]
        rows[0].insert(1, "|")
        self.rows = rows
        places = [self.ORDER.index(row[0]) for row in rows]
        assert places == sorted(places)
        for row in rows:
            for number in self.REQUIRED.get(row[0], ()):
                assert row[number] != "", (row[0], number)

    def field(self, name: str, number: int, which: int = 0) -> str:
        """A field as it stands; "" where it is not."""
        found = [row for row in self.rows if row[0] == name]
        return found[which][number] if len(found) > which and number < len(found[which]) else ""

    def components(self, name: str, number: int, repetition: int = 0) -> list[str]:
        """The unescaped components of a field; index 0 is component 1."""
        return [self._plain(part) for part in self.field(name, number).split("~")[repetition].split("^")]

    def observations(self) -> dict[str, str]:
        """The values of all OBX by their codes."""
        found = [row for row in self.rows if row[0] == "OBX"]
        return {row[3].split("^")[0]: self._plain(row[5]) for row in found}

    @staticmethod
    def _plain(text: str) -> str:
        assert "&" not in text
        plain = re.sub(r"\\([FSTRE])\\", lambda found: f"\x00{_ESCAPES[found.group(1)]}", text)
        assert "\\" not in plain.replace("\x00\\", "")
        return plain.replace("\x00", "")


def parsed(text: str) -> Any:
    """By the library."""
    return hl7.parse(text)
