"""The chip authentication mapping's proof (ICAO Doc 9303-11 §4.4.3.5): the static key that relates to this run."""

from __future__ import annotations

from crypto.emrtd import ciphers
from crypto.emrtd.keys import SessionKeys
from drivers.simulator.private_keys import EcPrivate

_BEFORE_ALL_MESSAGES = b"\xff" * 16
"""The counter minus one, whose encryption is the IV: no message of the session has it."""


def chip_authentication_data(static: EcPrivate, mapping_private: int, keys: SessionKeys) -> bytes:
    """The encrypted CA_IC: the mapping's ephemeral key divided by the static one, modulo the order."""
    order = static.curve.order
    proof = pow(static.number, -1, order) * mapping_private % order
    padded = ciphers.pad(proof.to_bytes(static.curve.order_size, "big"), keys.suite.block)
    iv = ciphers.message_iv(keys, _BEFORE_ALL_MESSAGES)
    return ciphers.encrypt(keys.suite, keys.encryption, padded, iv)
