"""What the chip says it can do: the SecurityInfos of EF.CardAccess, EF.CardSecurity and DG14 (ICAO 9303-11 §9.2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeVar

from crypto import der, tlv
from crypto.curves import Curve
from crypto.dh import DhGroup
from crypto.emrtd import public_keys
from crypto.emrtd.keys import Suite
from crypto.emrtd.public_keys import DhKey, EcKey, RsaKey
from crypto.errors import MalformedError, NotSupportedError
from crypto.tlv import Tlv

_PACE = "0.4.0.127.0.7.2.2.4."
_CHIP_AUTH = "0.4.0.127.0.7.2.2.3."
_CHIP_AUTH_KEY = "0.4.0.127.0.7.2.2.1."
_KEY_PREFIX = der.encode_identifier(_CHIP_AUTH_KEY + "0")[:-1]
_ACTIVE_AUTH = "2.23.136.1.1.5"
_DG14_TAG = 0x6E
_MAX_INFOS = 64
_MAX_KEYS = 8  # each may cost a tenth of a second to check
_FIRST_OWN_PARAMETERS = 32

_Kind = TypeVar("_Kind", bound=Enum)


class Mapping(Enum):
    """How PACE makes a fresh generator, as the OID's last but one arc counts (§9.2.4)."""

    DH_GENERIC = 1
    ECDH_GENERIC = 2
    DH_INTEGRATED = 3
    ECDH_INTEGRATED = 4
    ECDH_CHIP_AUTHENTICATION = 6

    @property
    def label(self) -> str:
        """Its name in Doc 9303 and BSI TR-03110."""
        form = {Mapping.ECDH_CHIP_AUTHENTICATION: "CAM"}.get(self, "IM" if self.integrated else "GM")
        return f"{'DH' if self.kind is DhGroup else 'ECDH'}-{form}"

    @property
    def integrated(self) -> bool:
        """Whether nonces alone give the generator, without a first key agreement."""
        return self in (Mapping.DH_INTEGRATED, Mapping.ECDH_INTEGRATED)

    @property
    def kind(self) -> type[Curve | DhGroup]:
        """The kind of group that it works in."""
        return DhGroup if self in (Mapping.DH_GENERIC, Mapping.DH_INTEGRATED) else Curve


class Agreement(Enum):
    """The kind of key agreement of chip authentication, as the OID's last but one arc counts (§9.2.5)."""

    DH = 1
    ECDH = 2


@dataclass(frozen=True, slots=True)
class PaceInfo:
    """One way to run PACE."""

    oid: str
    version: int
    parameter_id: int | None
    ambiguous: bool = False
    """The chip names several sets of domain parameters, so that the terminal must say which it means."""
    own_parameters: Curve | DhGroup | None = None
    """The explicit domain parameters that belong to this info; None when they are standardised or unknown."""

    @property
    def mapping(self) -> Mapping:
        """The mapping; raises NotSupportedError."""
        return _enum(Mapping, _arcs(self.oid, _PACE)[0])

    @property
    def suite(self) -> Suite:
        """The cipher of the session; raises NotSupportedError."""
        return _enum(Suite, _arcs(self.oid, _PACE)[1])

    @property
    def label(self) -> str:
        """What people call it, such as ``ECDH-GM AES-128 brainpoolP256r1``; raises NotSupportedError."""
        return f"{self.mapping.label} {self.suite.label} {self.group.name}"

    @property
    def group(self) -> Curve | DhGroup:
        """The domain parameters; raises NotSupportedError when nobody here knows them or the mapping needs others."""
        group = self.own_parameters
        if group is None:
            if self.parameter_id is None or self.parameter_id >= _FIRST_OWN_PARAMETERS:
                raise NotSupportedError("PACE: domain parameters of the chip's own")
            group = public_keys.standardised(self.parameter_id)
        if not isinstance(group, self.mapping.kind):
            raise NotSupportedError("PACE: domain parameters of another kind than the mapping's")
        return group


@dataclass(frozen=True, slots=True)
class ChipAuthInfo:
    """One way to run chip authentication; ``key_id`` tells several keys apart."""

    oid: str
    version: int
    key_id: int | None

    @property
    def agreement(self) -> Agreement:
        """The kind of key that it takes; raises NotSupportedError."""
        return _enum(Agreement, _arcs(self.oid, _CHIP_AUTH)[0])

    @property
    def suite(self) -> Suite:
        """The cipher of the session; raises NotSupportedError."""
        return _enum(Suite, _arcs(self.oid, _CHIP_AUTH)[1])


@dataclass(frozen=True, slots=True)
class ChipAuthKey:
    """The chip's static public key for chip authentication."""

    key: EcKey | DhKey
    key_id: int | None

    @property
    def agreement(self) -> Agreement:
        """The kind of key agreement that it is for."""
        return Agreement.ECDH if isinstance(self.key, EcKey) else Agreement.DH


@dataclass(frozen=True, slots=True)
class ActiveAuthInfo:
    """Which signature the chip makes in active authentication with an elliptic curve key."""

    signature_oid: str


@dataclass(frozen=True, slots=True)
class SecurityInfos:
    """All that was understood; ``unknown`` holds the OIDs of the rest, unsupported keys and parameters among them."""

    pace: tuple[PaceInfo, ...] = ()
    chip_auth: tuple[ChipAuthInfo, ...] = ()
    chip_auth_keys: tuple[ChipAuthKey, ...] = ()
    active_auth: ActiveAuthInfo | None = None
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _OwnParameters:
    """A PACEDomainParameterInfo: the protocols under ``oid`` may use ``group``."""

    oid: str
    parameter_id: int | None
    group: Curve | DhGroup


_Info = PaceInfo | _OwnParameters | ChipAuthInfo | ChipAuthKey | ActiveAuthInfo | str


def parse_dg14(raw: bytes) -> SecurityInfos:
    """The SecurityInfos in DG14 (tag 6E); raises MalformedError."""
    return parse_security_infos(tlv.parse_one(raw, _DG14_TAG).value)


def parse_security_infos(raw: bytes) -> SecurityInfos:
    """The SecurityInfos in ``raw``, a SET as in EF.CardAccess; raises MalformedError."""
    infos = [der.parts(info) for info in der.parts(tlv.parse_one(raw), der.SET)]
    keys = [info for info in infos if info and info[0].value.startswith(_KEY_PREFIX)]
    if len(infos) > _MAX_INFOS or len(keys) > _MAX_KEYS:
        raise MalformedError("security infos: too many")
    found = [_parse(info) for info in infos]
    return SecurityInfos(
        _pace_infos(found),
        tuple(info for info in found if isinstance(info, ChipAuthInfo)),
        tuple(info for info in found if isinstance(info, ChipAuthKey)),
        next((info for info in found if isinstance(info, ActiveAuthInfo)), None),
        tuple(info for info in found if isinstance(info, str)),
    )


def _pace_infos(found: list[_Info]) -> tuple[PaceInfo, ...]:
    infos = [info for info in found if isinstance(info, PaceInfo)]
    explicit = [info for info in found if isinstance(info, _OwnParameters)]
    ambiguous = len({info.parameter_id for info in infos}) > 1
    return tuple(replace(info, ambiguous=ambiguous, own_parameters=_own_parameters(info, explicit)) for info in infos)


def _own_parameters(info: PaceInfo, explicit: list[_OwnParameters]) -> Curve | DhGroup | None:
    # Numbers below 32 always mean the standardised sets, whatever a chip says beside them (§9.2.2).
    if info.parameter_id is not None and info.parameter_id < _FIRST_OWN_PARAMETERS:
        return None
    fitting = [
        one.group
        for one in explicit
        if info.oid.startswith(one.oid + ".") and one.parameter_id in (info.parameter_id, None)
    ]
    return fitting[0] if len(fitting) == 1 else None


def _parse(members: tuple[Tlv, ...]) -> _Info:
    if not 2 <= len(members) <= 3:
        raise MalformedError("security info: two or three members are required")
    oid = der.identifier(members[0])
    optional = members[2] if len(members) == 3 else None
    if oid.startswith(_PACE):
        return _parse_pace(oid, members[1], _number(optional))
    if oid.startswith(_CHIP_AUTH) and _is_protocol(oid, _CHIP_AUTH):
        return ChipAuthInfo(oid, der.unsigned(members[1]), _number(optional))
    if oid.startswith(_CHIP_AUTH_KEY):
        return _parse_key(oid, members[1], _number(optional))
    if oid == _ACTIVE_AUTH:
        return ActiveAuthInfo(der.identifier(optional)) if optional else oid
    return oid


def _parse_pace(oid: str, required: Tlv, parameter_id: int | None) -> PaceInfo | _OwnParameters | str:
    if _is_protocol(oid, _PACE):
        return PaceInfo(oid, der.unsigned(required), parameter_id)
    try:
        return _OwnParameters(oid, parameter_id, public_keys.parse_group(required))
    except NotSupportedError:
        return oid


def _parse_key(oid: str, item: Tlv, key_id: int | None) -> ChipAuthKey | str:
    # A key of a kind that nobody here can use must not hide the infos beside it.
    try:
        key = public_keys.parse(item)
    except NotSupportedError:
        return oid
    return oid if isinstance(key, RsaKey) else ChipAuthKey(key, key_id)


def _number(item: Tlv | None) -> int | None:
    return None if item is None else der.unsigned(item)


def _is_protocol(oid: str, prefix: str) -> bool:
    # One arc fewer names domain parameters (PACEDomainParameterInfo), not a protocol.
    return oid[len(prefix) :].count(".") == 1


def _arcs(oid: str, prefix: str) -> tuple[int, int]:
    if not oid.startswith(prefix) or not _is_protocol(oid, prefix):
        raise NotSupportedError(f"protocol {oid}")
    first, second = oid[len(prefix) :].split(".")
    return int(first), int(second)


def _enum(kind: type[_Kind], number: int) -> _Kind:
    try:
        return kind(number)
    except ValueError:
        raise NotSupportedError(f"{kind.__name__} {number}") from None
