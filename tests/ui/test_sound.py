"""Five sounds that differ in number of notes, pitch and direction."""

from __future__ import annotations

import io
import sys
import wave
from datetime import time
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from pytestqt.qtbot import QtBot

from terminal.clock import wall_time
from terminal.model import Message, Outcome, Verdict
from terminal.ports import FaceOptions
from terminal.quiet import QuietHours
from terminal.view import Cue
from tests.fake_clock import FakeClock
from ui.app import build
from ui.sound import RATE, Speaker, notes, samples, wav


def _melody(cue: Cue) -> tuple[float, ...]:
    return tuple(note.hertz for note in notes(cue) if note.hertz)


def test_every_sound_differs_from_every_other() -> None:
    assert len({_melody(cue) for cue in Cue}) == len(Cue)


# As the table of the five outcome sounds says: notes in hertz, and the seconds that all of them last.
_TABLE = {
    Cue.ALLOW: ((660, 990), 0.18),
    Cue.ALLOW_LOOK: ((660, 990, 740), 0.33),
    Cue.ATTENTION: ((740, 740, 740), 0.39),
    Cue.STOP: ((330, 220), 0.5),
    Cue.CANNOT_CHECK: ((165, 165), 0.2),
}


@pytest.mark.parametrize("cue", list(_TABLE), ids=lambda cue: cue.value)
def test_the_five_outcome_sounds_are_those_of_the_table(cue: Cue) -> None:
    melody, seconds = _TABLE[cue]
    assert _melody(cue) == melody
    assert len(samples(cue, 1.0)) / RATE == pytest.approx(seconds, abs=0.01)


def test_a_verdict_has_its_outcome_s_sound_and_a_yes_with_a_note_its_own() -> None:
    note = Message.of("note.near_expiry", date="30/11/2026")
    for outcome in Outcome:
        assert Cue.of(Verdict(outcome, Message("title.ok.bhyt"))).value == outcome.value
        noted = Cue.of(Verdict(outcome, Message("title.ok.bhyt"), notes=(note,)))
        assert noted is (Cue.ALLOW_LOOK if outcome is Outcome.ALLOW else Cue(outcome.value))
    plain = Verdict(Outcome.ALLOW, Message("title.ok.bhyt"), notes=(Message("note.photo_missing"),))
    assert Cue.of(plain) is Cue.ALLOW


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


@pytest.mark.parametrize("cue", list(Cue), ids=lambda cue: cue.value)
@pytest.mark.parametrize("volume", [0.05, 0.2, 0.5, 0.8, 1.0])
def test_the_loudest_sample_follows_the_volume(cue: Cue, volume: float) -> None:
    assert max(samples(cue, volume)) == pytest.approx(32767 * 0.6 * volume, rel=0.02)


def test_half_the_volume_is_half_the_swing() -> None:
    loud, soft = samples(Cue.STOP, 1.0), samples(Cue.STOP, 0.5)
    assert max(soft) == pytest.approx(max(loud) / 2, rel=0.01)
    assert not any(samples(Cue.STOP, -1.0))


@pytest.mark.parametrize("cue", list(Cue), ids=lambda cue: cue.value)
def test_the_file_is_a_wav_that_others_read(cue: Cue) -> None:
    with wave.open(io.BytesIO(wav(cue, 1.0))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        assert file.readframes(file.getnframes()) == samples(cue, 1.0).tobytes()


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


@pytest.mark.parametrize(
    ("begin", "end", "now", "expected"),
    [
        ("22:00", "06:00", "21:59:59", 1.0),
        ("22:00", "06:00", "22:00:00", 0.2),
        ("22:00", "06:00", "00:00:00", 0.2),
        ("22:00", "06:00", "05:59:59", 0.2),
        ("22:00", "06:00", "06:00:00", 1.0),
        ("12:00", "13:30", "11:59:59", 1.0),
        ("12:00", "13:30", "12:00:00", 0.2),
        ("12:00", "13:30", "13:29:59", 0.2),
        ("12:00", "13:30", "13:30:00", 1.0),
    ],
)
def test_quiet_hours_hold_from_their_first_second_to_their_last(
    tmp_path: Path, qtbot: QtBot, begin: str, end: str, now: str, expected: float
) -> None:
    heard = tmp_path / "heard.wav"
    quiet = QuietHours(time.fromisoformat(begin), time.fromisoformat(end), 0.2)
    speaker = Speaker(1.0, _copier(heard), quiet, lambda: time.fromisoformat(now))
    speaker.play(Cue.STOP)
    qtbot.waitUntil(heard.exists, timeout=10_000)
    assert heard.read_bytes() == wav(Cue.STOP, expected)
    speaker.close()


def test_the_hour_is_asked_at_each_sound(tmp_path: Path, qtbot: QtBot) -> None:
    heard = tmp_path / "heard.wav"
    hours = iter([time(21, 59), time(22, 0), time(6, 0)])
    speaker = Speaker(1.0, _copier(heard), QuietHours(time(22), time(6), 0.3), lambda: next(hours))
    for volume in (1.0, 0.3, 1.0):
        heard.unlink(missing_ok=True)
        speaker.play(Cue.ALLOW)
        qtbot.waitUntil(heard.exists, timeout=10_000)
        assert heard.read_bytes() == wav(Cue.ALLOW, volume)
    speaker.close()


def test_quiet_hours_of_no_volume_are_silent(tmp_path: Path) -> None:
    speaker = Speaker(1.0, ("/nonexistent/player",), QuietHours(time(0), time(23, 59), 0.0), lambda: time(3))
    speaker.play(Cue.STOP)
    speaker.close()


def test_quiet_hours_make_nothing_louder() -> None:
    assert QuietHours(time(22), time(6), 0.8).volume_at(time(23), 0.5) == 0.5


def test_the_wall_s_clock_is_vietnam_s() -> None:
    assert wall_time(FakeClock()) == time(15, 16, 40)


def test_windows_plays_the_file_without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    played: list[tuple[bytes, int]] = []

    def play(name: str, flags: int) -> None:
        played.append((Path(name).read_bytes(), flags))

    winsound = SimpleNamespace(SND_FILENAME=0x20000, SND_ASYNC=1, SND_NODEFAULT=2, PlaySound=play)
    monkeypatch.setitem(sys.modules, "winsound", winsound)
    monkeypatch.setattr(sys, "platform", "win32")
    speaker = Speaker(0.5, None)
    speaker.play(Cue.ALLOW)
    monkeypatch.undo()
    speaker.close()
    assert played == [(wav(Cue.ALLOW, 0.5), 0x20003)]


def test_silence_where_nothing_can_play() -> None:
    for speaker in (Speaker(1.0, None), Speaker(0.0, ("/nonexistent/player",))):
        speaker.play(Cue.STOP)
        speaker.close()


def test_a_new_sound_cuts_the_old_one_off_without_waiting() -> None:
    speaker = Speaker(1.0, (sys.executable, "-c", "import time; time.sleep(60)"))
    for cue in Cue:
        speaker.play(cue)
    speaker.close()


def test_the_window_s_sounds_follow_the_site_s_quiet_hours(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[object, ...]] = []

    class Told(Speaker):
        def __init__(self, volume: float, player: tuple[str, ...] | None, quiet: QuietHours | None) -> None:
            told.append((volume, quiet))
            super().__init__(volume, player, quiet)

    monkeypatch.setattr("ui.app.Speaker", Told)
    quiet = QuietHours(time(22), time(6), 0.2)
    face = build(FaceOptions("reception", "Quầy 3", "vi", sound=0.7, quiet=quiet))
    qtbot.addWidget(face.shell)
    assert told == [(0.7, quiet)]
