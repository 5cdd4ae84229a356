"""How far the ledger has come, beside the store: a file that shows when the store was cut or an old copy put back.

It is written after each line without waiting for the disk, so it may lag behind the store after a power cut, and can
never be ahead of it: a mark beyond the store's last line means that lines are missing.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from terminal.faults import FaultError
from terminal.records.sealed import SealedKey

_log = logging.getLogger(__name__)

_PURPOSE = b"tram ledger mark 1\0"
_SEAL = 32
_SIZE = 8 + _SEAL + 32


@dataclass(frozen=True, slots=True)
class Head:
    """The number of the last line and its seal; 0 and 32 zeros before the first."""

    seq: int
    seal: bytes


class HeadMark:
    """The file. It is authenticated under the store's key, so that one of another store says nothing."""

    def __init__(self, path: Path, key: SealedKey) -> None:
        self._path = path
        self._key = key
        self._file: FileIO | None = None

    @classmethod
    def beside(cls, store: Path, key: SealedKey) -> HeadMark:
        """The mark of that store."""
        return cls(store.with_name(store.name + "-head"), key)

    def read(self) -> Head | None:
        """What it says; None when there is none, or a torn or a foreign one. Raises FaultError ``offline.write``."""
        try:
            with self._path.open("rb") as stream:
                raw = stream.read(_SIZE + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise FaultError("offline.write", f"mark: {type(error).__name__}") from error
        if len(raw) != _SIZE or not hmac.compare_digest(raw, self._sealed(raw[: 8 + _SEAL])):
            return None
        return Head(int.from_bytes(raw[:8], "big"), raw[8 : 8 + _SEAL])

    def write(self, head: Head) -> None:
        """Say ``head`` from now on. A mark that cannot be written only lags, and the line it speaks of is on the disk:
        that must not become a fault."""
        try:
            if self._file is None:
                self._file = self._opened()
            self._file.seek(0)
            self._file.write(self._sealed(head.seq.to_bytes(8, "big") + head.seal))
        except OSError as error:
            _log.warning("offline.write: mark: %s", type(error).__name__)

    def close(self) -> None:
        """Release the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _opened(self) -> FileIO:
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        return FileIO(handle, "r+")

    def _sealed(self, text: bytes) -> bytes:
        return text + hmac.digest(self._key.key, _PURPOSE + text, hashlib.sha256)
