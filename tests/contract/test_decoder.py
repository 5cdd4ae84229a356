"""What every `terminal.ports.Decoder` promises."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.decoders import build_zbar, build_zxing
from drivers.frames import frame_of
from terminal.ports import Decoder, GreyFrame
from tests.qr_pictures import noise, placed, qr_picture

BUILDERS: dict[str, Callable[[], Decoder]] = {"zbar": build_zbar, "zxing": build_zxing}

CARD = "003090123450||NGUYỄN VĂN THỬ NGHIỆM|20111990|Nam|Số 1, Phố Mẫu, Xã Thử, Tỉnh Mẫu|15072021".encode()
PAYLOADS = {
    "digits": b"003090123450",
    "a card's text": CARD,
    "a name that zbar takes for another charset": "HUỲNH HIẾU THUẬN".encode(),
    "a lower-case name": "Trần Thị Đo Lường".encode(),
    "letters in two code points": "Hu\u0302\u0300nh".encode(),
    "Windows-1258": "Lê Văn".encode("cp1258", "ignore"),
    "binary": bytes(range(256)),
    "binary with NUL": b"\x00\x01\x00\xffafter\x00",
    "base45": b"6BFOXN*TS0BI$ZD-PHQ7I9AD66V5B22CH9M9ESI9XBHXK-%69LQOGI.*V76GCV4*XUA2P-FHT-HNTI4L6N$Q%UG/YL",
}


@pytest.fixture(params=sorted(BUILDERS))
def decoder(request: pytest.FixtureRequest) -> Decoder:
    return BUILDERS[request.param]()


def read(decoder: Decoder, frame: GreyFrame) -> list[bytes]:
    return [code.payload for code in decoder.decode(frame)]


@pytest.mark.parametrize("payload", list(PAYLOADS.values()), ids=list(PAYLOADS))
def test_every_payload_comes_back_to_the_byte(decoder: Decoder, payload: bytes) -> None:
    assert read(decoder, frame_of(qr_picture(payload))) == [payload]


def test_a_decoder_has_the_name_of_its_entry_point(request: pytest.FixtureRequest, decoder: Decoder) -> None:
    assert decoder.name in BUILDERS


def test_two_codes_in_one_picture_are_both_read(decoder: Decoder) -> None:
    both = np.hstack([qr_picture(b"one", width=400, height=480), qr_picture(b"two", width=400, height=480)])
    assert sorted(read(decoder, frame_of(both))) == [b"one", b"two"]


@pytest.mark.parametrize("seed", range(5))
def test_noise_is_not_a_code(decoder: Decoder, seed: int) -> None:
    frame = frame_of(noise(seed))
    assert [read(decoder, frame) for _ in range(6)] == [[]] * 6


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 50), (3, 2), (7, 7)])
def test_a_tiny_picture_holds_nothing(decoder: Decoder, width: int, height: int) -> None:
    assert read(decoder, GreyFrame(width, height, bytes(width * height))) == []


@settings(max_examples=25, deadline=None)
@given(payload=st.binary(min_size=1, max_size=120))
@pytest.mark.parametrize("name", sorted(BUILDERS))
def test_any_bytes_come_back(name: str, payload: bytes) -> None:
    assert read(BUILDERS[name](), frame_of(qr_picture(payload, module=3, width=400, height=400))) == [payload]


def test_a_code_turned_by_a_right_angle_is_read(decoder: Decoder) -> None:
    assert read(decoder, frame_of(np.rot90(qr_picture(CARD)).copy())) == [CARD]


def test_reading_does_not_change_the_picture(decoder: Decoder) -> None:
    frame = frame_of(placed(qr_picture(CARD, width=300, height=300)))
    before = bytes(frame.pixels)
    read(decoder, frame)
    assert frame.pixels == before
