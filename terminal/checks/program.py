"""Checks of the program itself: its packages, its words, its fonts."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from terminal import registry
from terminal.faults import FaultError
from terminal.health import Finding, Subject, fine
from terminal.messages import LANGUAGES, words


def check_rooms() -> Finding:
    """All of our packages come from one place."""
    registry.check_rooms()
    return fine(Subject.ROOMS, "rooms")


def check_words() -> Finding:
    """Both languages say everything."""
    first, *others = (words(language).keys() for language in LANGUAGES)
    if any(other != first for other in others):
        raise FaultError("install.missing", "words")
    return fine(Subject.WORDS, "words", count=str(len(first)))


def check_fonts() -> Finding:
    """The window has its fonts; without them a system's own may lack Vietnamese letters."""
    spec = importlib.util.find_spec("ui")
    fonts = list((Path(spec.origin).parent / "fonts").glob("*.ttf")) if spec and spec.origin else []
    if not fonts:
        raise FaultError("install.missing", "fonts")
    return fine(Subject.FONTS, "fonts", count=str(len(fonts)))
