from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.codes.vietqr import PaymentQr, crc16, looks_like_payment, parse_payment
from crypto.errors import MalformedError
from tests.unit.crypto.codes.samples import PAYMENT


def _with_checksum(body: str) -> str:
    return f"{body}6304{crc16(f'{body}6304'.encode()):04X}"


def test_the_checksum_is_ccitt_false() -> None:
    # check value of CRC-16/CCITT-FALSE (also called CRC-16/IBM-3740)
    assert crc16(b"123456789") == 0x29B1


def test_a_vietqr_code_is_recognised() -> None:
    assert parse_payment(PAYMENT) == PaymentQr(vietqr=True)


def test_another_countrys_payment_code_is_a_payment_too() -> None:
    assert parse_payment(_with_checksum("00020126040000")) == PaymentQr(vietqr=False)


def test_lengths_count_characters_not_bytes() -> None:
    assert parse_payment(_with_checksum("0002015905Hồ Mẫ")) == PaymentQr(vietqr=False)


@pytest.mark.parametrize("text", ["", "000201", PAYMENT[:-1] + "3", PAYMENT.replace("1500", "1501"), PAYMENT[1:]])
def test_a_wrong_head_or_checksum_is_refused(text: str) -> None:
    with pytest.raises(MalformedError, match="head or checksum"):
        parse_payment(text)


@pytest.mark.parametrize("body", ["00020199", "000201990", "0002019905x", "000201x", "000201٣٣0"])
def test_a_right_checksum_over_nonsense_is_refused(body: str) -> None:
    with pytest.raises(MalformedError, match=r"no number|cut short"):
        parse_payment(_with_checksum(body))


@given(st.text(max_size=80).map(lambda rest: "000201" + rest))
def test_any_text_with_a_right_checksum_is_a_payment_or_malformed(body: str) -> None:
    text = f"{body}6304{crc16((body + '6304').encode('utf-8', 'replace')):04X}"
    assert looks_like_payment(text)
    try:
        assert isinstance(parse_payment(text), PaymentQr)
    except MalformedError as error:
        assert "payment QR" in str(error)
