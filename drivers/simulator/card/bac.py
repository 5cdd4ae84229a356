"""The card's half of Basic Access Control (ICAO Doc 9303-11 §4.3)."""

from __future__ import annotations

import hmac

from crypto.apdu import SW_WRONG_LENGTH, Command
from crypto.curves import Random
from crypto.emrtd import ciphers
from crypto.emrtd.keys import Purpose, Suite, derive, derive_session, document_seed
from drivers.simulator.card.contents import SW_AUTHENTICATION_FAILED, SW_CONDITIONS, RefusedError
from drivers.simulator.card.messaging import CardMessaging

_NONCE = 8
_HALF_KEY = 16
_CRYPTOGRAM = 32


class CardBac:
    """GET CHALLENGE, then MUTUAL AUTHENTICATE with keys from the MRZ; each challenge counts once."""

    def __init__(self, mrz_information: str, random: Random) -> None:
        seed = document_seed(mrz_information)[:16]
        self._encryption = derive(Suite.TRIPLE_DES, seed, Purpose.ENCRYPTION)
        self._mac_key = derive(Suite.TRIPLE_DES, seed, Purpose.MAC)
        self._random = random
        self._challenge: bytes | None = None

    def challenge(self, command: Command) -> bytes:
        """The eight random bytes that GET CHALLENGE asks for."""
        if command.le is None or (command.le != _NONCE and command.le < 256):
            raise RefusedError(SW_WRONG_LENGTH)
        self._challenge = self._random(_NONCE)
        return self._challenge

    def authenticate(self, command: Command) -> tuple[bytes, CardMessaging]:
        """The card's cryptogram and the session that begins after it; raises RefusedError (6300: wrong key)."""
        challenge, self._challenge = self._challenge, None
        if challenge is None:
            raise RefusedError(SW_CONDITIONS)
        if len(command.data) != _CRYPTOGRAM + ciphers.MAC_SIZE:
            raise RefusedError(SW_WRONG_LENGTH)
        cryptogram, mac = command.data[:_CRYPTOGRAM], command.data[_CRYPTOGRAM:]
        plain = ciphers.decrypt(Suite.TRIPLE_DES, self._encryption, cryptogram)
        theirs, echoed, their_half = plain[:_NONCE], plain[_NONCE : 2 * _NONCE], plain[2 * _NONCE :]
        if not hmac.compare_digest(mac, self._mac(cryptogram)) or echoed != challenge:
            raise RefusedError(SW_AUTHENTICATION_FAILED)
        half = self._random(_HALF_KEY)
        answer = ciphers.encrypt(Suite.TRIPLE_DES, self._encryption, challenge + theirs + half)
        seed = bytes(mine ^ other for mine, other in zip(half, their_half, strict=True))
        counter = int.from_bytes(challenge[4:] + theirs[4:], "big")
        session = CardMessaging(derive_session(Suite.TRIPLE_DES, seed), counter)
        return answer + self._mac(answer), session

    def _mac(self, data: bytes) -> bytes:
        return ciphers.mac(Suite.TRIPLE_DES, self._mac_key, ciphers.pad(data, Suite.TRIPLE_DES.block))
