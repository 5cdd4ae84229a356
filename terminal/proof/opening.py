"""How a chip is opened: PACE in every variant that both sides know, BAC only where the chip has no such PACE.

ICAO Doc 9303-11 §4.2: a terminal uses PACE where the chip offers it. Falling back to BAC is therefore written down with
its reason, and never follows a refused password: the weaker protocol must not be where a wrong number gets another try.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from crypto.apdu import Channel
from crypto.emrtd import bac, files, pace
from crypto.emrtd.security_infos import PaceInfo, SecurityInfos, parse_security_infos
from crypto.errors import AccessRefusedError, NotSupportedError, ProofError, StatusError
from terminal.faults import FaultError
from terminal.model import Message
from terminal.proof.access import ChipAccess

Random = Callable[[int], bytes]


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
    """How the chip was opened: ``protocol`` is ``PACE-CAN``, ``PACE-MRZ`` or ``BAC``.

    ``variant`` names mapping, cipher and domain parameters; ``tried`` the variants that did not come about before;
    ``why_bac`` the reason for the older protocol.
    """

    protocol: str
    variant: str = ""
    tried: tuple[str, ...] = ()
    why_bac: Message | None = None


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


def open_chip(channel: Channel, offered: CardAccess, access: ChipAccess, random: Random) -> Opened:
    """Open the chip and select its application; the channel is secured afterwards.

    Raises AccessRefusedError for a number that does not open it, FaultError ``card.unknown`` for a card of another
    kind, and other CardErrors.
    """
    tried: list[str] = []
    for info in offered.infos.pace if offered.infos else ():
        try:
            protocol = _open_pace(channel, info, access, random)
        except NotSupportedError:
            tried.append(info.oid)
            continue
        _select_application(channel)
        return Opened(protocol, info.oid, tuple(tried))
    _select_application(channel)
    _try_each(access.mrz_information, lambda text: channel.secure(bac.establish(channel, text, random)))
    why = offered.why_not or Message("access.not_supported" if tried else "access.none")
    return Opened("BAC", tried=tuple(tried), why_bac=why)


def _open_pace(channel: Channel, info: PaceInfo, access: ChipAccess, random: Random) -> str:
    def attempt(password: pace.Password) -> None:
        channel.secure(pace.establish(channel, info, password, random).messaging)

    if access.can is not None:
        attempt(pace.Password.can(access.can))
        return "PACE-CAN"
    _try_each(access.mrz_information, lambda text: attempt(pace.Password.mrz(text)))
    return "PACE-MRZ"


def _select_application(channel: Channel) -> None:
    try:
        files.select_application(channel)
    except StatusError as error:
        raise FaultError("card.unknown", str(error)) from error


def _try_each(texts: tuple[str, ...], attempt: Callable[[str], None]) -> None:
    refused = AccessRefusedError("the dates of birth and expiry are needed to open this chip")
    for text in texts:
        try:
            attempt(text)
        except AccessRefusedError as error:
            refused = error
        else:
            return
    raise refused
