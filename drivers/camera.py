"""A camera as a source of codes: looks, reads, and tells each code once a showing."""

from __future__ import annotations

import importlib.util
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from drivers.device import BackOff, DeviceThread, Lane, StuckError
from drivers.frames import GreyArray, NotAPictureError, frame_of, small
from drivers.hints import Hints
from drivers.looks import Looks
from drivers.pace import Movement, Pace
from drivers.picture_sources import PictureSource, Video, load_picture, source_of
from drivers.sightings import Sightings
from terminal.clock import Clock, SystemClock
from terminal.events import CameraHint, CodeSeen, Device, DeviceDown, DeviceUp, Event
from terminal.faults import FaultError
from terminal.ports import CodeOptions, DecodedCode, Decoder, FrameSink, Inbox

_log = logging.getLogger(__name__)

_VIEWFINDER_EVERY = 0.1
_STILL_VIEWFINDER_EVERY = 0.5
"""Seconds between two pictures for the viewfinder; fewer are painted while nothing moves."""

_VIEWFINDER_WIDTH = 640
_PAUSED = 0.1
"""Seconds between two thoughts about a pause; meanwhile the camera runs on and its frames are dropped."""

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
        self._sightings = Sightings(options.repeat_after, options.proves_itself)
        self._thread = DeviceThread("dev-camera", self._work)
        self._paused = threading.Event()
        self._paused_at: float | None = None
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
            except Exception as error:  # noqa: BLE001 - one picture that a library trips over must not end the camera
                # Its text may hold what a code says, so only its kind is told.
                _log.error("the camera's thread stumbled over %s", type(error).__name__)
                self._say(DeviceDown(Device.CAMERA, self._options.source, "internal"))
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
        self._next(lane, source, 0.0, _FIRST_WITHIN)
        lane.call(source.read, _FIRST_WITHIN)
        self._say(DeviceUp(Device.CAMERA, self._options.source, source.simulated))
        back_off.success()
        looks, hint = Looks(self._decoder), lambda hint: self._post(CameraHint(hint))
        watch = _Watch(looks, self._clock, self._sightings, self._show, hint)
        try:
            while not self._thread.stopping.is_set():
                pause = _PAUSED
                if self._is_paused():
                    watch.rest()
                else:
                    began = self._clock.monotonic()
                    picture = lane.call(source.read, _READ_WITHIN)
                    pause = watch.look(picture, began, lambda code: self._saw(code, source.simulated))
                self._next(lane, source, pause, _READ_WITHIN)
        finally:
            watch.rest()

    def _is_paused(self) -> bool:
        paused, now = self._paused.is_set(), self._clock.monotonic()
        if paused and self._paused_at is None:
            self._paused_at = now
        if not paused and self._paused_at is not None:
            self._sightings.resumed(self._paused_at, now)
            self._paused_at = None
        return paused

    def _next(self, lane: Lane, source: PictureSource, pause: float, within: float) -> None:
        pause = max(pause, source.interval)
        if source.interval:
            self._thread.stopping.wait(pause)
        lane.call(lambda: source.advance(pause), within + pause)

    def _saw(self, code: DecodedCode, simulated: bool) -> None:
        if self._sightings.saw(code.payload, self._clock.monotonic()):
            self._post(CodeSeen(code.payload, self._options.source, simulated))

    def _show(self, picture: GreyArray) -> None:
        if self._frames is not None:
            self._frames(frame_of(small(picture, _VIEWFINDER_WIDTH)))

    def _say(self, event: DeviceUp | DeviceDown) -> None:
        if event != self._said:
            self._said = event
            _log.info("camera: %s", type(event).__name__)
            self._post(event)

    def _post(self, event: Event) -> None:
        if self._inbox is not None:
            self._inbox(event)


class _Watch:
    """What comes of the pictures between one opening of the camera and its end."""

    def __init__(
        self,
        looks: Looks,
        clock: Clock,
        sightings: Sightings,
        show: Callable[[GreyArray], None],
        hint: Callable[[str], None],
    ) -> None:
        self._looks = looks
        self._clock = clock
        self._sightings = sightings
        self._show = show
        self._hint = hint
        self._pace, self._movement, self._hints = Pace(), Movement(), Hints()
        self._shown = float("-inf")
        self._glanced: float | None = None

    def look(self, picture: GreyArray | None, began: float, saw: Callable[[DecodedCode], None]) -> float:
        """Make of a picture what it is worth; the seconds to let pass before the next one.

        ``began``: when its unpacking began. ``saw`` takes the codes.
        """
        now = self._clock.monotonic()
        if picture is None:  # an empty folder: what comes next was brought, even if it looks like what was there
            self._glanced, self._movement = None, Movement()
        else:
            if self._movement.in_picture(picture):
                self._pace.wake(now)
            due = self._pace.is_due(now)
            if not self._pace.awake and self._glanced is not None:
                self._sightings.unmoved(now - self._glanced)
            self._glanced = now
            if now - self._shown >= (_VIEWFINDER_EVERY if self._pace.awake else _STILL_VIEWFINDER_EVERY):
                self._show(picture)
                self._shown = now
            if due:
                self._at(picture, now, saw)
        return self._pace.pause(self._clock.monotonic() - began)

    def rest(self) -> None:
        """Looking ends for a while: what was advised no longer counts."""
        self._glanced = None
        self._tell(self._hints.read())

    def _at(self, picture: GreyArray, now: float, saw: Callable[[DecodedCode], None]) -> None:
        seen = self._looks.at(picture, moved=self._pace.awake)
        for code in seen.codes:
            saw(code)
        self._tell(self._hints.read() if seen.codes else self._hints.heard(seen.complaint, now))

    def _tell(self, hint: str | None) -> None:
        if hint is not None:
            self._hint(hint)


def build(options: CodeOptions, decoder: Decoder) -> Camera:
    """The entry point ``tram.codes``: a camera device, a video file, or a folder of pictures. Raises FaultError
    ``install.missing``; the library itself is loaded by the camera's own thread."""
    if importlib.util.find_spec("cv2") is None:
        raise FaultError("install.missing", "cv2")
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
    looks, sightings = Looks(decoder), Sightings(float("inf"))
    found: list[DecodedCode] = []
    number = -1
    try:
        video.open()
        for number, picture in enumerate(_frames(video)):
            found += [code for code in looks.at(picture).codes if sightings.saw(code.payload, number * video.interval)]
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
