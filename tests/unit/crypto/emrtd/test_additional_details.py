"""Data groups 7, 11, 12 and 16: the published examples, and what issuers do instead."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import tlv
from crypto.civil import PartialDate
from crypto.emrtd.data_elements import HolderName, data_elements, decoded
from crypto.emrtd.dg7 import encode_dg7, parse_dg7
from crypto.emrtd.dg11 import Dg11, parse_dg11
from crypto.emrtd.dg12 import Dg12, parse_dg12
from crypto.emrtd.dg16 import parse_dg16
from crypto.emrtd.image import ImageKind
from crypto.emrtd.lds import Ef
from crypto.errors import MalformedError, NotSupportedError, ProofError
from tests.unit.crypto.emrtd.images import J2K, JP2, JPEG

# ICAO Doc 9303-10 (8th edition) Appendix A.5, A.6 and, for DG12, the example of the same appendix in Supplement 11.
# The printed DG11 has two wrong lengths (63 for 60, 0E for 0B) and is taken here with the right ones.
PUBLISHED_DG11 = bytes.fromhex(
    "6B605C0A5F0E5F115F425F125F135F0E0D534D4954483C3C4A4F484E3C4A5F110A414E59544F574E3C4D4E5F4217313233204D41504C4520"
    "52443C414E59544F574E3C4D4E5F120B31363132353535313231325F130C54524156454C3C4147454E54"
)
PUBLISHED_DG12 = (
    bytes.fromhex("6C455C065F195F265F1A5F1918")
    + b"UNITED STATES OF AMERICA"
    + bytes.fromhex("5F2608")
    + b"20020531"
    + bytes.fromhex("A0150201015F1A0F")
    + b"SMITH<<BRENDA<P"
)
PUBLISHED_DG16 = bytes.fromhex(
    "7081A2020102A14C5F500832303032303130315F5110534D4954483C3C434841524C45533C525F520B31393532353535313231325F531D31"
    "3233204D41504C452052443C414E59544F574E3C4D4E3C3535313030A24F5F500832303032303331355F510D42524F574E3C3C4D4152593C"
    "4A5F520B31343135353535313231325F5323343920524544574F4F44204C4E3C4F4345414E20425245455A453C43413C3934303030"
)
SMITH = HolderName("SMITH", "BRENDA P")


def dg11(*elements: tuple[int, bytes]) -> Dg11:
    return parse_dg11(tlv.encode(0x6B, b"".join(tlv.encode(tag, value) for tag, value in elements)))


def dg12(*elements: tuple[int, bytes]) -> Dg12:
    return parse_dg12(tlv.encode(0x6C, b"".join(tlv.encode(tag, value) for tag, value in elements)))


def wrapped(tag: int, *values: bytes) -> bytes:
    return tlv.encode(0x02, bytes([len(values)])) + b"".join(tlv.encode(tag, value) for value in values)


# Published -----------------------------------------------------------------------------------------------------------


def test_the_published_personal_details() -> None:
    group = parse_dg11(PUBLISHED_DG11)

    assert group.elements.listed == (0x5F0E, 0x5F11, 0x5F42, 0x5F12, 0x5F13)
    assert group.name == HolderName("SMITH", "JOHN J")
    assert group.place_of_birth == ("ANYTOWN", "MN")
    assert group.address == ("123 MAPLE RD", "ANYTOWN", "MN")
    assert (group.telephone, group.profession) == ("16125551212", "TRAVEL AGENT")
    assert (group.personal_number, group.born, group.title, group.summary, group.custody) == (None,) * 5
    assert (group.other_names, group.other_documents, group.proof_of_citizenship) == ((), (), None)


def test_the_published_document_details() -> None:
    group = parse_dg12(PUBLISHED_DG12)

    assert group.elements.listed == (0x5F19, 0x5F26, 0x5F1A)
    assert group.authority == "UNITED STATES OF AMERICA"
    assert group.issued == PartialDate(2002, 5, 31)
    assert group.other_people == (SMITH,)


def test_the_published_persons_to_notify() -> None:
    first, second = parse_dg16(PUBLISHED_DG16)

    assert (first.name, first.recorded) == (HolderName("SMITH", "CHARLES R"), PartialDate(2002, 1, 1))
    assert (first.telephone, first.address) == ("19525551212", ("123 MAPLE RD", "ANYTOWN", "MN", "55100"))
    assert (second.name, second.recorded) == (HolderName("BROWN", "MARY J"), PartialDate(2002, 3, 15))
    assert second.address == ("49 REDWOOD LN", "OCEAN BREEZE", "CA", "94000")


# All fields ----------------------------------------------------------------------------------------------------------


def test_every_personal_detail_has_its_place() -> None:
    group = dg11(
        (0x5F0E, "NGUYỄN<<VĂN<THỬ".encode()),
        (0xA0, wrapped(0x5F0F, b"MAU<<MOT", b"MAU<<HAI")),
        (0x5F10, b"003090123450<<"),
        (0x5F2B, b"19901120"),
        (0x5F14, b"DR"),
        (0x5F15, b"NONE"),
        (0x5F16, JPEG + bytes(3)),
        (0x5F17, b"C1234567<C7654321"),
        (0x5F18, b"NOT<APPLICABLE"),
    )
    assert group.name == HolderName("NGUYỄN", "VĂN THỬ")
    assert group.other_names == (HolderName("MAU", "MOT"), HolderName("MAU", "HAI"))
    assert group.personal_number == "003090123450"
    assert group.born == PartialDate(1990, 11, 20)
    assert (group.title, group.summary, group.custody) == ("DR", "NONE", "NOT APPLICABLE")
    assert group.proof_of_citizenship is not None
    assert group.proof_of_citizenship.data == JPEG
    assert group.other_documents == ("C1234567", "C7654321")


def test_every_document_detail_has_its_place() -> None:
    group = dg12(
        (0x5F1B, b"SEE PAGE 51"),
        (0x5F1C, b"NOT APPLICABLE"),
        (0x5F1D, JP2),
        (0x5F1E, J2K),
        (0x5F55, b"20161115013612"),
        (0x5F56, b"N-4962"),
    )
    assert (group.endorsements, group.tax_exit) == ("SEE PAGE 51", "NOT APPLICABLE")
    assert group.front is not None
    assert group.rear is not None
    assert (group.front.kind, group.rear.kind) == (ImageKind.JP2, ImageKind.J2K)
    assert (group.personalised, group.serial_number) == ("2016-11-15T01:36:12", "N-4962")


@pytest.mark.parametrize("image", [JPEG, JP2, J2K])
def test_a_displayed_signature_is_an_image(image: bytes) -> None:
    (found,) = parse_dg7(encode_dg7(image + bytes(4)))
    assert found.data == image


def test_several_displayed_signatures_are_kept_in_their_order() -> None:
    raw = tlv.encode(0x67, wrapped(0x5F43, JPEG, J2K))
    assert [image.data for image in parse_dg7(raw)] == [JPEG, J2K]


# What issuers do instead ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tag", [0xA0, 0x0A], ids=["wrapped", "as Supplement 11 prints it"])
def test_repeated_names_stand_in_a_wrapper(tag: int) -> None:
    assert dg12((tag, wrapped(0x5F1A, b"SMITH<<BRENDA<P"))).other_people == (SMITH,)


def test_repeated_names_without_a_wrapper_or_without_their_number_are_read() -> None:
    # China: 5F0F without A0 (gmrtd DG11 samples)
    assert dg11((0x5F0E, "赵彬".encode()), (0x5F0F, b"ZHAO<<BIN")).other_names == (HolderName("ZHAO", "BIN"),)
    assert dg11((0xA0, tlv.encode(0x5F0F, b"ZHAO<<BIN"))).other_names == (HolderName("ZHAO", "BIN"),)


def test_a_list_may_name_the_wrapper() -> None:
    group = dg11((0x5C, bytes.fromhex("5F105F2BA0")), (0xA0, wrapped(0x5F0F, b"A<<B", b"C")))  # Belarus, gmrtd #149
    assert group.elements.listed == (0x5F10, 0x5F2B, 0xA0)
    assert group.other_names == (HolderName("A", "B"), HolderName("C"))


def test_a_wrapper_that_is_no_row_is_left_as_it_is() -> None:
    group = dg11((0xA0, b"\x5f\x0f\x20"))
    assert group.other_names == ()
    assert group.elements.value(0xA0) == b"\x5f\x0f\x20"


@pytest.mark.parametrize("listed", [b"\x5f", b"\x5f\x0e\x5f"])
def test_a_list_cut_short_is_no_list(listed: bytes) -> None:
    group = dg11((0x5C, listed), (0x5F12, b"1"))
    assert (group.elements.listed, group.telephone) == ((), "1")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"19901120", PartialDate(1990, 11, 20)),
        (bytes.fromhex("19901120"), PartialDate(1990, 11, 20)),
        (b"19901120\0", PartialDate(1990, 11, 20)),
        (b"1990<<<<", PartialDate(1990)),
        (b"1990XXXX", PartialDate(1990)),
        (b"199011<<", PartialDate(1990, 11)),
        (b"19900020", PartialDate(1990)),
        (bytes.fromhex("19900000"), PartialDate(1990)),
        (b"19901320", None),
        (bytes.fromhex("1990112A"), None),
        (b"901120", None),
        (b"20 Nov 1990", None),
        (b"", None),
    ],
)
def test_dates_are_digits_or_packed_and_may_be_partly_unknown(value: bytes, expected: PartialDate | None) -> None:
    assert dg11((0x5F2B, value)).born == expected
    assert dg12((0x5F26, value)).issued == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"20161115013612", "2016-11-15T01:36:12"),
        (bytes.fromhex("20161115013612"), "2016-11-15T01:36:12"),
        (b"20161115253612", None),
        (b"20161315013612", None),
        (b"20161115", None),
    ],
)
def test_times_are_digits_or_packed(value: bytes, expected: str | None) -> None:
    assert dg12((0x5F55, value)).personalised == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"SMITH<<JOHN<J", HolderName("SMITH", "JOHN J")),
        (b"SMITH<<JOHN<<J", HolderName("SMITH", "JOHN J")),
        (b"SMITH", HolderName("SMITH")),
        (b"SMITH<<", HolderName("SMITH")),
        (b"<<JOHN", HolderName("", "JOHN")),
        (b"<<<<", None),
        (b"", None),
        ("Nguye\u0302\u0303n<<Thử".encode(), HolderName("Nguyễn", "Thử")),
        ("MÜLLER<<JÖRG".encode("latin-1"), HolderName("MÜLLER", "JÖRG")),
        ("赵彬".encode(), HolderName("赵彬")),
        (b"SMITH\0\r\n<<JOHN", HolderName("SMITH", "JOHN")),
    ],
)
def test_names_are_read_however_they_are_parted_and_encoded(value: bytes, expected: HolderName | None) -> None:
    assert dg11((0x5F0E, value)).name == expected


def test_texts_are_utf8_or_else_latin1() -> None:
    assert decoded("Đặng".encode()) == "Đặng"
    assert decoded("Zürich".encode("latin-1")) == "Zürich"
    assert decoded(b"a\x1b[2Jb\xe2\x80\xaec") == "a [2Jb c"


def test_empty_elements_are_none() -> None:
    group = dg11((0x5F10, b""), (0x5F11, b"<<"), (0x5F13, b" \0"), (0x5F16, b"no image"))
    assert (group.personal_number, group.place_of_birth, group.profession, group.proof_of_citizenship) == (
        None,
        (),
        None,
        None,
    )
    assert group.elements.value(0x5F16) == b"no image"


def test_unknown_elements_are_kept_and_the_first_of_two_counts() -> None:
    group = dg11((0x5F7E, b"\x01\x02"), (0x5F12, b"1"), (0x5F12, b"2"))
    assert group.elements.value(0x5F7E) == b"\x01\x02"
    assert group.telephone == "1"
    assert [item.tag for item in group.elements.objects] == [0x5F7E, 0x5F12, 0x5F12]


def test_padding_between_and_after_the_elements_is_left_out() -> None:
    content = b"\0\0" + tlv.encode(0x5F12, b"1") + b"\xff\0" + tlv.encode(0x5F13, b"A") + b"\0\0\0"
    group = parse_dg11(tlv.encode(0x6B, content) + b"\0")
    assert (group.telephone, group.profession) == ("1", "A")


def test_persons_may_come_without_their_number_and_with_gaps() -> None:
    (person,) = parse_dg16(tlv.encode(0x70, tlv.encode(0xA3, tlv.encode(0x5F52, b"1") + tlv.encode(0x5F7E, b"x"))))
    assert (person.name, person.recorded, person.telephone, person.address) == (None, None, "1", ())
    assert person.elements.value(0x5F7E) == b"x"


# Refused -------------------------------------------------------------------------------------------------------------

PARSERS: dict[Ef, Callable[[bytes], object]] = {
    Ef.DG7: parse_dg7,
    Ef.DG11: parse_dg11,
    Ef.DG12: parse_dg12,
    Ef.DG16: parse_dg16,
}


@pytest.mark.parametrize("ef", PARSERS)
@pytest.mark.parametrize(
    "content",
    [b"\x5f\x12\x05a", b"\x5f", tlv.encode(0x5F12, b"") * 65, tlv.encode(0x5F12, bytes(128 * 1024))],
    ids=["cut", "half a tag", "too many", "too long"],
)
def test_what_is_no_row_of_elements_is_malformed(ef: Ef, content: bytes) -> None:
    with pytest.raises(MalformedError):
        PARSERS[ef](tlv.encode(ef.tag, content))


@pytest.mark.parametrize("raw", [b"", b"\x61\x00", PUBLISHED_DG11 + b"x", PUBLISHED_DG11[:-1]])
@pytest.mark.parametrize("ef", PARSERS)
def test_another_file_is_malformed(ef: Ef, raw: bytes) -> None:
    with pytest.raises(MalformedError):
        PARSERS[ef](raw)


def test_a_signature_that_is_no_image_is_refused() -> None:
    with pytest.raises(NotSupportedError):
        parse_dg7(encode_dg7(b"GIF89a" + bytes(99)))
    with pytest.raises(MalformedError):
        parse_dg7(tlv.encode(0x67, b"\x02\x01\x00"))


def test_nothing_personal_is_in_the_repr() -> None:
    shown = repr(parse_dg11(PUBLISHED_DG11)) + repr(parse_dg12(PUBLISHED_DG12)) + repr(parse_dg16(PUBLISHED_DG16))
    assert not any(text in shown for text in ("SMITH", "JOHN", "MAPLE", "1612", "TRAVEL", "AMERICA", "2002"))


TAGS = [*range(0x5F0E, 0x5F1F), 0x5F26, 0x5F2B, 0x5F42, 0x5F43, 0x5F50, 0x5F51, 0x5F55, 0x5C, 0xA0, 0xA1]
ELEMENTS = st.lists(st.tuples(st.sampled_from(TAGS), st.binary(max_size=30)), max_size=8)


@given(elements=ELEMENTS, raw=st.binary(max_size=60))
def test_any_elements_are_read_or_refused(elements: list[tuple[int, bytes]], raw: bytes) -> None:
    content = b"".join(tlv.encode(tag, value) for tag, value in elements)
    for ef, parse in PARSERS.items():
        for file in (tlv.encode(ef.tag, content), tlv.encode(ef.tag, raw), raw):
            with suppress(ProofError):
                parse(file)


@given(elements=ELEMENTS)
def test_no_element_is_lost(elements: list[tuple[int, bytes]]) -> None:
    content = b"".join(tlv.encode(tag, value) for tag, value in elements)
    found = data_elements(tlv.encode(0x6B, content), Ef.DG11).objects
    assert [(item.tag, item.value) for item in found] == elements
