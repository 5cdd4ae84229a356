"""The card's half of Chip Authentication version 1 with ECDH (ICAO Doc 9303-11 §6.2)."""

from __future__ import annotations

from crypto import tlv
from crypto.apdu import Command
from crypto.emrtd.keys import Suite, derive_session
from drivers.simulator.card.contents import (
    SW_CONDITIONS,
    SW_WRONG_DATA,
    SW_WRONG_PARAMETERS,
    ChipAuthenticationOffer,
    RefusedError,
)
from drivers.simulator.card.messaging import CardMessaging


class CardChipAuthentication:
    """MSE:Set KAT for 3DES; MSE:Set AT and GENERAL AUTHENTICATE for AES. The new session counts from zero."""

    def __init__(self, offer: ChipAuthenticationOffer | None) -> None:
        self._offer = offer
        self._chosen = False

    def set_key(self, command: Command) -> CardMessaging:
        """MSE:Set KAT with the terminal's public key (tag 91): the session that begins after it."""
        offer = self._require()
        if offer.suite is not Suite.TRIPLE_DES:
            raise RefusedError(SW_WRONG_DATA)
        return _session(offer, _only(tlv.parse_all(command.data), 0x91))

    def choose(self, command: Command) -> None:
        """MSE:Set AT with the protocol's OID (tag 80)."""
        self._chosen = False
        offer = self._require()
        if _only(tlv.parse_all(command.data), 0x80) != offer.oid:
            raise RefusedError(SW_WRONG_DATA)
        self._chosen = offer.suite is not Suite.TRIPLE_DES

    def authenticate(self, command: Command) -> tuple[bytes, CardMessaging]:
        """GENERAL AUTHENTICATE with the terminal's public key: the empty answer and the session after it."""
        if not self._chosen:
            raise RefusedError(SW_CONDITIONS)
        self._chosen = False
        point = _only(tlv.parse_one(command.data, 0x7C).children(), 0x80)
        return tlv.encode(0x7C, b""), _session(self._require(), point)

    def _require(self) -> ChipAuthenticationOffer:
        if self._offer is None:
            raise RefusedError(SW_WRONG_PARAMETERS)
        return self._offer


def _session(offer: ChipAuthenticationOffer, point: bytes) -> CardMessaging:
    curve = offer.key.curve
    secret = curve.agree(offer.key.number, curve.decode(point))
    return CardMessaging(derive_session(offer.suite, secret))


def _only(items: tuple[tlv.Tlv, ...], tag: int) -> bytes:
    found = [item.value for item in items if item.tag == tag]
    if len(found) != 1:
        raise RefusedError(SW_WRONG_DATA)
    return found[0]
