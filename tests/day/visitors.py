"""Who comes: 2,000 visitors and a few fraudsters, what each of them carries, and who shows what at which gate when.

Everything follows from one seed; only who is faster than whom within a stretch of the day does not.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from backend.signing import signed
from backend.tickets.sold import SoldTicket
from crypto.tickets.rules import Product

EVENT, OTHER_EVENT = "le-hoi", "le-hoi-khac"
ENTRY_ALL, ENTRY_ONE, EXIT = 0, 1, 2
GATES = ("cong-1", "cong-2", "cong-3")
"""The first lets a whole group in with one scan, the second one person a scan, the third leads out."""

PRODUCTS = (
    Product(EVENT, "le", "người lớn"),
    Product(EVENT, "doan", "khách đoàn", splits=True),
    Product(EVENT, "ngay", "người lớn", per_day=1, reentry=True),
)
GROUP = 4


class Who(Enum):
    """What somebody is up to. STAYS_OUT: admitted, and does not go through."""

    HONEST = "honest"
    STAYS_OUT = "stays out"
    COPIED = "copied"
    REPLAYED = "replayed"
    ONE_MORE = "one more of a group"
    FORGED = "forged"
    REVOKED = "revoked"
    EXPIRED = "expired"
    FOREIGN = "for another event"


NEVER = frozenset({Who.FORGED, Who.EXPIRED, Who.FOREIGN})
"""Nobody of these may come in, whatever is cut."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody shows ``code`` at a gate. ``ticket``: the one that it stands for."""

    n: int
    gate: int
    ticket: str
    code: str = field(repr=False)
    who: Who = Who.HONEST

    @property
    def walks(self) -> bool:
        """Whether they go through when they may."""
        return self.who is not Who.STAYS_OUT


@dataclass(slots=True)
class Day:
    """``stretches``: what is shown in each stretch of the day, gate by gate in order. ``sold``: the tickets on sale
    when it begins; ``late`` and ``revoked``: those sold and revoked when a stretch begins. ``cards``: number and
    ticket."""

    stretches: list[tuple[list[Visit], ...]]
    sold: list[SoldTicket] = field(default_factory=list)
    late: dict[int, list[SoldTicket]] = field(default_factory=dict)
    revoked: dict[int, list[str]] = field(default_factory=dict)
    cards: dict[str, str] = field(default_factory=dict)

    def visits(self) -> Iterator[Visit]:
        """All of them."""
        return (visit for stretch in self.stretches for gate in stretch for visit in gate)


@dataclass(frozen=True, slots=True)
class Amounts:
    """How many of each kind come."""

    single: int = 1266
    passes: int = 250
    groups: int = 60
    cards: int = 50
    late: int = 90
    stay_out: int = 12
    leaving: int = 250
    copied: int = 24
    replayed: int = 16
    one_more: int = 8
    forged: int = 8
    revoked: int = 12
    expired: int = 6
    foreign: int = 6

    @property
    def people(self) -> int:
        """All of them together; whoever comes with somebody else's ticket is a person too."""
        honest = self.single + self.passes + self.groups * GROUP + self.cards + self.late
        others = self.copied * 2 + self.replayed + self.one_more + self.forged + self.revoked
        return honest + others + self.expired + self.foreign


class Planner:
    """Makes a day. ``offline``: the stretches in which no terminal reaches anybody; ``slow``: those in which few come,
    because each waits for somebody who does not answer."""

    def __init__(
        self,
        seed: int,
        begins: datetime,
        key: Ed25519PrivateKey,
        stretches: int,
        offline: Sequence[int],
        slow: Sequence[int],
    ) -> None:
        self._chance = random.Random(seed)
        self._key = key
        self._forger = Ed25519PrivateKey.generate()
        self._valid = (begins, begins + timedelta(days=2))
        self._count = self._number = 0
        self._last = stretches - 1
        self._offline, self._slow = tuple(offline), frozenset(slow)
        self.day = Day([([], [], []) for _ in range(stretches)])

    def plan(self, amounts: Amounts) -> Day:
        """The whole day; within a stretch everybody comes in a random order."""
        self._singles(amounts)
        self._passes(amounts.passes)
        self._groups(amounts)
        self._cards(amounts.cards)
        self._late(amounts.late)
        self._frauds(amounts)
        for stretch in self.day.stretches:
            for gate in stretch:
                self._chance.shuffle(gate)
        return self.day

    # Honest people

    def _singles(self, amounts: Amounts) -> None:
        for count in range(amounts.single):
            ticket = self._sell("le")
            out = count < amounts.leaving
            at = self._stretch(most=self._last - 2 if out else self._last)
            who = Who.STAYS_OUT if amounts.leaving <= count < amounts.leaving + amounts.stay_out else Who.HONEST
            self._show(at, self._entry(), ticket, who)
            if out:
                self._show(self._stretch(at + 1), EXIT, ticket)

    def _passes(self, amount: int) -> None:
        for _ in range(amount):
            ticket = self._sell("ngay")
            first = self._stretch(most=self._last - 6)
            left = self._stretch(first + 2, self._last - 2)
            self._show(first, self._entry(), ticket)
            self._show(left, EXIT, ticket)
            self._show(self._stretch(left + 2), self._entry(), ticket)

    def _groups(self, amounts: Amounts) -> None:
        for count in range(amounts.groups):
            ticket = self._sell("doan", uses=GROUP)
            at, one_by_one = self._stretch(most=self._last - 2), count % 2
            for _ in range(GROUP if one_by_one else 1):
                self._show(at, ENTRY_ONE if one_by_one else ENTRY_ALL, ticket)
            if count < amounts.one_more:
                self._show(self._stretch(at + 1), ENTRY_ONE, ticket, Who.ONE_MORE)

    def _cards(self, amount: int) -> None:
        for count in range(amount):
            ticket = self._sell("le")
            number = f"003090{700000 + count:06}"
            self.day.cards[number] = ticket.ticket
            code = f"{number}||Nguyễn Văn Mẫu|20111990|Nam|Số 1 Đường Thử, Hà Nội|15072021"
            self._add(self._stretch(), self._entry(), ticket.ticket, code, Who.HONEST)

    def _late(self, amount: int) -> None:
        for _ in range(amount):
            at = self._stretch(2)
            ticket = self._new("le")
            self.day.late.setdefault(at, []).append(ticket)
            self._show(at, self._entry(), ticket)

    # The others

    def _frauds(self, amounts: Amounts) -> None:
        for count in range(amounts.copied):
            # Every second one while both gates are cut off from everybody.
            at = self._chance.choice(self._offline) if count % 2 else self._stretch()
            ticket = self._sell("le")
            self._show(at, ENTRY_ALL, ticket)
            self._show(at, ENTRY_ONE, ticket, Who.COPIED)
        used = [visit for visit in self.day.visits() if visit.who is Who.HONEST and visit.ticket.startswith("LE")]
        for visit in self._chance.sample(used, amounts.replayed):
            after = next(at for at, gates in enumerate(self.day.stretches) if any(visit in gate for gate in gates)) + 1
            replay = replace(visit, gate=self._entry())
            self._add(self._stretch(min(after, self._last)), replay.gate, replay.ticket, replay.code, Who.REPLAYED)
        self._useless(amounts)
        for count in range(amounts.revoked):
            ticket = self._sell("le")
            told = count % 3  # two of three are revoked in good time, the third while nobody can be told
            at = self._stretch(4) if told else self._chance.choice(self._offline)
            self.day.revoked.setdefault(at - 2 if told else at, []).append(ticket.ticket)
            self._show(at, self._entry(), ticket, Who.REVOKED)

    def _useless(self, amounts: Amounts) -> None:
        begins, ends = self._valid
        for _ in range(amounts.forged):
            ticket = self._new("le")
            self._add(self._stretch(), self._entry(), ticket.ticket, signed(ticket, "tram", self._forger), Who.FORGED)
        for _ in range(amounts.expired):
            over = timedelta(days=7)
            self._show(
                self._stretch(), self._entry(), self._sell("le", times=(begins - over, ends - over)), Who.EXPIRED
            )
        for _ in range(amounts.foreign):
            self._show(self._stretch(), self._entry(), replace(self._new("le"), event=OTHER_EVENT), Who.FOREIGN)

    # Parts

    def _new(self, product: str, uses: int = 1, times: tuple[datetime, datetime] | None = None) -> SoldTicket:
        self._count += 1
        begins, ends = times or self._valid
        name = f"{product.upper()}-{self._count:05}"
        return SoldTicket(EVENT, name, product, 1, begins, ends, max_uses=uses)

    def _sell(self, product: str, uses: int = 1, times: tuple[datetime, datetime] | None = None) -> SoldTicket:
        ticket = self._new(product, uses, times)
        self.day.sold.append(ticket)
        return ticket

    def _show(self, at: int, gate: int, ticket: SoldTicket, who: Who = Who.HONEST) -> None:
        claims = replace(ticket, admits=ticket.max_uses)
        self._add(at, gate, ticket.ticket, signed(claims, "tram", self._key), who)

    def _add(self, at: int, gate: int, ticket: str, code: str, who: Who) -> None:
        self._number += 1
        self.day.stretches[at][gate].append(Visit(self._number, gate, ticket, code, who))

    def _entry(self) -> int:
        return self._chance.choice((ENTRY_ALL, ENTRY_ONE))

    def _stretch(self, least: int = 0, most: int | None = None) -> int:
        found = self._chance.randint(least, self._last if most is None else most)
        return self._chance.randint(least, self._last if most is None else most) if found in self._slow else found
