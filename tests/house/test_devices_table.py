"""docs/devices.md: every behaviour has a test, and every test that it names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "devices.md"
_SHOWN = re.compile(r"\[`([a-z0-9_]+)(?:::([a-z0-9_]+))?`\]\(\.\./(tests/[a-z0-9_/]+\.py)\)")
ROWS = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ") and "Shown by" not in line]


@pytest.mark.parametrize("row", ROWS, ids=[str(number) for number in range(len(ROWS))])
def test_every_behaviour_has_a_test_that_is_there(row: str) -> None:
    shown = _SHOWN.findall(row)
    assert shown
    for stem, name, path in shown:
        text = (ROOT / path).read_text("utf-8")
        assert Path(path).stem == stem
        assert not name or f"def {name}(" in text


def test_the_table_is_read_at_all() -> None:
    assert len(ROWS) > 60
