"""COSE_Sign1 (RFC 9052 §4.2) as our codes use it: one map of claims, one Ed25519 key named by eight bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crypto.codes import cbor
from crypto.errors import IssuerUnknownError, MalformedError, NotSupportedError, SignatureWrongError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_TAG_SIGN1 = b"\xd2"  # tag 18 in its only deterministic form
_TAG_CWT = b"\xd8\x3d"  # tag 61, which may stand around it

_ALG, _KID = 1, 4
ALG_ED25519 = -19
"""Fully specified Ed25519 (RFC 9864); what is written."""
_ALG_EDDSA = -8  # its deprecated, curve-less predecessor; still read
_SIGNATURE_SIZE = 64


@dataclass(frozen=True, slots=True)
class Signed:
    """A message whose signature was not checked: good for routing, never for believing."""

    key_id: bytes
    claims: dict[object, object] = field(repr=False)
    covered: bytes = field(repr=False)
    signature: bytes = field(repr=False)


def key_id_of(public: bytes) -> bytes:
    """The first eight bytes of a public key's SHA-256."""
    return hashlib.sha256(public).digest()[:8]


def sign(claims: dict[int, object], key: Ed25519PrivateKey) -> bytes:
    """The tagged message."""
    key_id = key_id_of(key.public_key().public_bytes_raw())
    protected, payload = cbor.encode({_ALG: ALG_ED25519, _KID: key_id}), cbor.encode(claims)
    signature = key.sign(_structure(protected, payload))
    return _TAG_SIGN1 + cbor.encode([protected, {}, payload, signature])


def parse(raw: bytes) -> Signed:
    """The message before any proof; raises MalformedError or NotSupportedError."""
    untagged = raw.removeprefix(_TAG_CWT)
    if not untagged.startswith(_TAG_SIGN1):
        raise MalformedError("COSE: no COSE_Sign1 tag")
    parts = cbor.decode(untagged[1:])
    if not isinstance(parts, list) or len(parts) != 4:
        raise MalformedError("COSE: COSE_Sign1 has four parts")
    protected, unprotected, payload, signature = parts
    if not (isinstance(protected, bytes) and isinstance(payload, bytes) and isinstance(signature, bytes)):
        raise MalformedError("COSE: parts of a wrong type")
    if len(signature) != _SIGNATURE_SIZE:
        raise MalformedError("COSE: an Ed25519 signature has 64 bytes")
    key_id = _key_id(_map(protected), unprotected)
    return Signed(key_id, _map(payload), _structure(protected, payload), signature)


def verify(message: Signed, keys: Sequence[bytes]) -> None:
    """Nothing, when one of ``keys`` (raw public keys) signed it. Raises IssuerUnknownError or SignatureWrongError."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    key = next((key for key in keys if key_id_of(key) == message.key_id), None)
    if key is None:
        raise IssuerUnknownError("COSE: no accepted key has this key id")
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(message.signature, message.covered)
    except InvalidSignature:
        raise SignatureWrongError("COSE: signature") from None


def _map(raw: bytes) -> dict[object, object]:
    value = cbor.decode(raw)
    if not isinstance(value, dict):
        raise MalformedError("COSE: a map belongs here")
    return value


def _key_id(protected: dict[object, object], unprotected: object) -> bytes:
    if not isinstance(unprotected, dict) or not set(protected) <= {_ALG, _KID} or not set(unprotected) <= {_KID}:
        raise NotSupportedError("COSE: a header that is not used here")
    if protected.get(_ALG) not in (ALG_ED25519, _ALG_EDDSA):
        raise NotSupportedError("COSE: an algorithm other than Ed25519")
    key_id = protected.get(_KID, unprotected.get(_KID))
    if not isinstance(key_id, bytes) or len(key_id) != 8 or (_KID in protected and _KID in unprotected):
        raise MalformedError("COSE: one key id of eight bytes is required")
    return key_id


def _structure(protected: bytes, payload: bytes) -> bytes:
    """Sig_structure (RFC 9052 §4.4) without external data."""
    return cbor.encode(["Signature1", protected, b"", payload])
