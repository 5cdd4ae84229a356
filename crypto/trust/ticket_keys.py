"""The public keys of ticket issuers that a site has accepted: a directory of PEM files (Ed25519, RFC 8410)."""

from __future__ import annotations

from pathlib import Path

from crypto.codes.ticket import TicketKey
from crypto.errors import MalformedError

_MAX_FILE = 4096
_MAX_KEYS = 64


def load_ticket_keys(directory: Path) -> tuple[TicketKey, ...]:
    """Every key in ``directory`` (``*.pem``); none when there is no such directory.

    Raises MalformedError for a file that is not one Ed25519 public key, or for more than 64 of them.
    """
    files = sorted(directory.glob("*.pem")) if directory.is_dir() else []
    if len(files) > _MAX_KEYS:
        raise MalformedError("ticket keys: more than 64 files")
    return tuple(TicketKey.from_pem(_bounded(file)) for file in files)


def _bounded(file: Path) -> bytes:
    with file.open("rb") as stream:
        content = stream.read(_MAX_FILE + 1)
    if len(content) > _MAX_FILE:
        raise MalformedError("ticket key: file too long")
    return content
