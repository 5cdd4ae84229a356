"""Images end where their own structure ends, whatever stands around them."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from crypto.emrtd.image import ImageKind, image_in, jpeg_size, kind_of
from crypto.errors import MalformedError, NotSupportedError, ProofError
from tests.unit.crypto.emrtd.images import J2K, JP2, JPEG, PROGRESSIVE, TILED

IMAGES = {
    "jpeg": (JPEG, ImageKind.JPEG),
    "progressive": (PROGRESSIVE, ImageKind.JPEG),
    "jp2": (JP2, ImageKind.JP2),
    "codestream": (J2K, ImageKind.J2K),
    "tiles": (TILED, ImageKind.J2K),
}


@pytest.mark.parametrize("after", [b"", bytes(8), b"\xff" * 8, b"trailing words", JPEG, J2K], ids=len)
@pytest.mark.parametrize("name", IMAGES)
def test_what_follows_the_image_is_cut(name: str, after: bytes) -> None:
    image, kind = IMAGES[name]
    found = image_in(image + after)
    assert (found.kind, found.data) == (kind, image)


@pytest.mark.parametrize("before", [0, 1, 8, 300])
@pytest.mark.parametrize("name", IMAGES)
def test_an_image_that_is_not_where_it_should_be_is_found(name: str, before: int) -> None:
    image, kind = IMAGES[name]
    found = image_in(bytes(before) + image, 20)
    assert (found.kind, found.data) == (kind, image)


def test_the_image_at_the_expected_place_is_taken_before_an_earlier_one() -> None:
    assert image_in(JPEG + J2K, len(JPEG)).data == J2K


@pytest.mark.parametrize("length", [0, 8, 0xFFFFFFF0])
def test_the_box_of_a_codestream_may_have_any_length(length: int) -> None:
    at = JP2.index(b"jp2c") - 4
    image = JP2[:at] + length.to_bytes(4, "big") + JP2[at + 4 :]
    found = image_in(image + bytes(9))
    assert found.data == image
    assert Image.open(io.BytesIO(found.data)).size == (48, 64)


def test_a_codestream_whose_last_part_has_no_length_is_kept_whole() -> None:
    at = J2K.index(b"\xff\x90") + 6
    image = J2K[:at] + bytes(4) + J2K[at + 4 :]
    assert image_in(image + bytes(7)).data == image


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_without_its_end_is_kept_as_far_as_it_goes(name: str) -> None:
    image, _ = IMAGES[name]
    cut = image[: len(image) * 3 // 4].rstrip(b"\0")
    assert image_in(cut + bytes(5)).data == cut


def test_boxes_that_lead_nowhere_are_kept() -> None:
    for image in (JP2[:12] + bytes(3) + b"\x07" + bytes(60) + b"!", JP2[: JP2.index(b"jp2c") - 4] + b"!"):
        assert image_in(image).data == image


def test_a_jpeg_may_have_fill_bytes_and_restart_markers() -> None:
    inside = JPEG.index(b"\xff\xda")
    image = JPEG[:inside] + b"\xff\xff" + JPEG[inside:-2] + b"\xff\xd3\xff\x00\x12" + b"\xff\xd9"
    assert image_in(image + b"xx").data == image
    assert image_in(b"\xff\xd8\xff\x01" + JPEG[2:] + b"xx").data == b"\xff\xd8\xff\x01" + JPEG[2:]


def test_the_size_stands_in_the_frame_header() -> None:
    assert jpeg_size(JPEG) == jpeg_size(PROGRESSIVE) == (48, 64)


@pytest.mark.parametrize("image", [b"", JP2, JPEG[:20], b"\xff\xd8\xff" * 30])
def test_what_has_no_frame_header_has_no_size(image: bytes) -> None:
    with pytest.raises(MalformedError):
        jpeg_size(image)


@pytest.mark.parametrize("raw", [b"", JPEG[:63], bytes(40) + JPEG[:63]])
def test_too_few_bytes_are_no_image(raw: bytes) -> None:
    with pytest.raises(MalformedError):
        image_in(raw)


def test_other_images_are_not_taken() -> None:
    assert kind_of(b"GIF89a") is None
    with pytest.raises(NotSupportedError):
        image_in(b"GIF89a" + bytes(99))


@given(st.sampled_from([JPEG, PROGRESSIVE, JP2, J2K, TILED]), st.data())
def test_a_damaged_image_is_found_or_refused(image: bytes, data: st.DataObject) -> None:
    damaged = bytearray(image)
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(image) - 1))] = data.draw(st.integers(0, 255))
    raw = bytes(damaged[: data.draw(st.integers(0, len(image)))])
    try:
        found = image_in(raw, data.draw(st.integers(0, 99)))
    except ProofError:
        return
    assert found.data in raw
    assert kind_of(found.data) is found.kind
