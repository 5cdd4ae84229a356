"""The card's half of PACE (ICAO Doc 9303-11 §4.4): with points or residues, by any of the mappings."""

from __future__ import annotations

import hmac
from typing import Any

from crypto import tlv
from crypto.agreement import Group, Random
from crypto.apdu import SW_OK, Command
from crypto.curves import Curve
from crypto.emrtd import ciphers
from crypto.emrtd.keys import Purpose, SessionKeys, Suite, derive, derive_session
from drivers.simulator.card.contents import (
    SW_AUTHENTICATION_FAILED,
    SW_CONDITIONS,
    SW_REFERENCE_UNKNOWN,
    SW_WRONG_DATA,
    SW_WRONG_PARAMETERS,
    Mapping,
    PaceOffer,
    RefusedError,
)
from drivers.simulator.card.messaging import CardMessaging
from drivers.simulator.card.pace_chip_authentication import chip_authentication_data
from drivers.simulator.card.pace_generic import GenericMapping
from drivers.simulator.card.pace_integrated import IntegratedMapping
from drivers.simulator.card.passwords import Passwords

_DYNAMIC = 0x7C
_PUBLIC_KEY = 0x7F49
_POINT, _RESIDUE = 0x86, 0x84
_ASKED_AFTER = {0x80: 0x81, 0x81: 0x83, 0x83: 0x85}


class CardPace:
    """MSE:Set AT and the four steps of GENERAL AUTHENTICATE, one run at a time."""

    def __init__(self, offers: tuple[PaceOffer, ...], passwords: Passwords, random: Random) -> None:
        self._offers = offers
        self._passwords = passwords
        self._random = random
        self._run: _Run | None = None
        self._reference = b""

    def begin(self, command: Command) -> int:
        """MSE:Set AT: choose the protocol, the group and the password; the status word, or raises RefusedError."""
        self._run = None
        if not self._offers:
            raise RefusedError(SW_WRONG_PARAMETERS)
        objects = {item.tag: item.value for item in tlv.parse_all(command.data)}
        offer = _chosen(self._offers, objects.get(0x80, b""), objects.get(0x84))
        self._reference = objects.get(0x83, b"")
        key = derive(offer.suite, self._passwords.secret(self._reference), Purpose.PASSWORD)
        self._run = _Run(offer, key, self._random)
        return self._passwords.warning(self._reference) or SW_OK

    def step(self, command: Command) -> tuple[bytes, CardMessaging | None]:
        """One GENERAL AUTHENTICATE: its answer, and with the last one the session that begins after it.

        Raises RefusedError (6300 or 63Cx: the terminal's token does not fit, so its password was another) or
        MalformedError.
        """
        run, self._run = self._run, None
        if run is None:
            raise RefusedError(SW_CONDITIONS)
        self._passwords.require_usable(self._reference)
        items = tlv.parse_one(command.data, _DYNAMIC).children()
        if len(items) > 1:
            raise RefusedError(SW_WRONG_DATA)
        asked, value = (items[0].tag, items[0].value) if items else (0x80, b"")
        try:
            answer, session = run.answer(asked, value)
        except _WrongTokenError:
            raise self._passwords.wrong(self._reference) from None
        if session is None:
            self._run = run
        else:
            self._passwords.right(self._reference)
        return tlv.encode(_DYNAMIC, answer), session


def _chosen(offers: tuple[PaceOffer, ...], oid: bytes, parameters: bytes | None) -> PaceOffer:
    """The offer that MSE:Set AT means: by its OID, and by the number of its group where that is not enough."""
    of_protocol = [offer for offer in offers if offer.oid_bytes == oid]
    if not of_protocol:
        raise RefusedError(SW_WRONG_DATA)
    fitting = [one for one in of_protocol if parameters in (None, bytes([one.parameter_id]))]
    if len(fitting) != 1:
        raise RefusedError(SW_REFERENCE_UNKNOWN)
    return fitting[0]


class _WrongTokenError(Exception):
    """The terminal's token was made with other keys."""


class _Run:
    """The state between the steps of one run."""

    def __init__(self, offer: PaceOffer, password_key: bytes, random: Random) -> None:
        self._offer = offer
        self._group: Group[Any] = offer.group
        self._random = random
        # As many whole blocks as the key is long (§4.4.3.3.1): two for AES-192 and AES-256.
        suite = offer.suite
        self._nonce = random(-(-max(16, suite.key_size) // suite.block) * suite.block)
        self._encrypted_nonce = ciphers.encrypt(suite, password_key, self._nonce)
        self._expected = 0x80
        self._mapping: GenericMapping | IntegratedMapping = (
            IntegratedMapping(offer.group, self._nonce, suite)
            if offer.mapping is Mapping.INTEGRATED
            else GenericMapping(offer.group, self._nonce, random)
        )
        self._generator: Any = None
        self._mine = b""
        self._theirs = b""
        self._keys: SessionKeys | None = None

    def answer(self, asked: int, value: bytes) -> tuple[bytes, CardMessaging | None]:
        if asked != self._expected:
            raise RefusedError(SW_CONDITIONS)
        self._expected = _ASKED_AFTER.get(asked, 0)
        if asked == 0x80:
            return tlv.encode(0x80, self._encrypted_nonce), None
        if asked == 0x81:
            data, self._generator = self._mapping.answer(value)
            return tlv.encode(0x82, data), None
        if asked == 0x83:
            return tlv.encode(0x84, self._agree(value)), None
        return self._confirm(value)

    def _agree(self, theirs: bytes) -> bytes:
        other = self._group.decode(theirs)
        private = self._group.scalar(self._random)
        self._mine = self._group.encode(self._group.multiply(private, self._generator))
        self._theirs = theirs
        if hmac.compare_digest(self._mine, theirs):
            raise RefusedError(SW_AUTHENTICATION_FAILED)
        self._keys = derive_session(self._offer.suite, self._group.agree(private, other))
        return self._mine

    def _confirm(self, token: bytes) -> tuple[bytes, CardMessaging]:
        keys = self._keys
        if keys is None:
            raise RefusedError(SW_CONDITIONS)
        if not hmac.compare_digest(token, self._token(keys, self._mine)):
            raise _WrongTokenError
        answer = tlv.encode(0x86, self._token(keys, self._theirs))
        if self._offer.key is not None and isinstance(self._mapping, GenericMapping):
            data = chip_authentication_data(self._offer.key, self._mapping.private, keys)
            answer += tlv.encode(0x8A, data)
        return answer, CardMessaging(keys)

    def _token(self, keys: SessionKeys, public: bytes) -> bytes:
        tag = _POINT if isinstance(self._group, Curve) else _RESIDUE
        data = tlv.encode(_PUBLIC_KEY, tlv.encode(0x06, self._offer.oid_bytes) + tlv.encode(tag, public))
        if keys.suite is Suite.TRIPLE_DES:
            data = ciphers.pad(data, keys.suite.block)
        return ciphers.mac(keys.suite, keys.mac, data)
