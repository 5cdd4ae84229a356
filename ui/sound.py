"""The sounds, synthesised: one for each outcome, one for a yes with a note, and a tick for a code that was seen.

Each is told apart by number of notes, pitch and direction (docs/printers.md#sounds).
"""

from __future__ import annotations

import math
import struct
import sys
import tempfile
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from datetime import time
from pathlib import Path

from terminal.clock import SystemClock, wall_time
from terminal.playing import OneAtATime
from terminal.quiet import QuietHours
from terminal.view import Cue

RATE = 22050
_FADE = 0.008


@dataclass(frozen=True, slots=True)
class Note:
    """One note: hertz (0 is a rest) and seconds."""

    hertz: float
    seconds: float


_REST = Note(0, 0.06)
_YES = (Note(660, 0.09), Note(990, 0.09))


def notes(cue: Cue) -> tuple[Note, ...]:
    """The notes of a sound."""
    return {
        Cue.ALLOW: _YES,
        Cue.ALLOW_LOOK: (*_YES, _REST, Note(740, 0.09)),
        Cue.ATTENTION: (Note(740, 0.09), _REST, Note(740, 0.09), _REST, Note(740, 0.09)),
        Cue.STOP: (Note(330, 0.25), Note(220, 0.25)),
        Cue.CANNOT_CHECK: (Note(165, 0.07), _REST, Note(165, 0.07)),
        Cue.SEEN: (Note(1320, 0.04),),
    }[cue]


def samples(cue: Cue, volume: float) -> array[int]:
    """The waveform, 16 bit, mono, RATE a second; each note fades in and out so that nothing clicks."""
    wave = array("h")
    loudest = int(32767 * 0.6 * min(max(volume, 0.0), 1.0))
    for note in notes(cue):
        count = int(RATE * note.seconds)
        for at in range(count):
            fade = min(1.0, at / (RATE * _FADE), (count - 1 - at) / (RATE * _FADE))
            wave.append(int(loudest * fade * math.sin(2 * math.pi * note.hertz * at / RATE)))
    return wave


def wav(cue: Cue, volume: float) -> bytes:
    """The sound as a WAV file (RIFF, PCM)."""
    wave = samples(cue, volume)
    if sys.byteorder == "big":
        wave.byteswap()
    data = wave.tobytes()
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 1, 1, RATE,
                       RATE * 2, 2, 16, b"data", len(data))  # fmt: skip
    return head + data


class Speaker:
    """Plays cues without ever blocking, at the volume that holds at that hour; silent where nothing can play."""

    def __init__(
        self,
        volume: float,
        player: tuple[str, ...] | None,
        quiet: QuietHours | None = None,
        wall: Callable[[], time] = lambda: wall_time(SystemClock()),
    ) -> None:
        self._volume = volume
        self._player = player
        self._quiet = quiet
        self._wall = wall
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._playing = OneAtATime()

    def play(self, cue: Cue) -> None:
        """Start the sound; one that still plays is cut off."""
        volume = self._quiet.volume_at(self._wall(), self._volume) if self._quiet else self._volume
        if volume <= 0:
            return
        if sys.platform == "win32":
            import winsound

            # From a file: Windows cannot play asynchronously from memory.
            flags = winsound.SND_FILENAME | winsound.SND_ASYNC | winsound.SND_NODEFAULT
            winsound.PlaySound(str(self._file(cue, volume)), flags)
        elif self._player is not None:
            self._playing.start([*self._player, str(self._file(cue, volume))])

    def close(self) -> None:
        """Stop and remove the files."""
        self._playing.close()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _file(self, cue: Cue, volume: float) -> Path:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="tram-sound-")
        path = Path(self._folder.name) / f"{cue.value}-{round(volume * 1000)}.wav"
        if not path.exists():
            path.write_bytes(wav(cue, volume))
        return path
