"""The key with which this terminal signs: its proof records, and the head of each upload of its ledger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from terminal.faults import FaultError
from terminal.records.key_file import ExposedError, read_or_make

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_MAX_FILE = 4096


def device_key(path: Path) -> Ed25519PrivateKey:
    """The Ed25519 key in ``path`` (PKCS#8 as PEM, readable by its owner alone), made on first use.

    Raises FaultError ``secrets.exposed`` when other users may read it, ``file.unusable`` when it cannot be read or
    made, or is no such key.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        raw = read_or_make(path, _made, _MAX_FILE)
    except OSError as error:
        raise FaultError("file.unusable", f"device key: {type(error).__name__}") from error
    except ExposedError as error:
        raise FaultError("secrets.exposed", "device key") from error
    try:
        key = load_pem_private_key(raw, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise FaultError("file.unusable", "device key: no private key as PEM") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise FaultError("file.unusable", "device key: not Ed25519")
    return key


def _made() -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
