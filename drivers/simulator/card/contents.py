"""What a chip holds, and how it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crypto.emrtd.keys import Suite
from crypto.emrtd.lds import Ef
from drivers.simulator.private_keys import EcPrivate, PrivateKey

SW_AUTHENTICATION_FAILED = 0x6300
SW_CONDITIONS = 0x6985
SW_OBJECTS_MISSING = 0x6987
SW_OBJECTS_WRONG = 0x6988
SW_WRONG_DATA = 0x6A80
SW_WRONG_PARAMETERS = 0x6A86
SW_REFERENCE_UNKNOWN = 0x6A88
SW_UNKNOWN_INSTRUCTION = 0x6D00
SW_UNKNOWN_CLASS = 0x6E00


class RefusedError(Exception):
    """The card ends a command with this status word and no data."""

    def __init__(self, sw: int) -> None:
        super().__init__(f"{sw:04X}")
        self.sw = sw


@dataclass(frozen=True, slots=True)
class PaceOffer:
    """The one way of PACE that a chip offers: the OID's content bytes, the suite and the domain parameter id."""

    oid: bytes
    suite: Suite
    parameter_id: int


@dataclass(frozen=True, slots=True)
class ChipAuthenticationOffer:
    """The chip's static key agreement key and the OID (content bytes) and suite it is used with."""

    oid: bytes
    suite: Suite
    key: EcPrivate = field(repr=False)


@dataclass(frozen=True, slots=True)
class Contents:
    """Files, passwords and private keys of one chip. ``locked`` files exist but are never readable here."""

    files: Mapping[Ef, bytes] = field(repr=False)
    mrz_information: str = field(repr=False)
    can: str = field(repr=False)
    locked: frozenset[Ef] = frozenset()
    pace: PaceOffer | None = None
    chip: ChipAuthenticationOffer | None = None
    active_key: PrivateKey | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Limits:
    """What the chip's input and output buffers allow: extended length at all, and bytes of one response's data."""

    extended: bool = True
    response: int = 65_533
