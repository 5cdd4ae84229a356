"""Chip authentication: the chip agrees keys with the private key of DG14 (ICAO 9303-11 §6.2, BSI TR-03110-3 B.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from crypto import der, tlv
from crypto.agreement import Element, Group, Random
from crypto.apdu import SHORT_MAX, Channel, Command
from crypto.emrtd import keys
from crypto.emrtd.keys import Suite
from crypto.emrtd.lds import Ef
from crypto.emrtd.messaging import SecureMessaging
from crypto.emrtd.public_keys import EcKey
from crypto.emrtd.security_infos import Agreement, ChipAuthInfo, ChipAuthKey, SecurityInfos
from crypto.errors import CloneSuspectedError, MessagingBrokenError, NotSupportedError, StatusError

# A chip without ChipAuthenticationInfo runs the first version with 3DES (§9.2.5).
_DEFAULT = (
    ChipAuthInfo("0.4.0.127.0.7.2.2.3.2.1", 1, None),
    ChipAuthInfo("0.4.0.127.0.7.2.2.3.1.1", 1, None),
)
_SW_SECURITY = 0x69
_SHORT_ANSWER = 16

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class ChipAuthentication:
    """Keys agreed with the chip. What proves that it has them too is any answer under them with a right MAC."""

    algorithm: str
    """Such as ``ECDH brainpoolP256r1 AES-128``."""
    key: ChipAuthKey
    messaging: SecureMessaging

    @property
    def proven(self) -> bool:
        """Whether the chip has shown that it holds the private key."""
        return self.messaging.verified > 0


def authenticate(channel: Channel, infos: SecurityInfos, random: Random) -> ChipAuthentication:
    """Prove that the chip holds the private key of DG14, and go on under the new session keys.

    The channel must be secured. Its session is replaced; a SELECT under the new keys is the proof.
    Raises CloneSuspectedError, NotSupportedError when DG14 names nothing known, StatusError when the chip refuses.
    """
    agreed = agree(channel, infos, random)
    # Whatever its status, an authenticated answer will do. The file is DG14, from which the keys came.
    select = Command(0x00, 0xA4, 0x02, 0x0C, Ef.DG14.fid.to_bytes(2, "big"))
    response = prove(agreed, lambda: channel.send(select))
    if not agreed.proven:
        _judge(agreed, response.sw)
        response.require("chip authentication: first command under the new keys")
    return agreed


def agree(channel: Channel, infos: SecurityInfos, random: Random) -> ChipAuthentication:
    """Agree new keys with the chip and restart the session of ``channel`` on them; nothing is proven yet.

    The caller's next command is the proof: send it through ``prove``, and believe it when ``proven`` is true after it.
    Raises NotSupportedError when DG14 names nothing known, StatusError when the chip refuses.
    """
    info, key = _choose(infos)
    public, secret = _fresh(key, random)
    if info.suite is not Suite.TRIPLE_DES or not _set_key_agreement_template(channel, key, public):
        _set_authentication_template(channel, info, key)
        _general_authenticate(channel, public)
    messaging = SecureMessaging(keys.derive_session(info.suite, secret))
    channel.secure(messaging)
    group = key.key.curve.name if isinstance(key.key, EcKey) else key.key.group.name
    return ChipAuthentication(f"{info.agreement.name} {group} {info.suite.label}", key, messaging)


def prove(agreed: ChipAuthentication, attempt: Callable[[], _Result]) -> _Result:
    """What ``attempt`` returns, which sends the first command under the new keys.

    Raises CloneSuspectedError when its failure says that the chip does not have them; other errors pass unchanged.
    """
    try:
        return attempt()
    except MessagingBrokenError as error:
        if agreed.proven:
            raise
        raise _clone() from error
    except StatusError as error:
        _judge(agreed, error.sw)
        raise


def _judge(agreed: ChipAuthentication, sw: int) -> None:
    if not agreed.proven and sw >> 8 == _SW_SECURITY:
        raise _clone()


def _clone() -> CloneSuspectedError:
    return CloneSuspectedError("chip authentication: the chip cannot use the new keys")


def _choose(infos: SecurityInfos) -> tuple[ChipAuthInfo, ChipAuthKey]:
    fitting = [
        (info, key)
        for info in filter(_is_known, infos.chip_auth or _DEFAULT)
        for key in infos.chip_auth_keys
        if key.agreement is info.agreement and info.key_id in (None, key.key_id)
    ]
    if not fitting:
        raise NotSupportedError("chip authentication: no variant with a usable key")
    return min(fitting, key=_rank)


def _rank(fitting: tuple[ChipAuthInfo, ChipAuthKey]) -> tuple[bool, bool]:
    # AES before 3DES, curves before groups modulo a prime, else the chip's own order.
    info, _ = fitting
    return info.suite is Suite.TRIPLE_DES, info.agreement is not Agreement.ECDH


def _is_known(info: ChipAuthInfo) -> bool:
    try:
        _ = info.agreement, info.suite
    except NotSupportedError:
        return False
    return True


def _fresh(key: ChipAuthKey, random: Random) -> tuple[bytes, bytes]:
    """A public key of the terminal's for this one run, and the secret that it makes with the chip's."""
    if isinstance(key.key, EcKey):
        return _agree(key.key.curve, key.key.point, random)
    return _agree(key.key.group, key.key.element, random)


def _agree(group: Group[Element], chip: Element, random: Random) -> tuple[bytes, bytes]:
    private = group.scalar(random)
    return group.encode(group.public(private)), group.agree(private, chip)


def _set_key_agreement_template(channel: Channel, key: ChipAuthKey, public: bytes) -> bool:
    # The one command that 3DES chips must know (§6.2.4.1). Some know the pair of commands for AES instead.
    data = tlv.encode(0x91, public) + _key_reference(key)
    try:
        _send(channel, Command(0x00, 0x22, 0x41, 0xA6, data), "set key agreement template")
    except StatusError:
        return False
    return True


def _set_authentication_template(channel: Channel, info: ChipAuthInfo, key: ChipAuthKey) -> None:
    data = tlv.encode(0x80, der.encode_identifier(info.oid)) + _key_reference(key)
    _send(channel, Command(0x00, 0x22, 0x41, 0xA4, data), "set authentication template")


def _general_authenticate(channel: Channel, public: bytes) -> None:
    data = tlv.encode(0x7C, tlv.encode(0x80, public))
    _send(channel, Command(0x00, 0x86, 0, 0, data, SHORT_MAX, answer=_SHORT_ANSWER), "agree keys")


def _send(channel: Channel, command: Command, step: str) -> None:
    channel.send(command).require(f"chip authentication: {step}")


def _key_reference(key: ChipAuthKey) -> bytes:
    return b"" if key.key_id is None else tlv.encode(0x84, der.unsigned_bytes(key.key_id))
