"""QR codes out of grey pictures: zxing-cpp, and zbar where that is not installed. Raw bytes only, never a guessed text.

Both libraries let other threads run while they work. A decoder remembers which frame of a row it is at, so each
camera has one of its own.
"""

from __future__ import annotations

import ctypes
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from drivers.frames import GreyArray, array_of
from drivers.patches import (
    Patch,
    darkened,
    doubled,
    enlarged,
    levelled,
    levelled_whole,
    patch_of,
    sharpened,
    smoothed,
    smoothed_and_levelled,
)
from terminal.ports import DecodedCode, Decoder, GreyFrame, UnreadCode

_OTHERS = (levelled, enlarged)
_WHOLE = (smoothed_and_levelled, darkened, doubled, smoothed, levelled_whole)
_ALSO_CHANGED = (0, 3)
"""Of four frames in a row those that, where nothing was read, are tried once more as a whole and changed."""

_LARGEST_CHANGED = 900_000
"""Pixels; the guide box of a 1080p picture, but no full one."""

_MOST_PATCHES = 2
_BUDGET = 0.007
"""Seconds from the begin of a frame within which another try may begin, or twice what the plain one took: on a slow PC
all of it takes longer."""


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

    A code that was found but failed its error correction is tried again on its own patch, made sharper and larger, and
    in one of two other ways that change from frame to frame. That costs nothing on frames without a code. Where nothing
    was read, every second frame of a moderate size is tried once more as a whole, in one of five ways.
    """

    name = "zxing"

    def __init__(self, library: Any, clock: Callable[[], float] = time.perf_counter) -> None:
        self._library = library
        self._clock = clock
        self._frames = itertools.count(1)
        self._whole = itertools.cycle(_WHOLE)
        self.unread: tuple[UnreadCode, ...] = ()

    def decode(self, frame: GreyFrame) -> Sequence[DecodedCode]:
        """All codes of the picture."""
        self.unread = ()
        picture = array_of(frame)
        if picture.size == 0:
            return ()
        began = self._clock()
        number = next(self._frames)
        invert = number % 3 == 0
        found = self._read(picture, try_downscale=number % 2 == 0, try_invert=invert, return_errors=True)
        until = began + max(_BUDGET, 2 * (self._clock() - began))
        payloads = [code.bytes for code in found if code.valid]
        failed = sorted((_Failed.of(code) for code in found if not code.valid), key=_Failed.size, reverse=True)
        for patch in _patches(picture, failed):
            payloads += self._try_again(patch, number, until, try_invert=invert)
        if not payloads and number % 4 in _ALSO_CHANGED and picture.size <= _LARGEST_CHANGED and self._clock() < until:
            payloads += self._valid(next(self._whole)(picture))
        if not payloads:
            self.unread = tuple(UnreadCode(code.corners, code.modules) for code in failed)
        return tuple(DecodedCode(payload) for payload in dict.fromkeys(payloads) if payload)

    def _try_again(self, patch: Patch, number: int, until: float, **options: object) -> list[bytes]:
        for change in (sharpened, _OTHERS[number % len(_OTHERS)]):
            if self._clock() >= until:
                break
            if payloads := self._valid(change(patch), **options):
                return payloads
        return []

    def _valid(self, picture: GreyArray, **options: object) -> list[bytes]:
        return [code.bytes for code in self._read(picture, **options) if code.valid]

    def _read(self, picture: GreyArray, **options: object) -> list[Any]:
        settings = {"try_downscale": False, "try_invert": False, **options}
        found: list[Any] = self._library.read_barcodes(
            picture, formats=self._library.BarcodeFormat.QRCode, try_rotate=False, **settings
        )
        return found


@dataclass(frozen=True, slots=True)
class _Failed:
    """A code that zxing found and could not read. A finder pattern of a QR code of which it could not make out the rest
    is taken for a Micro QR code, or together with another one for a rectangular one."""

    corners: tuple[tuple[int, int], ...]
    modules: int
    is_part: bool

    @classmethod
    def of(cls, code: Any) -> _Failed:
        where, version = code.position, str((code.extra or {}).get("Version") or "")
        corners = tuple(
            (corner.x, corner.y) for corner in (where.top_left, where.top_right, where.bottom_right, where.bottom_left)
        )
        if version.isdecimal():
            return cls(corners, 17 + 4 * int(version), is_part=False)
        micro = version.startswith("M") and version[1:].isdecimal()
        return cls(corners, 9 + 2 * int(version[1:]) if micro else 0, is_part=micro)

    def size(self) -> int:
        """Pixels; for a part those of the whole, about."""
        xs, ys = zip(*self.corners, strict=True)
        return int(max(xs) - min(xs) + max(ys) - min(ys)) * (3 if self.is_part else 1)

    @property
    def middle(self) -> tuple[float, float]:
        """The mean of its corners."""
        xs, ys = zip(*self.corners, strict=True)
        return sum(xs) / len(xs), sum(ys) / len(ys)

    def patch(self, picture: GreyArray) -> Patch | None:
        """Where to try again."""
        return patch_of(picture, self.corners, self.modules, is_part=self.is_part)


def _patches(picture: GreyArray, failed: Sequence[_Failed]) -> list[Patch]:
    """Where to try again; what lies in a larger patch is a part of the same code."""
    patches: list[Patch] = []
    for code in failed:
        patch = code.patch(picture)
        if patch is not None and not any(larger.holds(*code.middle) for larger in patches):
            patches.append(patch)
    return patches[:_MOST_PATCHES]


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
