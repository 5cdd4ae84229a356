"""Recorded sentences: played whole, softened where asked, and silent with one line in the log where there is none."""

from __future__ import annotations

import array
import contextlib
import logging
import sys
import time
import wave
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.voices.clips import ClipError, ClipVoice, build, check_clip, soften
from terminal.faults import FaultError
from terminal.outputs import VoiceOptions

_COPY = "import os, shutil, sys; part = sys.argv[1] + '.part'; " + (
    "shutil.copy(sys.argv[2], part); os.replace(part, sys.argv[1])"
)
KEY = "title.ok.bhyt"


def _record(path: Path, samples: list[int], *, width: int = 2, rate: int = 8000) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as clip:
        clip.setnchannels(1)
        clip.setsampwidth(width)
        clip.setframerate(rate)
        clip.writeframes(array.array("h", samples).tobytes())
    return path


def _samples(path: Path) -> list[int]:
    with wave.open(str(path)) as clip:
        return list(array.array("h", clip.readframes(clip.getnframes())))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    _record(tmp_path / "clips" / "vi" / f"{KEY}.wav", [0, 1000, -1000, 32767, -32768])
    _record(tmp_path / "clips" / "en" / f"{KEY}.wav", [0, 5, 5])
    return tmp_path / "clips"


def _voice(folder: Path, heard: Path) -> ClipVoice:
    return ClipVoice(folder, (sys.executable, "-c", _COPY, str(heard)))


def _wait_for(path: Path) -> list[int]:
    end = time.monotonic() + 10
    while not path.exists():
        assert time.monotonic() < end
    return _samples(path)


@pytest.mark.parametrize(
    ("language", "volume", "expected"),
    [
        ("vi", 1.0, [0, 1000, -1000, 32767, -32768]),
        ("vi", 0.5, [0, 500, -500, 16384, -16384]),
        ("en", 1.0, [0, 5, 5]),
    ],
)
def test_the_clip_of_that_key_and_language_is_played_at_its_volume(
    folder: Path, tmp_path: Path, language: str, volume: float, expected: list[int]
) -> None:
    heard = tmp_path / "heard.wav"
    voice = _voice(folder, heard)
    voice.say(KEY, "never looked at", language, volume)
    assert _wait_for(heard) == expected
    voice.stop()


def test_a_softened_clip_is_made_once_and_removed_at_the_end(folder: Path, tmp_path: Path) -> None:
    heard = tmp_path / "heard.wav"
    voice = _voice(folder, heard)
    for _ in range(2):
        heard.unlink(missing_ok=True)
        voice.say(KEY, "", "vi", 0.2)
        _wait_for(heard)
    assert voice._softened is not None
    made = Path(voice._softened.name)
    assert len(list(made.iterdir())) == 1
    voice.stop()
    assert not made.exists()


def test_a_missing_clip_is_silent_with_one_line_in_the_log(
    folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    heard = tmp_path / "heard.wav"
    voice = _voice(folder, heard)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            voice.say("title.stop.used", "DỪNG 31/12", "vi", 1.0)
    (line,) = caplog.records
    assert "vi/title.stop.used.wav" in line.getMessage()
    assert "DỪNG" not in line.getMessage()
    assert not heard.exists()
    voice.stop()


@pytest.mark.parametrize(
    ("samples", "width", "rate"), [([0] * 8000 * 16, 2, 8000), ([0] * 8, 1, 8000)], ids=["too long", "8 bit"]
)
@pytest.mark.parametrize("volume", [1.0, 0.5])
def test_a_clip_that_cannot_be_played_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, samples: list[int], width: int, rate: int, volume: float
) -> None:
    _record(tmp_path / "vi" / "a.wav", samples, width=width, rate=rate)
    voice = ClipVoice(tmp_path, ("/nonexistent/player",))
    with caplog.at_level(logging.WARNING):
        voice.say("a", "", "vi", volume)
    assert len(caplog.records) == 1
    voice.stop()


@given(st.binary(max_size=200))
def test_any_file_is_a_clip_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    clip = tmp_path_factory.mktemp("clip") / "a.wav"
    for start in (b"", b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00"):
        clip.write_bytes(start + content)
        with contextlib.suppress(ClipError, OSError):
            check_clip(clip)
        with contextlib.suppress(ClipError, OSError):
            soften(clip, clip.with_suffix(".soft"), 0.5)


def test_silence_cuts_off_what_is_being_said(folder: Path) -> None:
    voice = ClipVoice(folder, (sys.executable, "-c", "import time; time.sleep(60)"))
    voice.say(KEY, "", "vi", 1.0)
    (first,) = voice._playing._running
    voice.say(KEY, "", "vi", 0.0)
    assert first.wait(10) == -9
    voice.stop()


@pytest.mark.parametrize("clips", ["", "/nonexistent/clips"])
def test_a_folder_that_is_not_there_is_told_when_the_desk_is_built(clips: str) -> None:
    with pytest.raises(FaultError) as raised:
        build(VoiceOptions(clips=clips))
    assert raised.value.fault.code == "config.invalid"


def test_a_computer_that_plays_nothing_is_told_when_the_desk_is_built(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.voices.clips.find_player", lambda: None)
    with pytest.raises(FaultError) as raised:
        build(VoiceOptions(clips=str(folder)))
    assert raised.value.fault.code == "install.missing"


def test_windows_plays_the_file_without_waiting(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[str | None, int]] = []
    winsound = SimpleNamespace(
        SND_FILENAME=0x20000, SND_ASYNC=1, SND_NODEFAULT=2, SND_PURGE=0x40, PlaySound=lambda *call: calls.append(call)
    )
    monkeypatch.setitem(sys.modules, "winsound", winsound)
    monkeypatch.setattr(sys, "platform", "win32")
    voice = build(VoiceOptions(clips=str(folder)))
    voice.say(KEY, "", "en", 1.0)
    voice.stop()
    monkeypatch.undo()
    assert calls == [(None, 0x40), (str(folder / "en" / f"{KEY}.wav"), 0x20003), (None, 0x40)]
