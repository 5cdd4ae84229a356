"""How a chip is opened: PACE in every variant that both sides know, BAC only where the chip has no such PACE.

ICAO Doc 9303-11 §4.2: a terminal uses PACE where the chip offers it. Falling back to BAC is therefore written down with
its reason, and never follows a refused password: the weaker protocol must not be where a wrong number gets another try.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from crypto.apdu import Channel
from crypto.emrtd import bac, files, pace
from crypto.emrtd.pace import ChipAuthenticationData
from crypto.emrtd.security_infos import PaceInfo, SecurityInfos, parse_security_infos
from crypto.errors import AccessRefusedError, ProofError, StatusError
from terminal.faults import FaultError
from terminal.model import Message
from terminal.proof.access import ChipAccess

Random = Callable[[int], bytes]

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class CardAccess:
    """EF.CardAccess as read (None: the chip has none), whether its short identifier led to it, and what it says."""

    raw: bytes | None = field(default=None, repr=False)
    by_short_id: bool | None = None
    infos: SecurityInfos | None = None
    why_not: Message | None = None
    """Why there is nothing to go by, when ``infos`` is None."""


@dataclass(frozen=True, slots=True)
class Opened:
    """How the chip was opened: ``protocol`` is ``PACE-CAN``, ``PACE-MRZ``, ``PACE-PIN`` or ``BAC``.

    ``variant`` names mapping, cipher and domain parameters; ``tried`` the variants that the chip named and then
    refused; ``why_bac`` the reason for the older protocol. ``mapping`` is what the chip gave to prove itself.
    """

    protocol: str
    variant: str = ""
    tried: tuple[str, ...] = ()
    why_bac: Message | None = None
    mapping: ChipAuthenticationData | None = field(default=None, repr=False)


UNOPENED = Opened("none")


def read_card_access(channel: Channel, *, by_short_id: bool) -> CardAccess:
    """What the chip says about opening it. A chip without (readable) EF.CardAccess speaks BAC."""
    try:
        raw, reached = files.read_card_access(channel, by_short_id=by_short_id)
    except StatusError:
        return CardAccess(why_not=Message("access.none"))
    except ProofError:
        return CardAccess(why_not=Message("access.unreadable"))
    try:
        return CardAccess(raw, reached, parse_security_infos(raw))
    except ProofError:
        return CardAccess(raw, reached, why_not=Message("access.unreadable"))


def differs_from_signed(offered: CardAccess, signed: SecurityInfos | None) -> bool:
    """Whether EF.CardAccess, which nothing signs, names other ways of PACE than the signed DG14 (Doc 9303-11 §9.2).

    Somebody may have led the terminal to a weaker way. DG14 of many chips does not repeat them, which says nothing.
    """
    if signed is None or not signed.pace:
        return False
    here = offered.infos.pace if offered.infos else ()
    return _ways(here) != _ways(signed.pace)


def _ways(infos: tuple[PaceInfo, ...]) -> set[tuple[str, int, int | None]]:
    return {(info.oid, info.version, info.parameter_id) for info in infos}


def open_chip(channel: Channel, offered: CardAccess, access: ChipAccess, random: Random) -> Opened:
    """Open the chip; the channel is secured afterwards. The application is selected before BAC, and not after PACE.

    Raises AccessRefusedError for a number that does not open it, FaultError ``card.unknown`` for a card of another
    kind, and other CardErrors and ProofErrors of a chip that does not keep to the protocol.
    """
    named = offered.infos.pace if offered.infos else ()
    refused: list[str] = []
    for info in pace.usable(named):
        try:
            opened = _open_pace(channel, info, access, random)
        except StatusError as error:
            if error.step != pace.TEMPLATE:
                raise
            refused.append(info.label)
            continue
        return replace(opened, tried=tuple(refused))
    select_application(channel)
    _try_each(access.mrz_information, lambda text: channel.secure(bac.establish(channel, text, random)))
    why = offered.why_not or _why_bac(named, refused)
    return Opened("BAC", tried=tuple(refused), why_bac=why)


def _why_bac(named: tuple[PaceInfo, ...], refused: list[str]) -> Message:
    if refused:
        return Message("access.refused")
    return Message("access.not_supported" if named else "access.none")


def _open_pace(channel: Channel, info: PaceInfo, access: ChipAccess, random: Random) -> Opened:
    def attempt(password: pace.Password) -> ChipAuthenticationData | None:
        result = pace.establish(channel, info, password, random)
        channel.secure(result.messaging)
        return result.chip_authentication

    if access.pin is not None:
        return Opened("PACE-PIN", info.label, mapping=attempt(pace.Password.pin(access.pin)))
    if access.can is not None:
        return Opened("PACE-CAN", info.label, mapping=attempt(pace.Password.can(access.can)))
    mapping = _try_each(access.mrz_information, lambda text: attempt(pace.Password.mrz(text)))
    return Opened("PACE-MRZ", info.label, mapping=mapping)


def select_application(channel: Channel) -> None:
    """Select the eMRTD application; raises FaultError ``card.unknown`` when the card has none."""
    try:
        files.select_application(channel)
    except StatusError as error:
        raise FaultError("card.unknown", str(error)) from error


def _try_each(texts: tuple[str, ...], attempt: Callable[[str], _Result]) -> _Result:
    refused = AccessRefusedError("the dates of birth and expiry are needed to open this chip")
    for text in texts:
        try:
            return attempt(text)
        except AccessRefusedError as error:
            refused = error
    raise refused
