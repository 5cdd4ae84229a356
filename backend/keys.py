"""Secrets in files: made on first use, readable by their owner only."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from crypto.codes.ticket import public_half

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

TOKEN_FILE = "backend.token"  # noqa: S105 - a file name
KEY_FILE = "ticket-key.pem"
SERVER_KEY_FILE = "server-key.pem"
SNAPSHOT_KEY_FILE = "snapshot.key"

_MAX_FILE = 4096
_SECRET = 32


class SecretFileError(Exception):
    """A file of secrets is open to others or does not hold what it should; the text names the file and the remedy."""


@dataclass(frozen=True, slots=True)
class ServerKeys:
    """What the server proves itself with to devices that were enrolled: ``signing`` signs snapshots and receipts,
    ``marks`` is the key of ticket marks in snapshots."""

    signing: Ed25519PrivateKey = field(repr=False)
    marks: bytes = field(repr=False)

    @property
    def public(self) -> bytes:
        """The raw public half of ``signing``."""
        return self.signing.public_key().public_bytes_raw()


def new_server_keys() -> ServerKeys:
    """Fresh keys, kept nowhere."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return ServerKeys(Ed25519PrivateKey.generate(), secrets.token_bytes(_SECRET))


def load_server_keys(place: Callable[[str], Path]) -> ServerKeys:
    """The server's keys in the files that ``place`` gives for their names, made where there are none.

    Raises SecretFileError, OSError.
    """
    file = place(SNAPSHOT_KEY_FILE)
    marks = _load_or_make(file, lambda: secrets.token_bytes(_SECRET))
    if len(marks) != _SECRET:
        raise SecretFileError(f"{file} does not hold 32 bytes: bring back the right one; terminals enrolled with it")
    return ServerKeys(_load_ed25519(place(SERVER_KEY_FILE), "bring back the right one"), marks)


def load_token(path: Path) -> str:
    """The bearer token in ``path``, made when there is none. Raises SecretFileError, OSError."""
    token = _load_or_make(path, lambda: secrets.token_urlsafe(32).encode("ascii")).decode("ascii", "replace").strip()
    if len(token) < 32 or not token.isascii() or not token.isprintable():
        raise SecretFileError(f"{path} holds no token of at least 32 characters: remove it and start again")
    return token


def load_signing_key(path: Path) -> Ed25519PrivateKey:
    """The ticket signing key in ``path`` (PEM), made when there is none; its public half is put beside it.

    Raises SecretFileError, OSError.
    """
    key = _load_ed25519(path, "name another file with --key")
    public_key_file(path).write_bytes(public_half(key).to_pem())
    return key


def load_device_key(path: Path) -> Ed25519PrivateKey:
    """The key that ``tram enrol`` made for this device (PEM). Raises SecretFileError, OSError."""
    return _ed25519(read_private(path), path, "enrol this device again")


def read_private(path: Path) -> bytes:
    """What a file holds that only its owner may read. Raises SecretFileError, OSError."""
    return _load(path)


def public_key_file(path: Path) -> Path:
    """Where the public half of the signing key in ``path`` stands: what terminals are given."""
    return path.with_suffix(".pub.pem")


def _load_ed25519(path: Path, remedy: str) -> Ed25519PrivateKey:
    return _ed25519(_load_or_make(path, _new_signing_key), path, remedy)


def _ed25519(pem: bytes, path: Path, remedy: str) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise SecretFileError(f"{path} is not an Ed25519 key without password: {remedy}")
    return key


def _new_signing_key() -> bytes:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _load_or_make(path: Path, make: Callable[[], bytes]) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _load(path)
    content = make()
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return content


def _load(path: Path) -> bytes:
    with path.open("rb") as file:
        # Windows keeps its access lists elsewhere; there the folder's own protect the file.
        if os.name == "posix" and os.fstat(file.fileno()).st_mode & 0o077:
            raise SecretFileError(f"{path} can be read by others: chmod 600 it, or remove it and start again")
        return file.read(_MAX_FILE)
