"""The card's half of Active Authentication (ICAO Doc 9303-11 §6.1): it signs what the terminal made up."""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from crypto.curves import Random
from drivers.simulator.card.contents import ActiveForm
from drivers.simulator.private_keys import EcPrivate, PrivateKey

CHALLENGE = 8
_HEADER = b"\x6a"
_TRAILERS = {
    "sha1": b"\x33\xcc",
    "sha224": b"\x38\xcc",
    "sha256": b"\x34\xcc",
    "sha384": b"\x36\xcc",
    "sha512": b"\x35\xcc",
}
"""ISO/IEC 9796-2:2010 §8.1.4 with the hash numbers of ISO/IEC 10118-3."""

_SHORT_TRAILER = b"\xbc"
_LARGE_KEY = 256


def sign_challenge(key: PrivateKey, challenge: bytes, random: Random, form: ActiveForm) -> bytes:
    """INTERNAL AUTHENTICATE's answer: r and s, or an ISO/IEC 9796-2 scheme 1 signature."""
    if isinstance(key, EcPrivate):
        size = key.curve.order_size
        r, s = key.sign(challenge, form.digest or "sha256", drawn=True)
        return encode_dss_signature(r, s) if form.der else r.to_bytes(size, "big") + s.to_bytes(size, "big")
    size = key.key_size // 8
    digest = form.digest or ("sha256" if size >= _LARGE_KEY else "sha1")
    short = digest == "sha1" and not form.two_byte_trailer
    trailer = _SHORT_TRAILER if short else _TRAILERS[digest]
    message = recoverable_message(size, digest, trailer, challenge, random)
    return _raise(key, int.from_bytes(message, "big")).to_bytes(size, "big")


def recoverable_message(size: int, digest: str, trailer: bytes, challenge: bytes, random: Random) -> bytes:
    """The ``size`` bytes that are signed: 6A, a nonce of the chip's own, the hash over both nonces, the trailer."""
    nonce = random(size - len(_HEADER) - hashlib.new(digest).digest_size - len(trailer))
    return _HEADER + nonce + hashlib.new(digest, nonce + challenge).digest() + trailer


def _raise(key: rsa.RSAPrivateKey, message: int) -> int:
    """``message`` to the private exponent, by the Chinese remainder theorem (RFC 8017 §5.1.2)."""
    numbers = key.private_numbers()
    first, second = pow(message, numbers.dmp1, numbers.p), pow(message, numbers.dmq1, numbers.q)
    return second + numbers.q * ((first - second) * numbers.iqmp % numbers.p)
