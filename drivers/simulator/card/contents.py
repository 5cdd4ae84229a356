"""What a chip holds, what it offers, and how it refuses."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from enum import Enum

from crypto import der
from crypto.curves import Curve
from crypto.dh import DhGroup
from crypto.emrtd.keys import Suite
from crypto.emrtd.lds import Ef
from drivers.simulator.private_keys import AgreementKey, EcPrivate, PrivateKey

SW_AUTHENTICATION_FAILED = 0x6300
SW_BLOCKED = 0x6983
SW_CONDITIONS = 0x6985
SW_OBJECTS_MISSING = 0x6987
SW_OBJECTS_WRONG = 0x6988
SW_WRONG_DATA = 0x6A80
SW_WRONG_PARAMETERS = 0x6A86
SW_REFERENCE_UNKNOWN = 0x6A88
SW_UNKNOWN_INSTRUCTION = 0x6D00
SW_UNKNOWN_CLASS = 0x6E00

_PACE = "0.4.0.127.0.7.2.2.4"
_CHIP_AUTHENTICATION = "0.4.0.127.0.7.2.2.3"


class RefusedError(Exception):
    """The card ends a command with this status word and no data."""

    def __init__(self, sw: int) -> None:
        super().__init__(f"{sw:04X}")
        self.sw = sw


class Mapping(Enum):
    """How the nonce becomes a generator (Doc 9303-11 §4.4.3.3); the value is the OID's arc for DH, then for ECDH."""

    GENERIC = (1, 2)
    INTEGRATED = (3, 4)
    CHIP_AUTHENTICATION = (5, 6)


@dataclass(frozen=True, slots=True)
class PaceOffer:
    """One way of PACE that a chip offers.

    ``parameter_id``: by which number the terminal may name the group. ``key``: the static key whose knowledge the chip
    shows in the chip authentication mapping, on the same curve.
    """

    suite: Suite
    group: Curve | DhGroup
    parameter_id: int
    mapping: Mapping = Mapping.GENERIC
    key: EcPrivate | None = field(default=None, repr=False)

    @property
    def oid(self) -> str:
        """The protocol's object identifier (§9.2.1)."""
        return f"{_PACE}.{self.mapping.value[0 if isinstance(self.group, DhGroup) else 1]}.{self.suite.value}"

    @property
    def oid_bytes(self) -> bytes:
        """Its content bytes."""
        return der.encode_identifier(self.oid)


@dataclass(frozen=True, slots=True)
class ChipAuthenticationOffer:
    """A static key of the chip, the suite it is used with, and its number when there are several."""

    suite: Suite
    key: AgreementKey = field(repr=False)
    key_id: int | None = None

    @property
    def oid(self) -> str:
        """The protocol's object identifier (§9.2.2): id-CA-DH or id-CA-ECDH."""
        return f"{_CHIP_AUTHENTICATION}.{2 if isinstance(self.key, EcPrivate) else 1}.{self.suite.value}"

    @property
    def oid_bytes(self) -> bytes:
        """Its content bytes."""
        return der.encode_identifier(self.oid)


@dataclass(frozen=True, slots=True)
class ActiveForm:
    """How a chip signs in Active Authentication.

    ``digest``: hashlib's name; None: SHA-1 with RSA keys under 2048 bits, else SHA-256. ``two_byte_trailer``: SHA-1 is
    announced by 33CC, not by BC (ISO/IEC 9796-2). ``der``: ECDSA signatures are a SEQUENCE, not r and s side by side.
    """

    digest: str | None = None
    two_byte_trailer: bool = False
    der: bool = False


@dataclass(frozen=True, slots=True)
class CardTraits:
    """What chips do differently where the standard leaves room or is not kept.

    ``master_file``: the status word of SELECT MF; Vietnamese cards do not know it at all (several reader projects met
    6D00). ``by_short_name``: READ BINARY takes short file identifiers. ``by_name``: SELECT takes file identifiers.
    """

    master_file: int = SW_UNKNOWN_INSTRUCTION
    by_short_name: bool = True
    by_name: bool = True


@dataclass(frozen=True, slots=True)
class Limits:
    """What the chip's buffers allow: extended length at all, bytes of one response's data and of one command APDU."""

    extended: bool = True
    response: int = 65_533
    command: int = 65_544


@dataclass(frozen=True, slots=True)
class Contents:
    """Files, passwords and private keys of one chip. ``locked`` files exist but are never readable here."""

    files: MappingOf[Ef, bytes] = field(repr=False)
    mrz_information: str = field(repr=False)
    can: str = field(repr=False)
    pin: str | None = field(default=None, repr=False)
    locked: frozenset[Ef] = frozenset()
    pace: tuple[PaceOffer, ...] = ()
    bac: bool = True
    chip: tuple[ChipAuthenticationOffer, ...] = ()
    active_key: PrivateKey | None = field(default=None, repr=False)
    active_form: ActiveForm = ActiveForm()
    traits: CardTraits = CardTraits()
    limits: Limits = Limits()
