"""One-time codes: short enough to be typed by hand, long enough not to be guessed within a day."""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import timedelta

LIFE = timedelta(hours=24)
ATTEMPTS = 10
"""Wrong codes for one device after which its code is void."""

_RANDOM = 10
_LETTERS = 12
_GROUP = 4
_LOOKS_LIKE = str.maketrans({"0": "O", "1": "I", "8": "B"})


def new_code() -> str:
    """Twelve letters and figures (60 random bits) in three groups: ``ABCD-EFGH-JK23``."""
    letters = base64.b32encode(secrets.token_bytes(_RANDOM)).decode("ascii")[:_LETTERS]
    return "-".join(letters[at : at + _GROUP] for at in range(0, _LETTERS, _GROUP))


def code_hash(device: str, code: str) -> str:
    """What is stored of a code, however it was typed: small letters, gaps, and figures that look like letters."""
    plain = "".join(code.split()).replace("-", "").upper().translate(_LOOKS_LIKE)
    return hashlib.sha256(f"tram enrolment\n{device}\n{plain}".encode()).hexdigest()


def new_token() -> str:
    """A bearer token of 256 random bits."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a token. It is random, so that no salt and no slow hash is needed."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
