"""The face in data group 2, with images made by Pillow."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from crypto import tlv
from crypto.emrtd.face import MAX_DG2, encode_dg2, parse_dg2
from crypto.errors import MalformedError, NotSupportedError, ProofError


def picture(form: str, **options: object) -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize((48, 64)).save(out, form, **options)
    return out.getvalue()


JPEG = picture("JPEG")
JP2 = picture("JPEG2000")
J2K = picture("JPEG2000", no_jp2=True)
DG2 = encode_dg2(JPEG)
RECORD = DG2.index(b"FAC\0")


def dg2(record: bytes, tag: int = 0x5F2E) -> bytes:
    template = tlv.encode(0x7F60, tlv.encode(0xA1, b"") + tlv.encode(tag, record))
    return tlv.encode(0x75, tlv.encode(0x7F61, tlv.encode(0x02, b"\x01") + template))


def record(image: bytes, points: int = 0, faces: int = 1) -> bytes:
    head = b"FAC\x00010\x00" + (14 + 20 + 12 + 8 * points + len(image)).to_bytes(4, "big") + faces.to_bytes(2, "big")
    return head + bytes(4) + points.to_bytes(2, "big") + bytes(14) + bytes(8 * points) + bytes(12) + image


@pytest.mark.parametrize(("kind", "image"), [("jpeg", JPEG), ("jp2", JP2), ("j2k", J2K)])
def test_the_image_is_known_by_its_own_first_bytes(kind: str, image: bytes) -> None:
    face = parse_dg2(dg2(record(image)))
    assert (face.kind, face.data) == (kind, image)


def test_what_is_encoded_is_read_back_and_opens() -> None:
    face = parse_dg2(DG2)

    assert (face.kind, face.data) == ("jpeg", JPEG)
    with Image.open(io.BytesIO(face.data)) as opened:
        assert opened.size == (48, 64)


def test_the_encoded_record_has_its_lengths_and_the_image_size() -> None:
    content = DG2[RECORD:]
    assert int.from_bytes(content[8:12], "big") == len(content)
    assert int.from_bytes(content[14:18], "big") == len(content) - 14
    assert (int.from_bytes(content[36:38], "big"), int.from_bytes(content[38:40], "big")) == (48, 64)


def test_feature_points_are_skipped() -> None:
    assert parse_dg2(dg2(record(JPEG, points=9))).data == JPEG


@pytest.mark.parametrize("image", [JPEG, JP2, J2K])
def test_padding_after_the_image_is_cut(image: bytes) -> None:
    assert parse_dg2(dg2(record(image + bytes(7)))).data == image


def test_padding_after_the_group_is_tolerated() -> None:
    assert parse_dg2(DG2 + bytes(5)).data == JPEG


def test_wrong_lengths_inside_the_record_are_tolerated() -> None:
    wrong = bytearray(DG2)
    wrong[RECORD + 8 : RECORD + 12] = (7).to_bytes(4, "big")
    assert parse_dg2(bytes(wrong)).data == JPEG


def test_a_record_under_the_other_tag_is_read() -> None:
    assert parse_dg2(dg2(record(JPEG), tag=0x7F2E)).data == JPEG


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (DG2 + b"\x01", MalformedError),
        (DG2[:-1], MalformedError),
        (b"\x63" + DG2[1:], MalformedError),
        (tlv.encode(0x75, tlv.encode(0x7F60, b"")), MalformedError),
        (tlv.encode(0x75, tlv.encode(0x7F61, b"\x02\x01\x00")), MalformedError),
        (dg2(record(JPEG)[:33]), MalformedError),
        (dg2(record(JPEG, faces=0)), MalformedError),
        (dg2(record(b"")), MalformedError),
        (dg2(record(b"GIF89a" + bytes(99) + b"!")), NotSupportedError),
        (dg2(b"\x30\x00" + record(JPEG)), NotSupportedError),
        (bytes(MAX_DG2 + 1), MalformedError),
    ],
    ids=[
        "bytes after it",
        "cut",
        "other group",
        "no templates",
        "no face",
        "record cut",
        "record without face",
        "no image",
        "other image",
        "other record",
        "too long",
    ],
)
def test_other_groups_are_refused(raw: bytes, expected: type[ProofError]) -> None:
    with pytest.raises(expected):
        parse_dg2(raw)


@pytest.mark.parametrize("image", [b"", JP2, JPEG[:4], JPEG[:20] + bytes(40)])
def test_only_a_jpeg_with_a_size_is_encoded(image: bytes) -> None:
    with pytest.raises(MalformedError):
        encode_dg2(image)


@given(raw=st.binary(max_size=150))
def test_any_bytes_end_in_a_proof_error(raw: bytes) -> None:
    for content in (raw, tlv.encode(0x75, raw), dg2(raw), dg2(b"FAC\0" + raw)):
        with pytest.raises(ProofError):
            parse_dg2(content)
