"""Checks of the card readers, and of a card that lies on one of them."""

from __future__ import annotations

import queue
import threading
import time

from config.schema import Settings
from crypto.errors import CardLostError
from terminal import parts
from terminal.checks.system import system
from terminal.events import CardPlaced, Event
from terminal.faults import FaultError
from terminal.health import Finding, Subject, command, faulty, fine, unused
from terminal.model import Message
from terminal.ports import CardLink, CardReader

CARD_SECONDS = 4.0
"""How long a card may take to be noticed and to answer its first command; the reader's watchdog is shorter."""

_SELECT = bytes.fromhex("00A4040C07A0000002471001")
"""SELECT of the eMRTD application (ICAO Doc 9303-10, 3.6.2): any answer shows that reader and chip talk. Nothing is
opened and nothing is read."""


def check_readers(settings: Settings) -> Finding:
    """The smart-card service and its readers."""
    needed = "reader" in settings.needs
    reader = parts.reader(settings)
    if reader is None:
        return unused(Subject.READER)
    try:
        found = reader.readers()
    except FaultError as error:
        return faulty(Subject.READER, error.fault.code, error.detail, needed=needed, how=_how(error.fault.code))
    if not found:
        return faulty(Subject.READER, "reader.absent", needed=needed)
    return fine(Subject.READER, "readers", names=", ".join(one.name for one in found))


def _how(code: str) -> Message | None:
    if code != "reader.service":
        return None
    if system() == "win32":
        return command("sc start SCardSvr")
    return command("sudo systemctl enable --now pcscd.socket")


def check_card(settings: Settings) -> Finding:
    """A card that lies there answers, and how fast. Nothing is opened, and nothing about its holder is read."""
    try:
        reader = parts.reader(settings)
        if reader is None:
            return unused(Subject.CARD)
        lies_there = any(one.present for one in reader.readers())
    except FaultError:
        return fine(Subject.CARD, "card_none")  # the reader's own finding says why
    return _answer(reader) if lies_there else fine(Subject.CARD, "card_none")


def _answer(reader: CardReader) -> Finding:
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    ends: queue.SimpleQueue[float | str] = queue.SimpleQueue()
    until, cancel = time.monotonic() + CARD_SECONDS, threading.Event()
    reader.start(events.put)
    try:
        card = _placed(events, until)
        if card is None:
            return faulty(Subject.CARD, "card.silent", needed=False)
        reader.submit(card, lambda link: ends.put(_selected(link)), cancel)
        end = ends.get(timeout=max(0.0, until - time.monotonic()))
    except queue.Empty:
        end = "card.silent"
    finally:
        cancel.set()
        reader.stop()
    if isinstance(end, str):
        return faulty(Subject.CARD, end, needed=False)
    return fine(Subject.CARD, "card", ms=f"{end * 1000:.0f}")


def _placed(events: queue.SimpleQueue[Event], until: float) -> str | None:
    while True:
        try:
            event = events.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            return None
        if isinstance(event, CardPlaced):
            return event.card


def _selected(link: CardLink) -> float | str:
    """Seconds until the card answered, or the fault that stood in the way."""
    begun = time.monotonic()
    try:
        link.transceive(_SELECT)
    except CardLostError:
        return "card.lost"
    except FaultError as error:
        return error.fault.code
    return time.monotonic() - begun
