"""The face in data group 2, with images made by Pillow."""

from __future__ import annotations

import io
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from crypto import tlv
from crypto.emrtd.face import MAX_DG2, FaceRecord, encode_dg2, parse_dg2
from crypto.errors import MalformedError, NotSupportedError, ProofError
from tests.unit.crypto.emrtd.images import J2K, JP2, JPEG, picture

DG2 = encode_dg2(JPEG)
RECORD = DG2.index(b"FAC\0")


def dg2(record: bytes, tag: int = 0x5F2E) -> bytes:
    template = tlv.encode(0x7F60, tlv.encode(0xA1, b"") + tlv.encode(tag, record))
    return tlv.encode(0x75, tlv.encode(0x7F61, tlv.encode(0x02, b"\x01") + template))


def face_block(image: bytes, *more: bytes) -> bytes:
    """A FaceImageDataBlock after the ICAO profile of ISO/IEC 39794-5 with all of its mandatory fields."""
    kind = tlv.encode(0xA0, tlv.encode(0xA1, tlv.encode(0x80, b"\x01")))
    image_block = tlv.encode(0xA0, tlv.encode(0x80, image) + tlv.encode(0xA1, kind))
    representation = tlv.encode(0x80, b"\x00") + tlv.encode(0xA1, tlv.encode(0xA0, image_block))
    representation += tlv.encode(0xA2, tlv.encode(0x80, b"\x07\xea"))  # captured in 2026
    version = tlv.encode(0xA0, tlv.encode(0x80, b"\x03") + tlv.encode(0x81, b"\x07\xe3"))
    blocks = tlv.encode(0x30, representation) + b"".join(more)
    return tlv.encode(0x65, version + tlv.encode(0xA1, blocks))


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


@pytest.mark.parametrize("difference", [*range(-8, 9)])
@pytest.mark.parametrize("at", [8, 14], ids=["record length", "face length"])
def test_wrong_lengths_inside_the_record_are_tolerated(at: int, difference: int) -> None:
    wrong = bytearray(DG2)
    place = slice(RECORD + at, RECORD + at + 4)
    wrong[place] = (int.from_bytes(wrong[place], "big") + difference).to_bytes(4, "big")
    assert parse_dg2(bytes(wrong)).data == JPEG


@pytest.mark.parametrize("difference", [*range(-8, 9)])
@pytest.mark.parametrize("tag", ["75", "7f61", "7f60", "5f2e"])
def test_wrong_lengths_of_the_objects_around_it_are_tolerated(tag: str, difference: int) -> None:
    wrong = bytearray(DG2)
    at = DG2.index(bytes.fromhex(tag)) + len(tag) // 2 + 1
    wrong[at : at + 2] = (int.from_bytes(wrong[at : at + 2], "big") + difference).to_bytes(2, "big")
    assert DG2[at - 1] == 0x82
    assert parse_dg2(bytes(wrong)).data == JPEG


@pytest.mark.parametrize("points", [1, 7, 0xFFFF])
def test_a_wrong_number_of_feature_points_is_tolerated(points: int) -> None:
    wrong = bytearray(dg2(record(JPEG)))
    at = wrong.index(b"FAC\0") + 18
    wrong[at : at + 2] = points.to_bytes(2, "big")
    assert parse_dg2(bytes(wrong)).data == JPEG


@pytest.mark.parametrize("image", [JPEG, JP2, J2K], ids=["jpeg", "jp2", "j2k"])
def test_the_first_of_several_faces_is_taken(image: bytes) -> None:
    second = picture("JPEG", (32, 32))
    in_one_record = record(image, faces=2) + bytes(32) + second
    assert parse_dg2(dg2(in_one_record)).data == image
    templates = b"".join(tlv.encode(0x7F60, tlv.encode(0x5F2E, record(face))) for face in (image, second))
    assert parse_dg2(tlv.encode(0x75, tlv.encode(0x7F61, tlv.encode(0x02, b"\x02") + templates))).data == image


# ISO/IEC 39794-5: built here after the published schema of the ICAO profile; its sample files are not at hand ---------


@pytest.mark.parametrize("image", [JPEG, JP2, J2K], ids=["jpeg", "jp2", "j2k"])
def test_a_record_of_the_newer_standard_is_read(image: bytes) -> None:
    face = parse_dg2(dg2(tlv.encode(0xA1, face_block(image)), tag=0x7F2E))
    assert (face.record, face.data) == (FaceRecord.ISO_39794_5, image)


def test_a_record_of_the_newer_standard_may_stand_bare_or_under_the_older_tag() -> None:
    for content in (face_block(JPEG), tlv.encode(0xA1, face_block(JPEG))):
        for tag in (0x7F2E, 0x5F2E):
            assert parse_dg2(dg2(content, tag)).data == JPEG


def test_the_first_of_several_representations_is_taken() -> None:
    other = tlv.encode(0x30, tlv.encode(0xA1, tlv.encode(0xA0, tlv.encode(0xA0, tlv.encode(0x80, J2K)))))
    assert parse_dg2(dg2(tlv.encode(0xA1, face_block(JPEG, other)), 0x7F2E)).data == JPEG


def test_an_image_in_the_extension_of_a_later_edition_is_not_supported() -> None:
    representation = tlv.encode(0x80, b"\x00") + tlv.encode(0xA1, tlv.encode(0xA1, tlv.encode(0x80, JPEG)))
    block = tlv.encode(0x65, tlv.encode(0xA1, tlv.encode(0x30, representation)))
    with pytest.raises(NotSupportedError):
        parse_dg2(dg2(tlv.encode(0xA1, block), 0x7F2E))


def test_the_older_record_says_so() -> None:
    assert parse_dg2(DG2).record is FaceRecord.ISO_19794_5


def test_a_record_under_the_other_tag_is_read() -> None:
    assert parse_dg2(dg2(record(JPEG), tag=0x7F2E)).data == JPEG


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (DG2 + b"\x01" * 9, MalformedError),
        (DG2[:-9], MalformedError),
        (b"\x63" + DG2[1:], MalformedError),
        (tlv.encode(0x75, tlv.encode(0x7F60, b"")), MalformedError),
        (tlv.encode(0x75, tlv.encode(0x7F61, b"\x02\x01\x00")), MalformedError),
        (dg2(record(JPEG)[:33]), MalformedError),
        (dg2(record(JPEG, faces=0)), MalformedError),
        (dg2(record(b"")), MalformedError),
        (dg2(record(b"GIF89a" + bytes(99) + b"!")), NotSupportedError),
        (dg2(b"\x30\x00" + record(JPEG)), NotSupportedError),
        (dg2(tlv.encode(0xA1, tlv.encode(0x64, b"")), 0x7F2E), NotSupportedError),
        (dg2(tlv.encode(0xA1, tlv.encode(0x65, b"\xa0\x00")), 0x7F2E), MalformedError),
        (tlv.encode(0x75, tlv.encode(0x7F61, b"\x02\x00" * 65 + DG2[DG2.index(b"\x7f\x60") :])), MalformedError),
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
        "finger",
        "no representation",
        "too many objects",
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
    for content in (raw, tlv.encode(0x75, raw), dg2(raw), dg2(b"FAC\0" + raw), dg2(tlv.encode(0x65, raw), 0x7F2E)):
        with pytest.raises(ProofError):
            parse_dg2(content)


@given(st.sampled_from([DG2, dg2(tlv.encode(0xA1, face_block(J2K)), 0x7F2E)]), st.data())
def test_a_damaged_group_is_read_or_refused(raw: bytes, data: st.DataObject) -> None:
    damaged = bytearray(raw)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, 120))] = data.draw(st.integers(0, 255))
    with suppress(ProofError):
        assert parse_dg2(bytes(damaged)).data in damaged
