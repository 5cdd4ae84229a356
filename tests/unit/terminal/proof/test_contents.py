"""The listing of a chip's files: each parsed or with its reason, and none of it in a repr."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import tlv
from crypto.emrtd.dg7 import encode_dg7
from crypto.emrtd.face import parse_dg2
from crypto.emrtd.lds import Ef
from crypto.emrtd.public_keys import EcKey, RsaKey
from crypto.emrtd.vietnam import parse_dg13
from terminal.model import Message
from terminal.proof.contents import Contents, Part, contents_of
from tests.chips import contents_of as chip_of

FILES = dict(chip_of("insured").files)
PICTURE = parse_dg2(FILES[Ef.DG2]).data
MORE = {
    Ef.DG7: encode_dg7(PICTURE),
    Ef.DG11: tlv.encode(0x6B, tlv.encode(0x5F12, b"16125551212")),
    Ef.DG12: tlv.encode(0x6C, tlv.encode(0x5F19, b"UTOPIA")),
    Ef.DG16: tlv.encode(0x70, tlv.encode(0xA1, tlv.encode(0x5F52, b"16125551212"))),
}


def test_every_file_of_a_chip_is_parsed() -> None:
    found = contents_of({**FILES, **MORE})

    for part in (
        found.com,
        found.dg1,
        found.dg2,
        found.dg7,
        found.dg11,
        found.dg12,
        found.dg13,
        found.dg14,
        found.dg16,
    ):
        assert part is not None
        assert (part.why, part.detail) == (None, "")
        assert part.value is not None
    assert found.dg13 is not None
    assert found.dg13.value == parse_dg13(FILES[Ef.DG13])
    assert found.dg13.size == len(FILES[Ef.DG13])
    assert found.dg15 is not None
    assert isinstance(found.dg15.value, RsaKey | EcKey)
    assert dict(found.other)[Ef.SOD] == len(FILES[Ef.SOD])


def test_what_was_not_read_is_none() -> None:
    found = contents_of({Ef.DG9: b"\x69\x00"})
    parts = [getattr(found, name) for name in Contents.__slots__ if name != "other"]
    assert parts == [None] * len(parts)
    assert found.other == ((Ef.DG9, 2),)


@pytest.mark.parametrize("raw", [tlv.encode(0x6D, b"an issuer's own text"), b"\x6d\x05a", b""])
def test_one_file_that_cannot_be_read_has_its_reason_and_spoils_no_other(raw: bytes) -> None:
    found = contents_of({**FILES, Ef.DG13: raw})
    assert found.dg13 is not None
    assert (found.dg13.value, found.dg13.why) == (None, Message("why.unreadable"))
    assert found.dg13.detail.startswith(("DG13:", "TLV:"))
    assert found.dg1 is not None
    assert found.dg1.value is not None


def test_nothing_personal_is_in_the_repr() -> None:
    shown = repr(contents_of({**FILES, **MORE}))
    person = parse_dg13(FILES[Ef.DG13])
    assert person.name is not None
    assert not any(text in shown for text in (person.name, person.text(1) or "?", "16125551212", "UTOPIA"))
    assert str(Part(1, "hidden")) == "Part(size=1, why=None, detail='')"


@given(st.dictionaries(st.sampled_from(Ef), st.binary(max_size=40)))
def test_any_bytes_are_listed(files: dict[Ef, bytes]) -> None:
    found = contents_of({ef: tlv.encode(ef.tag, raw) for ef, raw in files.items()})
    parts = [getattr(found, name) for name in Contents.__slots__ if name != "other"]
    assert sum(part is not None for part in parts) + len(found.other) == len(files)
    assert all((part.value is None) == (part.why is not None) for part in parts if part is not None)
