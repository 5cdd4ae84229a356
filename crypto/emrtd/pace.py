"""PACE with elliptic curves and generic mapping: a short password opens the chip (ICAO 9303-11 §4.4)."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, field

from crypto import curves, der, tlv
from crypto.apdu import SHORT_MAX, Channel, Command, Response
from crypto.curves import Curve, Point, Random
from crypto.emrtd import ciphers, keys
from crypto.emrtd.keys import Purpose, SessionKeys, Suite
from crypto.emrtd.messaging import SecureMessaging
from crypto.emrtd.security_infos import Mapping, PaceInfo, SecurityInfos
from crypto.errors import AccessRefusedError, MalformedError, NotSupportedError

_PASSWORD_MRZ = 1
_PASSWORD_CAN = 2
_CAN_FORM = re.compile(r"[0-9]{6}")
_NONCE_SIZES = (16, 32)
_TOKEN_SIZE = 8
_DYNAMIC_DATA = 0x7C
_CHAINING = 0x10
_SW_REFERENCE_WRONG = frozenset({0x6A80, 0x6A86, 0x6A87, 0x6A88})


@dataclass(frozen=True, slots=True)
class Password:
    """What the chip is opened with, and the number by which it is told which kind that is (§4.4.4.1, tag 83)."""

    reference: int
    secret: bytes = field(repr=False)

    @classmethod
    def can(cls, digits: str) -> Password:
        """The six-digit card access number; raises MalformedError."""
        if not _CAN_FORM.fullmatch(digits):
            raise MalformedError("card access number: exactly six digits are required")
        return cls(_PASSWORD_CAN, digits.encode("ascii"))

    @classmethod
    def mrz(cls, mrz_information: str) -> Password:
        """Document number, birth and expiry of the MRZ, each with its check digit."""
        return cls(_PASSWORD_MRZ, keys.document_seed(mrz_information))


def choose(infos: SecurityInfos) -> PaceInfo:
    """The first way to run PACE that this module knows; raises NotSupportedError."""
    for info in infos.pace:
        try:
            _supported(info)
        except NotSupportedError:
            continue
        return info
    raise NotSupportedError("PACE: none of the chip's variants")


def establish(channel: Channel, info: PaceInfo, password: Password, random: Random) -> SecureMessaging:
    """A session with the chip; the caller puts it into the channel.

    Raises AccessRefusedError when the password is not this chip's, NotSupportedError, MalformedError, StatusError.
    """
    suite, curve = _supported(info)
    _set_authentication_template(channel, info, password)
    generator = _map_generator(channel, curve, _nonce(channel, suite, password), random)
    return _agree(channel, info, curve, generator, random)


def _supported(info: PaceInfo) -> tuple[Suite, Curve]:
    if info.mapping is not Mapping.ECDH_GENERIC:
        raise NotSupportedError(f"PACE: mapping {info.mapping.name}")
    if info.parameter_id is None:
        raise NotSupportedError("PACE: domain parameters of the chip's own")
    return info.suite, curves.by_parameter_id(info.parameter_id)


def _set_authentication_template(channel: Channel, info: PaceInfo, password: Password) -> None:
    # The parameter reference (84) is required where it is ambiguous and refused by some chips where it is not.
    response = _set_template(channel, info, password, with_parameters=info.ambiguous)
    if response.sw in _SW_REFERENCE_WRONG:
        response = _set_template(channel, info, password, with_parameters=not info.ambiguous)
    if response.sw >> 4 != 0x63C:  # 63Cx: tries of this password have failed before; it may still be right
        response.require("PACE: set authentication template")


def _set_template(channel: Channel, info: PaceInfo, password: Password, *, with_parameters: bool) -> Response:
    data = tlv.encode(0x80, der.encode_identifier(info.oid)) + tlv.encode(0x83, bytes([password.reference]))
    if with_parameters and info.parameter_id is not None:
        data += tlv.encode(0x84, bytes([info.parameter_id]))
    return channel.send(Command(0x00, 0x22, 0xC1, 0xA4, data))


def _nonce(channel: Channel, suite: Suite, password: Password) -> int:
    encrypted = _exchange(channel, "PACE: nonce", b"", 0x80)
    if len(encrypted) not in _NONCE_SIZES:
        raise MalformedError("PACE: nonce of another size")
    key = keys.derive(suite, password.secret, Purpose.PASSWORD)
    return int.from_bytes(ciphers.decrypt(suite, key, encrypted), "big")


def _map_generator(channel: Channel, curve: Curve, nonce: int, random: Random) -> Point:
    private = curve.scalar(random)
    public = curve.public(private)
    sent = tlv.encode(0x81, curve.encode(public))
    chip = _other(curve, public, _exchange(channel, "PACE: map nonce", sent, 0x82))
    shared = curve.multiply(private, chip)
    if nonce % curve.order == 0:
        return shared
    return curve.combine(curve.public(nonce % curve.order), shared)


def _agree(channel: Channel, info: PaceInfo, curve: Curve, generator: Point, random: Random) -> SecureMessaging:
    private = curve.scalar(random)
    public = curve.multiply(private, generator)
    sent = tlv.encode(0x83, curve.encode(public))
    chip = _other(curve, public, _exchange(channel, "PACE: agree keys", sent, 0x84))
    session = keys.derive_session(info.suite, curve.agree(private, chip))
    token = _token(session, info, curve, chip)
    answer = _exchange_tokens(channel, token)
    if not hmac.compare_digest(answer, _token(session, info, curve, public)):
        raise AccessRefusedError("PACE: the chip's token is of another password")
    return SecureMessaging(session)


def _other(curve: Curve, own: Point, raw: bytes) -> Point:
    point = curve.decode(raw)
    if point == own:
        raise MalformedError("PACE: the chip sent the terminal's own key back")
    return point


def _token(session: SessionKeys, info: PaceInfo, curve: Curve, point: Point) -> bytes:
    # The MAC of the key that the *other* side sent (§4.4.3.4), as a public key data object (§9.4.5).
    content = tlv.encode(der.OBJECT_IDENTIFIER, der.encode_identifier(info.oid)) + tlv.encode(0x86, curve.encode(point))
    message = tlv.encode(0x7F49, content)
    if session.suite is Suite.TRIPLE_DES:
        message = ciphers.pad(message, session.suite.block)
    return ciphers.mac(session.suite, session.mac, message)


def _exchange_tokens(channel: Channel, token: bytes) -> bytes:
    response = channel.send(_command(tlv.encode(0x85, token), last=True))
    if response.sw >> 8 == 0x63 or response.sw == 0x6982:
        raise AccessRefusedError("PACE: the chip refuses this password")
    answer = _answer("PACE: exchange tokens", response, 0x86)
    if len(answer) != _TOKEN_SIZE:
        raise MalformedError("PACE: token of another size")
    return answer


def _exchange(channel: Channel, step: str, sent: bytes, tag: int) -> bytes:
    return _answer(step, channel.send(_command(sent, last=False)), tag)


def _command(sent: bytes, *, last: bool) -> Command:
    cla = 0x00 if last else _CHAINING
    return Command(cla, 0x86, 0, 0, tlv.encode(_DYNAMIC_DATA, sent), SHORT_MAX)


def _answer(step: str, response: Response, tag: int) -> bytes:
    data = response.require(step)
    return tlv.find(tlv.parse_one(data, _DYNAMIC_DATA).children(), tag)
