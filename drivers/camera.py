"""A camera as a source of codes: looks, reads, and tells each code once a showing."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from drivers.device import BackOff, DeviceThread, Lane, StuckError
from drivers.frames import GreyArray, NotAPictureError, frame_of, middle, small
from drivers.picture_sources import PictureSource, Video, load_picture, source_of
from drivers.sightings import Sightings
from terminal.clock import Clock, SystemClock
from terminal.events import CodeSeen, Device, DeviceDown, DeviceUp
from terminal.faults import FaultError
from terminal.ports import CodeOptions, DecodedCode, Decoder, FrameSink, Inbox

_log = logging.getLogger(__name__)

_FULL_EVERY = 4
"""One look in so many is at the full picture; the others are at the middle, which costs less than half."""

_VIEWFINDER_EVERY = 0.1
_VIEWFINDER_WIDTH = 640
_OPEN_WITHIN = 30.0
_FIRST_WITHIN = 10.0
_READ_WITHIN = 3.0
_STILL_LOOKS = 6
"""Looks at a still file: every combination of what a decoder changes from frame to frame."""
_MOST_FRAMES = 3000


class Camera:
    """A `terminal.ports.CodeSource` over anything that `source_of` knows."""

    def __init__(
        self,
        options: CodeOptions,
        decoder: Decoder,
        clock: Clock | None = None,
        source_from: Callable[[CodeOptions], PictureSource] = source_of,
    ) -> None:
        self._options = options
        self._decoder = decoder
        self._clock = clock or SystemClock()
        self._source_from = source_from
        self._sightings = Sightings(options.repeat_after)
        self._thread = DeviceThread("dev-camera", self._work)
        self._paused = threading.Event()
        self._inbox: Inbox | None = None
        self._frames: FrameSink | None = None
        self._said: DeviceUp | DeviceDown | None = None
        self._lock = threading.Lock()
        self._lane: Lane | None = None

    def start(self, inbox: Inbox, frames: FrameSink | None = None) -> None:
        """Begin to look for codes."""
        self._inbox, self._frames = inbox, frames
        self._thread.start()

    def pause(self, paused: bool) -> None:
        """Stop (or resume) decoding and the viewfinder; the camera itself keeps running."""
        if paused:
            self._paused.set()
        else:
            self._paused.clear()

    def stop(self) -> None:
        """End the thread and release the device."""
        self._thread.stop(self._interrupt)

    def _interrupt(self) -> None:
        with self._lock:
            if self._lane is not None:
                self._lane.interrupt()

    def _work(self) -> None:
        back_off = BackOff()
        while not self._thread.stopping.is_set():
            source = self._source_from(self._options)
            lane = Lane("dev-camera-grab", source.close)
            with self._lock:
                self._lane = lane
            try:
                self._use(lane, source, back_off)
            except FaultError as error:
                self._say(DeviceDown(Device.CAMERA, self._options.source, error.fault.code))
            except StuckError:
                if not self._thread.stopping.is_set():
                    self._say(DeviceDown(Device.CAMERA, self._options.source, "camera.stuck"))
            finally:
                with self._lock:
                    self._lane = None
                lane.close()
            back_off.pause(self._thread.stopping)
            while not lane.ended and not self._thread.stopping.is_set():
                # Opening a second handle beside a stuck one helps nobody and would leave a thread behind each time.
                back_off.pause(self._thread.stopping)

    def _use(self, lane: Lane, source: PictureSource, back_off: BackOff) -> None:
        lane.call(source.open, _OPEN_WITHIN)
        looks = _Looks(self._decoder)
        picture = lane.call(source.read, _FIRST_WITHIN)
        self._say(DeviceUp(Device.CAMERA, self._options.source, source.simulated))
        back_off.success()
        paused_at: float | None = None
        shown = float("-inf")
        while not self._thread.stopping.is_set():
            now = self._clock.monotonic()
            paused = self._paused.is_set()
            if paused and paused_at is None:
                paused_at = now
            if paused_at is not None and not paused:
                self._sightings.resumed(paused_at, now)
                paused_at = None
            if picture is not None and not paused:
                if now - shown >= _VIEWFINDER_EVERY:
                    self._show(picture)
                    shown = now
                for code in looks.at(picture):
                    self._saw(code, source.simulated)
            self._thread.stopping.wait(source.interval)
            picture = lane.call(source.read, _READ_WITHIN)

    def _saw(self, code: DecodedCode, simulated: bool) -> None:
        if self._sightings.saw(code.payload, self._clock.monotonic()) and self._inbox is not None:
            self._inbox(CodeSeen(code.payload, self._options.source, simulated))

    def _show(self, picture: GreyArray) -> None:
        if self._frames is not None:
            self._frames(frame_of(small(picture, _VIEWFINDER_WIDTH)))

    def _say(self, event: DeviceUp | DeviceDown) -> None:
        if event != self._said and self._inbox is not None:
            self._said = event
            _log.info("camera: %s", type(event).__name__)
            self._inbox(event)


class _Looks:
    """Counts the looks, so that one in four is at the full picture, the first one included."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._number = 0

    def at(self, picture: GreyArray) -> Sequence[DecodedCode]:
        """The codes in view."""
        whole = self._number % _FULL_EVERY == 0
        self._number += 1
        return self._decoder.decode(frame_of(picture if whole else middle(picture)))


def build(options: CodeOptions, decoder: Decoder) -> Camera:
    """The entry point ``tram.codes``: a camera device, a video file, or a folder of pictures."""
    return Camera(options, decoder)


def scan_file(path: Path, decoder: Decoder) -> Sequence[DecodedCode]:
    """The codes in a PNG, JPEG or video file, read as if it were held in front of the camera.

    Raises FaultError ``code.unreadable`` when the file is none of these, or broken.
    """
    try:
        picture = load_picture(path)
    except NotAPictureError as not_a_picture:
        return _scan_video(path, decoder, not_a_picture)
    frame = frame_of(picture)
    for _ in range(_STILL_LOOKS):
        if codes := decoder.decode(frame):
            return codes
    return ()


def _scan_video(path: Path, decoder: Decoder, not_a_picture: NotAPictureError) -> Sequence[DecodedCode]:
    video = Video(path)
    looks, sightings = _Looks(decoder), Sightings(float("inf"))
    found: list[DecodedCode] = []
    number = -1
    try:
        video.open()
        for number, picture in enumerate(_frames(video)):
            found += [code for code in looks.at(picture) if sightings.saw(code.payload, number * video.interval)]
    except FaultError:
        raise FaultError("code.unreadable", str(not_a_picture)) from not_a_picture
    finally:
        video.close()
    if number < 0:
        raise FaultError("code.unreadable", "a video without frames")
    return found


def _frames(video: Video) -> Iterator[GreyArray]:
    for _ in range(_MOST_FRAMES):
        picture = video.next()
        if picture is None:
            return
        yield picture
