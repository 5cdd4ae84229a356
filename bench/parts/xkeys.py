"""Keys pressed on an X display as a keyboard would press them (the XTEST extension); for Xvfb only."""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Iterator
from contextlib import contextmanager

_SHIFT = 0xFFE1
_RETURN = 0xFF0D
REPORT = 1
"""Milliseconds between two reports of a keyboard on USB at its fastest."""

_POINTER_ROOT, _TO_PARENT, _NOW = 1, 2, 0


class XKeys:
    """Types text; each call returns once the X server has taken every key."""

    def __init__(self, display: str) -> None:
        self._x, self._test = _library("X11"), _library("Xtst")
        self._x.XOpenDisplay.restype = ctypes.c_void_p
        self._x.XOpenDisplay.argtypes = [ctypes.c_char_p]
        self._x.XKeysymToKeycode.argtypes = [ctypes.c_void_p, ctypes.c_ulong]
        self._x.XkbKeycodeToKeysym.argtypes = [ctypes.c_void_p, ctypes.c_ubyte, ctypes.c_uint, ctypes.c_uint]
        self._x.XkbKeycodeToKeysym.restype = ctypes.c_ulong
        for name in ("XSync", "XCloseDisplay"):
            getattr(self._x, name).argtypes = [ctypes.c_void_p, *([ctypes.c_int] if name == "XSync" else [])]
        self._test.XTestFakeKeyEvent.argtypes = [ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_ulong]
        self._x.XSetInputFocus.argtypes = [ctypes.c_void_p, ctypes.c_ulong, ctypes.c_int, ctypes.c_ulong]
        self._display = self._x.XOpenDisplay(display.encode())
        if not self._display:
            raise OSError(f"no X display {display}")
        # Without a window manager nobody hands out the keyboard: it goes to the window under the pointer.
        self._x.XSetInputFocus(self._display, _POINTER_ROOT, _TO_PARENT, _NOW)

    def type(self, text: str, wait: int = REPORT) -> None:
        """Type the text; a line feed is Return. ``wait``: milliseconds between two changes of a key.

        Without a wait a key that is pressed twice looks like one that is held down.
        """
        for sign in text:
            code, shifted = self._key(_RETURN if sign == "\n" else ord(sign))
            if shifted:
                self._press(self._key(_SHIFT)[0], 0, down=True)
            self._press(code, wait, down=True)
            self._press(code, wait, down=False)
            if shifted:
                self._press(self._key(_SHIFT)[0], 0, down=False)
        self._x.XSync(self._display, 0)

    def close(self) -> None:
        """Let the display go."""
        self._x.XCloseDisplay(self._display)

    def _press(self, code: int, wait: int, *, down: bool) -> None:
        self._test.XTestFakeKeyEvent(self._display, code, int(down), wait)

    def _key(self, symbol: int) -> tuple[int, bool]:
        code = int(self._x.XKeysymToKeycode(self._display, symbol)) & 0xFF
        return code, self._x.XkbKeycodeToKeysym(self._display, code, 0, 0) != symbol


def _library(name: str) -> ctypes.CDLL:
    found = ctypes.util.find_library(name)
    if found is None:
        raise OSError(f"lib{name} is not installed")
    return ctypes.CDLL(found)


@contextmanager
def keys_of(display: str) -> Iterator[XKeys]:
    """A keyboard at that display, until the end."""
    keyboard = XKeys(display)
    try:
        yield keyboard
    finally:
        keyboard.close()
