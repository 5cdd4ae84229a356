"""Folders and videos that stand in for a camera."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from drivers.camera_device import CameraDevice
from drivers.frames import GreyArray
from drivers.picture_sources import PictureFolder, Video, source_of
from terminal.faults import FaultError
from terminal.ports import CodeOptions
from tests.qr_pictures import jpeg, noise, png, write_video


def test_a_folder_shows_a_new_picture_at_once_and_several_in_turn(tmp_path: Path) -> None:
    folder = PictureFolder(tmp_path)
    folder.open()
    assert folder.read() is None
    (tmp_path / "a.png").write_bytes(png(np.full((4, 4), 1, dtype=np.uint8)))
    assert _shade(folder.read()) == 1
    (tmp_path / "b.JPG").write_bytes(jpeg(np.full((4, 4), 200, dtype=np.uint8)))
    assert _shade(folder.read()) == 200
    assert {_shade(folder.read()) for _ in range(20)} == {1, 200}
    (tmp_path / "a.png").unlink()
    (tmp_path / "b.JPG").unlink()
    assert folder.read() is None


def test_a_folder_notices_that_a_picture_changed(tmp_path: Path) -> None:
    folder, file = PictureFolder(tmp_path), tmp_path / "a.png"
    file.write_bytes(png(np.full((4, 4), 1, dtype=np.uint8)))
    assert _shade(folder.read()) == 1
    file.write_bytes(png(np.full((8, 8), 2, dtype=np.uint8)))
    assert _shade(folder.read()) == 2


def test_a_folder_counts_broken_pictures_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "notes.txt").write_text("not looked at")
    (tmp_path / "good.png").write_bytes(png(np.full((4, 4), 7, dtype=np.uint8)))
    folder = PictureFolder(tmp_path)
    assert [_shade(folder.read()) for _ in range(12)] == [7] * 12
    assert folder.broken == 2


def test_a_folder_that_vanishes_is_an_absent_camera(tmp_path: Path) -> None:
    folder = PictureFolder(tmp_path / "gone")
    for action in (folder.open, folder.read):
        with pytest.raises(FaultError, match=r"camera\.absent"):
            action()


def test_of_many_pictures_only_the_newest_are_looked_at(tmp_path: Path) -> None:
    for number in range(12):
        file = tmp_path / f"{number}.png"
        file.write_bytes(png(np.full((4, 4), number, dtype=np.uint8)))
        os.utime(file, ns=(number, number))
    folder = PictureFolder(tmp_path)
    assert {_shade(folder.read()) for _ in range(100)} == set(range(4, 12))


def _shade(picture: GreyArray | None) -> int:
    assert picture is not None
    return int(picture[0, 0])


def test_a_video_is_played_over_and_over(tmp_path: Path) -> None:
    file = tmp_path / "film.avi"
    write_video(file, [np.full((48, 64), shade, dtype=np.uint8) for shade in (0, 100, 200)])
    video = Video(file)
    video.open()
    assert [_next_shade(video) for _ in range(7)] == [0, 1, 2, 0, 1, 2, 0]
    video.close()
    assert video.interval == pytest.approx(0.04)


def test_a_video_keeps_its_pace_when_it_is_looked_at_seldom(tmp_path: Path) -> None:
    file = tmp_path / "film.avi"
    write_video(file, [np.full((48, 64), shade, dtype=np.uint8) for shade in range(0, 250, 10)])
    video = Video(file)
    video.open()
    assert [_next_shade(video, 0.2, 10) for _ in range(4)] == [4, 9, 14, 19]
    video.close()


def _next_shade(video: Video, seconds: float = 0.0, step: int = 100) -> int:
    video.advance(seconds)
    return round(_shade(video.read()) / step)


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.95])
def test_a_video_cut_short_plays_what_it_has_or_is_absent(tmp_path: Path, cut: float) -> None:
    file = tmp_path / "film.avi"
    write_video(file, [noise(seed, width=64, height=48) for seed in range(5)])
    raw = file.read_bytes()
    file.write_bytes(raw[: int(len(raw) * cut)])
    _play_or_absent(file)


@pytest.mark.parametrize("seed", range(5))
def test_a_video_with_damaged_pictures_plays_what_it_can_or_is_absent(tmp_path: Path, seed: int) -> None:
    file = tmp_path / "film.avi"
    write_video(file, [noise(seed, width=64, height=48) for seed in range(5)])
    raw = np.frombuffer(file.read_bytes(), dtype=np.uint8).copy()
    random = np.random.default_rng(seed)
    raw[random.integers(2000, raw.size, 400)] = random.integers(0, 256, 400)
    file.write_bytes(raw.tobytes())
    _play_or_absent(file)


def _play_or_absent(file: Path) -> None:
    video = Video(file)
    try:
        video.open()
        for _ in range(12):
            video.advance(0.0)
            picture = video.read()
            assert picture is None or picture.dtype == np.uint8
    except FaultError as error:
        assert error.fault.code == "camera.absent"
    finally:
        video.close()


def test_a_file_that_is_no_video_is_an_absent_camera(tmp_path: Path) -> None:
    file = tmp_path / "film.avi"
    file.write_bytes(b"RIFF\x04\x00\x00\x00AVI ")
    with pytest.raises(FaultError, match=r"camera\.absent"):
        Video(file).open()


def test_the_source_s_name_tells_its_kind(tmp_path: Path) -> None:
    file = tmp_path / "film.avi"
    file.write_bytes(b"")
    assert isinstance(source_of(CodeOptions(str(tmp_path))), PictureFolder)
    assert isinstance(source_of(CodeOptions(str(file))), Video)
    assert isinstance(source_of(CodeOptions("0")), CameraDevice)
    assert isinstance(source_of(CodeOptions("too-long-to-be-asked-for" * 200)), CameraDevice)


def test_a_number_is_a_camera_even_beside_a_folder_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "0").mkdir()
    monkeypatch.chdir(tmp_path)
    assert isinstance(source_of(CodeOptions("0")), CameraDevice)
