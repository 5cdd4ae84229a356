"""How a simulated chip is made, as values: what it offers, what it holds, who signs it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from crypto.emrtd.keys import Suite
from crypto.emrtd.lds import Ef
from drivers.simulator.card.contents import ActiveForm, CardTraits, Limits, Mapping
from drivers.simulator.faults import ChipFault
from drivers.simulator.issuer.authority import SignerKind, SignerMake
from drivers.simulator.issuer.faces import Face
from drivers.simulator.issuer.signing import KeyMake
from drivers.simulator.issuer.sod import USUAL, SodForm
from drivers.simulator.issuer.vietnam import Series
from drivers.simulator.issuer.zones import Zone

CITIZEN_CARD = (Ef.DG1, Ef.DG2, Ef.DG3, Ef.DG13, Ef.DG14, Ef.DG15)
"""The data groups of a Vietnamese card."""

PASSPORT = (Ef.DG1, Ef.DG2, Ef.DG3, Ef.DG7, Ef.DG11, Ef.DG12, Ef.DG14, Ef.DG15, Ef.DG16)
"""The data groups of a passport that has everything this program can read."""


_USUAL_FACE = Face()
_USUAL_SIGNATURE = ActiveForm()
_VIETNAMESE = CardTraits()
_LARGE_BUFFERS = Limits()


@dataclass(frozen=True, slots=True)
class PaceWay:
    """One way of PACE: ``parameters`` is the number of a standardised group (Doc 9303-11 table 10).

    ``suite`` None: that of the chip. ``own_number``: the chip describes the group itself and gives it this number.
    """

    mapping: Mapping = Mapping.GENERIC
    parameters: int = 13
    suite: Suite | None = None
    own_number: int | None = None


@dataclass(frozen=True, slots=True)
class CaMake:
    """One key for chip authentication, by its group: a curve such as ``brainpoolP256r1``, or ``DH-0`` to ``DH-2``.

    ``pkcs3``: a group of residues is described as PKCS #3 does. ``suite`` None: that of the chip.
    """

    group: str = "brainpoolP256r1"
    suite: Suite | None = None
    key_id: int | None = None
    pkcs3: bool = False


@dataclass(frozen=True, slots=True)
class AaMake:
    """A key for Active Authentication, ``RSA-1024`` or a curve such as ``P-256``, and how it signs."""

    kind: str
    form: ActiveForm = _USUAL_SIGNATURE


class AaKey(Enum):
    """The usual kinds of Active Authentication key."""

    EC = AaMake("brainpoolP256r1")
    RSA_1024 = AaMake("RSA-1024")
    RSA_2048 = AaMake("RSA-2048")


@dataclass(frozen=True, slots=True)
class Buffers:
    """What EF.ATR/INFO announces: the longest command and answer APDU in bytes, and extended length."""

    command: int
    answer: int
    extended: bool = True


@dataclass(frozen=True, slots=True)
class Make:
    """How a chip is made; the default is a Vietnamese card of 2021.

    ``suite`` serves PACE and chip authentication where they name none of their own. Without ``pace`` the chip knows
    only Basic Access Control. ``unlisted`` are groups that EF.COM does not name. ``limits`` are the chip's buffers,
    whatever ``announced`` says.
    """

    signer: SignerKind | KeyMake | SignerMake = SignerKind.BRAINPOOL
    sod: SodForm = USUAL
    groups: tuple[Ef, ...] = CITIZEN_CARD
    unlisted: frozenset[Ef] = frozenset()
    zone: Zone = Zone.TD1
    series: Series = Series.CARD_2021
    face: Face = _USUAL_FACE
    active: AaKey | AaMake | None = AaKey.EC
    chip: tuple[CaMake, ...] = (CaMake(),)
    pace: tuple[PaceWay, ...] = (PaceWay(),)
    bac: bool = True
    pin: bool = False
    suite: Suite = Suite.AES_128
    explicit_curves: bool = False
    announced: Buffers | None = None
    directory: bool = False
    traits: CardTraits = _VIETNAMESE
    limits: Limits = _LARGE_BUFFERS
    fault: ChipFault | None = None
