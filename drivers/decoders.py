"""QR codes out of grey pictures: zxing-cpp, and zbar where that is not installed. Raw bytes only, never a guessed text.

Both libraries let other threads run while they work. A decoder remembers which frame of a row it is at, so each
camera has one of its own.
"""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from drivers.frames import GreyArray, array_of
from terminal.ports import DecodedCode, Decoder, GreyFrame

_MOST_PATCHES = 3
_LARGEST_PATCH = 1_500_000
"""Pixels before enlarging; a code that fills more of a picture does not fail for want of them."""

_MARGIN = 0.18


def build_zxing() -> Decoder:
    """The decoder on zxing-cpp; ImportError where it is missing."""
    import zxingcpp

    return _Zxing(zxingcpp)


def build_zbar() -> Decoder:
    """The decoder on libzbar; ImportError where pyzbar or the library is missing or older than 0.23.1."""
    from pyzbar import wrapper

    return _Zbar(wrapper.load_libzbar())


class _Zxing:
    """Every frame plainly, every second also scaled down (near codes), every third also inverted (dark screens).

    A code that was found but failed its error correction is tried again on its own patch, enlarged: that reads codes
    down to 1.5 pixels a module and costs nothing on frames without a code.
    """

    name = "zxing"

    def __init__(self, library: Any) -> None:
        self._library = library
        self._frames = itertools.count(1)

    def decode(self, frame: GreyFrame) -> Sequence[DecodedCode]:
        """All codes of the picture."""
        picture = array_of(frame)
        if picture.size == 0:
            return ()
        number = next(self._frames)
        found = self._read(picture, try_downscale=number % 2 == 0, try_invert=number % 3 == 0, return_errors=True)
        payloads = {code.bytes for code in found if code.valid}
        failed = [code for code in found if not code.valid]
        for code in failed[:_MOST_PATCHES]:
            payloads.update(self._try_again(_patch(picture, code.position)))
        return tuple(DecodedCode(payload) for payload in payloads if payload)

    def _try_again(self, patch: GreyArray) -> set[bytes]:
        if patch.size > _LARGEST_PATCH:
            return set()
        large = enlarged(patch)
        tries: tuple[Callable[[], list[Any]], ...] = (
            lambda: self._read(large),
            lambda: self._read(darkened(large)),
            lambda: self._read(large, binarizer=self._library.Binarizer.GlobalHistogram),
        )
        for attempt in tries:
            payloads = {code.bytes for code in attempt() if code.valid}
            if payloads:
                return payloads
        return set()

    def _read(self, picture: GreyArray, **options: object) -> list[Any]:
        settings = {"try_downscale": False, "try_invert": False, **options}
        found: list[Any] = self._library.read_barcodes(
            picture, formats=self._library.BarcodeFormat.QRCode, try_rotate=False, **settings
        )
        return found


def _patch(picture: GreyArray, position: Any) -> GreyArray:
    corners = (position.top_left, position.top_right, position.bottom_right, position.bottom_left)
    xs, ys = [corner.x for corner in corners], [corner.y for corner in corners]
    margin = int(_MARGIN * max(max(xs) - min(xs), max(ys) - min(ys))) + 1
    top, left = max(0, min(ys) - margin), max(0, min(xs) - margin)
    return picture[top : max(ys) + margin + 1, left : max(xs) + margin + 1]


def enlarged(picture: GreyArray) -> GreyArray:
    """Twice as wide and high less one row and column, bilinear, in whole numbers."""
    return _widened(_widened(picture).T).T


def _widened(picture: GreyArray) -> GreyArray:
    height, width = picture.shape
    if width == 0:
        return picture
    wide = np.empty((height, 2 * width - 1), dtype=np.uint8)
    wide[:, ::2] = picture
    wide[:, 1::2] = (picture[:, :-1].astype(np.uint16) + picture[:, 1:]) >> 1
    return wide


def darkened(picture: GreyArray) -> GreyArray:
    """Gamma 2: what is grey becomes dark, so that washed-out modules part from their ground."""
    wide = picture.astype(np.uint16)
    return ((wide * wide) // 255).astype(np.uint8)


class _Zbar:
    """zbar on its raw-bytes setting: its own guess at the charset garbles Vietnamese names."""

    name = "zbar"

    _GREY = int.from_bytes(b"Y800", "little")
    _EVERY_SYMBOLOGY, _QR = 0, 64
    _ENABLE, _BINARY = 0, 4

    def __init__(self, library: ctypes.CDLL) -> None:
        self._call = _ZbarCalls(library)
        self._scanner = self._call.scanner_create()
        self._call.scanner_set(self._scanner, self._EVERY_SYMBOLOGY, self._ENABLE, 0)
        self._call.scanner_set(self._scanner, self._QR, self._ENABLE, 1)
        if self._call.scanner_set(self._scanner, self._QR, self._BINARY, 1) != 0:
            raise ImportError("libzbar cannot return raw bytes; 0.23.1 or newer is needed")

    def decode(self, frame: GreyFrame) -> Sequence[DecodedCode]:
        """All codes of the picture."""
        image = self._call.image_create()
        try:
            self._call.image_set_format(image, self._GREY)
            self._call.image_set_size(image, frame.width, frame.height)
            # The frame outlives the image, so zbar gets no function to free it with.
            self._call.image_set_data(image, frame.pixels, len(frame.pixels), None)
            self._call.scan(self._scanner, image)
            return tuple(DecodedCode(payload) for payload in set(self._payloads(image)) if payload)
        finally:
            self._call.image_destroy(image)

    def _payloads(self, image: int) -> Iterator[bytes]:
        symbol = self._call.first_symbol(image)
        while symbol:
            if self._call.symbol_type(symbol) == self._QR:
                yield ctypes.string_at(self._call.symbol_data(symbol), self._call.symbol_length(symbol))
            symbol = self._call.next_symbol(symbol)


class _ZbarCalls:
    """The functions of libzbar with their types (zbar.h); pyzbar declares some of them differently."""

    def __init__(self, library: ctypes.CDLL) -> None:
        pointer, whole = ctypes.c_void_p, ctypes.c_int

        def function(name: str, result: Any, *arguments: Any) -> Any:
            return ctypes.CFUNCTYPE(result, *arguments)((name, library))

        self.scanner_create = function("zbar_image_scanner_create", pointer)
        self.scanner_set = function("zbar_image_scanner_set_config", whole, pointer, whole, whole, whole)
        self.image_create = function("zbar_image_create", pointer)
        self.image_destroy = function("zbar_image_destroy", None, pointer)
        self.image_set_format = function("zbar_image_set_format", None, pointer, ctypes.c_ulong)
        self.image_set_size = function("zbar_image_set_size", None, pointer, ctypes.c_uint, ctypes.c_uint)
        self.image_set_data = function("zbar_image_set_data", None, pointer, ctypes.c_char_p, ctypes.c_ulong, pointer)
        self.scan = function("zbar_scan_image", whole, pointer, pointer)
        self.first_symbol = function("zbar_image_first_symbol", pointer, pointer)
        self.next_symbol = function("zbar_symbol_next", pointer, pointer)
        self.symbol_type = function("zbar_symbol_get_type", whole, pointer)
        self.symbol_data = function("zbar_symbol_get_data", pointer, pointer)
        self.symbol_length = function("zbar_symbol_get_data_length", ctypes.c_uint, pointer)
