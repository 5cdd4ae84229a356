"""The gate's result fills the screen: the verdict, for how many, or why not. Never a name, never a photo."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from terminal.model import Outcome
from terminal.view import View
from ui.screens.identity import admits
from ui.screens.page import Page
from ui.stage import Stage
from ui.widgets.banner import Banner

_STAFF_ONLY = frozenset({"title.stop.forged", "title.stop.cloned", "title.stop.revoked"})
"""Accusations that the public never reads; staff learn the reason from the journal."""


class ResultGate(Page):
    """One banner."""

    def compose(self, view: View, stage: Stage) -> QWidget:
        """Verdict; under it whom it admits, or the reason."""
        result = view.result
        outcome = result.verdict.outcome if result else Outcome.CANNOT_CHECK
        title, remedy = stage.tell(view.title), _whom(view, stage) or stage.tell(view.hint)
        if view.title.key in _STAFF_ONLY:
            title, remedy = stage.say("ui.staff_call"), stage.say("ui.gate_staff")
        look = result.verdict.needs_look if result else False
        return Banner(stage, outcome, title, remedy, tall=True, look=look)


def _whom(view: View, stage: Stage) -> str:
    """For whom it opens: of a group how many now and later, and what the organiser wants looked at."""
    told = {note.key: stage.tell(note) for note in view.result.verdict.notes} if view.result else {}
    first = told.get("note.group") or admits(view)
    return " · ".join(part for part in (first, told.get("note.attention")) if part)
