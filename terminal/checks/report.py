"""The report of ``tram doctor``: one file for whoever helps from afar. It holds nothing personal and nothing secret.

Only what a helper needs is put in (no file is copied, no journal entry read), and every text goes through ``scrub``.
"""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from config.schema import Settings
from terminal.checks.scrub import scrubber
from terminal.health import Finding, HealthReport
from terminal.messages import LANGUAGES, say
from terminal.model import Message


def compose(report: HealthReport, settings: Settings | None, versions: Mapping[str, str], now: datetime) -> bytes:
    """The file: JSON in UTF-8, every sentence in both languages. ``settings`` None where they could not be read."""
    scrub = scrubber(_secrets(settings))
    content = {
        "made": now.isoformat(timespec="seconds"),
        "ready": report.ready,
        "versions": {name: scrub(value) for name, value in versions.items()},
        "settings": _settings(settings) if settings else None,
        "findings": [_finding(one, scrub) for one in report.findings],
    }
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()


def _finding(found: Finding, scrub: Callable[[str], str]) -> dict[str, object]:
    return {
        "subject": found.subject.value,
        "condition": found.condition.value,
        "fault": found.fault,
        "text": _said(found.text, scrub),
        "remedy": _said(found.remedy, scrub),
        "how": _said(found.how, scrub),
        "detail": scrub(found.detail),
    }


def _said(message: Message | None, scrub: Callable[[str], str]) -> dict[str, str] | None:
    return {language: scrub(say(message, language)) for language in LANGUAGES} if message else None


def _settings(settings: Settings) -> dict[str, object]:
    """Which kinds of parts this desk has; no address, no path, no name of a place."""
    return {
        "device": _device(settings),
        "desk": settings.desk,
        "demands": list(settings.demands),
        "needs": list(settings.needs),
        "drivers": {
            "reader": settings.reader.driver,
            "codes": f"{settings.codes.driver}/{settings.codes.decoder}",
            "scanner": settings.scanner.driver,
            "gate": settings.gate.driver,
            "printer": settings.printer.driver,
            "voice": settings.voice.driver,
            "backend": settings.backend.driver,
            "face": settings.face.driver,
        },
    }


def _device(settings: Settings) -> str:
    """The name that the site chose; "" where it is only the computer's own, which tells who runs it."""
    own = re.sub(r"[^A-Za-z0-9.-]", "-", platform.node()).strip(".-")[:64]
    return "" if settings.device == own else settings.device


def _secrets(settings: Settings | None) -> list[str]:
    """What must not come out even if a library's error quotes it."""
    files = (settings.backend.token_file, settings.bhyt.password_file) if settings else ()
    return [word for file in files if file is not None for word in _words(file)]


def _words(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8", "replace").split()
    except OSError:
        return []
