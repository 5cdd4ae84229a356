"""A camera whose pictures a test hands over one by one, and a decoder that sees what the test says."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from drivers.camera import Camera
from drivers.frames import GreyArray
from terminal.events import CameraHint, CodeSeen
from terminal.ports import CodeOptions, DecodedCode, GreyFrame, UnreadCode
from tests.fake_clock import FakeClock
from tests.inbox import RecordingInbox


class Handed:
    """A source whose next picture is handed over by the test; what is handed may also be an error."""

    simulated = False
    interval = 0.0

    def __init__(self, opens: Callable[[], None] = lambda: None) -> None:
        self._opens = opens
        self._next: queue.SimpleQueue[GreyArray | Exception | None] = queue.SimpleQueue()
        self._taken: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._picture: GreyArray | None = None
        self.closed = threading.Event()
        self.pauses: list[float] = []
        self.reads = 0

    def open(self) -> None:
        self._opens()

    def advance(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self._taken.put(None)
        picture = self._next.get(timeout=30.0)
        if isinstance(picture, Exception):
            raise picture
        self._picture = picture

    def read(self) -> GreyArray | None:
        self.reads += 1
        return self._picture

    def close(self) -> None:
        self.closed.set()

    def hand(self, picture: GreyArray | Exception | None) -> None:
        self._next.put(picture)

    def look(self, picture: GreyArray | None) -> None:
        """Hand a picture over and wait until the camera is done with it, that is, asks for the next."""
        self.hand(picture)
        self._taken.get(timeout=10.0)

    def ready(self) -> None:
        """Wait until the camera asks for its first picture."""
        self._taken.get(timeout=10.0)


class Eyes:
    """A decoder that sees what the test says, takes as long as it says, and keeps the sizes of what it was shown."""

    name = "eyes"

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.sees: list[bytes] = []
        self.unread: tuple[UnreadCode, ...] = ()
        self.trips_over: Exception | None = None
        self.takes = 0.0
        self.sizes: list[tuple[int, int]] = []

    def decode(self, frame: GreyFrame) -> list[DecodedCode]:
        self.sizes.append((frame.width, frame.height))
        self._clock.advance(self.takes)
        if self.trips_over is not None:
            raise self.trips_over
        return [DecodedCode(payload) for payload in self.sees]


class Bench:
    """A camera with handed pictures, scripted eyes, and a clock that only the test moves."""

    def __init__(self, proves_itself: Callable[[bytes], bool] = lambda _payload: False) -> None:
        self.clock = FakeClock()
        self.eyes, self.inbox, self.source = Eyes(self.clock), RecordingInbox(), Handed()
        self.shown: list[GreyFrame] = []
        options = CodeOptions("0", proves_itself=proves_itself)
        self.camera = Camera(options, self.eyes, self.clock, lambda _options: self.source)

    def start(self, *, viewfinder: bool = True) -> None:
        self.camera.start(self.inbox, self.shown.append if viewfinder else None)
        self.source.ready()

    def looks(self, picture: GreyArray | None, times: int, apart: float = 0.1) -> None:
        """Hold the picture up for so many frames."""
        for _ in range(times):
            self.source.look(picture)
            self.clock.advance(apart)

    def codes(self) -> list[bytes]:
        return [event.payload for event in self.inbox.all() if isinstance(event, CodeSeen)]

    def hints(self) -> list[str]:
        return [event.hint for event in self.inbox.all() if isinstance(event, CameraHint)]
