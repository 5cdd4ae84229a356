"""The mappings of PACE: from the nonce to a fresh generator that only who knows the password can find."""

from __future__ import annotations

from crypto.agreement import Element, Group
from crypto.emrtd import ciphers
from crypto.emrtd.keys import Suite

# The constants of the pseudo-random function for blocks of 128 and 256 bits (ICAO 9303-11 §4.4.3.3.2).
_C0 = {
    16: bytes.fromhex("a668892a7c41e3ca739f40b057d85904"),
    32: bytes.fromhex("d463d65234124ef7897054986dca0a174e28df758cbaa03f240616414d5a1676"),
}
_C1 = {
    16: bytes.fromhex("a4e136ac725f738b01c1f60217c188ad"),
    32: bytes.fromhex("54bd7255f0aaf831bec3423fcf39d69b6cbf066677d0faae5aadd99df8e53517"),
}
_MARGIN_BITS = 64


def nonce_size(suite: Suite) -> int:
    """Bytes of the nonce that belongs to ``suite``: whole blocks, and no fewer than its key has (§4.4.3.3)."""
    return 16 if suite.key_size == 16 else 32


def generic(group: Group[Element], nonce: bytes, shared: Element) -> Element:
    """The generator of the generic mapping: ``nonce`` times the group's own, and the secret of a first agreement.

    Also that of the chip authentication mapping (§4.4.3.3.1, §4.4.3.3.3). Raises MalformedError when both cancel out.
    """
    number = int.from_bytes(nonce, "big")
    if group.order is not None and number % group.order == 0:
        return shared
    return group.combine(group.public(number), shared)


def integrated(group: Group[Element], suite: Suite, nonce: bytes, terminal_nonce: bytes) -> Element:
    """The generator of the integrated mapping, from the nonces of both sides alone (§4.4.3.3.2).

    Raises MalformedError for the few nonces that lead to none, NotSupportedError for a group that cannot do it.
    """
    return group.embed(pseudo_random(suite, nonce, terminal_nonce, group.p))


def pseudo_random(suite: Suite, nonce: bytes, terminal_nonce: bytes, p: int) -> int:
    """The pseudo-random function R of both nonces: a number below ``p`` (§4.4.3.3.2).

    ``nonce`` is ``nonce_size(suite)`` bytes long, ``terminal_nonce`` as long as a key of ``suite``.
    """
    size = nonce_size(suite)
    key = ciphers.encrypt(suite, terminal_nonce, nonce)[: suite.key_size]
    stream = b""
    while 8 * len(stream) < p.bit_length() + _MARGIN_BITS:
        stream += ciphers.encrypt(suite, key, _C1[size])
        key = ciphers.encrypt(suite, key, _C0[size])[: suite.key_size]
    return int.from_bytes(stream, "big") % p
