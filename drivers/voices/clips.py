"""Recorded sentences: ``FOLDER/LANGUAGE/KEY.wav``, such as ``vi/title.ok.bhyt.wav``."""

from __future__ import annotations

import logging
import sys
import tempfile
import wave
from array import array
from pathlib import Path

from terminal.faults import FaultError
from terminal.outputs import VoiceOptions
from terminal.playing import OneAtATime, find_player

_log = logging.getLogger(__name__)

_LONGEST_SECONDS = 15
_SAMPLE_BYTES = 2
_HIGHEST = 32767


class ClipError(Exception):
    """A clip that cannot be played; the text says why."""


class ClipVoice:
    """A `terminal.outputs.Voice`. A sentence without a clip is not said, and the log says so once."""

    def __init__(self, folder: Path, player: tuple[str, ...] | None) -> None:
        self._folder = folder
        self._player = player
        self._playing = OneAtATime()
        self._softened: tempfile.TemporaryDirectory[str] | None = None
        self._silent: set[str] = set()

    def say(self, key: str, text: str, language: str, volume: float) -> None:  # noqa: ARG002 - for speaking voices
        """Play the clip of that key."""
        name = f"{language}/{key}.wav"
        self._hush()
        if volume <= 0 or name in self._silent:
            return
        try:
            clip = self._at_volume(name, min(volume, 1.0))
        except (ClipError, OSError) as error:
            self._silent.add(name)
            _log.warning("not said: %s: %s", name, error if isinstance(error, ClipError) else type(error).__name__)
            return
        self._play(clip)

    def stop(self) -> None:
        """Be silent and remove the softened clips."""
        self._hush()
        self._playing.close()
        if self._softened is not None:
            self._softened.cleanup()
            self._softened = None

    def _at_volume(self, name: str, volume: float) -> Path:
        """The clip itself at full volume, else a softened copy that is made once."""
        clip = self._folder / name
        if volume == 1.0:
            check_clip(clip)
            return clip
        if self._softened is None:
            self._softened = tempfile.TemporaryDirectory(prefix="tram-voice-")
        copy = Path(self._softened.name) / f"{round(volume * 100)}-{name.replace('/', '-')}"
        if not copy.exists():
            soften(clip, copy, volume)
        return copy

    def _play(self, clip: Path) -> None:
        if sys.platform == "win32":
            import winsound

            winsound.PlaySound(str(clip), winsound.SND_FILENAME | winsound.SND_ASYNC | winsound.SND_NODEFAULT)
        elif self._player is not None:
            self._playing.start([*self._player, str(clip)])

    def _hush(self) -> None:
        if sys.platform == "win32":
            import winsound

            winsound.PlaySound(None, winsound.SND_PURGE)
        else:
            self._playing.cut_off()


def check_clip(clip: Path) -> None:
    """Raise ClipError for what is no WAV of 16-bit samples and at most 15 seconds; OSError where it cannot be read."""
    with _opened(clip):
        pass


def soften(clip: Path, target: Path, volume: float) -> None:
    """Write the clip with its swing times ``volume``. Raises ClipError and OSError."""
    with _opened(clip) as source:
        parameters, data = source.getparams(), source.readframes(source.getnframes())
    samples = array("h", data[: len(data) // _SAMPLE_BYTES * _SAMPLE_BYTES])
    if sys.byteorder == "big":
        samples.byteswap()
    softer = array("h", (max(-_HIGHEST - 1, min(_HIGHEST, round(sample * volume))) for sample in samples))
    if sys.byteorder == "big":
        softer.byteswap()
    with wave.open(str(target), "wb") as written:
        written.setparams(parameters)
        written.writeframes(softer.tobytes())


def _opened(clip: Path) -> wave.Wave_read:
    try:
        source = wave.open(str(clip), "rb")  # noqa: SIM115 - the caller closes it
    except (wave.Error, EOFError, RuntimeError) as error:  # the last for a chunk beyond the file
        raise ClipError("no WAV file of plain samples") from error
    if source.getsampwidth() == _SAMPLE_BYTES and source.getnframes() <= _LONGEST_SECONDS * source.getframerate():
        return source
    source.close()
    raise ClipError(f"not of 16-bit samples, or longer than {_LONGEST_SECONDS} seconds")


def build(options: VoiceOptions) -> ClipVoice:
    """The entry point ``tram.voice``. Raises FaultError ``install.missing`` where nothing plays sound,
    ``config.invalid`` where the folder is not there."""
    folder = Path(options.clips)
    if not options.clips or not folder.is_dir():
        raise FaultError("config.invalid", "voice.clips: the folder is not there")
    player = find_player()
    if player is None and sys.platform != "win32":
        raise FaultError("install.missing", "pw-play, paplay or aplay")
    return ClipVoice(folder, player)
