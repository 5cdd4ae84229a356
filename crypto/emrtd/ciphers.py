"""The ciphers and MACs of secure messaging (ICAO 9303-11 §9.8.6 and §9.8.7): CBC, retail MAC, CMAC, padding."""

from __future__ import annotations

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from crypto.emrtd.keys import SessionKeys, Suite
from crypto.errors import MalformedError

MAC_SIZE = 8


def encrypt(suite: Suite, key: bytes, data: bytes, iv: bytes | None = None) -> bytes:
    """CBC over whole blocks without padding; the IV is zero unless given."""
    return _run(_cipher(suite, key, iv).encryptor(), data)


def decrypt(suite: Suite, key: bytes, data: bytes, iv: bytes | None = None) -> bytes:
    """CBC over whole blocks, padding kept; raises MalformedError on a part of a block."""
    if len(data) % suite.block:
        raise MalformedError("ciphertext: not whole blocks")
    return _run(_cipher(suite, key, iv).decryptor(), data)


def message_iv(keys: SessionKeys, counter: bytes) -> bytes:
    """The IV of one message: zero for 3DES, the encrypted send counter for AES (§9.8.6.1, §9.8.6.2)."""
    if keys.suite is Suite.TRIPLE_DES:
        return bytes(8)
    return _run(Cipher(AES(keys.encryption), modes.ECB()).encryptor(), counter)  # noqa: S305 (one block, as specified)


def mac(suite: Suite, key: bytes, data: bytes) -> bytes:
    """Eight bytes of MAC over ``data``: CMAC for AES; for 3DES the retail MAC, which needs padded whole blocks."""
    if suite is Suite.TRIPLE_DES:
        return _retail_mac(key, data)
    cmac = CMAC(AES(key))
    cmac.update(data)
    return cmac.finalize()[:MAC_SIZE]


def _retail_mac(key: bytes, data: bytes) -> bytes:
    # ISO/IEC 9797-1 algorithm 3: its last step is two-key 3DES, and single DES is 3DES with one key thrice.
    single = _run(_des(key[:8] * 3, None).encryptor(), data[:-8])
    return _run(_des(key + key[:8], single[-8:] or None).encryptor(), data[-8:])


def pad(data: bytes, block: int) -> bytes:
    """``data`` with 80 00… to whole blocks (ISO/IEC 9797-1 padding method 2)."""
    return data + b"\x80" + bytes(-(len(data) + 1) % block)


def unpad(data: bytes) -> bytes:
    """``data`` without its padding; raises MalformedError when there is none."""
    stripped = data.rstrip(b"\x00")
    if not stripped.endswith(b"\x80"):
        raise MalformedError("padding: the 80 byte is missing")
    return stripped[:-1]


def _cipher(suite: Suite, key: bytes, iv: bytes | None) -> Cipher[modes.CBC]:
    if suite is Suite.TRIPLE_DES:
        return _des(key + key[:8], iv)
    return Cipher(AES(key), modes.CBC(iv or bytes(16)))


def _des(key: bytes, iv: bytes | None) -> Cipher[modes.CBC]:
    return Cipher(TripleDES(key), modes.CBC(iv or bytes(8)))


def _run(context: CipherContext, data: bytes) -> bytes:
    return context.update(data) + context.finalize()
