"""Five sounds that differ in number of notes, pitch and direction."""

from __future__ import annotations

import io
import sys
import wave
from itertools import pairwise
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from terminal.model import Outcome
from terminal.view import Cue
from ui.sound import RATE, Speaker, find_player, notes, samples, wav


def _melody(cue: Cue) -> tuple[float, ...]:
    return tuple(note.hertz for note in notes(cue) if note.hertz)


def test_every_outcome_sounds_different() -> None:
    melodies = {_melody(Cue.of(outcome)) for outcome in Outcome}
    assert len(melodies) == len(Outcome)


def test_yes_rises_and_no_falls() -> None:
    yes, no = _melody(Cue.ALLOW), _melody(Cue.STOP)
    assert all(before < after for before, after in pairwise(yes))
    assert all(before > after for before, after in pairwise(no))
    assert max(no) < min(yes)


def _pitch(samples_: list[int]) -> float:
    crossings = sum(before < 0 <= after for before, after in pairwise(samples_))
    return crossings * RATE / len(samples_)


@pytest.mark.parametrize("cue", list(Cue), ids=lambda cue: cue.value)
def test_the_waveform_has_the_pitch_of_its_notes(cue: Cue) -> None:
    heard = list(samples(cue, 1.0))
    at = 0
    for note in notes(cue):
        count = int(RATE * note.seconds)
        if note.hertz:
            assert _pitch(heard[at : at + count]) == pytest.approx(note.hertz, rel=0.15)
        else:
            assert not any(heard[at : at + count])
        at += count
    assert at == len(heard)


def test_nothing_clicks_and_nothing_clips() -> None:
    for cue in Cue:
        heard = samples(cue, 5.0)
        assert max(abs(one) for one in heard) <= 32767 * 0.6 + 1
        assert heard[0] == 0
        assert abs(heard[-1]) < 400


def test_half_the_volume_is_half_the_swing() -> None:
    loud, soft = samples(Cue.STOP, 1.0), samples(Cue.STOP, 0.5)
    assert max(soft) == pytest.approx(max(loud) / 2, rel=0.01)
    assert not any(samples(Cue.STOP, -1.0))


@pytest.mark.parametrize("cue", list(Cue), ids=lambda cue: cue.value)
def test_the_file_is_a_wav_that_others_read(cue: Cue) -> None:
    with wave.open(io.BytesIO(wav(cue, 1.0))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        assert file.readframes(file.getnframes()) == samples(cue, 1.0).tobytes()


def test_the_first_player_found_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}" if name == "aplay" else None)
    assert find_player() == ("/bin/aplay", "-q")
    monkeypatch.setattr("shutil.which", lambda _name: None)
    assert find_player() is None


def _copier(target: Path) -> tuple[str, ...]:
    script = "import os, shutil, sys; heard, part = sys.argv[1], sys.argv[1] + '.part'; " + (
        "shutil.copy(sys.argv[2], part); os.replace(part, heard)"
    )
    return (sys.executable, "-c", script, str(target))


def test_a_cue_is_handed_to_the_player(tmp_path: Path, qtbot: QtBot) -> None:
    heard = tmp_path / "heard.wav"
    speaker = Speaker(0.5, _copier(heard))
    speaker.play(Cue.ALLOW)
    qtbot.waitUntil(heard.exists, timeout=10_000)
    assert heard.read_bytes() == wav(Cue.ALLOW, 0.5)
    speaker.play(Cue.STOP)
    speaker.close()


def test_silence_where_nothing_can_play() -> None:
    for speaker in (Speaker(1.0, None), Speaker(0.0, ("/nonexistent/player",))):
        speaker.play(Cue.STOP)
        speaker.close()


def test_a_new_sound_cuts_the_old_one_off_without_waiting() -> None:
    speaker = Speaker(1.0, (sys.executable, "-c", "import time; time.sleep(60)"))
    for cue in Cue:
        speaker.play(cue)
    speaker.close()
