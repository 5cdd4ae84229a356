"""The floor under every change on the screen: a label whose text another thread changes."""

from __future__ import annotations

import threading
import time
from queue import SimpleQueue

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication, QLabel

WARM = 3
PATIENCE = 10.0


class Label(QLabel):
    """The floor: a text changed by a queued signal from another thread."""

    asked = Signal(str)

    def __init__(self) -> None:
        super().__init__("")
        self.painted: SimpleQueue[float] = SimpleQueue()
        self.asked.connect(self.setText, Qt.ConnectionType.QueuedConnection)

    def event(self, event: QEvent) -> bool:
        """Note the end of each painting."""
        if event.type() is QEvent.Type.UpdateRequest:
            QTimer.singleShot(0, lambda: self.painted.put(time.perf_counter()))
        return super().event(event)

    def once(self, text: str) -> float:
        """Milliseconds from the asking to the painted text."""
        began = time.perf_counter()
        self.asked.emit(text)
        return (self.painted.get(timeout=PATIENCE) - began) * 1000


def label_changes(tries: int) -> list[float]:
    """Milliseconds of ``tries`` changes of a label in a window of the terminal's size; main thread only."""
    application = QApplication.instance() or QApplication(["bench"])
    label, times = Label(), list[float]()
    label.resize(1366, 768)
    label.show()

    def change() -> None:
        label.painted.get(timeout=PATIENCE)
        times.extend(label.once(str(number)) for number in range(tries + WARM))
        label.asked.emit("")
        QTimer.singleShot(0, application, application.quit)

    threading.Thread(target=change).start()
    application.exec()
    return times[WARM:]
