"""Moves from what was presented to what is shown: ask, decide, write down, open, hand on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from crypto.codes.ticket import Ticket
from terminal.events import Step
from terminal.flow.effects import (
    AskLater,
    AskPerson,
    AskTicket,
    Effect,
    HandOver,
    OpenGate,
    Play,
    PrintSlip,
    Record,
    Say,
    Use,
)
from terminal.flow.moves import Move, case_of, enter, notice, read, show, stepped, wiped, with_case
from terminal.flow.recognise import PersonSeen, TicketSeen
from terminal.flow.rules import Rules
from terminal.flow.states import Case, State
from terminal.flow.views import may_hand_over, result_of, view_of
from terminal.model import (
    CheckName,
    Direction,
    Eligibility,
    EligibilityAnswer,
    Message,
    Outcome,
    RedeemAnswer,
    Source,
    Verdict,
)
from terminal.proof.verdict import Facts, decide
from terminal.view import Cue, Desk, Screen

_YES = {Desk.RECEPTION: "ok.bhyt", Desk.GATE: "ok.ticket", Desk.POLICE: "ok.chip"}
_TICKET_DEMANDS = frozenset({CheckName.SIGNATURE, CheckName.TICKET})
_SECRET_DEMANDS = frozenset({CheckName.TICKET})
"""Of a ticket that its server alone knows: its word is all there is."""

_TYPED_DEMANDS = frozenset({CheckName.SIGNATURE, CheckName.HASHES, CheckName.ISSUER})
"""What stands for a ticket when its number was typed: anybody can type one, so the chip must bear it."""


def person(state: State, seen: PersonSeen, rules: Rules) -> Move:
    """A code or a typed number named a person: read the card that lies there, wait for it, or ask without it."""
    useful = rules.people and (seen.access is not None or rules.asks)  # an insurance code opens no chip
    if not useful:
        return notice(state, "code.not_here", rules)
    before = case_of(state)
    case = Case(
        method=seen.method,
        claimed=seen.person,
        access=seen.access,
        damaged=seen.damaged,
        simulated=seen.simulated or before.simulated,
        refused=before.refused,
    )
    state = replace(state, case=case, notice=None)
    if rules.cards:
        return read(state, rules) if holder_demands(case, rules) & _TYPED_DEMANDS else ask(state, rules)
    return ask(state, rules) if seen.access is None else read(state, rules)


def holder_demands(case: Case, rules: Rules) -> frozenset[CheckName]:
    """What must be proven of a card that stands for a ticket."""
    typed = _TYPED_DEMANDS if case.method == "TYPED" else frozenset()
    return rules.demands | typed | {CheckName.TICKET}


def ticket(state: State, seen: TicketSeen, rules: Rules) -> Move:
    """A ticket: redeem it, or say what its own signature and dates already refuse."""
    if not rules.tickets:
        return notice(state, "code.not_here", rules)
    state = replace(state, case=Case(method="TICKET", ticket=seen.ticket, simulated=seen.simulated), notice=None)
    if seen.ticket is None:
        verdict = Verdict(Outcome.STOP, Message(f"title.{seen.refused}"), Message(f"remedy.{seen.refused}"))
        return concluded(state, verdict, rules)
    return ask(state, rules)


# Asking and deciding -------------------------------------------------------------------------------------------------


def ask(state: State, rules: Rules) -> Move:
    """Ask the backend about the ticket or person of the case."""
    case = case_of(state)
    if rules.cards and case.reading is not None and _speaks_against(case, rules):
        return decided(state, rules)  # unasked: the use that would be spent is somebody else's
    state = stepped(state, Step.ASK)
    state = with_case(state, attempt=case.attempt + 1, answer=None, ask_fault=None, verdict=None)
    effect: Effect
    if case.ticket is not None or rules.cards:
        effect = AskTicket(state.session, case.ticket, case.holder)
    elif case.person is not None:
        effect = AskPerson(state.session, case.person, case.attempt + 1)
    else:
        return wiped(state, rules)
    return enter(state, Screen.CHECKING, rules, effect)


def decided(state: State, rules: Rules) -> Move:
    """The verdict on the case as it stands."""
    return concluded(state, decide(_facts(case_of(state), rules)), rules)


def _facts(case: Case, rules: Rules) -> Facts:
    out = isinstance(case.answer, RedeemAnswer) and case.answer.direction is Direction.EXIT
    return Facts(
        demands=_demands(case, rules),
        today=case_day(case),
        desk_title="ok.exit" if out else _YES[rules.desk],
        claimed=case.claimed,
        reading=case.reading,
        read_fault=case.read_fault,
        answer=case.answer,
        ask_fault=case.ask_fault,
        damaged=case.damaged,
        ticket=case.ticket is not None or rules.cards,
        signed=_is_signed(case.ticket),
    )


def _speaks_against(case: Case, rules: Rules) -> bool:
    """Whether a card that stands for a ticket fails by itself, whatever its ticket is worth."""
    facts = _facts(case, rules)
    card = replace(facts, demands=facts.demands - {CheckName.TICKET}, ticket=False)
    return decide(card).outcome is not Outcome.ALLOW


def _is_signed(ticket: Ticket | None) -> bool:
    return ticket is not None and (not ticket.secret or ticket.key_id != b"")


def _demands(case: Case, rules: Rules) -> frozenset[CheckName]:
    if case.ticket is not None:
        return _TICKET_DEMANDS if _is_signed(case.ticket) else _SECRET_DEMANDS
    return holder_demands(case, rules) if rules.cards else rules.demands


def case_day(case: Case) -> datetime | None:
    """The time that the backend's answer bears: the machine's own clock may be wrong."""
    return case.answer.answered_at if case.answer else None


def concluded(state: State, verdict: Verdict, rules: Rules, *, admitted: str | None = None) -> Move:
    """Record first, then show and sound: nothing turns green that is not written down."""
    state = with_case(state, verdict=verdict, step=None, handed=False)  # a later word is handed over too
    case = case_of(state)
    record = Record(
        session=state.session,
        verdict=verdict,
        method=case.method or "CHIP_CCCD",
        person=case.person,
        ticket=case.ticket.ticket_id if case.ticket else None,
        reference=case.answer.reference if isinstance(case.answer, EligibilityAnswer | RedeemAnswer) else None,
        simulated=case.simulated or bool(state.simulated_devices),
        admitted=admitted,
        reading=case.reading,
        answer=case.answer,
        ask_fault=case.ask_fault,
    )
    through = rules.gate and (verdict.outcome is Outcome.ALLOW or admitted is not None)
    use = Use(case.ticket) if isinstance(case.answer, RedeemAnswer) and admitted is None else None
    opening = (OpenGate(state.session, use),) if through else ()
    state, giving = _given_on(state, rules)
    state, effects = enter(state, Screen.RESULT, rules, record, *opening, *_asked_later(state, rules), *giving)
    return state, (*effects, Play(Cue.of(verdict)), Say(verdict.title))


def _asked_later(state: State, rules: Rules) -> tuple[Effect, ...]:
    """What was told about a person without the payer's word of today is asked again."""
    case = case_of(state)
    answer = case.answer
    if not rules.asks or case.person is None or not case.can_be_asked or isinstance(answer, RedeemAnswer):
        return ()
    sure = answer is not None and answer.source is Source.ONLINE and answer.state is not Eligibility.PENDING
    # A question that lacks something fails again; whoever was let in on it all the same is somebody's task.
    vain = case.ask_fault is None or (case.ask_fault == "net.question" and not case.admitted)
    never = answer is None and vain
    return () if sure or never else (AskLater(state.session, case.person, answer),)


def _given_on(state: State, rules: Rules) -> Move:
    """With the decision, where the site wants it so."""
    if rules.hands == "decided" and may_hand_over(state, rules):
        return hand_over(state, rules)
    return state, ()


def hand_over(state: State, rules: Rules) -> Move:
    """Give the result to the hospital's system; the button is gone until that fails."""
    result, case = result_of(state.case), case_of(state)
    if result is None:
        return state, ()
    state = with_case(state, handed=True)
    return state, (HandOver(state.session, case.method or "CHIP_CCCD", result, view_of(state, rules).simulated),)


def print_slip(state: State, rules: Rules) -> Move:
    """Print the slip of the result shown; the button waits until this one lies in the tray."""
    result = result_of(state.case)
    if result is None:
        return state, ()
    state, shown = show(with_case(replace(state, notice=None), printing=True), rules)
    return state, (PrintSlip(state.session, result, view_of(state, rules).simulated), *shown)


def unrecorded(state: State, fault: str, rules: Rules) -> Move:
    """The journal refused: whatever was decided, the answer is that this machine cannot check."""
    verdict = Verdict(
        Outcome.CANNOT_CHECK, Message(f"fault.{fault}.title"), Message(f"fault.{fault}.remedy"), fault=fault
    )
    state, effects = enter(with_case(state, verdict=verdict, admitted=False), Screen.RESULT, rules)
    return state, (*effects, Play(Cue.CANNOT_CHECK))


def admitted(state: State, reason: str, rules: Rules) -> Move:
    """Staff received or let in by hand: shown as what it is, never as a full yes."""
    before = case_of(state).verdict
    state = with_case(replace(state, notice=None), admitted=True)
    verdict = Verdict(
        Outcome.ATTENTION,
        Message("title.admitted"),
        Message(f"reason.{reason}"),
        before.notes if before else (),
        before.checks if before else (),
    )
    return concluded(state, verdict, rules, admitted=reason)
