"""The terminal's own decision about a ticket, for the time in which no server answers (docs/offline.md).

It rests on what the server last told, on what this terminal did itself since, and on the rules that the server uses.
Whom it lets through is on the disk, as a line of the ledger, before the answer is given.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from crypto.tickets.body import LineBody, LineKind, Stamp
from crypto.tickets.rules import Passage, Passing, Refusal, after, day_of, left_of, passage
from terminal.faults import FaultError
from terminal.model import Direction, EligibilityAnswer, RedeemAnswer, Redeemed, Source
from terminal.offline.budget import Limits, Moment, Standing
from terminal.offline.finding import Finder, Meant, against
from terminal.offline.outbox import Outbox
from terminal.offline.uses import Kind, OwnUses, Teller, Use
from terminal.ports import AnnulQuestion, EligibilityQuestion, Health, RedeemQuestion

ANNUL_WITHIN = timedelta(minutes=15)
"""As long as a server takes an admission back (docs/protocol.md)."""

_FINAL = frozenset({"unknown", "cancelled", "blocked", "revoked", "unpaid", "used", "day_limit"})
"""A server's refusals that hold until it tells otherwise; the others are of one moment or one gate."""

_KINDS: dict[Direction, Kind] = {Direction.ENTRY: "entry", Direction.EXIT: "exit"}


class LocalTickets:
    """A `terminal.ports.Backend` that nobody has to reach. Any thread may ask; one decision is made at a time.

    Raises besides what a backend raises: ``offline.stale`` and ``offline.limit`` where the budget is used up,
    ``offline.write`` and ``offline.damaged`` where nothing can be kept: then nobody is let in.
    """

    simulated = False

    def __init__(self, outbox: Outbox, uses: OwnUses, finder: Finder, limits: Limits) -> None:
        self._outbox = outbox
        self._uses = uses
        self._finder = finder
        self._limits = limits

    def check(self, question: EligibilityQuestion, deadline: float) -> EligibilityAnswer:  # noqa: ARG002 - the port's
        """Only tickets are decided here: always raises ``net.down``."""
        raise FaultError("net.down", "only tickets are decided here")

    def health(self, deadline: float) -> Health:  # noqa: ARG002 - the port's
        """This terminal, and the time as it knows it."""
        return Health("local", self._limits.now().at)

    def redeem(self, question: RedeemQuestion, deadline: float) -> RedeemAnswer:
        """The one answer to this scan; an admission is on the disk when it is given. Raises FaultError."""
        if deadline <= 0:
            raise FaultError("net.timeout", "no time left to decide")
        with self._outbox.store.writing():
            given = self._uses.of(question.scan_id)
            if given is None or given.kind == "refused":
                return self._decide(question)
        if given.undone or given.answer is None:
            return _refused(Refusal.ANNULLED, question, self._limits.now(), Standing())
        asked = (question.event, question.gate, _KINDS[question.direction])
        if asked != (given.event, given.gate, given.kind) or question.ticket not in ("", given.ticket):
            raise FaultError("internal", "a scan's name was used for another question")
        return given.answer

    def annul(self, question: AnnulQuestion, deadline: float) -> None:
        """Take back that somebody was let through, whoever decided it: a line says so, and the server hears of it.
        Raises FaultError, also ``gate.not_annulled``."""
        if deadline <= 0:
            raise FaultError("net.timeout", "no time left to take back")
        with self._outbox.store.writing():
            given, now = self._uses.of(question.scan_id), self._limits.now()
            if given is None or given.kind == "refused":
                given = _buried(question, now)
                self._uses.keep(given, "ledger")
            elif given.undone:
                return
            elif now.newest - given.at > ANNUL_WITHIN:
                raise FaultError("gate.not_annulled", "too late")
            self._uses.undo(question.scan_id, line=True)
            self._outbox.append(_line(LineKind.ANNUL, given, now.stamp))

    def remember(self, question: RedeemQuestion, answer: RedeemAnswer) -> None:
        """Know a server's answer, so that no later decision here contradicts it. Raises FaultError."""
        entered = answer.result is Redeemed.ADMITTED
        if not entered and (answer.reason not in _FINAL or not question.ticket):
            return
        with self._outbox.store.writing():
            use = self._use_of(question, answer, self._limits.now())
            teller: Teller = "hub" if answer.source is Source.HUB else "server"
            self._uses.keep(use if entered else replace(use, kind="refused"), teller)

    def forget(self, scan_id: str) -> None:
        """A server has taken this admission back. Raises FaultError."""
        self._uses.undo(scan_id, line=False)

    def unlit(self, scan_id: str) -> None:
        """The program ended before this admission was lit: the line that is being written takes it back. Raises
        FaultError."""
        self._uses.undo(scan_id, line=True)

    def source_of(self, scan_id: str) -> Source | None:
        """Who let this scan through; None when nobody did, or it is not known here. Raises FaultError."""
        given = self._uses.of(scan_id)
        return given.answer.source if given and given.answer and given.kind != "refused" else None

    def _decide(self, question: RedeemQuestion) -> RedeemAnswer:
        now = self._limits.now()
        # Nobody is kept inside, however old the data are.
        out = question.direction is Direction.EXIT
        rests_on = self._limits.unlimited() if out else self._limits.allow(question.event, now)
        meant = self._finder.find(question, now)
        if isinstance(meant, Refusal):
            if not out:
                return self._told_no(question, now, rests_on) or _refused(meant, question, now, rests_on)
            return self._let_through(question, None, now, rests_on)
        if not out and (told := self._told_no(question, now, rests_on)) is not None:
            return told
        why = against(meant, question, now)
        if why is not None:
            return self._refused(why, meant, question, now, rests_on)
        return self._let_through(question, meant, now, rests_on)

    def _told_no(self, question: RedeemQuestion, now: Moment, rests_on: Standing) -> RedeemAnswer | None:
        """The server's refusal of this ticket, when it knew more than its data told: a no is final."""
        if not question.ticket:
            return None
        use = self._uses.last_refusal(self._finder.mark_of(question.ticket))
        if use is None or use.answer is None:
            return None
        if use.answer.reason == Refusal.DAY_LIMIT.value and use.passed.day != day_of(now.at):
            return None
        return replace(
            use.answer,
            answered_at=now.at,
            source=Source.LOCAL,
            as_of=use.at,
            near_limit=rests_on.near_limit,
            digests=None,
        )

    def _refused(
        self, why: Refusal, meant: Meant, question: RedeemQuestion, now: Moment, rests_on: Standing
    ) -> RedeemAnswer:
        answer = _refused(why, question, now, rests_on)
        first = self._uses.first_use(meant.mark) if why is Refusal.USED else None
        return answer if first is None else replace(answer, used_at=first.at, used_place=first.gate)

    def _let_through(
        self, question: RedeemQuestion, meant: Meant | None, now: Moment, rests_on: Standing
    ) -> RedeemAnswer:
        passed = _passage(question, meant, question.people, now)
        answer = RedeemAnswer(
            result=Redeemed.ADMITTED,
            reason="ok",
            answered_at=now.at,
            reference=_reference(question.scan_id),
            direction=question.direction,
            source=Source.LOCAL,
            as_of=rests_on.as_of,
            near_limit=rests_on.near_limit,
        )
        people = question.people
        if meant is not None:
            group = meant.product.splits
            people = passed.people if group else question.people
            answer = replace(
                answer,
                admits=f"{passed.people} {meant.product.audience}",
                people=passed.people if group else None,
                left=left_of(after(meant.state, meant.product, passed), meant.product),
                attention=meant.product.attention,
            )
        use = _use(question, answer, meant, passed, now)
        self._uses.keep(use, "ledger")
        self._outbox.append(_line(LineKind(use.kind), use, now.stamp, people))
        return answer

    def _use_of(self, question: RedeemQuestion, answer: RedeemAnswer, now: Moment) -> Use:
        """What a server's answer did, as far as it can be told from here."""
        found = self._finder.find(question, now)
        meant = found if isinstance(found, Meant) else None
        people = answer.people if answer.people is not None else question.people
        use = _use(question, answer, meant, _passage(question, meant, people, now), now)
        if meant is None and question.ticket:
            return replace(use, mark=self._finder.mark_of(question.ticket))
        return use


def _passage(question: RedeemQuestion, meant: Meant | None, people: int | None, now: Moment) -> Passage:
    way = Passing(question.direction.value)
    if meant is not None:
        return passage(meant.state, meant.product, way, people, now.at)
    passed = passage(None, None, way, people, now.at)
    return passed if way is Passing.EXIT else replace(passed, uses=passed.people)


def _use(question: RedeemQuestion, answer: RedeemAnswer, meant: Meant | None, passed: Passage, now: Moment) -> Use:
    return Use(
        question.scan_id,
        _KINDS[question.direction],
        question.event,
        meant.ticket if meant is not None else question.ticket,
        meant.mark if meant is not None else None,
        question.gate,
        now.at,
        passed,
        answer,
    )


def _buried(question: AnnulQuestion, now: Moment) -> Use:
    """A scan that nobody answered here: should it still come, it is refused."""
    nobody = Passage(Passing.ENTRY, day_of(now.at), 0)
    scan, ticket = question.scan_id, question.ticket
    return Use(scan, "buried", question.event, ticket, None, question.gate, now.at, nobody, undone=True)


def _refused(why: Refusal, question: RedeemQuestion, now: Moment, rests_on: Standing) -> RedeemAnswer:
    return RedeemAnswer(
        result=Redeemed.REFUSED,
        reason=why.value,
        answered_at=now.at,
        reference=_reference(question.scan_id),
        direction=question.direction,
        source=Source.LOCAL,
        as_of=rests_on.as_of,
        near_limit=rests_on.near_limit,
    )


def _line(kind: LineKind, use: Use, stamp: Stamp, people: int | None = None) -> LineBody:
    return LineBody(
        scan_id=use.scan_id,
        kind=kind,
        event=use.event,
        ticket=use.ticket or None,
        gate=use.gate,
        stamp=stamp,
        people=people,
    )


def _reference(scan_id: str) -> str:
    return f"L-{scan_id}"[:64]
