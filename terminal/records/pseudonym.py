"""Pseudonyms of ID numbers: the same person gives the same hash at this site, and nobody else can compute it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from crypto.id_number import IdNumber
from terminal.faults import FaultError
from terminal.records.key_file import ExposedError, read_or_make

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
        key = read_or_make(path, lambda: random(_SIZE), _SIZE)
    except OSError as error:
        raise FaultError("journal.write", f"site key: {type(error).__name__}") from error
    except ExposedError as error:
        raise FaultError("journal.damaged", "site key: other users may read it") from error
    if len(key) != _SIZE:
        raise FaultError("journal.damaged", "site key: not 32 bytes")
    return SiteKey(key)
