"""From a state to what is shown. Pure; no word and no pixel is decided here, only keys."""

from __future__ import annotations

from terminal.events import Button, Device
from terminal.flow.limited import still_works
from terminal.flow.rules import Rules
from terminal.flow.states import Case, State
from terminal.model import Message, Outcome, RedeemAnswer
from terminal.view import CodesBy, Desk, Result, Screen, View

MRZ_AFTER = 1
"""How many refused numbers before the dates are asked for as well."""

_LOOKING = (Screen.IDLE, Screen.ASK_NUMBER, Screen.PLACE_CARD)
"""The screens on which somebody may be holding a code up to the camera."""

_IDLE_TITLES = {Desk.RECEPTION: "title.idle.card", Desk.GATE: "title.idle.gate", Desk.POLICE: "title.idle.police"}


def view_of(state: State, rules: Rules) -> View:
    """The screen for ``state``."""
    title, hint = _words(state, rules)
    case = state.case
    return View(
        screen=state.screen,
        session=state.session,
        title=title,
        hint=state.notice or hint,
        step=case.step if case else None,
        done=case.done if case else (),
        slow=state.slow,
        result=result_of(case) if state.screen is Screen.RESULT else None,
        actions=_actions(state, rules),
        life=life_of(state, rules),
        warn=rules.times.warn,
        simulated=bool(state.simulated_devices) or bool(case and case.simulated),
        online=state.online,
        faults=_faults(state),
        camera_hint=_camera_hint(state),
        held=state.held,
        entered=state.arming,
        queued=state.queued,
        tasks=state.tasks,
        works=_works(state, rules),
        codes_by=_codes_come_by(state),
    )


def result_of(case: Case | None) -> Result | None:
    """What may be shown (and printed) of a case that is decided."""
    if case is None or case.verdict is None:
        return None
    return Result(case.verdict, case.person, case.photo, case.answer, photo_lost=case.photo_lost)


def _words(state: State, rules: Rules) -> tuple[Message, Message | None]:
    screen, case = state.screen, state.case
    if screen is Screen.RESULT and case and case.verdict:
        return case.verdict.title, _by_hand(state, case, rules) or case.verdict.remedy
    if screen is Screen.RETRY and case:
        other = case.read_fault == "card.other"
        key = "retry.other" if other else "retry.removed" if case.lost < 2 else "retry.weak"
        if key == "retry.weak" and state.plugged_in:
            key = "retry.slot"
        return Message(f"title.{key}"), Message(f"remedy.{key}")
    if screen is Screen.ASK_NUMBER:
        return _ask_words(case)
    if screen in (Screen.IDLE, Screen.OUT_OF_SERVICE) and state.held:
        return Message("title.gate_held"), Message("remedy.gate_held")
    if screen is Screen.OUT_OF_SERVICE:
        return Message("title.oos"), _why_out(state)
    if screen is Screen.PLACE_CARD and _is_away(state, Device.READER):
        remedy = "remedy.qr.no_reader" if rules.asks else "fault.reader.absent.remedy"
        return Message("title.qr.no_reader"), Message(remedy)
    simple = {
        Screen.STARTING: (Message("title.starting"), None),
        Screen.IDLE: (Message(_IDLE_TITLES[rules.desk]), None),
        Screen.PLACE_CARD: (Message("title.qr.then_card"), Message("remedy.qr.then_card")),
        Screen.READING: (Message("title.sensed"), Message("title.reading.slow") if state.slow else None),
        Screen.CHECKING: (Message("step.ask"), None),
    }
    return simple[screen]


def _by_hand(state: State, case: Case, rules: Rules) -> Message | None:
    """A gate whose board is away opens for nobody: staff must, and are told with the yes."""
    through = case.admitted or (case.verdict is not None and case.verdict.outcome is Outcome.ALLOW)
    if rules.gate and through and not state.held and _is_away(state, Device.GATE):
        return Message("fault.gate.absent.remedy")
    return None


def _is_away(state: State, kind: Device) -> bool:
    """Whether every device of this kind is known not to work."""
    working = {device for device, _ in state.up}
    return kind not in working and any(device is kind for device, _, _ in state.down)


def _codes_come_by(state: State) -> CodesBy:
    working = {device for device, _ in state.up}
    if Device.CAMERA in working or not {Device.SCANNER, Device.READER} & working:
        return CodesBy.CAMERA
    return CodesBy.SCANNER if Device.SCANNER in working else CodesBy.NOTHING


def _ask_words(case: Case | None) -> tuple[Message, Message]:
    refused = case.refused if case else 0
    if refused > MRZ_AFTER:
        return Message("title.ask.mrz"), Message("remedy.ask.mrz")
    if refused:
        return Message("title.ask.number"), Message("remedy.card.locked")
    return Message("title.ask.number"), Message("remedy.ask.number")


def _faults(state: State) -> tuple[str, ...]:
    """What is broken first: that is what keeps the desk closed."""
    limits = {code for _, _, code in state.down} | set(state.limits)
    return (*state.broken, *sorted(limits - set(state.broken)))


def _camera_hint(state: State) -> Message | None:
    return Message(f"hint.camera.{state.camera_hint}") if state.camera_hint and state.screen in _LOOKING else None


def _works(state: State, rules: Rules) -> tuple[Message, ...]:
    limited = state.limits or state.down or state.online is False
    if state.screen is not Screen.IDLE or not limited:
        return ()
    return still_works(frozenset(device for device, _ in state.up), state.online, rules)


def _why_out(state: State) -> Message:
    if state.broken:
        return Message(f"fault.{state.broken[0]}.remedy")
    broken = {device: code for device, _, code in state.down}
    for device in Device:
        if device in broken:
            return Message(f"fault.{broken[device]}.remedy")
    return Message("fault.reader.absent.remedy")


def life_of(state: State, rules: Rules) -> float | None:
    """The maximum life of the state in seconds; None where nobody's data is held (idle, out of service)."""
    times, case = rules.times, state.case
    if state.screen is Screen.RESULT and case and case.verdict:
        return times.result(case.verdict.outcome)
    return {
        Screen.STARTING: times.starting,
        Screen.ASK_NUMBER: times.ask_number,
        Screen.PLACE_CARD: times.place_card,
        Screen.READING: times.reading,
        Screen.RETRY: times.retry,
        Screen.CHECKING: times.asking,
        Screen.IDLE: times.notice if state.notice else None,
    }.get(state.screen)


def _actions(state: State, rules: Rules) -> tuple[Button, ...]:
    return (*_of_screen(state, rules), Button.EMERGENCY) if rules.gate else _of_screen(state, rules)


def _of_screen(state: State, rules: Rules) -> tuple[Button, ...]:
    if state.screen is Screen.IDLE:
        return (Button.TYPE_NUMBER,) if rules.people else ()
    if state.screen is Screen.PLACE_CARD:
        return (Button.WITHOUT_CHIP, Button.DONE) if rules.asks else (Button.DONE,)
    if state.screen is Screen.RESULT:
        return _result_actions(state, rules)
    if state.screen in (Screen.STARTING, Screen.OUT_OF_SERVICE):
        return ()
    return (Button.DONE,)


def _result_actions(state: State, rules: Rules) -> tuple[Button, ...]:
    case = state.case
    buttons = [Button.DONE]
    if case and case.verdict and can_ask_again(case, rules):
        buttons.append(Button.AGAIN)
    if may_admit(state, rules):
        buttons.append(Button.ADMIT)
    if may_hand_over(state, rules):
        buttons.insert(0, Button.HAND_OVER)
    if may_print(state, rules):
        buttons.append(Button.PRINT)
    if not rules.queue:
        buttons.append(Button.MORE_TIME)
    return tuple(buttons)


def can_ask_again(case: Case, rules: Rules) -> bool:
    """Whether the backend may be asked once more: a technical failure, or a person's cover (a ticket's no is final).

    Never about somebody who was let in: a second yes would open the gate for a second person.
    """
    if case.admitted or (rules.gate and case.verdict is not None and case.verdict.outcome is Outcome.ALLOW):
        return False
    if case.ticket is not None:
        return case.ask_fault is not None
    return rules.asks and case.can_be_asked and case.read_fault is None and not isinstance(case.answer, RedeemAnswer)


def may_admit(state: State, rules: Rules) -> bool:
    """Whether staff may decide by hand here: not at the police desk, and not over a yes."""
    case = state.case
    if rules.desk is Desk.POLICE or case is None or case.verdict is None or case.admitted:
        return False
    return case.verdict.outcome is not Outcome.ALLOW


def may_hand_over(state: State, rules: Rules) -> bool:
    """Whether this result can still be given to the hospital's system: once, and only where something was found out."""
    case = state.case
    if not rules.hands or case is None or case.verdict is None or case.handed:
        return False
    return case.verdict.outcome is not Outcome.CANNOT_CHECK


def may_print(state: State, rules: Rules) -> bool:
    """Whether this result's slip may be printed now: a reception that has a printer, and something was found out."""
    case = state.case
    if not rules.prints or rules.desk is not Desk.RECEPTION or case is None or case.verdict is None or case.printing:
        return False
    return case.verdict.outcome is not Outcome.CANNOT_CHECK
