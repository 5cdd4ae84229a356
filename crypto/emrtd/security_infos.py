"""What the chip says it can do: the SecurityInfos of EF.CardAccess and DG14 (ICAO 9303-11 §9.2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeVar

from crypto import der, tlv
from crypto.curves import Curve, Point
from crypto.emrtd import public_keys
from crypto.emrtd.keys import Suite
from crypto.emrtd.public_keys import EcKey
from crypto.errors import MalformedError, NotSupportedError
from crypto.tlv import Tlv

_PACE = "0.4.0.127.0.7.2.2.4."
_CHIP_AUTH = "0.4.0.127.0.7.2.2.3."
_CHIP_AUTH_KEY = "0.4.0.127.0.7.2.2.1."
_ACTIVE_AUTH = "2.23.136.1.1.5"
_DG14_TAG = 0x6E
_MAX_INFOS = 64

_Kind = TypeVar("_Kind", bound=Enum)


class Mapping(Enum):
    """How PACE makes a fresh generator, as the OID's last but one arc counts (§9.2.4)."""

    DH_GENERIC = 1
    ECDH_GENERIC = 2
    DH_INTEGRATED = 3
    ECDH_INTEGRATED = 4
    ECDH_CHIP_AUTHENTICATION = 6


@dataclass(frozen=True, slots=True)
class PaceInfo:
    """One way to run PACE."""

    oid: str
    version: int
    parameter_id: int | None
    ambiguous: bool = False
    """The chip names several sets of domain parameters, so that the terminal must say which it means."""

    @property
    def mapping(self) -> Mapping:
        """The mapping; raises NotSupportedError."""
        return _enum(Mapping, _arcs(self.oid, _PACE)[0])

    @property
    def suite(self) -> Suite:
        """The cipher of the session; raises NotSupportedError."""
        return _enum(Suite, _arcs(self.oid, _PACE)[1])


@dataclass(frozen=True, slots=True)
class ChipAuthInfo:
    """One way to run chip authentication; ``key_id`` tells several keys apart."""

    oid: str
    version: int
    key_id: int | None

    @property
    def suite(self) -> Suite:
        """The cipher of the session; raises NotSupportedError, also for other than elliptic curves."""
        agreement, cipher = _arcs(self.oid, _CHIP_AUTH)
        if agreement != 2:
            raise NotSupportedError("chip authentication without elliptic curves")
        return _enum(Suite, cipher)


@dataclass(frozen=True, slots=True)
class ChipAuthKey:
    """The chip's static public key for chip authentication."""

    curve: Curve
    point: Point
    key_id: int | None


@dataclass(frozen=True, slots=True)
class ActiveAuthInfo:
    """Which signature the chip makes in active authentication with an elliptic curve key."""

    signature_oid: str


@dataclass(frozen=True, slots=True)
class SecurityInfos:
    """All that was understood; ``unknown`` holds the OIDs of the rest, unsupported keys among them."""

    pace: tuple[PaceInfo, ...] = ()
    chip_auth: tuple[ChipAuthInfo, ...] = ()
    chip_auth_keys: tuple[ChipAuthKey, ...] = ()
    active_auth: ActiveAuthInfo | None = None
    unknown: tuple[str, ...] = ()


def parse_dg14(raw: bytes) -> SecurityInfos:
    """The SecurityInfos in DG14 (tag 6E); raises MalformedError."""
    return parse_security_infos(tlv.parse_one(raw, _DG14_TAG).value)


def parse_security_infos(raw: bytes) -> SecurityInfos:
    """The SecurityInfos in ``raw``, a SET as in EF.CardAccess; raises MalformedError."""
    infos = der.parts(tlv.parse_one(raw), der.SET)
    if len(infos) > _MAX_INFOS:
        raise MalformedError("security infos: too many")
    found = [_parse(der.parts(info)) for info in infos]
    pace = [info for info in found if isinstance(info, PaceInfo)]
    ambiguous = len({info.parameter_id for info in pace}) > 1
    return SecurityInfos(
        tuple(replace(info, ambiguous=ambiguous) for info in pace),
        tuple(info for info in found if isinstance(info, ChipAuthInfo)),
        tuple(info for info in found if isinstance(info, ChipAuthKey)),
        next((info for info in found if isinstance(info, ActiveAuthInfo)), None),
        tuple(info for info in found if isinstance(info, str)),
    )


def _parse(members: tuple[Tlv, ...]) -> PaceInfo | ChipAuthInfo | ChipAuthKey | ActiveAuthInfo | str:
    if not 2 <= len(members) <= 3:
        raise MalformedError("security info: two or three members are required")
    oid = der.identifier(members[0])
    optional = members[2] if len(members) == 3 else None
    if oid.startswith(_PACE) and _is_protocol(oid, _PACE):
        return PaceInfo(oid, der.unsigned(members[1]), _number(optional))
    if oid.startswith(_CHIP_AUTH) and _is_protocol(oid, _CHIP_AUTH):
        return ChipAuthInfo(oid, der.unsigned(members[1]), _number(optional))
    if oid.startswith(_CHIP_AUTH_KEY):
        return _parse_key(oid, members[1], _number(optional))
    if oid == _ACTIVE_AUTH:
        return ActiveAuthInfo(der.identifier(optional)) if optional else oid
    return oid


def _parse_key(oid: str, item: Tlv, key_id: int | None) -> ChipAuthKey | str:
    # A key of a kind that nobody here can use must not hide the infos beside it.
    try:
        key = public_keys.parse(item)
    except NotSupportedError:
        return oid
    return ChipAuthKey(key.curve, key.point, key_id) if isinstance(key, EcKey) else oid


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
