"""The desk API's token: what a page of the hospital's system must know to see results of this terminal."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

from terminal.faults import FaultError
from terminal.records.key_file import ExposedError, read_or_make

_BYTES = 32
_FORM = re.compile(rb"([A-Za-z0-9_-]{32,200})[\r\n]*")
_LIMIT = 256


def desk_token(path: Path) -> str:
    """The token in ``path`` (one line of at least 32 letters, digits, ``-`` and ``_``, readable by its owner alone),
    made on first use.

    Raises FaultError ``handover.denied`` when it cannot be read or made, is no token, or others may read it.
    """
    try:
        content = read_or_make(path, lambda: secrets.token_urlsafe(_BYTES).encode("ascii") + b"\n", _LIMIT)
    except (ExposedError, OSError) as error:
        raise FaultError("handover.denied", f"handover.token_file: {type(error).__name__}") from error
    found = _FORM.fullmatch(content)
    if found is None:
        raise FaultError("handover.denied", "handover.token_file: no token")
    return found.group(1).decode("ascii")
