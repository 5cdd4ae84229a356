"""The single checks of ``tram doctor``: each asks one part and leaves the judgement to ``terminal.health``.

They raise what the part raises (FaultError, ConfigError); the verb turns that into findings.
"""

from __future__ import annotations

import queue
import time

from config.schema import Settings
from terminal import registry
from terminal.cli.scan import decoder_of
from terminal.events import DeviceDown, DeviceUp, Event
from terminal.faults import FaultError
from terminal.health import Finding, Subject, faulty, fine, judge_readers, unused
from terminal.ports import CodeOptions, ReaderOptions

CAMERA_SECONDS = 8.0
"""Some cameras need several seconds for their first picture."""


def check_readers(settings: Settings) -> Finding:
    """The smart-card service and its readers."""
    if settings.reader.driver == "none":
        return unused(Subject.READER)
    options = ReaderOptions(settings.reader.names, settings.reader.apdu_timeout)
    needed = "reader" in settings.needs
    try:
        readers = registry.reader(settings.reader.driver)(options).readers()
    except FaultError as error:
        return faulty(Subject.READER, error.fault.code, error.detail, needed=needed)
    return judge_readers(readers, needed=needed)


def check_camera(settings: Settings) -> Finding:
    """The camera delivers pictures and the decoder is there."""
    if settings.codes.driver == "none":
        return unused(Subject.CAMERA)
    codes = settings.codes
    options = CodeOptions(codes.source, codes.width, codes.height, codes.repeat_after)
    source = registry.codes(codes.driver)(options, decoder_of(codes.decoder))
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    source.start(events.put)
    try:
        fault = _first_word(events, CAMERA_SECONDS)
    finally:
        source.stop()
    if fault is None:
        return fine(Subject.CAMERA, "camera")
    return faulty(Subject.CAMERA, fault, needed="camera" in settings.needs)


def _first_word(events: queue.SimpleQueue[Event], seconds: float) -> str | None:
    """What a device says of itself first: None when it works, else its fault."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        try:
            event = events.get(timeout=left)
        except queue.Empty:
            break
        if isinstance(event, DeviceUp):
            return None
        if isinstance(event, DeviceDown):
            return event.fault
    return "camera.stuck"
