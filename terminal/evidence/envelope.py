"""The sealed file: HPKE (RFC 9180, base mode, one shot) to one recipient, its header bound to what it encloses.

A CBOR array: the name of the format, KEM, KDF and AEAD by their numbers in RFC 9180 §7, the recipient's key id, and the
encapsulated key followed by the ciphertext. The header is HPKE's ``info``, so that no byte of the file can be changed
unnoticed. Base mode says nothing about who sealed it (docs/evidence.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crypto.codes import cbor
from crypto.errors import MalformedError, NotSupportedError, ProofError, SignatureWrongError
from terminal.evidence.keys import Kem, Owner, Recipient

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.hpke import Suite

MAX_FILE = 8 << 20
"""Bytes of an evidence file: a chip holds about an eighth of a megabyte."""

FORMAT = "tram-evidence-1"
_HKDF_SHA256 = 0x0001
_AES_256_GCM = 0x0002
_KEY_ID = 32


class OtherRecipientError(ProofError):
    """The file was sealed to another key than the one at hand."""


def seal(plain: bytes, recipient: Recipient) -> bytes:
    """The file that only ``recipient`` can open."""
    header = _header(recipient)
    return cbor.encode([*header, _suite(recipient.kem).encrypt(plain, recipient.key, cbor.encode(header))])


def unseal(raw: bytes, owner: Owner) -> bytes:
    """What is in the file. Raises MalformedError (no such file), NotSupportedError (another version or algorithm),
    OtherRecipientError, and SignatureWrongError when a byte was changed."""
    from cryptography.exceptions import InvalidTag

    header, sealed = _parse(raw)
    if header != _header(owner.recipient):
        raise OtherRecipientError("evidence: sealed to another key")
    try:
        return _suite(owner.recipient.kem).decrypt(sealed, owner.key, cbor.encode(header))
    except InvalidTag:
        raise SignatureWrongError("evidence: the file was changed after it was sealed") from None


def _parse(raw: bytes) -> tuple[list[object], bytes]:
    parts = cbor.decode(raw, limit=MAX_FILE, depth=1)
    if not isinstance(parts, list) or len(parts) != 6 or not isinstance(parts[0], str):
        raise MalformedError("evidence: not an evidence file")
    name, kem, kdf, aead, key_id, sealed = parts
    if name != FORMAT:
        raise NotSupportedError("evidence: another format or version")
    if not isinstance(key_id, bytes) or len(key_id) != _KEY_ID or not isinstance(sealed, bytes):
        raise MalformedError("evidence: not an evidence file")
    if (kdf, aead) != (_HKDF_SHA256, _AES_256_GCM) or kem not in {known.value for known in Kem}:
        raise NotSupportedError("evidence: an algorithm that is not used here")
    return parts[:5], sealed


def _header(recipient: Recipient) -> list[object]:
    return [FORMAT, recipient.kem.value, _HKDF_SHA256, _AES_256_GCM, recipient.key_id]


def _suite(kem: Kem) -> Suite:
    from cryptography.hazmat.primitives import hpke

    kems = {Kem.P256: hpke.KEM.P256, Kem.X25519: hpke.KEM.X25519}
    return hpke.Suite(kems[kem], hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
