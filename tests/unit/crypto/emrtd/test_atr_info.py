from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.emrtd.atr_info import AtrInfo, parse_atr_info
from crypto.errors import MalformedError

# Built by hand after ICAO Doc 9303-10 §3.11.3 and ISO/IEC 7816-4:2020 §12.7.1: capabilities, buffers of 500 and 2,048.
WHOLE = bytes.fromhex("47030000C0" + "7F6608" + "020201F4" + "02020800")


def test_the_sizes_and_capabilities_are_read() -> None:
    assert parse_atr_info(WHOLE) == AtrInfo(extended=True, command=500, answer=2048)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ("", AtrInfo(None, None, None)),
        ("4703000080", AtrInfo(False, None, None)),
        ("7F660A" + "0203010000" + "0203010000", AtrInfo(None, 65_536, 65_536)),
        ("4303010203" + "7F6608" + "02020100" + "02020100" + "0000", AtrInfo(None, 256, 256)),
    ],
)
def test_a_chip_need_not_say_everything(raw: str, says: AtrInfo) -> None:
    assert parse_atr_info(bytes.fromhex(raw)) == says


@pytest.mark.parametrize(
    "raw", ["4702FFFF", "7F660402020800", "7F660802020008020207FF", "7F66", "7F6608020201F402020800" * 2]
)
def test_what_makes_no_sense_is_refused(raw: str) -> None:
    with pytest.raises(MalformedError):
        parse_atr_info(bytes.fromhex(raw))


@given(st.binary(max_size=64))
def test_any_bytes_give_an_answer_or_a_refusal(raw: bytes) -> None:
    try:
        parse_atr_info(raw)
    except MalformedError:
        return
