"""The five sounds of ux §3, synthesised: each is told apart by number of notes, pitch and direction."""

from __future__ import annotations

import math
import shutil
import struct
import subprocess
import sys
import tempfile
from array import array
from dataclasses import dataclass
from pathlib import Path

from terminal.view import Cue

RATE = 22050
_FADE = 0.008


@dataclass(frozen=True, slots=True)
class Note:
    """One note: hertz (0 is a rest) and seconds."""

    hertz: float
    seconds: float


_REST = Note(0, 0.06)


def notes(cue: Cue) -> tuple[Note, ...]:
    """The notes of a sound."""
    return {
        Cue.ALLOW: (Note(660, 0.09), Note(990, 0.09)),
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


def find_player() -> tuple[str, ...] | None:
    """The command that plays a WAV file here, or None."""
    for name, extra in (("pw-play", ()), ("paplay", ()), ("aplay", ("-q",))):
        found = shutil.which(name)
        if found:
            return (found, *extra)
    return None


class Speaker:
    """Plays cues without ever blocking; silent where nothing can play or the volume is 0."""

    def __init__(self, volume: float, player: tuple[str, ...] | None) -> None:
        self._volume = volume
        self._player = player
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._running: list[subprocess.Popen[bytes]] = []

    def play(self, cue: Cue) -> None:
        """Start the sound; one that still plays is cut off."""
        if self._volume <= 0:
            return
        if sys.platform == "win32":
            import winsound

            winsound.PlaySound(str(self._file(cue)), winsound.SND_FILENAME | winsound.SND_ASYNC)
        elif self._player is not None:
            self._cut_off()
            process = subprocess.Popen(  # noqa: S603 - the command was found on this machine
                [*self._player, str(self._file(cue))],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            self._running.append(process)

    def close(self) -> None:
        """Stop and remove the files."""
        self._cut_off()
        for process in self._running:
            process.wait(1.0)
        self._running.clear()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _cut_off(self) -> None:
        self._running = [process for process in self._running if process.poll() is None]
        for process in self._running:
            process.kill()

    def _file(self, cue: Cue) -> Path:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="tram-sound-")
        path = Path(self._folder.name) / f"{cue.value}.wav"
        if not path.exists():
            path.write_bytes(wav(cue, self._volume))
        return path
