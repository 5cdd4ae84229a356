"""What the zxing decoder does beyond the contract, and what happens where zbar is too old."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest

from drivers.decoders import _Zbar, _Zxing, build_zxing
from drivers.frames import GreyArray, frame_of
from terminal.ports import Locator, UnreadCode
from tests.qr_pictures import noise, placed, qr_picture

TEXT = "003090123450||NGUYỄN VĂN THỬ NGHIỆM|20111990|Nam|Số 1, Phố Mẫu, Xã Thử, Tỉnh Mẫu|15072021".encode()


def shrunk(picture: GreyArray, pixels: float, module: int = 8) -> GreyArray:
    """A code drawn with ``module`` pixels a module, seen from where ``pixels`` are left, a little out of focus."""
    import cv2

    size = (int(picture.shape[1] * pixels / module), int(picture.shape[0] * pixels / module))
    return cv2.GaussianBlur(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), (0, 0), 0.5).astype(np.uint8)


def test_a_code_on_a_dark_screen_is_read_within_three_frames() -> None:
    frame = frame_of((255 - qr_picture(TEXT)).astype(np.uint8))
    decoder = build_zxing()
    assert TEXT in [code.payload for _ in range(3) for code in decoder.decode(frame)]


def test_far_codes_are_read_that_one_plain_pass_misses() -> None:
    import zxingcpp

    plain = ours = 0
    for step in range(20):
        far = shrunk(qr_picture(TEXT, module=8, width=700, height=700), 1.45 + step / 40)
        picture = placed(far, width=640, height=360)
        noisy = np.clip(picture.astype(int) + noise(step, width=640, height=360) // 24 - 5, 0, 255).astype(np.uint8)
        found = zxingcpp.read_barcodes(
            noisy,
            formats=zxingcpp.BarcodeFormat.QRCode,  # type: ignore[arg-type]  # the stub knows only the plural
            try_rotate=False,
            try_invert=False,
            try_downscale=False,
        )
        plain += any(code.bytes == TEXT for code in found)
        ours += [code.payload for code in unhurried().decode(frame_of(noisy))] == [TEXT]
    assert ours > plain


def test_a_code_out_of_focus_is_read_that_one_plain_pass_misses() -> None:
    import cv2

    soft = cv2.GaussianBlur(qr_picture(TEXT, module=4), (0, 0), 2.0).astype(np.uint8)
    assert found_at_once(soft) == set()
    assert TEXT in held_still(soft)


def test_a_code_in_bad_light_is_read_that_one_plain_pass_misses() -> None:
    random = np.random.default_rng(3)
    dim = np.clip(qr_picture(TEXT, module=4, width=700, height=500) * 0.2 + random.normal(0, 10, (500, 700)), 0, 255)
    assert found_at_once(dim.astype(np.uint8)) == set()
    assert TEXT in held_still(dim.astype(np.uint8))


def unhurried() -> _Zxing:
    """The decoder on a computer that needs no time."""
    import zxingcpp

    return _Zxing(zxingcpp, lambda: 0.0)


def found_at_once(picture: GreyArray) -> set[bytes]:
    """What zxing-cpp reads with its defaults."""
    import zxingcpp

    return {code.bytes for code in zxingcpp.read_barcodes(picture)}


def held_still(picture: GreyArray) -> set[bytes]:
    """What twelve looks at the same picture read on a fast computer."""
    decoder = unhurried()
    return {code.payload for _ in range(12) for code in decoder.decode(frame_of(picture))}


# Codes of every kind -------------------------------------------------------------------------------------------------


def drawn(payload: bytes, kind: str, scale: int) -> GreyArray:
    import zxingcpp

    code = zxingcpp.create_barcode(payload, getattr(zxingcpp.BarcodeFormat, kind), ec_level="L")
    return np.array(code.to_image(scale=scale), dtype=np.uint8)


def test_the_largest_code_there_is_is_read() -> None:
    payload = bytes(np.random.default_rng(5).integers(128, 256, 2900, dtype=np.uint8))
    code = drawn(payload, "QRCode", 5)
    assert code.shape[0] >= 177 * 5
    assert held_still(placed(code, width=1920, height=1080)) == {payload}


def test_a_micro_code_is_read() -> None:
    assert held_still(placed(drawn(b"12345", "MicroQRCode", 5))) == {b"12345"}


def test_a_hundred_codes_in_one_picture_are_all_read() -> None:
    texts = [b"code %d" % number for number in range(100)]
    codes = [np.pad(drawn(text, "QRCode", 3), 4, constant_values=255) for text in texts]
    sheet = np.vstack([np.hstack(codes[row : row + 10]) for row in range(0, 100, 10)])
    assert held_still(sheet) == set(texts)


# What zxing-cpp is asked ---------------------------------------------------------------------------------------------


@dataclass
class Corner:
    x: int
    y: int


class Found:
    """A code as zxing-cpp returns it: a square of ``side`` pixels at (``left``, ``top``)."""

    def __init__(self, payload: bytes, *, valid: bool, version: str = "7", side: int = 90, left: int = 100) -> None:
        self.bytes, self.valid, self.extra = payload, valid, {"Version": version}
        top, self.position = 100, SimpleNamespace()
        self.position.top_left, self.position.top_right = Corner(left, top), Corner(left + side, top)
        self.position.bottom_right = Corner(left + side, top + side)
        self.position.bottom_left = Corner(left, top + side)


class Library:
    """In the place of zxing-cpp: it finds what the test says in whole pictures, and keeps what it was asked."""

    BarcodeFormat = SimpleNamespace(QRCode="QR")

    def __init__(self, finds: Sequence[Found] = (), later: Sequence[Found] = ()) -> None:
        self.finds, self.later = finds, later
        self.asked: list[tuple[tuple[int, int], dict[str, object]]] = []
        self.now = 0.0
        self.takes = 0.0

    def read_barcodes(self, picture: GreyArray, **options: object) -> Sequence[Found]:
        self.asked.append((picture.shape, options))
        self.now += self.takes
        return self.finds if options.get("return_errors") else self.later

    def clock(self) -> float:
        return self.now

    def tries(self) -> list[tuple[int, int]]:
        """The sizes of what was tried again."""
        return [shape for shape, options in self.asked if not options.get("return_errors")]


PICTURE = frame_of(np.full((480, 640), 120, dtype=np.uint8))
DAMAGED = Found(b"", valid=False)


def test_inversion_scaling_and_changes_take_turns_and_only_qr_codes_are_looked_for() -> None:
    library = Library()
    decoder = _Zxing(library, library.clock)
    for _ in range(12):
        decoder.decode(PICTURE)
    plain = [options for _, options in library.asked if options.get("return_errors")]
    assert [options["try_invert"] for options in plain] == [False, False, True] * 4
    assert [options["try_downscale"] for options in plain] == [False, True] * 6
    assert {(options["formats"], options["try_rotate"]) for _, options in library.asked} == {("QR", False)}
    assert len(library.tries()) == 6
    assert library.tries().count((960, 1280)) == 1


def test_a_large_picture_without_a_code_is_not_tried_again() -> None:
    library = Library()
    decoder = _Zxing(library, library.clock)
    for _ in range(12):
        decoder.decode(frame_of(np.full((1080, 1920), 120, dtype=np.uint8)))
    assert library.tries() == []


def test_a_code_that_failed_is_tried_again_on_its_own_patch_twice_as_large() -> None:
    library = Library([DAMAGED], [Found(b"text", valid=True)])
    assert [code.payload for code in _Zxing(library, library.clock).decode(PICTURE)] == [b"text"]
    side = 2 * (90 + 2 * (int(0.18 * 90) + 1) + 1)
    assert library.tries() == [(side, side)]


def test_around_a_lone_finder_pattern_there_is_room_for_the_whole_code() -> None:
    library = Library([Found(b"", valid=False, version="M4", side=34, left=300)])
    _Zxing(library, library.clock).decode(PICTURE)
    assert all(min(shape) >= 2 * 200 for shape in library.tries())


def test_what_failed_its_error_correction_is_never_told() -> None:
    damaged = Found(b"half a text", valid=False)
    library = Library([damaged], [damaged])
    decoder = _Zxing(library, library.clock)
    assert decoder.decode(PICTURE) == ()
    assert decoder.unread == (UnreadCode(((100, 100), (190, 100), (190, 190), (100, 190)), 45),)
    assert isinstance(decoder, Locator)


def test_a_code_that_was_read_in_the_end_is_not_among_the_unread() -> None:
    library = Library([DAMAGED])
    decoder = _Zxing(library, library.clock)
    decoder.decode(PICTURE)
    library.later = [Found(b"text", valid=True)]
    decoder.decode(PICTURE)
    assert decoder.unread == ()


def test_a_part_of_a_code_that_is_tried_already_is_not_tried_by_itself() -> None:
    part = Found(b"", valid=False, version="M2", side=30, left=130)
    both, one = Library([DAMAGED, part]), Library([DAMAGED])
    for library in (both, one):
        _Zxing(library, library.clock).decode(PICTURE)
    assert both.tries() == one.tries()


def test_of_many_failed_codes_two_are_tried_again() -> None:
    library = Library([Found(b"", valid=False, side=40, left=left) for left in range(0, 600, 60)])
    _Zxing(library, library.clock).decode(PICTURE)
    assert len(library.tries()) == 4


def test_tries_take_no_longer_than_the_plain_look_itself_or_a_few_milliseconds() -> None:
    library = Library([DAMAGED])
    decoder = _Zxing(library, library.clock)
    library.takes = 0.05
    decoder.decode(PICTURE)
    assert len(library.tries()) == 1
    library.takes = 0.003
    decoder.decode(PICTURE)
    assert len(library.tries()) == 3


@pytest.mark.parametrize("version", ["", "M", "R7x43", "?", "M9"])
def test_whatever_zxing_says_of_a_failed_code_does_no_harm(version: str) -> None:
    for side in (0, 3, 100, 5000):
        library = Library([Found(b"", valid=False, version=version, side=side)])
        assert _Zxing(library, library.clock).decode(PICTURE) == ()


def test_a_libzbar_without_raw_bytes_is_refused() -> None:
    from pyzbar import wrapper

    class Old(_Zbar):
        _BINARY = 0x7FFF

    library: ctypes.CDLL = wrapper.load_libzbar()
    with pytest.raises(ImportError, match=r"0\.23\.1"):
        Old(library)
