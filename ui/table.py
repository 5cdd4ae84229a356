"""The demo's table as a small window: cards, codes and a ticket to present, and a network cable to pull."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from terminal.faults import FaultError
from terminal.messages import words
from terminal.table import Exhibit, Table
from terminal.view import Desk
from ui.shell import Shell
from ui.stage import Stage
from ui.theme import style_sheet
from ui.typeface import BOLD, MEDIUM, face
from ui.widgets.text import label

_Job = Callable[[], None]

_LOOK_MS = 30


class TableWindow(QWidget):
    """Lists the exhibits. What a button starts runs on the table's own thread: laying a card may take a second."""

    def __init__(self, table: Table, shell: Shell, switch_desk: Callable[[str], None]) -> None:
        super().__init__()
        self._table, self._shell, self._switch_desk = table, shell, switch_desk
        self._cut = False
        self._hands = _Hands()
        self._hands.failed.connect(self._say_failed)
        self.setObjectName("table")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setStyleSheet(style_sheet(shell.stage.theme))
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._status = label("", 16, tone="page", wrap=True)
        self._body: QWidget | None = None
        shell.restaged.connect(self._compose)
        self._compose()

    def sizeHint(self) -> QSize:  # noqa: N802
        """A column beside the terminal's window."""
        return QSize(560, 768)

    def _compose(self) -> None:
        stage = self._shell.stage
        self.setWindowTitle(stage.say("ui.table.title"))
        old, self._body = self._body, QWidget()
        if old is not None:
            self._column.removeWidget(old)
            self._status = label("", 16, tone="page", wrap=True)
            old.deleteLater()
        column = QVBoxLayout(self._body)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(10)
        column.addWidget(label(stage.say("ui.table.title"), 20, weight=BOLD, wrap=True))
        column.addWidget(self._list(stage), 1)
        column.addLayout(self._switches(stage))
        column.addLayout(self._desks(stage))
        column.addWidget(self._status)
        self._status.setVisible(False)
        self._column.addWidget(self._body)
        self._body.show()

    def _list(self, stage: Stage) -> QScrollArea:
        rows = QWidget()
        column = QVBoxLayout(rows)
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(5)
        for exhibit in self._table.exhibits():
            column.addWidget(self._row(exhibit, stage))
        column.addStretch(1)
        area = QScrollArea()
        area.setWidget(rows)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        return area

    def _row(self, exhibit: Exhibit, stage: Stage) -> QFrame:
        frame = QFrame()
        frame.setProperty("panel", "true")
        grid = QGridLayout(frame)
        grid.setContentsMargins(12, 3, 12, 3)
        grid.setVerticalSpacing(0)
        grid.setColumnStretch(0, 1)
        what = words(stage.language).get(f"exhibit.{exhibit.code.replace('-', '_')}", exhibit.what)
        grid.addWidget(label(exhibit.who, 17, tone="panel", weight=MEDIUM, wrap=True), 0, 0)
        grid.addWidget(label(what, 16, tone="panel_muted", wrap=True), 1, 0)
        code = exhibit.code
        show = self._button(stage.say("ui.table.show"), lambda: self._table.show_code(code))
        show.setObjectName(f"show-{code}")
        grid.addWidget(show, 0, 1, 2, 1)
        if exhibit.card:
            place = self._button(stage.say("ui.table.place"), lambda: self._table.place(code))
            place.setObjectName(f"place-{code}")
            grid.addWidget(place, 0, 2, 2, 1)
        return frame

    def _switches(self, stage: Stage) -> QHBoxLayout:
        row = QHBoxLayout()
        lift = self._button(stage.say("ui.table.lift"), self._table.lift)
        lift.setObjectName("lift")
        cable = QPushButton(stage.say("ui.table.plug" if self._cut else "ui.table.cut"))
        cable.setObjectName("cable")
        cable.setFont(face(17, MEDIUM))
        cable.setMinimumHeight(44)
        cable.clicked.connect(self._pull_cable)
        row.addWidget(lift)
        row.addWidget(cable)
        return row

    def _desks(self, stage: Stage) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(label(stage.say("ui.table.desk"), 16, tone="page_muted"))
        for desk in Desk:
            button = QPushButton(stage.say(f"ui.desk.{desk.value}"))
            button.setObjectName(f"desk-{desk.value}")
            button.setFont(face(17, MEDIUM))
            button.setMinimumHeight(44)
            button.setCheckable(True)
            button.setChecked(desk is stage.desk)
            button.clicked.connect(lambda _checked=False, chosen=desk: self._turn(chosen))
            row.addWidget(button, 1)
        return row

    def _button(self, text: str, job: _Job) -> QPushButton:
        button = QPushButton(text)
        button.setFont(face(16, MEDIUM))
        button.setMinimumHeight(44)
        button.clicked.connect(lambda: self._start(job))
        return button

    def _start(self, job: _Job) -> None:
        self._status.setVisible(False)
        self._hands.do(job)

    def _pull_cable(self) -> None:
        self._cut = not self._cut
        cut = self._cut
        self._start(lambda: self._table.cut_network(cut))
        self._compose()

    def _turn(self, desk: Desk) -> None:
        self._shell.turn_to(desk)
        self._start(lambda: self._switch_desk(desk.value))

    def _say_failed(self, code: str) -> None:
        stage = self._shell.stage
        self._status.setText(stage.say("ui.table.failed", what=stage.say(f"fault.{code}.title")))
        self._status.setVisible(True)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Let go of the thread; the terminal's window stays."""
        self._hands.end()
        super().closeEvent(event)


class _Hands(QObject):
    """One thread that does what was asked, in order; ``failed`` is emitted on the main thread, which looks after it."""

    failed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._ends: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._running = 0
        self._watch = QTimer(self)
        self._watch.setInterval(_LOOK_MS)
        self._watch.timeout.connect(self._look)
        self._thread = threading.Thread(target=self._work, name="demo-table", daemon=True)
        self._thread.start()

    def do(self, job: _Job) -> None:
        """Do it as soon as what was asked before is done."""
        self._running += 1
        self._jobs.put(job)
        self._watch.start()

    def end(self) -> None:
        """Finish what was asked and stop; returns within two seconds."""
        self._watch.stop()
        self._jobs.put(None)
        self._thread.join(2.0)

    def _look(self) -> None:
        while not self._ends.empty():
            self._running -= 1
            if code := self._ends.get():
                self.failed.emit(code)
        if not self._running:
            self._watch.stop()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._ends.put(_code_of(job))


def _code_of(job: _Job) -> str:
    """Do it; the fault's code, or nothing when it went well."""
    try:
        job()
    except FaultError as error:
        return error.fault.code
    return ""
