"""PACE: a short password opens the chip (ICAO 9303-11 §4.4), in every form that the standard has.

Elliptic curves and Diffie-Hellman modulo a prime; generic, integrated and chip authentication mapping; 3DES and AES;
standardised domain parameters and the chip's own. Explicit curves count when they are a known one: what is in
EF.CardAccess is not signed, and a made-up curve could give the password away. Of an explicit prime that can be tested.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic

from crypto import der, tlv
from crypto.agreement import Element, Group, Random
from crypto.apdu import EXTENDED_MAX, SHORT_MAX, Channel, Command, Response
from crypto.curves import Curve
from crypto.dh import DhGroup
from crypto.emrtd import ciphers, keys, pace_chip_mapping, pace_mapping, pace_password
from crypto.emrtd.keys import Purpose, SessionKeys, Suite
from crypto.emrtd.messaging import SecureMessaging
from crypto.emrtd.pace_chip_mapping import ChipAuthenticationData as ChipAuthenticationData
from crypto.emrtd.pace_chip_mapping import verify_chip_mapping as verify_chip_mapping
from crypto.emrtd.pace_password import Password as Password
from crypto.emrtd.security_infos import Mapping, PaceInfo
from crypto.errors import AccessRefusedError, MalformedError, NotSupportedError
from crypto.tlv import Tlv

TEMPLATE = "PACE: set authentication template"
"""The step at which a chip refuses a variant that it named."""

_NONCE_SIZES = (16, 32)
_TOKEN_SIZE = 8
_DYNAMIC_DATA = 0x7C
_CHAINING = 0x10
_SW_REFERENCE_WRONG = frozenset({0x6A80, 0x6A86, 0x6A87, 0x6A88})


@dataclass(frozen=True, slots=True)
class PaceResult:
    """An open session, and what the chip gave to prove itself where the mapping is that of chip authentication."""

    messaging: SecureMessaging
    chip_authentication: ChipAuthenticationData | None
    """For ``verify_chip_mapping``; None under other mappings, and from a chip that left it out against the rule."""


@dataclass(frozen=True, slots=True)
class _Outcome(Generic[Element]):
    session: SessionKeys
    mapping_key: Element | None
    proof: bytes | None = field(repr=False)


def usable(infos: Iterable[PaceInfo]) -> tuple[PaceInfo, ...]:
    """Those ways to run PACE that this module knows, in the order in which a terminal does best to try them.

    First chip authentication mapping, since it saves the commands of a proof of its own; then AES before 3DES, curves
    before the older groups modulo a prime, generic before integrated mapping (more chips have been tested with it),
    the longer key before the shorter. Else the chip's own order stays.
    """
    return tuple(sorted(filter(_is_known, infos), key=_rank))


def _is_known(info: PaceInfo) -> bool:
    try:
        _group(info)
    except NotSupportedError:
        return False
    return True


def _rank(info: PaceInfo) -> tuple[bool, bool, bool, bool, int]:
    return (
        info.mapping is not Mapping.ECDH_CHIP_AUTHENTICATION,
        info.suite is Suite.TRIPLE_DES,
        info.mapping.kind is not Curve,
        info.mapping.integrated,
        -info.suite.key_size,
    )


def _group(info: PaceInfo) -> Curve | DhGroup:
    group, suite = info.group, info.suite
    if info.mapping is Mapping.ECDH_CHIP_AUTHENTICATION and suite is Suite.TRIPLE_DES:
        raise NotSupportedError("PACE: chip authentication mapping with 3DES")
    if info.mapping.integrated and not group.embeds:
        raise NotSupportedError(f"PACE: integrated mapping in {group.name}")
    return group


def establish(channel: Channel, info: PaceInfo, password: Password, random: Random) -> PaceResult:
    """A session with the chip; the caller puts it into the channel.

    Raises AccessRefusedError when the password is not this chip's (or is blocked; see its ``refusal``),
    NotSupportedError, MalformedError, StatusError.
    """
    group, suite = _group(info), info.suite
    if isinstance(group, DhGroup):
        group.require_sound(random)
        return PaceResult(SecureMessaging(_run(channel, info, suite, group, password, random).session), None)
    outcome = _run(channel, info, suite, group, password, random)
    chip_data = None
    if outcome.mapping_key is not None and outcome.proof is not None:
        chip_data = pace_chip_mapping.decrypt(outcome.session, group, outcome.mapping_key, outcome.proof)
    return PaceResult(SecureMessaging(outcome.session), chip_data)


def _run(
    channel: Channel, info: PaceInfo, suite: Suite, group: Group[Element], password: Password, random: Random
) -> _Outcome[Element]:
    _set_authentication_template(channel, info, password)
    nonce = _nonce(channel, suite, password)
    mapping_key: Element | None = None
    if info.mapping.integrated:
        generator = _map_integrated(channel, suite, group, nonce, password, random)
    else:
        generator, mapping_key = _map_generic(channel, group, nonce, password, random)
    session, proof = _agree(channel, info, group, generator, password, random)
    is_proof = info.mapping is Mapping.ECDH_CHIP_AUTHENTICATION
    return _Outcome(session, mapping_key, proof if is_proof else None)


def _set_authentication_template(channel: Channel, info: PaceInfo, password: Password) -> None:
    # The parameter reference (84) is required where it is ambiguous and refused by some chips where it is not.
    response = _set_template(channel, info, password, with_parameters=info.ambiguous)
    if response.sw in _SW_REFERENCE_WRONG:
        response = _set_template(channel, info, password, with_parameters=not info.ambiguous)
    pace_password.check_before(password, response.sw)
    if pace_password.tries_left(response.sw) is None:
        response.require(TEMPLATE)


def _set_template(channel: Channel, info: PaceInfo, password: Password, *, with_parameters: bool) -> Response:
    data = tlv.encode(0x80, der.encode_identifier(info.oid)) + tlv.encode(0x83, bytes([password.reference]))
    if with_parameters and info.parameter_id is not None:
        data += tlv.encode(0x84, der.unsigned_bytes(info.parameter_id))
    return channel.send(Command(0x00, 0x22, 0xC1, 0xA4, data))


def _nonce(channel: Channel, suite: Suite, password: Password) -> bytes:
    encrypted = tlv.find(_exchange(channel, "PACE: nonce", b"", password), 0x80)
    if len(encrypted) not in _NONCE_SIZES:
        raise MalformedError("PACE: nonce of another size")
    key = keys.derive(suite, password.secret, Purpose.PASSWORD)
    return ciphers.decrypt(suite, key, encrypted)


def _map_generic(
    channel: Channel, group: Group[Element], nonce: bytes, password: Password, random: Random
) -> tuple[Element, Element]:
    private = group.scalar(random)
    public = group.public(private)
    sent = tlv.encode(0x81, group.encode(public))
    chip = _other(group, public, tlv.find(_exchange(channel, "PACE: map nonce", sent, password), 0x82))
    return pace_mapping.generic(group, nonce, group.multiply(private, chip)), chip


def _map_integrated(
    channel: Channel, suite: Suite, group: Group[Element], nonce: bytes, password: Password, random: Random
) -> Element:
    if len(nonce) != pace_mapping.nonce_size(suite):
        raise MalformedError("PACE: nonce of another size than the integrated mapping takes")
    own = random(suite.key_size)
    # The answer holds an empty data object 82 at most (§4.4.5.2.2); there is nothing in it to look at.
    _exchange(channel, "PACE: map nonce", tlv.encode(0x81, own), password)
    return pace_mapping.integrated(group, suite, nonce, own)


def _agree(
    channel: Channel, info: PaceInfo, group: Group[Element], generator: Element, password: Password, random: Random
) -> tuple[SessionKeys, bytes | None]:
    private = group.scalar(random)
    public = group.multiply(private, generator)
    sent = group.encode(public)
    received = tlv.find(_exchange(channel, "PACE: agree keys", tlv.encode(0x83, sent), password), 0x84)
    chip = _other(group, public, received)
    session = keys.derive_session(info.suite, group.agree(private, chip))
    answer = _exchange_tokens(channel, _token(session, info, group.key_tag, received), password)
    if not hmac.compare_digest(tlv.find(answer, 0x86), _token(session, info, group.key_tag, sent)):
        raise AccessRefusedError("PACE: the chip's token is of another password")
    return session, tlv.find_optional(answer, 0x8A)


def _other(group: Group[Element], own: Element, raw: bytes) -> Element:
    element = group.decode(raw)
    if element == own:
        raise MalformedError("PACE: the chip sent the terminal's own key back")
    return element


def _token(session: SessionKeys, info: PaceInfo, tag: int, public: bytes) -> bytes:
    # The MAC of the key that the *other* side sent, byte for byte (§4.4.3.4), as a public key data object (§9.4.5).
    content = tlv.encode(der.OBJECT_IDENTIFIER, der.encode_identifier(info.oid)) + tlv.encode(tag, public)
    message = tlv.encode(0x7F49, content)
    if session.suite is Suite.TRIPLE_DES:
        message = ciphers.pad(message, session.suite.block)
    return ciphers.mac(session.suite, session.mac, message)


def _exchange_tokens(channel: Channel, token: bytes, password: Password) -> tuple[Tlv, ...]:
    response = channel.send(_command(tlv.encode(0x85, token), last=True))
    pace_password.check_after(password, response.sw)
    answer = _objects("PACE: exchange tokens", response)
    if len(tlv.find(answer, 0x86)) != _TOKEN_SIZE:
        raise MalformedError("PACE: token of another size")
    return answer


def _exchange(channel: Channel, step: str, sent: bytes, password: Password) -> tuple[Tlv, ...]:
    response = channel.send(_command(sent, last=False))
    pace_password.check_before(password, response.sw)
    return _objects(step, response)


def _command(sent: bytes, *, last: bool) -> Command:
    # The chip answers with as much as it was sent; more than a short APDU holds in groups of 2048 bits only.
    data = tlv.encode(_DYNAMIC_DATA, sent)
    le = SHORT_MAX if len(data) < SHORT_MAX else EXTENDED_MAX
    return Command(0x00 if last else _CHAINING, 0x86, 0, 0, data, le)


def _objects(step: str, response: Response) -> tuple[Tlv, ...]:
    return tlv.parse_one(response.require(step), _DYNAMIC_DATA).children()
