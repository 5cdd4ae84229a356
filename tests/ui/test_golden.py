"""Every screen of every desk in both languages, as a tree that a person can review."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from terminal.messages import LANGUAGES
from terminal.view import Desk
from tests.ui.tree import tree
from ui.gallery import invented_photo
from ui.samples import samples
from ui.shell import Shell

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("desk", list(Desk), ids=lambda desk: desk.value)
def test_every_screen_says_what_was_accepted(
    shell_of: Callable[..., Shell], desk: Desk, language: str, *, update_golden: bool
) -> None:
    found = {}
    shell = shell_of(None, desk, language)
    shell.show()
    for sample in samples(invented_photo()):
        if sample.desk is desk:
            shell.show_view(sample.view)
            QApplication.processEvents()
            found[sample.name] = tree(shell)
    path = GOLDEN / f"{desk.value}-{language}.json"
    if update_golden:
        path.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")
    accepted = json.loads(path.read_text("utf-8"))
    assert sorted(found) == sorted(accepted)
    for name, seen in found.items():
        assert seen == accepted[name], f"{name}: run pytest tests/ui --update-golden and review the difference"
