"""A PySide6 window with one label and nothing else, telling when it was painted: the floor under any such program."""

from __future__ import annotations

import sys
import time

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QLabel


class _Window(QLabel):
    told = False

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        super().paintEvent(event)
        if not self.told:
            self.told = True
            QTimer.singleShot(0, self.tell)

    def tell(self) -> None:
        moment = time.monotonic()
        print(f'{{"first": {moment}, "idle": {moment}}}', flush=True)


application = QApplication(["bare"])
window = _Window("Trạm")
window.resize(1366, 768)
window.show()
sys.exit(application.exec())
