"""Data group 13 of the citizen card."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import tlv
from crypto.civil import PartialDate
from crypto.emrtd.vietnam import Dg13, encode_dg13, folded, parse_dg13
from crypto.errors import MalformedError, NotSupportedError, ProofError
from crypto.id_number import IdNumber
from tests.unit.crypto.emrtd.people import DG13_OF_A

VALUES: dict[int, str | tuple[str, ...]] = {
    1: "003090123450",
    2: "Nguyễn Văn Thử Nghiệm",
    3: "20/11/1990",
    4: "Nam",
    5: "Việt Nam",
    6: "Kinh",
    7: "Không",
    8: "Phường Giả Định, Quận Mẫu, Hà Nội",
    9: "Số 1 Đường Thử, Phường Giả Định, Quận Mẫu, Hà Nội",
    10: "Nốt ruồi mẫu C:1cm dưới mép phải",
    11: "15/07/2021",
    12: "20/11/2030",
    13: ("Nguyễn Văn Cha Mẫu", "Trần Thị Mẹ Mẫu"),
    15: "012345678",
    16: "0000000000000000",
}
VERSION = b"\x02\x01\x01"
UTF8 = bytes.fromhex("060628d316010008")


def dg13(*rows: bytes, head: bytes = VERSION + UTF8) -> bytes:
    return tlv.encode(0x6D, tlv.encode(0x30, head + tlv.encode(0x31, b"".join(rows))))


def row(number: int, tag: int, value: bytes) -> bytes:
    return tlv.encode(0x30, tlv.encode(0x02, bytes([number])) + tlv.encode(tag, value))


def of(values: dict[int, str | tuple[str, ...]]) -> Dg13:
    return parse_dg13(encode_dg13(values))


def test_the_published_group_of_a_reads_and_encodes() -> None:
    assert len(DG13_OF_A) == 460
    assert hashlib.sha256(DG13_OF_A).hexdigest() == "1803c135d374a4d8e8c52372784d0f9c31281c3ee5b710ba945f1b1f80a11aa6"
    assert encode_dg13(VALUES) == DG13_OF_A

    group = parse_dg13(DG13_OF_A)

    assert group.id_number == IdNumber("003090123450")
    assert group.name == "Nguyễn Văn Thử Nghiệm"
    assert group.born == PartialDate(1990, 11, 20)
    assert group.sex == "Nam"
    assert group.nationality == "Việt Nam"
    assert group.origin == "Phường Giả Định, Quận Mẫu, Hà Nội"
    assert group.residence == "Số 1 Đường Thử, Phường Giả Định, Quận Mẫu, Hà Nội"
    assert group.marks == "Nốt ruồi mẫu C:1cm dưới mép phải"
    assert (group.issued, group.expires, group.no_expiry) == (date(2021, 7, 15), date(2030, 11, 20), False)
    assert group.parents == ("Nguyễn Văn Cha Mẫu", "Trần Thị Mẹ Mẫu")
    assert group.spouse is None
    assert group.old_number == "012345678"
    assert group.text(16) == "0000000000000000"


def test_absent_fields_are_none() -> None:
    group = of({})

    assert group.fields == ()
    assert group.id_number is None
    assert (group.born, group.issued, group.expires, group.no_expiry) == (None, None, None, False)
    assert (group.name, group.parents) == (None, ())


def test_fields_are_found_by_number_in_any_order() -> None:
    assert of(dict(reversed(VALUES.items()))).name == "Nguyễn Văn Thử Nghiệm"


def test_unknown_fields_and_other_values_are_kept() -> None:
    group = parse_dg13(dg13(row(99, 0x04, b"\x01\x02"), row(20, 0x0C, b"text"), row(21, 0x30, b"\x04\x00\x0c\x01x")))

    assert group.fields[0].raw == b"\x04\x02\x01\x02"
    assert group.texts(99) == ()
    assert group.text(20) == "text"
    assert group.texts(21) == ("x",)


@pytest.mark.parametrize("text", ["Không thời hạn", "KHÔNG THỜI HẠN", "Không xác định thời hạn"])
def test_a_card_without_expiry_says_so_in_words(text: str) -> None:
    group = of({12: text})
    assert group.no_expiry
    assert group.expires is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20/11/1990", PartialDate(1990, 11, 20)),
        ("20-11-1990", PartialDate(1990, 11, 20)),
        ("11/1990", PartialDate(1990, 11)),
        ("1990", PartialDate(1990)),
        ("00/00/1990", PartialDate(1990)),
        ("00/11/1990", PartialDate(1990, 11)),
        ("20/00/1990", PartialDate(1990)),
        ("31/02/1990", None),
        ("20/13/1990", None),
        ("01/01/0000", None),
        ("20.11.1990", None),
        ("?", None),
    ],
)
def test_dates_of_birth_may_be_partly_unknown(text: str, expected: PartialDate | None) -> None:
    assert of({3: text}).born == expected


def test_a_partly_unknown_date_has_fillers_in_the_zone_and_no_calendar_day() -> None:
    assert (PartialDate(1990, 11, 20).mrz, PartialDate(1990, 11, 20).exact) == ("901120", date(1990, 11, 20))
    assert (PartialDate(1990, 11).mrz, PartialDate(1990, 11).exact) == ("9011<<", None)
    assert (PartialDate(1990).mrz, PartialDate(1990).exact) == ("90<<<<", None)


def test_texts_are_composed_and_trimmed() -> None:
    decomposed = "Nguye\u0302\u0303n  Mẫu \0".encode()
    assert parse_dg13(dg13(row(2, 0x0C, decomposed))).name == "Nguyễn Mẫu"


def test_an_empty_text_is_none() -> None:
    assert of({2: ""}).name is None


def test_a_number_of_another_form_is_refused_when_asked_for() -> None:
    group = of({1: "12345678901"})
    with pytest.raises(MalformedError):
        _ = group.id_number


def test_what_is_no_field_is_kept_apart_and_spoils_no_other() -> None:
    strange = [
        b"\x04\x00",
        tlv.encode(0x30, b"\x0c\x01a\x0c\x01b"),
        tlv.encode(0x30, b"\x02\x03\x01\x01\x01\x0c\x01b"),
        tlv.encode(0x30, b"\x02\x01\x02\x0c\x05a"),
    ]
    group = parse_dg13(dg13(row(1, 0x13, b"003090123450"), *strange, row(2, 0x0C, b"a")))

    assert [item.encode() for item in group.others] == strange
    assert (group.id_number, group.name) == (IdNumber("003090123450"), "a")


@pytest.mark.parametrize(
    "value",
    [(0x0C, b"\xff"), (0x0C, b"a\x1b[2Jb"), (0x1E, b"\x00"), (0x30, b"\x0c\x05a"), (0x04, b"a")],
    ids=["not UTF-8", "control character", "half a character", "texts cut short", "no text"],
)
def test_a_field_that_cannot_be_read_has_no_text_and_keeps_its_bytes(value: tuple[int, bytes]) -> None:
    group = parse_dg13(dg13(row(2, *value), row(4, 0x0C, "Nữ".encode())))

    assert (group.name, group.sex) == (None, "Nữ")
    assert group.fields[0].raw == tlv.encode(*value)


def test_a_field_may_have_a_number_and_no_value() -> None:
    group = parse_dg13(dg13(tlv.encode(0x30, b"\x02\x01\x02")))
    assert (group.fields[0].number, group.fields[0].texts, group.fields[0].raw) == (2, (), b"")


@pytest.mark.parametrize(("tag", "form"), [(0x0C, "utf-8"), (0x13, "utf-8"), (0x16, "utf-8"), (0x1E, "utf-16-be")])
def test_texts_come_in_several_forms(tag: int, form: str) -> None:
    assert parse_dg13(dg13(row(2, tag, "Lê Thị Mẫu".encode(form)))).name == "Lê Thị Mẫu"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({15: "012345678", 16: "0000000000000000"}, "012345678"),
        ({16: "0000000000000000"}, None),
        ({16: "012345678"}, "012345678"),
        ({16: "003090123450"}, "003090123450"),
        ({}, None),
    ],
)
def test_readers_disagree_where_the_old_number_is(fields: dict[int, str | tuple[str, ...]], expected: str) -> None:
    assert of(fields).old_number == expected


def test_padding_after_the_group_and_another_version_are_taken() -> None:
    assert parse_dg13(DG13_OF_A + b"\0\0") == parse_dg13(DG13_OF_A)
    assert parse_dg13(dg13(row(2, 0x0C, b"a"), head=b"\x02\x01\x02" + UTF8)).name == "a"


@pytest.mark.parametrize(
    "raw",
    [
        tlv.encode(0x6D, b""),
        tlv.encode(0x6D, b"\x04\x03abc"),
        tlv.encode(0x6D, b"plain text of an issuer"),
        tlv.encode(0x6D, b"\x5f\xb0\x02\x01"),
        tlv.encode(0x6D, tlv.encode(0x30, b"\x04\x05a")),
        dg13(head=VERSION),
        dg13(head=VERSION + b"\x06\x01\x28"),
    ],
    ids=["empty", "other object", "no TLV", "odd tag", "no objects", "no text form", "other text form"],
)
def test_the_group_of_another_country_is_told_apart(raw: bytes) -> None:
    with pytest.raises(NotSupportedError):
        parse_dg13(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x6e" + DG13_OF_A[1:],
        DG13_OF_A + b"\1",
        DG13_OF_A[:-1],
        dg13(b"\x30\x05"),
        dg13(row(2, 0x0C, b"a"), row(2, 0x0C, b"b")),
        dg13(*(row(number, 0x0C, b"a") for number in range(65))),
        dg13(row(2, 0x0C, b"a" * 17000)),
    ],
    ids=["empty", "other tag", "bytes after it", "cut", "row cut", "doubled field", "too many fields", "too long"],
)
def test_other_bytes_are_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_dg13(raw)


@pytest.mark.parametrize(
    ("name", "plain"),
    [("Đặng Thị Nhấc Mẫu", "DANG THI NHAC MAU"), ("Y THỬ HƠ'MẪU", "Y THU HOMAU"), (" lê  đo ", "LE DO"), ("ʼ", "")],
)
def test_names_fold_as_the_zone_writes_them(name: str, plain: str) -> None:
    assert folded(name) == plain


def test_nothing_personal_is_in_the_repr() -> None:
    group = parse_dg13(DG13_OF_A)
    shown = repr(group) + repr(group.born)
    assert not any(text in shown for text in ("Nguyễn", "003090", "1990", "Hà Nội"))


@given(raw=st.binary(max_size=80))
def test_random_fields_parse_or_are_malformed(raw: bytes) -> None:
    for content in (raw, dg13(raw), dg13(tlv.encode(0x30, b"\x02\x01\x03" + raw))):
        with suppress(ProofError):
            assert len(parse_dg13(content).fields) <= 64


@given(
    values=st.dictionaries(st.integers(0, 300), st.text(st.characters(categories=["L", "N"]), max_size=20), max_size=9)
)
def test_what_is_encoded_is_read_back(values: dict[int, str]) -> None:
    group = parse_dg13(encode_dg13(values))
    assert [item.number for item in group.fields] == list(values)


@given(text=st.text(st.characters(max_codepoint=0x2FFF), max_size=12))
def test_any_date_text_is_a_date_or_none(text: str) -> None:
    clean = "".join(character for character in text if character.isprintable())
    group = of({3: clean, 11: clean})
    assert group.issued is None or group.born is not None
