"""The window's tests run offscreen with the bundled fonts; ``--update-golden`` accepts the trees as they are now."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from terminal.events import Event
from terminal.view import Desk, View
from ui import typeface
from ui.gallery import PLACE
from ui.palette import NORMAL, Theme
from ui.samples import WHEN
from ui.shell import Shell
from ui.stage import Stage


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", default=False, help="write tests/ui/golden anew")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    # Unknown unless tests/ui is named on the command line, where this file is loaded early enough.
    return bool(request.config.getoption("--update-golden", default=False))


@pytest.fixture(scope="session")
def app(qapp: QApplication) -> QApplication:
    qapp.setStyle("Fusion")
    typeface.register()
    return qapp


class Desktop:
    """Shells and what they posted."""

    def __init__(self) -> None:
        self.posted: list[Event] = []
        self.shells: list[Shell] = []
        self.monotonic = 0.0

    def shell(self, view: View | None = None, desk: Desk = Desk.RECEPTION, language: str = "vi",
              theme: Theme = NORMAL, *, demo: bool = False) -> Shell:  # fmt: skip
        stage = Stage(desk, PLACE, language, theme, self.posted.append, demo)
        shell = Shell(stage, now=lambda: WHEN, clock=lambda: self.monotonic)
        shell.resize(1366, 768)
        if view is not None:
            shell.show_view(view)
        self.shells.append(shell)
        return shell


@pytest.fixture
def desktop(app: QApplication) -> Iterator[Desktop]:
    desk = Desktop()
    yield desk
    for shell in desk.shells:
        shell.close()
        shell.deleteLater()
    app.processEvents()


@pytest.fixture
def shell_of(desktop: Desktop) -> Callable[..., Shell]:
    return desktop.shell
