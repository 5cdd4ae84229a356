"""The portrait: what is shown, and that nothing but a portrait ever is."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from crypto import tlv
from crypto.emrtd.face import encode_dg2
from crypto.emrtd.lds import Ef
from crypto.errors import MalformedError, ProofError
from drivers.simulator.issuer.portrait import draw_portrait
from terminal.proof.photo import MAX_PIXELS, SCREEN_SIDE, photo_of
from tests.chips import contents_of

JPEG = draw_portrait("photo", 12_000)


def encoded(kind: str, size: tuple[int, int] = (240, 320), mode: str = "RGB") -> bytes:
    picture = Image.radial_gradient("L").resize(size).convert(mode)
    out = io.BytesIO()
    picture.save(out, kind)
    return out.getvalue()


def dg2(image: bytes) -> bytes:
    """Data group 2 around any bytes at all."""
    whole = encode_dg2(JPEG)
    start = whole.index(JPEG)
    record = whole[whole.index(b"FAC\0") : start] + image
    template = tlv.encode(0x7F60, tlv.encode(0x5F2E, record))
    return tlv.encode(Ef.DG2.tag, tlv.encode(0x7F61, tlv.encode(0x02, b"\x01") + template))


def codestream(jp2: bytes) -> bytes:
    """The bare codestream of a JPEG 2000 file."""
    return jp2[jp2.index(b"\xff\x4f\xff\x51") :]


def shown(raw: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(photo_of(raw).png))
    picture.load()
    return picture


@pytest.mark.parametrize(
    "image",
    [
        JPEG,
        encoded("JPEG"),
        encoded("JPEG", mode="L"),
        encoded("JPEG", mode="CMYK"),
        encoded("JPEG2000"),
        codestream(encoded("JPEG2000")),
    ],
    ids=["portrait", "jpeg", "grey", "cmyk", "jp2", "codestream"],
)
def test_a_portrait_becomes_a_png(image: bytes) -> None:
    picture = shown(dg2(image))
    assert (picture.format, picture.mode) == ("PNG", "RGB")


def test_the_photo_of_a_card_is_shown_in_its_size() -> None:
    assert shown(contents_of("insured").files[Ef.DG2]).size == Image.open(io.BytesIO(JPEG)).size


def test_a_large_portrait_is_made_to_fit_the_screen() -> None:
    assert shown(dg2(encoded("JPEG", (1600, 2000)))).size == (768, SCREEN_SIDE)


def test_nothing_but_the_picture_comes_along() -> None:
    picture = Image.open(io.BytesIO(JPEG))
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "hidden words"
    picture.save(out, "JPEG", exif=exif, comment=b"more hidden words")
    assert b"hidden words" in out.getvalue()
    photo = photo_of(dg2(out.getvalue()))
    assert b"hidden" not in photo.png
    assert not Image.open(io.BytesIO(photo.png)).info


def oversized(width: int, height: int) -> bytes:
    """A JPEG that says it has so many pixels."""
    at = JPEG.index(b"\xff\xc0") if b"\xff\xc0" in JPEG else JPEG.index(b"\xff\xc2")
    return JPEG[: at + 5] + struct.pack(">HH", height, width) + JPEG[at + 9 :]


@pytest.mark.parametrize(
    ("width", "height"), [(2001, 2000), (10_000, 10_000), (65_535, 65_535)], ids=["a little", "much", "a bomb"]
)
def test_more_pixels_than_a_portrait_has_are_not_unpacked(width: int, height: int) -> None:
    assert width * height > MAX_PIXELS
    with pytest.raises(MalformedError):
        photo_of(dg2(oversized(width, height)))


def test_a_jpeg_2000_bomb_is_not_unpacked() -> None:
    raw = bytearray(codestream(encoded("JPEG2000")))
    raw[8:16] = struct.pack(">II", 60_000, 60_000)
    with pytest.raises(MalformedError):
        photo_of(dg2(bytes(raw)))


def png(size: int) -> bytes:
    rows = zlib.compress(b"\0" * (size * 3 + 1) * size)
    head = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", rows), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(
    "image",
    [
        png(16),
        b"GIF89a" + bytes(80),
        b"II*\0" + bytes(80),
        b"%!PS-Adobe" + bytes(80),
        bytes(80),
        b"\xff\xd8\xff" * 40,
        b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(range(1, 90)),
        b"\xff\x4f\xff\x51" + b"\x07" * 80,
    ],
    ids=["png", "gif", "tiff", "postscript", "zeros", "only marks", "jp2 garbage", "codestream garbage"],
)
def test_what_is_no_portrait_is_never_decoded(image: bytes) -> None:
    with pytest.raises(ProofError):
        photo_of(dg2(image))


@pytest.mark.parametrize("part", [0.1, 0.5, 0.95])
@pytest.mark.parametrize("kind", ["JPEG", "JPEG2000"])
def test_a_portrait_cut_short_is_refused(kind: str, part: float) -> None:
    image = JPEG if kind == "JPEG" else encoded(kind)
    with pytest.raises(ProofError):
        photo_of(dg2(image[: int(len(image) * part)]))


@given(st.binary(max_size=200))
def test_any_bytes_are_a_photo_or_a_refusal(raw: bytes) -> None:
    with pytest.raises(ProofError):
        photo_of(raw)


JP2 = encoded("JPEG2000", (60, 80))
SMALL = encoded("JPEG", (60, 80))


@given(st.sampled_from([SMALL, JP2, codestream(JP2)]), st.data())
@settings(max_examples=150, deadline=None)
def test_a_damaged_portrait_is_a_photo_or_a_refusal(image: bytes, data: st.DataObject) -> None:
    damaged = bytearray(image)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at] = data.draw(st.integers(0, 255))
    try:
        photo = photo_of(dg2(bytes(damaged)))
    except ProofError:
        return
    assert photo.png.startswith(b"\x89PNG")
