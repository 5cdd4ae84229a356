"""Pseudonyms of ID numbers: the same person gives the same hash at this site, and nobody else can compute it."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from config.secrets import is_exposed
from crypto.id_number import IdNumber
from terminal.faults import FaultError

_SIZE = 32
_PURPOSE = b"tram journal pseudonym 1\0"


@dataclass(frozen=True, slots=True)
class SiteKey:
    """The site's own key. With twelve digits an unkeyed hash could be reversed by trying all of them."""

    key: bytes = field(repr=False)

    def pseudonym(self, number: IdNumber) -> str:
        """HMAC-SHA-256 of the number, 64 hex digits."""
        return hmac.new(self.key, _PURPOSE + number.digits.encode("ascii"), hashlib.sha256).hexdigest()


def site_key(path: Path, random: Callable[[int], bytes] = secrets.token_bytes) -> SiteKey:
    """The key in ``path`` (32 bytes, readable by its owner alone), made on first use.

    Raises FaultError ``journal.write`` when it cannot be read or made, ``journal.damaged`` when it is not a key.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            _make(path, random(_SIZE))
        with path.open("rb") as stream:
            exposed = is_exposed(os.fstat(stream.fileno()))
            key = stream.read(_SIZE + 1)
    except OSError as error:
        raise FaultError("journal.write", f"site key: {type(error).__name__}") from error
    if exposed:
        raise FaultError("journal.damaged", "site key: other users may read it")
    if len(key) != _SIZE:
        raise FaultError("journal.damaged", "site key: not 32 bytes")
    return SiteKey(key)


def _make(path: Path, key: bytes) -> None:
    """Write a new key whole or not at all; raises FileExistsError when there is one."""
    if path.exists():
        raise FileExistsError
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")  # mode 0600
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(key)
            stream.flush()
            os.fsync(stream.fileno())
        # A hard link, unlike a rename, never replaces the key that another process made in the meantime.
        os.link(draft, path)
    finally:
        Path(draft).unlink()
