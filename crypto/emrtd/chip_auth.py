"""Chip authentication: the chip agrees keys with the private key of DG14 (ICAO 9303-11 §6.2, BSI TR-03110-3 B.3)."""

from __future__ import annotations

from crypto import der, tlv
from crypto.apdu import SHORT_MAX, Channel, Command
from crypto.curves import Random
from crypto.emrtd import keys
from crypto.emrtd.keys import Suite
from crypto.emrtd.lds import Ef
from crypto.emrtd.messaging import SecureMessaging
from crypto.emrtd.security_infos import ChipAuthInfo, ChipAuthKey, SecurityInfos
from crypto.errors import CloneSuspectedError, MessagingBrokenError, NotSupportedError

# A chip without ChipAuthenticationInfo runs the first version with 3DES (§9.2.5).
_DEFAULT = ChipAuthInfo("0.4.0.127.0.7.2.2.3.2.1", 1, None)
_SW_SECURITY = 0x69
_SHORT_ANSWER = 16


def authenticate(channel: Channel, infos: SecurityInfos, random: Random) -> None:
    """Prove that the chip holds the private key of DG14, and go on under the new session keys.

    The channel must be secured. Its session is replaced; the first command under the new keys is the proof.
    Raises CloneSuspectedError, NotSupportedError when DG14 names nothing known, StatusError when the chip refuses.
    """
    info, suite, key = _choose(infos)
    private = key.curve.scalar(random)
    public = key.curve.encode(key.curve.public(private))
    if suite is Suite.TRIPLE_DES:
        _set_key_agreement_template(channel, key, public)
    else:
        _set_authentication_template(channel, info, key)
        _general_authenticate(channel, public)
    messaging = SecureMessaging(keys.derive_session(suite, key.curve.agree(private, key.point)))
    channel.secure(messaging)
    _prove(channel, messaging)


def _choose(infos: SecurityInfos) -> tuple[ChipAuthInfo, Suite, ChipAuthKey]:
    for info in infos.chip_auth or (_DEFAULT,):
        try:
            suite = info.suite
        except NotSupportedError:
            continue
        for key in infos.chip_auth_keys:
            if info.key_id is None or info.key_id == key.key_id:
                return info, suite, key
    raise NotSupportedError("chip authentication: no variant with a usable key")


def _set_key_agreement_template(channel: Channel, key: ChipAuthKey, public: bytes) -> None:
    data = tlv.encode(0x91, public) + _key_reference(key)
    channel.send(Command(0x00, 0x22, 0x41, 0xA6, data)).require("chip authentication: set key agreement template")


def _set_authentication_template(channel: Channel, info: ChipAuthInfo, key: ChipAuthKey) -> None:
    data = tlv.encode(0x80, der.encode_identifier(info.oid)) + _key_reference(key)
    channel.send(Command(0x00, 0x22, 0x41, 0xA4, data)).require("chip authentication: set authentication template")


def _general_authenticate(channel: Channel, public: bytes) -> None:
    data = tlv.encode(0x7C, tlv.encode(0x80, public))
    command = Command(0x00, 0x86, 0, 0, data, SHORT_MAX, answer=_SHORT_ANSWER)
    channel.send(command).require("chip authentication: agree keys")


def _key_reference(key: ChipAuthKey) -> bytes:
    if key.key_id is None:
        return b""
    return tlv.encode(0x84, key.key_id.to_bytes((key.key_id.bit_length() + 7) // 8 or 1, "big"))


def _prove(channel: Channel, messaging: SecureMessaging) -> None:
    # Any authenticated answer proves the new keys, whatever its status. The file is DG14, from which the keys came.
    try:
        response = channel.send(Command(0x00, 0xA4, 0x02, 0x0C, Ef.DG14.fid.to_bytes(2, "big")))
    except MessagingBrokenError as error:
        raise CloneSuspectedError("chip authentication: the chip cannot use the new keys") from error
    if messaging.verified:
        return
    if response.sw >> 8 == _SW_SECURITY:
        raise CloneSuspectedError("chip authentication: the chip cannot use the new keys")
    response.require("chip authentication: first command under the new keys")
