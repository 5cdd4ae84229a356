"""The trust store's first format: ``index.json`` and one file for each certificate. It is read, never written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crypto.errors import MalformedError, NotSupportedError
from crypto.trust.anchor import Anchor, Provenance, Way
from crypto.trust.certificate import MAX_CERTIFICATE, Certificate
from crypto.trust.container import Record, bounded

INDEX = "index.json"

_VERSION = 1
_MAX_INDEX = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Entry:
    fingerprint: str
    source: str
    added_at: datetime


def read_records(directory: Path) -> tuple[Record, ...]:
    """What the directory accepted; none without an index. Raises MalformedError, NotSupportedError, OSError."""
    index = directory / INDEX
    return tuple(_record(directory, entry) for entry in _entries(index)) if index.exists() else ()


def clear(directory: Path) -> None:
    """Take the first format's files away, the index first: after it nothing names the others. Raises OSError."""
    index = directory / INDEX
    if not index.exists():
        return
    entries = _entries(index)
    index.unlink()
    for entry in entries:
        _file(directory, entry).unlink(missing_ok=True)


def _entries(index: Path) -> tuple[_Entry, ...]:
    try:
        found = json.loads(bounded(index, _MAX_INDEX))
        if found["version"] != _VERSION:
            raise NotSupportedError("trust store: written by a newer version")
        return tuple(
            _Entry(bytes.fromhex(row["sha256"]).hex(), str(row["source"]), datetime.fromisoformat(row["added_at"]))
            for row in found["anchors"]
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise MalformedError("trust store: the index is damaged") from None


def _record(directory: Path, entry: _Entry) -> Record:
    try:
        certificate = Certificate.parse(bounded(_file(directory, entry), MAX_CERTIFICATE))
    except FileNotFoundError:
        raise MalformedError("trust store: a certificate that the index names is missing") from None
    if certificate.fingerprint != entry.fingerprint:
        raise MalformedError("trust store: a certificate is not the one that was accepted")
    return Record.of_anchor(Anchor(certificate, Provenance(Way.FINGERPRINT, entry.source, entry.added_at)))


def _file(directory: Path, entry: _Entry) -> Path:
    return directory / f"{entry.fingerprint}.der"
