"""Pictures and their limits."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.frames import NotAPictureError, array_of, decode_picture, frame_of, middle, picture_size, small
from tests.qr_pictures import jpeg, noise, png


def test_a_frame_and_its_array_hold_the_same_picture() -> None:
    picture = noise(1, width=31, height=17)
    frame = frame_of(picture)
    assert (frame.width, frame.height) == (31, 17)
    assert np.array_equal(array_of(frame), picture)


def test_the_middle_is_sixty_percent_both_ways() -> None:
    assert middle(np.zeros((1000, 2000), dtype=np.uint8)).shape == (600, 1200)


def test_a_small_picture_is_looked_at_in_full() -> None:
    assert middle(np.zeros((300, 300), dtype=np.uint8)).shape == (300, 300)


def test_the_viewfinder_s_picture_is_no_wider_than_wanted() -> None:
    assert small(np.zeros((1080, 1920), dtype=np.uint8), 640).shape == (360, 640)
    assert small(np.zeros((480, 600), dtype=np.uint8), 640).shape == (480, 600)


@pytest.mark.parametrize("encode", [png, jpeg])
def test_a_picture_file_is_decoded_to_grey(encode: object) -> None:
    assert callable(encode)
    picture = np.full((40, 60), 128, dtype=np.uint8)
    assert np.array_equal(decode_picture(encode(picture)), picture)


def test_a_colour_picture_becomes_grey() -> None:
    import cv2

    raw = bytes(cv2.imencode(".png", np.full((4, 6, 3), 128, dtype=np.uint8))[1])
    assert decode_picture(raw).shape == (4, 6)


def test_a_picture_that_claims_to_be_huge_is_refused_before_it_is_unpacked() -> None:
    raw = bytearray(png(np.zeros((4, 4), dtype=np.uint8)))
    raw[16:24] = struct.pack(">II", 60_000, 60_000)
    with pytest.raises(NotAPictureError, match="limits"):
        decode_picture(bytes(raw))


@pytest.mark.parametrize("encode", [png, jpeg])
def test_a_picture_cut_short_is_refused_or_read_never_a_crash(encode: object) -> None:
    assert callable(encode)
    raw = encode(noise(2, width=64, height=48))
    for length in range(0, len(raw), 97):
        try:
            assert decode_picture(raw[:length]).shape == (48, 64)
        except NotAPictureError:
            continue


@given(st.binary(max_size=200))
def test_any_bytes_are_a_picture_s_size_or_refused(raw: bytes) -> None:
    for prefix in (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0\x00\x10"):
        try:
            width, height = picture_size(prefix + raw)
        except NotAPictureError:
            continue
        assert width > 0
        assert height > 0


def test_both_kinds_tell_their_size() -> None:
    picture = noise(3, width=123, height=45)
    assert picture_size(png(picture)) == (123, 45)
    assert picture_size(jpeg(picture)) == (123, 45)
