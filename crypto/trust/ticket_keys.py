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
    return tuple(read_ticket_key(file.read_bytes()[: _MAX_FILE + 1]) for file in files)


def read_ticket_key(pem: bytes) -> TicketKey:
    """One Ed25519 public key from PEM; raises MalformedError."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    if len(pem) > _MAX_FILE:
        raise MalformedError("ticket key: file too long")
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise MalformedError("ticket key: not a public key in PEM") from error
    if not isinstance(key, Ed25519PublicKey):
        raise MalformedError("ticket key: not Ed25519")
    return TicketKey(key.public_bytes_raw())
