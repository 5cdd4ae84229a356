"""What every `terminal.outputs.Voice` promises. A voice joins the suite by adding its builder to BUILDERS."""

from __future__ import annotations

import logging
import os
import stat
import sys
import time
import wave
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from drivers.voices import clips, espeak
from terminal.outputs import Voice, VoiceOptions

_SPEAKER = """#!{python}
import os, sys, time
sys.stdin.buffer.read()
open({heard!r} + "/" + str(os.getpid()), "w").close()
time.sleep(60)
"""


def _program(folder: Path, name: str, heard: Path) -> None:
    """A program of that name, first on the search path, that notes each call and speaks for a minute."""
    program = folder / name
    program.write_text(_SPEAKER.format(python=sys.executable, heard=str(heard)), "utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


def _espeak(folder: Path, heard: Path) -> Voice:
    _program(folder, "espeak-ng", heard)
    return espeak.build(VoiceOptions())


def _clips(folder: Path, heard: Path) -> Voice:
    _program(folder, "pw-play", heard)
    for language in ("vi", "en"):
        (folder / language).mkdir()
        with wave.open(str(folder / language / "title.ok.bhyt.wav"), "wb") as clip:
            clip.setparams((1, 2, 8000, 4, "NONE", ""))
            clip.writeframes(b"\x00\x10" * 4)
    return clips.build(VoiceOptions(clips=str(folder)))


BUILDERS: Mapping[str, Callable[[Path, Path], Voice]] = MappingProxyType({"espeak": _espeak, "clips": _clips})


class Bench:
    """A voice, and who speaks."""

    def __init__(self, voice: Voice, heard: Path) -> None:
        self.voice = voice
        self._heard = heard

    def begun(self, count: int) -> None:
        """Wait until so many sentences were begun."""
        end = time.monotonic() + 10
        while len(list(self._heard.iterdir())) < count:
            assert time.monotonic() < end

    def speaking(self) -> int:
        """How many of them are still spoken."""
        return sum(_alive(int(entry.name)) for entry in self._heard.iterdir())

    def wait_for_silence(self) -> None:
        """Until nobody speaks."""
        end = time.monotonic() + 10
        while self.speaking():
            assert time.monotonic() < end


def _alive(process: int) -> bool:
    """Running, not only remembered until its end is asked for."""
    try:
        return Path(f"/proc/{process}/stat").read_text("ascii").rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


@pytest.fixture(params=sorted(BUILDERS))
def bench(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    folder, heard = tmp_path / "voice", tmp_path / "heard"
    folder.mkdir()
    heard.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    bench = Bench(BUILDERS[request.param](folder, heard), heard)
    request.addfinalizer(bench.voice.stop)  # noqa: PT021 - also where the test fails
    return bench


def test_say_begins_at_once_and_does_not_wait(bench: Bench) -> None:
    begun = time.monotonic()
    bench.voice.say("title.ok.bhyt", "ĐƯỢC HƯỞNG BHYT", "vi", 1.0)
    assert time.monotonic() - begun < 2
    bench.begun(1)
    assert bench.speaking() == 1


@pytest.mark.parametrize("volume", [1.0, 0.3])
def test_a_new_sentence_cuts_off_the_old_one(bench: Bench, volume: float) -> None:
    for count, language in ((1, "vi"), (2, "en")):
        bench.voice.say("title.ok.bhyt", "INSURANCE VALID", language, volume)
        bench.begun(count)
    end = time.monotonic() + 10
    while bench.speaking() != 1:
        assert time.monotonic() < end


def test_no_volume_is_silence(bench: Bench) -> None:
    bench.voice.say("title.ok.bhyt", "ĐƯỢC HƯỞNG BHYT", "vi", 1.0)
    bench.begun(1)
    bench.voice.say("title.ok.bhyt", "ĐƯỢC HƯỞNG BHYT", "vi", 0.0)
    bench.wait_for_silence()


def test_stop_is_silence_and_leaves_no_program(bench: Bench) -> None:
    bench.voice.say("title.ok.bhyt", "ĐƯỢC HƯỞNG BHYT", "vi", 1.0)
    bench.begun(1)
    bench.voice.stop()
    bench.wait_for_silence()


@pytest.mark.parametrize(
    ("key", "text", "language"),
    [("no.such.sentence", "…", "vi"), ("title.ok.bhyt", "", "vi"), ("title.ok.bhyt", "x" * 100_000, "en")],
    ids=["unknown", "empty", "endless"],
)
def test_whatever_it_is_told_it_raises_nothing(bench: Bench, key: str, text: str, language: str) -> None:
    bench.voice.say(key, text, language, 1.0)
    bench.voice.say("title.ok.bhyt", "ĐƯỢC HƯỞNG BHYT", "vi", 1.0)
    bench.voice.stop()


def test_a_player_that_has_gone_is_silence(bench: Bench, tmp_path: Path) -> None:
    for program in (tmp_path / "voice").glob("*-*"):
        program.unlink()
    bench.voice.say("title.ok.bhyt", "ĐƯỢC HƯỞNG BHYT", "vi", 1.0)
    assert bench.speaking() == 0


def test_what_is_said_is_not_in_the_log(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    bench.voice.say("no.such.sentence", "một hai ba", "vi", 1.0)
    bench.voice.say("title.ok.bhyt", "một hai ba", "vi", 0.5)
    assert "một" not in caplog.text
