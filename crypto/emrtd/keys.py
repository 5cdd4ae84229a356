"""Session and password keys from shared secrets (ICAO 9303-11 §9.7.1)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from enum import Enum, IntEnum

from crypto.errors import MalformedError

_MRZ_TEXT = re.compile(r"[A-Z0-9<]+")


class Suite(Enum):
    """A block cipher with its MAC, as the last arc of the protocol OIDs counts them (ICAO 9303-11 §9.2.4)."""

    TRIPLE_DES = 1
    AES_128 = 2
    AES_192 = 3
    AES_256 = 4

    @property
    def label(self) -> str:
        """What people call it."""
        return "3DES" if self is Suite.TRIPLE_DES else f"AES-{8 * self.key_size}"

    @property
    def key_size(self) -> int:
        """Bytes of a key; 16 for two-key 3DES."""
        return {Suite.AES_192: 24, Suite.AES_256: 32}.get(self, 16)

    @property
    def block(self) -> int:
        """Bytes of a block, which is also the size of the send counter."""
        return 8 if self is Suite.TRIPLE_DES else 16


class Purpose(IntEnum):
    """The counter that tells the keys of one secret apart (§9.7.1.1)."""

    ENCRYPTION = 1
    MAC = 2
    PASSWORD = 3


@dataclass(frozen=True, slots=True)
class SessionKeys:
    """The two keys of a secure-messaging session."""

    suite: Suite
    encryption: bytes = field(repr=False)
    mac: bytes = field(repr=False)


def derive(suite: Suite, secret: bytes, purpose: Purpose) -> bytes:
    """One key: a hash over secret and counter, cut to size, 3DES keys with odd parity (§9.7.1.2, §9.7.1.3)."""
    hash_of = hashlib.sha256 if suite.key_size > 16 else hashlib.sha1
    key = hash_of(secret + purpose.to_bytes(4, "big")).digest()[: suite.key_size]
    return with_odd_parity(key) if suite is Suite.TRIPLE_DES else key


def derive_session(suite: Suite, secret: bytes) -> SessionKeys:
    """Both session keys of ``secret``."""
    return SessionKeys(suite, derive(suite, secret, Purpose.ENCRYPTION), derive(suite, secret, Purpose.MAC))


def document_seed(mrz_information: str) -> bytes:
    """SHA-1 over document number, birth and expiry with their check digits: what BAC and PACE hash (§9.7.2, §9.7.3).

    Raises MalformedError when ``mrz_information`` holds a character that no MRZ has.
    """
    if not _MRZ_TEXT.fullmatch(mrz_information):
        raise MalformedError("MRZ information: only A to Z, digits and < are allowed")
    return hashlib.sha1(mrz_information.encode("ascii"), usedforsecurity=False).digest()


def with_odd_parity(key: bytes) -> bytes:
    """``key`` with the lowest bit of every byte set so that each byte has an odd number of ones (DES)."""
    return bytes(byte & 0xFE | (bin(byte >> 1).count("1") + 1) % 2 for byte in key)
