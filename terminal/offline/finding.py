"""Which ticket is meant by what was presented, and how it stands as far as a terminal alone can know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from crypto.codes import ticket as signed
from crypto.codes.ticket import TicketKey
from crypto.errors import ProofError
from crypto.id_number import IdNumber
from crypto.tickets.record import Marks, named_by_mark
from crypto.tickets.rules import Passing, Product, Refusal, Standing, TicketState, day_of, refusal
from terminal.offline.budget import Moment
from terminal.offline.snapshots import TicketData
from terminal.offline.uses import OwnUses
from terminal.ports import RedeemQuestion

_OF_TIME = frozenset({Refusal.WRONG_DAY, Refusal.NOT_YET})


@dataclass(frozen=True, slots=True)
class Meant:
    """A ticket: its name in the ledger, its mark, its product and how it stands now."""

    ticket: str
    mark: bytes
    product: Product
    state: TicketState


class Finder:
    """Looks tickets up. Its methods raise FaultError ``offline.write`` or ``offline.damaged``."""

    def __init__(self, data: TicketData, uses: OwnUses, marks: Marks, keys: Sequence[TicketKey]) -> None:
        self._data = data
        self._uses = uses
        self._marks = marks
        self._keys = keys

    def mark_of(self, ticket: str) -> bytes:
        """The mark of a ticket's number."""
        return self._marks.ticket(ticket)

    def find(self, question: RedeemQuestion, now: Moment) -> Meant | Refusal:
        """The ticket of a question, or why there is none."""
        if question.ticket:
            mark = self._marks.ticket(question.ticket)
            return self._known(question.ticket, mark) or self._proven(question, mark, now.at) or Refusal.UNKNOWN
        if question.holder is None:
            return Refusal.UNKNOWN
        return self._of_holder(question.holder, question, now)

    def _known(self, ticket: str, mark: bytes) -> Meant | None:
        known = self._data.find(mark)
        if known is None:
            return None
        return Meant(ticket, mark, known.product, self._uses.on_top(mark, known.state, known.product))

    def _proven(self, question: RedeemQuestion, mark: bytes, now: datetime) -> Meant | None:
        """A ticket that the data do not know: sold since, when it bears a signature that is accepted here and is of a
        known product. How often a multi-use one was sold to be used is not in it: once."""
        try:
            claims = signed.verify(question.secret or "", self._keys, now)
        except ProofError:
            return None
        product = self._data.product(claims.product)
        if product is None or (claims.event, claims.ticket_id) != (question.event, question.ticket):
            return None
        admits, uses = (1, claims.admits) if product.splits else (claims.admits, 1)
        fresh = TicketState(claims.not_before, claims.expires, admits=admits, max_uses=uses)
        return Meant(question.ticket, mark, product, self._uses.on_top(mark, fresh, product))

    def _of_holder(self, number: IdNumber, question: RedeemQuestion, now: Moment) -> Meant | Refusal:
        """The card's ticket of today: the only one, or the only one of them that admits, as on the server."""
        way = Passing(question.direction.value)
        found = sorted(self._data.of_holder(self._marks.holder(number.digits)))
        bound = [self._known(named_by_mark(mark), mark) for mark in found]
        today = [each for each in bound if each is not None and _is_of_today(each.state, now.at)]
        if way is Passing.EXIT:
            today = [each for each in today if each.state.inside][:1] or today[:1]
        if len(today) < 2:
            return today[0] if today else Refusal.HOLDER_UNKNOWN
        admitted = [each for each in today if against(each, question, now) is None]
        if len(admitted) > 1:
            return Refusal.AMBIGUOUS
        return admitted[0] if admitted else today[0]


def against(meant: Meant, question: RedeemQuestion, now: Moment) -> Refusal | None:
    """Why this ticket does not open this gate now; its first and last moments are its holder's while the clock is in
    doubt."""
    way = Passing(question.direction.value)
    for at in (now.at, now.at - now.doubt, now.at + now.doubt):
        why = refusal(meant.state, meant.product, question.gate, way, question.people, at)
        if why not in _OF_TIME:
            return why
    return refusal(meant.state, meant.product, question.gate, way, question.people, now.at)


def _is_of_today(state: TicketState, now: datetime) -> bool:
    if state.standing is not Standing.VALID or state.valid_to <= state.valid_from:
        return False
    return day_of(state.valid_from) <= day_of(now) and now < state.valid_to
