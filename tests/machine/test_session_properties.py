"""What holds after every sequence of events, whatever the order (ux §4, rules 1 to 6)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from terminal import events as on
from terminal.events import Button, Device, Step, Timer
from terminal.flow import effects as to
from terminal.flow.recognise import UselessCode
from terminal.flow.rules import Rules
from terminal.flow.session import TABLE, advance, trigger_of
from terminal.flow.states import State
from terminal.model import CheckName, Eligibility, IssuerTrust, Outcome, Photo, Redeemed, Word
from terminal.view import Desk, Screen
from tests.machine import worlds

CARDS = st.sampled_from(["card-a", "card-b"])
AGE = st.sampled_from([0, 0, 0, 0, -1])
WORDS = st.sampled_from(list(Word))
FAULTS = st.sampled_from(["card.lost", "card.locked", "card.malformed", "card.silent", "internal"])


@st.composite
def readings(draw: st.DrawFn) -> on.ReadDone:
    issuer = draw(st.sampled_from([IssuerTrust.TRUSTED, IssuerTrust.TRUSTED, *IssuerTrust]))
    words = draw(
        st.dictionaries(st.sampled_from(["signature", "hashes", "chip", "validity", "qr_match"]), WORDS, max_size=2)
    )
    return on.ReadDone(draw(AGE), worlds.reading(draw(st.integers(1, 3)), issuer, **words))


EVENTS = st.one_of(
    st.builds(on.CardPlaced, CARDS, st.just("reader")),
    st.builds(on.CardRemoved, CARDS),
    st.builds(worlds.seen, st.integers(1, 3), typed=st.booleans()),
    st.builds(worlds.ticket, st.integers(1, 3)),
    st.just(UselessCode("code.payment")),
    st.builds(on.Pressed, st.sampled_from(list(Button))),
    st.builds(on.Admitted, st.sampled_from([*on.REASONS, "because"])),
    st.builds(on.StepEntered, AGE, st.sampled_from(list(Step))),
    readings(),
    st.builds(on.PhotoRead, AGE, st.just(Photo(b"png"))),
    st.builds(on.PhotoLost, AGE),
    st.builds(on.ReadFailed, AGE, FAULTS),
    st.builds(on.Answered, AGE, st.builds(worlds.cover_answer, st.sampled_from(list(Eligibility)))),
    st.builds(
        on.Answered,
        AGE,
        st.builds(worlds.redeemed, st.sampled_from(list(Redeemed)), st.sampled_from(["used", "blocked"])),
    ),
    st.builds(on.AskFailed, AGE, st.sampled_from(["net.down", "net.timeout", "net.garbage"])),
    st.builds(on.RecordFailed, AGE, st.just("journal.write")),
    st.builds(on.DeviceUp, st.sampled_from(list(Device)), st.just("d")),
    st.builds(on.DeviceDown, st.sampled_from(list(Device)), st.sampled_from(["d", ""]), st.just("reader.absent")),
    st.builds(on.TimerFired, st.sampled_from(list(Timer)), st.sampled_from([0, 0, 0, -1])),
    st.builds(on.GateTurned, st.sampled_from(["boot-1", ""])),
    st.builds(on.GateBlocked, st.just("boot-1"), st.sampled_from(["gate.not_turned", "gate.absent"])),
    st.builds(on.AnnulFailed, st.just("boot-1"), st.just("net.down")),
    st.builds(on.CameraHint, st.sampled_from(["closer", ""])),
    st.builds(
        on.Rechecked, AGE, st.sampled_from([worlds.cover_answer(), worlds.cover_answer(Eligibility.NOT_ELIGIBLE)])
    ),
    st.builds(on.Synced, st.integers(0, 3), st.booleans()),
    st.builds(on.HandedOver, AGE, st.just("folder")),
    st.builds(on.HandOverFailed, AGE, st.just("folder"), st.just("handover.absent")),
    st.builds(on.HandOverLost, st.just("hl7")),
    st.builds(on.TasksChanged, st.integers(0, 3)),
    st.builds(on.SlipPrinted, AGE),
    st.builds(on.PrintFailed, AGE, st.just("printer.paper")),
    st.builds(on.SelfTested, st.sampled_from([(), (), ("journal.write",)]), st.sampled_from([(), ("net.down",)])),
)
"""Session and arming numbers are offsets here: 0 is the current one."""


def equipped(desk: Desk) -> Rules:
    """The desk's rules where it has everything that such a desk can have."""
    gate = desk is Desk.GATE
    return dataclasses.replace(worlds.rules(desk), gate=gate, prints=True, hands="" if gate else "pressed")


CARD_GATE = dataclasses.replace(worlds.rules(Desk.GATE), gate=True, people=True, cards=True)
"""A gate where an ID card may stand for the ticket that is bound to it."""


def current(event: object, state: State) -> object:
    if isinstance(event, on.TimerFired):
        return dataclasses.replace(event, arming=state.arming + event.arming)
    if hasattr(event, "session"):
        return dataclasses.replace(event, session=state.session + event.session)  # type: ignore[type-var]
    return event


def play(desk: Desk, script: list[object]) -> Iterator[tuple[State, object, State, tuple[to.Effect, ...]]]:
    rules = equipped(desk)
    state, _ = advance(State(), on.DeviceUp(Device.READER, "d"), rules)
    for raw in script:
        event = current(raw, state)
        after, effects = advance(state, event, rules)  # type: ignore[arg-type]
        yield state, event, after, effects
        state = after


def objects_in(value: object, seen: set[int] | None = None) -> Iterator[object]:
    seen = seen if seen is not None else set()
    if id(value) in seen:
        return
    seen.add(id(value))
    yield value
    if dataclasses.is_dataclass(value):
        for item in dataclasses.fields(value):
            yield from objects_in(getattr(value, item.name), seen)
    elif isinstance(value, tuple | frozenset | list):
        for part in value:
            yield from objects_in(part, seen)


SCRIPTS = st.lists(EVENTS, max_size=40)
DESKS = st.sampled_from(list(Desk))


@given(DESKS, SCRIPTS)
@settings(max_examples=400, deadline=None)
def test_each_state_with_a_case_has_a_running_life_clock(desk: Desk, script: list[object]) -> None:
    armed = -1
    for _, _, after, effects in play(desk, script):
        for effect in effects:
            if isinstance(effect, to.Arm) and effect.timer is Timer.LIFE:
                armed = effect.arming
        if after.case is not None:
            assert after.screen not in (Screen.IDLE, Screen.STARTING, Screen.OUT_OF_SERVICE)
            assert armed == after.arming


@given(DESKS, SCRIPTS)
@settings(max_examples=400, deadline=None)
def test_no_yes_without_each_demanded_check(desk: Desk, script: list[object]) -> None:
    for _, _, after, _ in play(desk, script):
        verdict = after.case.verdict if after.case else None
        if verdict is None or verdict.outcome is not Outcome.ALLOW:
            continue
        assert after.case is not None
        demands = {CheckName.TICKET, CheckName.SIGNATURE} if after.case.ticket else worlds.DEMANDS[desk]
        words = {check.name: check.word for check in verdict.checks}
        assert demands
        assert all(words[name] is Word.SUCCESSFUL for name in demands)


@given(st.sampled_from([frozenset(), worlds.IDENTITY]), SCRIPTS)
@settings(max_examples=400, deadline=None)
def test_a_card_opens_a_gate_only_with_the_server_s_yes_and_what_the_site_demands(
    identity: frozenset[CheckName], script: list[object]
) -> None:
    rules = dataclasses.replace(CARD_GATE, demands=identity)
    state, _ = advance(State(), on.DeviceUp(Device.READER, "d"), rules)
    for raw in script:
        state, effects = advance(state, current(raw, state), rules)  # type: ignore[arg-type]
        if not any(isinstance(effect, to.OpenGate) for effect in effects) or isinstance(raw, on.Admitted):
            continue
        assert state.case is not None
        assert state.case.verdict is not None
        words = {check.name: check.word for check in state.case.verdict.checks}
        assert words[CheckName.TICKET] is Word.SUCCESSFUL
        typed = {CheckName.SIGNATURE, CheckName.ISSUER} if state.case.method == "TYPED" else set()
        signed = {CheckName.SIGNATURE} if state.case.ticket else identity | typed
        assert all(words.get(name) is Word.SUCCESSFUL for name in signed)


@given(DESKS, SCRIPTS)
@settings(max_examples=400, deadline=None)
def test_a_machine_fault_is_neither_a_no_nor_a_yes(desk: Desk, script: list[object]) -> None:
    for _, _, after, _ in play(desk, script):
        verdict = after.case.verdict if after.case else None
        if verdict is not None and verdict.fault is not None:
            assert verdict.outcome in (Outcome.CANNOT_CHECK, Outcome.ATTENTION)


@given(DESKS, SCRIPTS)
@settings(max_examples=400, deadline=None)
def test_nothing_of_a_person_outlives_the_wipe(desk: Desk, script: list[object]) -> None:
    for before, event, after, effects in play(desk, script):
        if after.session == before.session:
            continue
        assert any(isinstance(effect, to.Wipe) for effect in effects)
        old = {id(value) for value in objects_in(before.case) if value is not None and dataclasses.is_dataclass(value)}
        old -= {id(value) for value in objects_in(event)}
        kept = {id(value) for value in objects_in(after)} | {id(v) for e in effects for v in objects_in(e)}
        assert not old & kept


@given(DESKS, SCRIPTS)
@settings(max_examples=300, deadline=None)
def test_stale_events_and_old_clocks_change_nothing(desk: Desk, script: list[object]) -> None:
    for before, event, after, effects in play(desk, script):
        stale = getattr(event, "session", before.session) != before.session
        late = isinstance(event, on.TimerFired) and event.arming != before.arming
        if stale or late:
            assert after == before
            assert effects == ()


@given(DESKS, SCRIPTS)
@settings(max_examples=400, deadline=None)
def test_every_move_is_in_the_table_and_shows_where_it_leads(desk: Desk, script: list[object]) -> None:
    for before, event, after, effects in play(desk, script):
        row = TABLE.get((before.screen, trigger_of(event)))  # type: ignore[arg-type]
        if row is None:
            assert after == before
            continue
        assert after.screen is before.screen or after.screen in row.leads_to
        shown = [effect.view for effect in effects if isinstance(effect, to.Show)]
        if after.screen is not before.screen:
            assert shown
            assert shown[-1].screen is after.screen
            assert shown[-1].session == after.session


@given(DESKS, SCRIPTS)
@settings(max_examples=400, deadline=None)
def test_every_result_is_recorded_before_it_is_shown_or_sounded(desk: Desk, script: list[object]) -> None:
    for before, event, after, effects in play(desk, script):
        verdict = after.case.verdict if after.case else None
        earlier = before.case.verdict if before.case and before.session == after.session else None
        if verdict is None or verdict is earlier or isinstance(event, on.RecordFailed):
            continue
        kinds = [type(effect) for effect in effects]
        assert kinds.index(to.Record) < kinds.index(to.Show)
        assert kinds.index(to.Record) < kinds.index(to.Play)


@given(DESKS, SCRIPTS)
@settings(max_examples=400, deadline=None)
def test_the_gate_opens_once_for_an_admission_that_is_written_down(desk: Desk, script: list[object]) -> None:
    opened: set[int] = set()
    for _, event, after, effects in play(desk, script):
        kinds = [type(effect) for effect in effects]
        if to.OpenGate not in kinds:
            continue
        assert desk is Desk.GATE
        assert kinds.index(to.Record) < kinds.index(to.OpenGate)
        record = next(effect for effect in effects if isinstance(effect, to.Record))
        assert record.verdict.outcome is Outcome.ALLOW or isinstance(event, on.Admitted)
        assert after.session not in opened
        opened.add(after.session)


@given(DESKS, SCRIPTS)
@settings(max_examples=300, deadline=None)
def test_only_a_gate_that_did_not_turn_gives_an_entry_back(desk: Desk, script: list[object]) -> None:
    for _, event, _, effects in play(desk, script):
        undone = [effect for effect in effects if isinstance(effect, to.Annul)]
        not_turned = isinstance(event, on.GateBlocked) and event.fault == "gate.not_turned"
        assert bool(undone) is not_turned


@given(DESKS, SCRIPTS)
@settings(max_examples=300, deadline=None)
def test_a_broken_desk_begins_with_nobody(desk: Desk, script: list[object]) -> None:
    for before, _, after, _ in play(desk, script):
        if after.broken and after.session != before.session:
            assert after.screen is Screen.OUT_OF_SERVICE


def wanderings() -> Iterator[tuple[Screen, object, Screen]]:
    """Where long seeded walks lead, over desks and over one desk that does everything."""
    import random

    everything = dataclasses.replace(worlds.rules(Desk.RECEPTION), tickets=True, queue=True, removal=0.0)
    chip_only = dataclasses.replace(worlds.rules(Desk.POLICE), tickets=True)
    chance = random.Random(2)
    pool = [
        *(on.CardPlaced(card, "r") for card in ("card-a", "card-b")),
        *(on.CardRemoved(card) for card in ("card-a", "card-b")),
        *(worlds.seen(n, typed=typed) for n in (1, 2) for typed in (True, False)),
        dataclasses.replace(worlds.seen(3), access=None),
        worlds.ticket(),
        dataclasses.replace(worlds.ticket(), ticket=None, refused="qr.bad"),
        UselessCode("code.link"),
        *(on.Pressed(button) for button in Button),
        on.Admitted("other"),
        on.StepEntered(0, Step.READ),
        on.ReadDone(0, worlds.reading()),
        on.PhotoRead(0, Photo(b"png")),
        on.PhotoLost(0),
        *(on.ReadFailed(0, fault) for fault in ("card.lost", "card.locked", "card.silent")),
        on.Answered(0, worlds.cover_answer()),
        on.AskFailed(0, "net.down"),
        on.RecordFailed(0, "journal.write"),
        *(on.DeviceUp(Device.READER, "d"),) * 3,
        *(on.ReadFailed(0, "card.lost"), on.CardPlaced("card-b", "r"), worlds.seen(1)) * 2,
        on.DeviceDown(Device.READER, "", "reader.absent"),
        on.DeviceDown(Device.BACKEND, "b", "net.down"),
        on.DeviceUp(Device.BACKEND, "b"),
        *(on.TimerFired(timer, 0) for timer in Timer),
        on.SelfTested(("journal.write",)),
        *(on.SelfTested(),) * 3,
        on.CameraHint("closer"),
        on.GateTurned(""),
        on.GateBlocked("boot-1", "gate.not_turned"),
        on.AnnulFailed("boot-1", "net.down"),
        on.SlipPrinted(0),
        on.PrintFailed(0, "printer.paper"),
        on.Rechecked(0, worlds.cover_answer()),
        on.Synced(2),
        on.HandedOver(0, "folder"),
        on.HandOverFailed(0, "folder", "handover.absent"),
        on.HandOverLost("hl7"),
        on.TasksChanged(1),
        on.Answered(0, worlds.redeemed()),
    ]
    for rules in (
        *map(equipped, Desk),
        CARD_GATE,
        everything,
        chip_only,
        dataclasses.replace(everything, tickets=False),
    ):
        state = State()
        for _ in range(30_000):
            event = current(chance.choice(pool), state)
            after, _ = advance(state, event, rules)  # type: ignore[arg-type]
            yield state.screen, trigger_of(event), after.screen  # type: ignore[arg-type]
            state = after if chance.random() > 0.002 else State()


def test_the_table_promises_nothing_that_cannot_happen() -> None:
    seen = set(wanderings())
    promised = {(screen, trigger, target) for (screen, trigger), row in TABLE.items() for target in row.leads_to}
    missing = sorted(f"{a.value} {b} {c.value}" for a, b, c in promised - seen)  # type: ignore[attr-defined]
    assert missing == []


def test_the_diagram_in_the_documents_is_the_tables() -> None:
    from pathlib import Path

    from terminal.flow.diagram import page

    assert Path("docs/state-machine.md").read_text("utf-8") == page()
