"""What all screens have in common: they present views, and forget everything when they are dropped."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from terminal.events import Event
from terminal.ports import GreyFrame
from terminal.view import View
from ui.stage import Stage


class Page(QWidget):
    """One screen. ``present`` may be called again, with a later view of the same session or in another language."""

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._body: QWidget | None = None

    def present(self, view: View, stage: Stage) -> None:
        """Show this view; what was shown before is gone when this returns to the event loop."""
        body = self.compose(view, stage)
        old, self._body = self._body, body
        if old is not None:
            self._column.removeWidget(old)
            old.hide()
            old.setParent(None)
            old.deleteLater()
        self._column.addWidget(body)
        body.show()  # a layout shows what it is given only later, and until then there would be a hole

    def compose(self, view: View, stage: Stage) -> QWidget:
        """The whole content as a fresh widget."""
        raise NotImplementedError

    def frame(self, frame: GreyFrame) -> None:
        """A camera picture; most screens show none."""

    def take_focus(self) -> bool:
        """Give the keyboard to what is to be typed into; False when this screen has nothing of the kind."""
        return False

    def main_event(self) -> Event | None:
        """What Enter means on this screen, if it means something of its own; the page forgets it then."""
        return None
