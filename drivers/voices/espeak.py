"""Speech by espeak-ng, in Vietnamese and English: intelligible, robotic, and made on this computer.

The text goes through the standard input, so that it never stands in the list of processes.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from types import MappingProxyType

from terminal.faults import FaultError
from terminal.outputs import VoiceOptions
from terminal.playing import OneAtATime
from terminal.shown import visible

_LOUDEST = 200
"""espeak-ng's amplitude goes from 0 to 200."""

_WORDS_A_MINUTE = 150
_LONGEST = 400

_SPOKEN = MappingProxyType({"vi": {"BHYT": "bảo hiểm y tế"}, "en": {}})
"""Abbreviations that espeak-ng reads as a foreign word."""


class EspeakVoice:
    """A `terminal.outputs.Voice`."""

    def __init__(self, program: str) -> None:
        self._program = program
        self._playing = OneAtATime()

    def say(self, key: str, text: str, language: str, volume: float) -> None:  # noqa: ARG002 - for recorded voices
        """Speak the words; whatever has a digit is left out: numbers and dates are nobody else's business."""
        spoken = speakable(text, language)
        if volume <= 0 or not spoken:
            self._playing.cut_off()
            return
        self._playing.start(self.command(language, volume), spoken.encode("utf-8"))

    def stop(self) -> None:
        """Be silent."""
        self._playing.close()

    def command(self, language: str, volume: float) -> tuple[str, ...]:
        """How espeak-ng is called; UTF-8 on its standard input."""
        amplitude = round(_LOUDEST * min(volume, 1.0))
        return (self._program, "--stdin", "-b", "1", "-v", language, "-s", str(_WORDS_A_MINUTE), "-a", str(amplitude))


def speakable(text: str, language: str) -> str:
    """The words of a text that may be said aloud."""
    words = (word for word in visible(text)[:_LONGEST].split() if not any(letter.isdigit() for letter in word))
    known = _SPOKEN.get(language, {})
    return " ".join(known.get(word, word) for word in words)


def build(_options: VoiceOptions) -> EspeakVoice:
    """The entry point ``tram.voice``. Raises FaultError ``install.missing``."""
    program = shutil.which("espeak-ng") or _on_windows()
    if program is None:
        raise FaultError("install.missing", "espeak-ng")
    return EspeakVoice(program)


def _on_windows() -> str | None:
    """Its installer there does not add itself to the search path."""
    program = Path(os.environ.get("PROGRAMFILES", ""), "eSpeak NG", "espeak-ng.exe")
    return str(program) if program.is_absolute() and program.is_file() else None
