"""The card's half of Chip Authentication version 1, with points or residues (ICAO Doc 9303-11 §6.2)."""

from __future__ import annotations

from crypto import tlv
from crypto.apdu import Command
from crypto.emrtd.keys import Suite, derive_session
from drivers.simulator.card.contents import (
    SW_CONDITIONS,
    SW_REFERENCE_UNKNOWN,
    SW_WRONG_DATA,
    SW_WRONG_PARAMETERS,
    ChipAuthenticationOffer,
    RefusedError,
)
from drivers.simulator.card.messaging import CardMessaging

_KEY_ID = 0x84


class CardChipAuthentication:
    """MSE:Set KAT for 3DES; MSE:Set AT and GENERAL AUTHENTICATE for AES. The new session counts from zero."""

    def __init__(self, offers: tuple[ChipAuthenticationOffer, ...]) -> None:
        self._offers = offers
        self._chosen: ChipAuthenticationOffer | None = None

    def set_key(self, command: Command) -> CardMessaging:
        """MSE:Set KAT with the terminal's public key (tag 91): the session that begins after it."""
        self._require_any()
        objects = tlv.parse_all(command.data)
        of_suite = [offer for offer in self._offers if offer.suite is Suite.TRIPLE_DES]
        if not of_suite:
            raise RefusedError(SW_WRONG_DATA)
        return _session(_named(of_suite, objects), _only(objects, 0x91))

    def choose(self, command: Command) -> None:
        """MSE:Set AT with the protocol's OID (tag 80) and, where there are several keys, the number of one (84)."""
        self._chosen = None
        self._require_any()
        objects = tlv.parse_all(command.data)
        oid = _only(objects, 0x80)
        of_protocol = [offer for offer in self._offers if offer.oid_bytes == oid]
        if not of_protocol:
            raise RefusedError(SW_WRONG_DATA)
        chosen = _named(of_protocol, objects)
        self._chosen = None if chosen.suite is Suite.TRIPLE_DES else chosen

    def authenticate(self, command: Command) -> tuple[bytes, CardMessaging]:
        """GENERAL AUTHENTICATE with the terminal's public key: the empty answer and the session after it."""
        chosen, self._chosen = self._chosen, None
        if chosen is None:
            raise RefusedError(SW_CONDITIONS)
        public = _only(tlv.parse_one(command.data, 0x7C).children(), 0x80)
        return tlv.encode(0x7C, b""), _session(chosen, public)

    def _require_any(self) -> None:
        if not self._offers:
            raise RefusedError(SW_WRONG_PARAMETERS)


def _named(offers: list[ChipAuthenticationOffer], objects: tuple[tlv.Tlv, ...]) -> ChipAuthenticationOffer:
    """The only one of ``offers``, or the one whose number is among ``objects``."""
    asked = tlv.find_optional(objects, _KEY_ID)
    number = None if asked is None else int.from_bytes(asked, "big")
    fitting = [offer for offer in offers if number in (None, offer.key_id)]
    if len(fitting) != 1:
        raise RefusedError(SW_REFERENCE_UNKNOWN)
    return fitting[0]


def _session(offer: ChipAuthenticationOffer, public: bytes) -> CardMessaging:
    return CardMessaging(derive_session(offer.suite, offer.key.agree(public)))


def _only(items: tuple[tlv.Tlv, ...], tag: int) -> bytes:
    found = [item.value for item in items if item.tag == tag]
    if len(found) != 1:
        raise RefusedError(SW_WRONG_DATA)
    return found[0]
