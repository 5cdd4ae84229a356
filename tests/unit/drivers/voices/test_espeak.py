"""Speech by espeak-ng: with the real program writing WAV, and with one that notes how it was called."""

from __future__ import annotations

import array
import io
import os
import stat
import subprocess
import sys
import time
import wave
from pathlib import Path

import pytest

from drivers.voices.espeak import EspeakVoice, build, speakable
from terminal.faults import FaultError
from terminal.outputs import VoiceOptions

_FAKE = """#!{python}
import os, sys, time
text = sys.stdin.buffer.read()
with open({heard!r} + ".part", "wb") as heard:
    heard.write(" ".join(sys.argv[1:]).encode() + b"\\n" + text)
os.replace({heard!r} + ".part", {heard!r})
time.sleep(60)
"""


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the false espeak-ng, the first on the search path, notes its arguments and input."""
    program = tmp_path / "bin" / "espeak-ng"
    program.parent.mkdir()
    program.write_text(_FAKE.format(python=sys.executable, heard=str(tmp_path / "heard")), "utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return tmp_path / "heard"


def _wait_for(path: Path) -> list[str]:
    end = time.monotonic() + 10
    while not path.exists():
        assert time.monotonic() < end
    return path.read_text("utf-8").split("\n")


def test_the_text_is_never_among_the_arguments(heard: Path) -> None:
    voice = build(VoiceOptions())
    begun = time.monotonic()
    voice.say("title.ok.bhyt", "ĐƯỢC HƯỞNG BHYT", "vi", 0.5)
    assert time.monotonic() - begun < 2
    arguments, text = _wait_for(heard)
    assert text == "ĐƯỢC HƯỞNG bảo hiểm y tế"
    assert arguments.endswith("-v vi -s 150 -a 100")
    assert "HƯỞNG" not in arguments
    voice.stop()


def test_a_new_sentence_cuts_off_the_old_one(heard: Path) -> None:
    voice = build(VoiceOptions())
    voice.say("a", "một", "vi", 1.0)
    _wait_for(heard)
    (first,) = voice._playing._running
    heard.unlink()
    voice.say("b", "stop", "en", 1.0)
    assert _wait_for(heard)[1] == "stop"
    assert first.wait(10) != 0
    voice.stop()


@pytest.mark.parametrize(("text", "volume"), [("một", 0.0), ("31/12/2026", 1.0), ("", 1.0)])
def test_silence_also_cuts_off(heard: Path, text: str, volume: float) -> None:
    voice = build(VoiceOptions())
    voice.say("a", "một", "vi", 1.0)
    (first,) = voice._playing._running
    voice.say("b", text, "vi", volume)
    assert first.wait(10) != 0
    assert len(voice._playing._running) <= 1
    voice.stop()


def test_numbers_and_dates_are_never_spoken() -> None:
    assert speakable("THẺ BHYT HẾT HẠN 31/12/2025", "vi") == "THẺ bảo hiểm y tế HẾT HẠN"
    assert speakable("STOP 003090123450 at 14:05", "en") == "STOP at"


def test_an_absent_program_is_told_when_the_desk_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    monkeypatch.delenv("PROGRAMFILES", raising=False)
    with pytest.raises(FaultError) as raised:
        build(VoiceOptions())
    assert raised.value.fault.code == "install.missing"
    assert raised.value.detail == "espeak-ng"


def test_on_windows_it_is_found_where_its_installer_puts_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "eSpeak NG" / "espeak-ng.exe"
    program.parent.mkdir()
    program.touch()
    monkeypatch.setattr("shutil.which", lambda _name: None)
    monkeypatch.setenv("PROGRAMFILES", str(tmp_path))
    assert build(VoiceOptions()).command("en", 1.0)[0] == str(program)


# The real program -----------------------------------------------------------------------------------------------------


def _spoken(language: str, volume: float, text: str) -> array.array[int]:
    command = [*build(VoiceOptions()).command(language, volume), "--stdout"]
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=True, timeout=20)
    head = io.BytesIO(done.stdout)
    with wave.open(head) as spoken:
        assert (spoken.getnchannels(), spoken.getsampwidth()) == (1, 2)
        return array.array("h", spoken.readframes(spoken.getnframes()))


def test_the_real_program_speaks_both_languages_differently() -> None:
    vietnamese, english = (_spoken(language, 1.0, "dừng lại") for language in ("vi", "en"))
    assert len(vietnamese) > 10_000
    assert len(english) > 10_000
    assert vietnamese != english


def test_the_real_program_is_louder_the_higher_the_volume() -> None:
    peaks = [max(_spoken("vi", volume, "mời vào")) for volume in (0.1, 0.5, 1.0)]
    assert peaks[0] * 2 < peaks[1] < peaks[2]


def test_the_real_program_is_silent_for_what_it_is_not_told() -> None:
    assert isinstance(build(VoiceOptions()), EspeakVoice)
    assert max(_spoken("vi", 0.0, "mời vào")) == 0
