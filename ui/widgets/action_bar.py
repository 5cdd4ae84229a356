"""The bottom row: what can be done now, each with its key, and how long the screen still stands."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from terminal.events import Button
from terminal.view import Desk, Screen, View
from ui.stage import Stage
from ui.widgets.countdown import Countdown
from ui.widgets.key_button import KeyButton

KEYS = {
    Button.DONE: "Esc",
    Button.AGAIN: "F5",
    Button.TYPE_NUMBER: "F2",
    Button.WITHOUT_CHIP: "F7",
    Button.ADMIT: "F8",
    Button.MORE_TIME: "+",
    Button.PRINT: "F9",
    Button.HAND_OVER: "Enter",
    Button.EMERGENCY: "Ctrl+E",
}
_COUNTED = (Screen.RESULT, Screen.ASK_NUMBER, Screen.PLACE_CARD, Screen.RETRY)


def main_action(view: View) -> Button | None:
    """What Enter presses: only a result has such an action, so that a scanner's Enter never decides anything else."""
    return view.actions[0] if view.screen is Screen.RESULT and view.actions else None


def action_words(stage: Stage, button: Button, screen: Screen, *, held: bool = False) -> tuple[str, str]:
    """A button's words and its key cap, which depend on desk and screen, and on whether the gate is held open."""
    if button is Button.DONE and screen is not Screen.RESULT:
        return stage.say("ui.cancel"), "Esc"
    if button is Button.DONE and stage.desk is Desk.GATE:
        return stage.say("ui.next"), "Space"
    if button is Button.EMERGENCY and held:
        return stage.say("ui.close_again"), KEYS[button]
    return stage.say(f"button.{button.value}"), KEYS[button]


class ActionBar(QFrame):
    """``press`` is called with the button that was pressed."""

    def __init__(self, stage: Stage, press: Callable[[Button], None], clock: Callable[[], float]) -> None:
        super().__init__()
        self.setObjectName("actionbar")
        self._press = press
        self._shown: tuple[object, ...] = ()
        self._counted: tuple[Screen, int, int] | None = None
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(20, 8, 20, 8)
        self._row.setSpacing(12)
        self._countdown = Countdown(stage.theme, lambda n: stage.say("title.wipe.soon", n=str(n)), clock)
        self._row.addWidget(self._countdown, 1)
        self._buttons: list[QWidget] = []

    def present(self, view: View, stage: Stage, *, fresh: bool) -> None:
        """Show the actions of a view; ``fresh`` starts its countdown (a new language does not)."""
        self._countdown.use(lambda n: stage.say("title.wipe.soon", n=str(n)))
        if fresh and (view.screen, view.session, view.entered) != self._counted:
            # Once for each entering of a state: a device that comes or goes meanwhile gives nobody more time.
            self._counted = (view.screen, view.session, view.entered)
            counted = view.screen in _COUNTED and stage.desk is not Desk.GATE
            self._countdown.begin(view.life if counted else None, view.warn)
        key = (view.actions, view.screen, view.held, stage.language, stage.desk)
        if key != self._shown:
            self._shown = key
            self._rebuild(view, stage)
        self.setFixedHeight(92 if stage.public else 66)
        self.setVisible(bool(view.actions) or not stage.public)

    def _rebuild(self, view: View, stage: Stage) -> None:
        for old in self._buttons:
            self._row.removeWidget(old)
            old.hide()
            old.deleteLater()
        main = main_action(view)
        ordered = [b for b in view.actions if b is not main] + ([main] if main is not None else [])
        self._buttons = []
        for button in ordered:
            words, key = action_words(stage, button, view.screen, held=view.held)
            spoken = stage.say("ui.key", cap=key)
            made = KeyButton(words, key, spoken, main=button is main, large=stage.public)
            made.setProperty("action", button.value)
            made.clicked.connect(lambda _checked=False, pressed=button: self._press(pressed))
            self._row.addWidget(made)
            made.show()
            self._buttons.append(made)
        for before, after in zip(self._buttons, self._buttons[1:], strict=False):
            self.setTabOrder(after, before)
