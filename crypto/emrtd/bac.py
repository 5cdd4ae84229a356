"""Basic Access Control: the printed MRZ opens the chip (ICAO 9303-11 §4.3)."""

from __future__ import annotations

import hmac

from crypto.apdu import Channel, Command
from crypto.curves import Random
from crypto.emrtd import ciphers, keys
from crypto.emrtd.keys import Suite
from crypto.emrtd.messaging import SecureMessaging
from crypto.errors import AccessRefusedError, MalformedError, MessagingBrokenError, StatusError

_SUITE = Suite.TRIPLE_DES
_CHALLENGE = 8
_KEY = 16
_CRYPTOGRAM = 32
_REFUSED = frozenset({0x6982, 0x6985, 0x6988, 0x6A80})


def establish(channel: Channel, mrz_information: str, random: Random) -> SecureMessaging:
    """A 3DES session; the caller puts it into the channel.

    ``mrz_information`` is document number, birth and expiry, each with its check digit. Raises AccessRefusedError
    when the chip does not accept it, MessagingBrokenError when the chip cannot prove that it knows it too.
    """
    access = keys.derive_session(_SUITE, keys.document_seed(mrz_information)[:_KEY])
    chip_challenge = channel.send(Command(0x00, 0x84, 0, 0, le=_CHALLENGE)).require("BAC: get challenge")
    if len(chip_challenge) != _CHALLENGE:
        raise MalformedError("BAC: challenge of another size")
    challenge, share = random(_CHALLENGE), random(_KEY)
    cryptogram = ciphers.encrypt(_SUITE, access.encryption, challenge + chip_challenge + share)
    answer = _authenticate(channel, cryptogram + _mac(access.mac, cryptogram))
    if not hmac.compare_digest(_mac(access.mac, answer[:_CRYPTOGRAM]), answer[_CRYPTOGRAM:]):
        raise MessagingBrokenError("BAC: the chip's answer has a wrong MAC")
    plain = ciphers.decrypt(_SUITE, access.encryption, answer[:_CRYPTOGRAM])
    if not hmac.compare_digest(plain[: 2 * _CHALLENGE], chip_challenge + challenge):
        raise MessagingBrokenError("BAC: the chip's answer is to another challenge")
    seed = bytes(a ^ b for a, b in zip(share, plain[2 * _CHALLENGE :], strict=True))
    counter = int.from_bytes(chip_challenge[4:] + challenge[4:], "big")
    return SecureMessaging(keys.derive_session(_SUITE, seed), counter)


def _authenticate(channel: Channel, data: bytes) -> bytes:
    try:
        answer = channel.send(Command(0x00, 0x82, 0, 0, data, le=len(data))).require("BAC: external authenticate")
    except StatusError as error:
        if error.sw >> 8 == 0x63 or error.sw in _REFUSED:
            raise AccessRefusedError("BAC: the chip refuses this MRZ") from error
        raise
    if len(answer) != len(data):
        raise MalformedError("BAC: answer of another size")
    return answer


def _mac(key: bytes, data: bytes) -> bytes:
    return ciphers.mac(_SUITE, key, ciphers.pad(data, _SUITE.block))
