"""The numbers under which answers are kept."""

from __future__ import annotations

import base64
import secrets


def new_reference(kind: str) -> str:
    """A fresh number for an answer: ``kind``, a hyphen and 16 letters and figures."""
    return f"{kind}-{base64.b32encode(secrets.token_bytes(10)).decode('ascii')}"
