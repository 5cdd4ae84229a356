"""The chip authentication mapping: PACE that proves the chip as well (ICAO 9303-11 §4.4.3.5)."""

from __future__ import annotations

from dataclasses import dataclass, field

from crypto.curves import Curve, Point
from crypto.emrtd import ciphers
from crypto.emrtd.keys import SessionKeys
from crypto.emrtd.public_keys import EcKey
from crypto.emrtd.security_infos import ChipAuthKey
from crypto.errors import CloneSuspectedError, MalformedError, NotSupportedError


@dataclass(frozen=True, slots=True)
class ChipAuthenticationData:
    """What the chip gave with its token, for comparison with its static key, which can only be read afterwards."""

    curve: Curve
    mapping_key: Point
    """The public key that the chip used to map the nonce."""
    data: bytes = field(repr=False)
    """The factor between both keys; empty when what the chip sent could not be decrypted."""


def decrypt(session: SessionKeys, curve: Curve, mapping_key: Point, encrypted: bytes) -> ChipAuthenticationData:
    """The chip's data, taken out of data object 8A with the session's key (§4.4.3.5.4).

    Garbage does not raise: the session is good all the same, and ``verify_chip_mapping`` says what it is worth.
    """
    minus_one = b"\xff" * session.suite.block
    iv = ciphers.message_iv(session, minus_one)
    try:
        data = ciphers.unpad(ciphers.decrypt(session.suite, session.encryption, encrypted, iv))
    except MalformedError:
        data = b""
    return ChipAuthenticationData(curve, mapping_key, data)


def verify_chip_mapping(data: ChipAuthenticationData, key: ChipAuthKey) -> None:
    """Prove that the chip of this PACE run holds the private half of ``key`` (§4.4.3.5.2).

    ``key`` comes from EF.CardSecurity (or DG14), and counts only when a signature that is trusted covers it.
    Raises CloneSuspectedError, NotSupportedError when ``key`` is of other domain parameters than the run.
    """
    if not isinstance(key.key, EcKey) or key.key.curve != data.curve:
        raise NotSupportedError("chip authentication mapping: a key of other domain parameters")
    factor = int.from_bytes(data.data, "big")
    if len(data.data) > data.curve.order_size or not 0 < factor < data.curve.order:
        raise CloneSuspectedError("chip authentication mapping: what the chip sent is no proof")
    if data.curve.multiply(factor, key.key.point) != data.mapping_key:
        raise CloneSuspectedError("chip authentication mapping: the chip does not hold this private key")
