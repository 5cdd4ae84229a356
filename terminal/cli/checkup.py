"""The single checks of ``tram doctor``: each asks one part and leaves the judgement to ``terminal.health``.

They raise what the part raises (FaultError, ConfigError); the verb turns that into findings.
"""

from __future__ import annotations

import importlib.util
import os
import queue
import shutil
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from config.errors import ConfigError, Problem
from config.schema import Settings
from config.secrets import read_secret
from crypto.errors import ProofError
from terminal import registry
from terminal.cli.scan import decoder_of
from terminal.events import DeviceDown, DeviceUp, Event
from terminal.faults import FaultError
from terminal.health import (
    Finding,
    Subject,
    faulty,
    fine,
    judge_disk,
    judge_readers,
    judge_tickets,
    judge_trust,
    unused,
)
from terminal.messages import LANGUAGES, words
from terminal.model import CheckName
from terminal.ports import BackendOptions, CodeOptions, ReaderOptions
from terminal.records.journal import Journal

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


def check_backend(settings: Settings, told_time: Callable[[datetime], None]) -> Finding:
    """The backend answers; ``told_time`` gets its clock."""
    backend = settings.backend
    if backend.driver == "none":
        return unused(Subject.BACKEND)
    if not backend.url:
        raise ConfigError(None, "backend.url", Problem.NEEDED)
    token = read_secret("backend-token", "backend.token_file", backend.token_file)
    options = BackendOptions(backend.url, token.value, settings.device, backend.connect, backend.ca_file)
    try:
        health = registry.backend(backend.driver)(options).health(backend.total)
    except FaultError as error:
        # Without the network people are still served, by hand; a refusal stays until somebody acts.
        return faulty(Subject.BACKEND, error.fault.code, error.detail, needed=not error.fault.retriable)
    told_time(health.time)
    return fine(Subject.BACKEND, "backend", version=health.version)


def check_trust(settings: Settings, now: datetime) -> Finding:
    """The accepted issuers, and their revocation lists where this site demands young ones."""
    from terminal.proof.trusted import open_trust

    store = open_trust(settings.trust)
    valid = [anchor for anchor in store.anchors if anchor.certificate.valid_at(now)]
    lists = (store.crl_of(anchor.certificate.subject_key) for anchor in valid)
    youngest = now - store.crl_max_age if store.crl_max_age else None
    unlisted = sum(crl is None or crl.this_update < youngest for crl in lists) if youngest else 0
    needed = CheckName.ISSUER.value in settings.demands
    return judge_trust(len(store.anchors), len(valid), needed=needed, unlisted=unlisted)


def check_tickets(settings: Settings) -> Finding:
    """The keys of accepted ticket issuers."""
    from crypto.trust.ticket_keys import load_ticket_keys

    try:
        keys = load_ticket_keys(settings.trust.tickets)
    except (ProofError, OSError) as error:
        raise FaultError("trust.unreadable", str(error)) from error
    return judge_tickets(len(keys), needed=CheckName.TICKET.value in settings.demands)


def check_journal(path: Path) -> Finding:
    """The journal takes entries and its chain is whole. A journal that is not there yet is not made."""
    if not path.exists():
        if not os.access(_existing(path), os.W_OK | os.X_OK):
            raise FaultError("journal.write", "its folder cannot be written")
        return fine(Subject.JOURNAL, "journal_new")
    with Journal(path) as journal:
        journal.probe()
        return fine(Subject.JOURNAL, "journal", count=str(journal.verify()))


def check_disk(path: Path) -> Finding:
    """Room where the journal is."""
    return judge_disk(shutil.disk_usage(_existing(path)).free)


def _existing(path: Path) -> Path:
    return next(folder for folder in path.absolute().parents if folder.is_dir())


def check_words() -> Finding:
    """Both languages say everything, and the window has its fonts."""
    first, *others = (words(language).keys() for language in LANGUAGES)
    if any(other != first for other in others):
        raise FaultError("install.missing", "words")
    spec = importlib.util.find_spec("ui")
    fonts = list((Path(spec.origin).parent / "fonts").glob("*.ttf")) if spec and spec.origin else []
    if not fonts:
        raise FaultError("install.missing", "fonts")
    return fine(Subject.WORDS, "words", fonts=str(len(fonts)))
