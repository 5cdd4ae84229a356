"""The card's half of PACE with ECDH and generic mapping (ICAO Doc 9303-11 §4.4)."""

from __future__ import annotations

import hmac

from crypto import tlv
from crypto.apdu import Command
from crypto.curves import Point, Random, by_parameter_id
from crypto.emrtd import ciphers
from crypto.emrtd.keys import Purpose, SessionKeys, Suite, derive, derive_session, document_seed
from drivers.simulator.card.contents import (
    SW_AUTHENTICATION_FAILED,
    SW_CONDITIONS,
    SW_REFERENCE_UNKNOWN,
    SW_WRONG_DATA,
    SW_WRONG_PARAMETERS,
    PaceOffer,
    RefusedError,
)
from drivers.simulator.card.messaging import CardMessaging

_DYNAMIC = 0x7C
_PUBLIC_KEY = 0x7F49
_MRZ, _CAN = b"\x01", b"\x02"


class CardPace:
    """MSE:Set AT and the four steps of GENERAL AUTHENTICATE, one run at a time."""

    def __init__(self, offer: PaceOffer | None, mrz_information: str, can: str, random: Random) -> None:
        self._offer = offer
        self._passwords = {_MRZ: document_seed(mrz_information), _CAN: can.encode("ascii")}
        self._random = random
        self._run: _Run | None = None

    def begin(self, command: Command) -> None:
        """MSE:Set AT: choose the protocol and the password; raises RefusedError."""
        self._run = None
        if self._offer is None:
            raise RefusedError(SW_WRONG_PARAMETERS)
        objects = {item.tag: item.value for item in tlv.parse_all(command.data)}
        if objects.get(0x80) != self._offer.oid:
            raise RefusedError(SW_WRONG_DATA)
        if objects.get(0x84, bytes([self._offer.parameter_id])) != bytes([self._offer.parameter_id]):
            raise RefusedError(SW_REFERENCE_UNKNOWN)
        password = self._passwords.get(objects.get(0x83, b""))
        if password is None:
            raise RefusedError(SW_REFERENCE_UNKNOWN)
        key = derive(self._offer.suite, password, Purpose.PASSWORD)
        self._run = _Run(self._offer, key, self._random)

    def step(self, command: Command) -> tuple[bytes, CardMessaging | None]:
        """One GENERAL AUTHENTICATE: its answer, and with the last one the session that begins after it.

        Raises RefusedError (6300: the terminal's token does not fit, so its password was another) or MalformedError.
        """
        run, self._run = self._run, None
        if run is None:
            raise RefusedError(SW_CONDITIONS)
        items = tlv.parse_one(command.data, _DYNAMIC).children()
        if len(items) > 1:
            raise RefusedError(SW_WRONG_DATA)
        asked, value = (items[0].tag, items[0].value) if items else (0x80, b"")
        answer, session = run.answer(asked, value)
        if session is None:
            self._run = run
        return tlv.encode(_DYNAMIC, answer), session


class _Run:
    """The state between the steps of one run."""

    def __init__(self, offer: PaceOffer, password_key: bytes, random: Random) -> None:
        self._offer = offer
        self._curve = by_parameter_id(offer.parameter_id)
        self._key = password_key
        self._random = random
        self._expected = 0x80
        self._nonce = 0
        self._generator: Point | None = None
        self._mine = b""
        self._theirs = b""
        self._keys: SessionKeys | None = None

    def answer(self, asked: int, value: bytes) -> tuple[bytes, CardMessaging | None]:
        if asked != self._expected:
            raise RefusedError(SW_CONDITIONS)
        self._expected = {0x80: 0x81, 0x81: 0x83, 0x83: 0x85}.get(asked, 0)
        if asked == 0x80:
            return tlv.encode(0x80, self._encrypted_nonce()), None
        if asked == 0x81:
            return tlv.encode(0x82, self._map(value)), None
        if asked == 0x83:
            return tlv.encode(0x84, self._agree(value)), None
        token, session = self._confirm(value)
        return tlv.encode(0x86, token), session

    def _encrypted_nonce(self) -> bytes:
        # As many whole blocks as the key is long (§4.4.3.3.1): two for AES-192 and AES-256.
        suite = self._offer.suite
        nonce = self._random(-(-max(16, suite.key_size) // suite.block) * suite.block)
        self._nonce = int.from_bytes(nonce, "big")
        return ciphers.encrypt(suite, self._key, nonce)

    def _map(self, theirs: bytes) -> bytes:
        private = self._curve.scalar(self._random)
        shared = self._curve.multiply(private, self._curve.decode(theirs))
        scaled = self._curve.public(self._nonce % self._curve.order)
        self._generator = self._curve.combine(scaled, shared)
        return self._curve.encode(self._curve.public(private))

    def _agree(self, theirs: bytes) -> bytes:
        if self._generator is None:
            raise RefusedError(SW_CONDITIONS)
        private = self._curve.scalar(self._random)
        self._mine = self._curve.encode(self._curve.multiply(private, self._generator))
        self._theirs = theirs
        if hmac.compare_digest(self._mine, theirs):
            raise RefusedError(SW_AUTHENTICATION_FAILED)
        secret = self._curve.encode_x(self._curve.multiply(private, self._curve.decode(theirs)))
        self._keys = derive_session(self._offer.suite, secret)
        return self._mine

    def _confirm(self, token: bytes) -> tuple[bytes, CardMessaging]:
        if self._keys is None:
            raise RefusedError(SW_CONDITIONS)
        if not hmac.compare_digest(token, self._token(self._keys, self._mine)):
            raise RefusedError(SW_AUTHENTICATION_FAILED)
        return self._token(self._keys, self._theirs), CardMessaging(self._keys)

    def _token(self, keys: SessionKeys, point: bytes) -> bytes:
        data = tlv.encode(_PUBLIC_KEY, tlv.encode(0x06, self._offer.oid) + tlv.encode(0x86, point))
        if keys.suite is Suite.TRIPLE_DES:
            data = ciphers.pad(data, keys.suite.block)
        return ciphers.mac(keys.suite, keys.mac, data)
