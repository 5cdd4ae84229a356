"""The files of the application, and EF.COM."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import tlv
from crypto.emrtd.lds import Com, Ef, encode_com, parse_com
from crypto.errors import MalformedError

# The published example of Doc 9303-11 Appendix D.4 (EF.COM read under secure messaging).
PUBLISHED = bytes.fromhex("60145F0104303130365F36063034303030305C026175")


def test_the_published_com_reads_and_encodes() -> None:
    com = parse_com(PUBLISHED)

    assert com == Com("0106", "040000", (Ef.DG1, Ef.DG2))
    assert encode_com(com) == PUBLISHED


def test_the_com_of_a_citizen_card() -> None:
    com = Com("0107", "040000", (Ef.DG1, Ef.DG2, Ef.DG3, Ef.DG13, Ef.DG14, Ef.DG15))
    assert encode_com(com)[-6:] == bytes.fromhex("6175636d6e6f")
    assert parse_com(encode_com(com)) == com


def test_unknown_tags_in_the_list_are_left_out() -> None:
    assert parse_com(PUBLISHED.replace(b"\x61\x75", b"\x61\x7e")).groups == (Ef.DG1,)


@pytest.mark.parametrize(
    ("ef", "fid", "sfi", "tag", "number"),
    [
        (Ef.CARD_ACCESS, 0x011C, 0x1C, 0x31, None),
        (Ef.COM, 0x011E, 0x1E, 0x60, None),
        (Ef.SOD, 0x011D, 0x1D, 0x77, None),
        (Ef.ATR_INFO, 0x2F01, 0x01, 0, None),
        (Ef.DIR, 0x2F00, 0x1E, 0x61, None),
        (Ef.DG1, 0x0101, 0x01, 0x61, 1),
        (Ef.DG13, 0x010D, 0x0D, 0x6D, 13),
        (Ef.DG16, 0x0110, 0x10, 0x70, 16),
    ],
)
def test_files_are_addressed_as_the_standard_says(ef: Ef, fid: int, sfi: int, tag: int, number: int | None) -> None:
    assert (ef.fid, ef.sfi, ef.tag, ef.number) == (fid, sfi, tag, number)


def test_there_are_sixteen_data_groups_each_with_its_number() -> None:
    groups = [ef for ef in Ef if ef.number is not None]
    assert [ef.number for ef in groups] == list(range(1, 17))
    assert all(ef.sfi == ef.number == ef.fid & 0xFF for ef in groups)


@pytest.mark.parametrize(
    "raw",
    [
        PUBLISHED[:-1],
        PUBLISHED + b"\0",
        PUBLISHED.replace(b"0106", b"01A6"),
        tlv.encode(0x60, PUBLISHED[2:-4] + tlv.encode(0x5C, bytes(65))),
    ],
    ids=["cut", "bytes after it", "version of letters", "long list"],
)
def test_other_coms_are_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_com(raw)


@given(raw=st.binary(max_size=60))
def test_any_bytes_are_a_com_or_malformed(raw: bytes) -> None:
    for content in (raw, tlv.encode(0x60, raw)):
        with suppress(MalformedError):
            parse_com(content)
