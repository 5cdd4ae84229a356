"""The demo's table: ten exhibits of invented people, a reader (real daemon or double), a camera folder, a cable."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from types import MappingProxyType
from urllib.parse import urlsplit, urlunsplit

from drivers.simulator.cable import Cable, Line
from drivers.simulator.card.contents import Contents
from drivers.simulator.chip import Chip
from drivers.simulator.hand import Hand, VirtualHand
from drivers.simulator.inprocess import SimulatedReader
from drivers.simulator.issuer.authority import Authority
from drivers.simulator.people import PEOPLE
from drivers.simulator.personalise import personalise
from drivers.simulator.pictures import PictureFolder, draw_code
from drivers.simulator.presented import PresentedCard
from drivers.simulator.profiles import PROFILES
from terminal.ports import CardReader
from terminal.table import Exhibit, TableOptions

TICKET = "ticket"

_ORDER = (
    "insured",
    "expired",
    "uninsured",
    "cloned",
    "altered",
    "unknown-issuer",
    "swapped",
    "lifted",
    TICKET,
    "offline",
)
_CODE_OF = MappingProxyType({"swapped": "insured"})
"""Whose QR is shown where it is not the exhibit's own."""

_CODE_SECONDS = 3.0
"""A code is held up so long: a busy computer looks at it four times in that."""
_PORTS = MappingProxyType({"http": 80, "https": 443})


class DemoTable:
    """A ``terminal.table.Table``. Cards are made when first placed; nothing is written but the code's picture."""

    def __init__(self, options: TableOptions) -> None:
        self._options = options
        self._tickets = dict(options.tickets)
        self._authority = Authority(secrets.token_bytes(16))
        self._lock = threading.Lock()
        self._cards: dict[str, Contents] = {}
        self._pictures = PictureFolder(options.pictures, _CODE_SECONDS)
        self._reader: SimulatedReader | None = None
        self._hand: Hand
        if options.vpcd is None:
            self._hand = self._reader = SimulatedReader()
        else:
            self._hand = VirtualHand(options.vpcd)
        self._cable, self._network_url = _plug(options.upstream)

    @property
    def network_url(self) -> str:
        """The terminal's end of the network cable."""
        return self._network_url

    @property
    def reader(self) -> CardReader | None:
        """The in-process reader, when the table was given no virtual one."""
        return self._reader

    @property
    def issuer(self) -> bytes:
        """The invented root certificate (CSCA), DER; its subject says SIMULATED."""
        return self._authority.root

    def exhibits(self) -> Sequence[Exhibit]:
        """The ten, in the demo's order."""
        return tuple(_exhibit(code) for code in _ORDER)

    def show_code(self, code: str) -> None:
        """Hold the exhibit's QR in front of the camera for two seconds. Raises KeyError for what has no code."""
        self._pictures.show(draw_code(self._payload(code)))

    def place(self, code: str) -> None:
        """Lay the exhibit's card down, in the place of another.

        Raises KeyError for what is no card, FaultError ``reader.service`` when no virtual reader listens.
        """
        with self._lock:
            contents = self._card(code)
        self._hand.place(PresentedCard(Chip(contents)))

    def lift(self, *, after_apdus: int | None = None) -> None:
        """Take the card off, now or after so many more APDUs; nothing happens without one."""
        self._hand.lift(after_apdus or 0)

    def cut_network(self, cut: bool) -> None:
        """Pull (or plug) the network: running connections are reset, new ones refused."""
        self._cable.set(Line.CUT if cut else Line.WHOLE)

    def close(self) -> None:
        """Clear the table."""
        self.lift()
        self._pictures.clear()
        self._cable.close()

    def _payload(self, code: str) -> bytes:
        if code in self._tickets:
            return self._tickets[code].encode()
        return PEOPLE[_CODE_OF.get(code, code)].card_qr()

    def _card(self, code: str) -> Contents:
        if code not in self._cards:
            person = PEOPLE[code]
            self._cards[code] = personalise(person, PROFILES[code].make, self._authority)
        return self._cards[code]


def build(options: TableOptions) -> DemoTable:
    """The entry point ``tram.table``."""
    return DemoTable(options)


def _exhibit(code: str) -> Exhibit:
    if code == TICKET:
        return Exhibit(code, "Vé tham quan", "Vé có chữ ký: lần đầu được vào, lần sau bị từ chối", card=False)
    return Exhibit(code, PEOPLE[code].printed_name, PEOPLE[code].what)


def _plug(upstream: str) -> tuple[Cable, str]:
    """A cable in front of the backend at that URL, and the URL of the cable's other end."""
    parts = urlsplit(upstream)
    if parts.hostname is None or parts.scheme not in _PORTS:
        raise ValueError("the upstream of the table is no http or https URL")
    cable = Cable((parts.hostname, parts.port or _PORTS[parts.scheme]))
    return cable, urlunsplit(parts._replace(netloc=f"127.0.0.1:{cable.port}"))
