"""Which system this is."""

from __future__ import annotations

import sys


def system() -> str:
    """``linux``, ``win32`` or ``darwin``; asked as a function, so that type checking sees what each of them runs."""
    return sys.platform
