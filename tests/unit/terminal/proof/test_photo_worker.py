"""What the decoding process does, here in this one with images that harm nobody."""

from __future__ import annotations

import io
import struct
import sys
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from terminal.proof import photo_worker
from terminal.proof.photo_worker import ANSWER, FORMATS, MAX_PIXELS, READY, REQUEST, SCREEN_SIDE, pixels_of
from tests.unit.terminal.proof.hostile_images import codestream, encoded, jpeg_of

JPEG = encoded("JPEG", (60, 80))
JP2 = encoded("JPEG2000", (60, 80))
J2K = codestream((60, 80))


def answered(asked: bytes) -> bytes:
    told = io.BytesIO()
    photo_worker.serve(io.BytesIO(asked), told)
    return told.getvalue()


@pytest.mark.parametrize(("form", "image"), [(0, JPEG), (1, JP2), (1, J2K)])
def test_a_request_is_answered_with_pixels(form: int, image: bytes) -> None:
    expected = Image.open(io.BytesIO(image)).convert("RGB").tobytes()
    assert answered(REQUEST.pack(form, len(image)) + image) == READY + ANSWER.pack(60, 80) + expected


@pytest.mark.parametrize("kept", [0, 4, 5, len(JPEG) + 4])
def test_a_request_that_breaks_off_is_not_answered(kept: int) -> None:
    assert answered((REQUEST.pack(0, len(JPEG)) + JPEG)[:kept]) == READY


@pytest.mark.parametrize("mode", ["L", "CMYK", "RGB"])
def test_every_colour_space_becomes_rgb(mode: str) -> None:
    width, height, pixels = pixels_of("JPEG", encoded("JPEG", mode=mode))
    assert (width, height, len(pixels)) == (240, 320, 240 * 320 * 3)


def test_a_large_picture_is_made_to_fit() -> None:
    assert pixels_of("JPEG", encoded("JPEG", (1600, 2000)))[:2] == (768, SCREEN_SIDE)


@pytest.mark.parametrize(("width", "height"), [(2001, 2000), (10_000, 10_000), (65_535, 65_535)])
def test_more_pixels_than_a_portrait_has_are_not_unpacked(width: int, height: int) -> None:
    assert width * height > MAX_PIXELS
    with pytest.raises((ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning)):
        pixels_of("JPEG", jpeg_of(width, height))


def png() -> bytes:
    return encoded("PNG", (16, 16))


@pytest.mark.parametrize("image", [png(), b"GIF89a" + bytes(80), b"%!PS-Adobe" + bytes(80)], ids=["png", "gif", "ps"])
@pytest.mark.parametrize("form", FORMATS)
def test_no_other_decoder_is_reached(form: str, image: bytes) -> None:
    with pytest.raises(OSError, match="cannot identify"):
        pixels_of(form, image)


def test_the_limits_are_those_of_one_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: dict[str, tuple[int, int]] = {}
    names = ("RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_CORE", "RLIMIT_FSIZE", "RLIMIT_NOFILE")
    stand_in = SimpleNamespace(**{name: name for name in names}, setrlimit=limits.__setitem__)
    monkeypatch.setitem(sys.modules, "resource", stand_in)
    photo_worker.confine()
    assert set(limits) == set(names)
    assert {limits[name] for name in names[2:]} == {(0, 0)}
    assert MAX_PIXELS * 12 < limits["RLIMIT_AS"][0] <= 1 << 29


def test_the_process_takes_standard_input_and_output(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = io.BytesIO(REQUEST.pack(1, len(JP2)) + JP2)
    told = io.BytesIO()
    told.close = lambda: None  # type: ignore[method-assign]
    steps: list[str] = []
    monkeypatch.setattr(photo_worker, "open", lambda fd, *_a, **_k: (asked, told)[fd], raising=False)
    monkeypatch.setattr(photo_worker, "confine", lambda: steps.append(f"{told.tell()} bytes told"))
    assert photo_worker.main() == 0
    assert told.getvalue().startswith(READY + struct.pack(">HH", 60, 80))
    assert steps == ["0 bytes told"]  # confined before anything is taken or told


@given(st.sampled_from([(0, JPEG), (1, JP2), (1, J2K)]), st.data())
@settings(max_examples=150, deadline=None)
def test_a_damaged_portrait_is_pixels_or_an_error_of_the_library(image: tuple[int, bytes], data: st.DataObject) -> None:
    form, whole = image
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        width, height, pixels = pixels_of(FORMATS[form], bytes(damaged))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return
    assert len(pixels) == width * height * 3
    assert max(width, height) <= SCREEN_SIDE
