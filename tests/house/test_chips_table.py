"""docs/chips.md: every test that it names exists, and every row of the table has an answer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "chips.md"
_SHOWN = re.compile(r"\[`([a-z0-9_]+)(?:::([a-z0-9_]+))?`\]\(\.\./(tests/[a-z0-9_/]+\.py)\)")
ROWS = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ") and line.count("|") > 10][1:]


@pytest.mark.parametrize("row", ROWS, ids=[row.split("|")[1].strip() for row in ROWS])
def test_every_capability_has_an_answer_and_a_test_that_is_there(row: str) -> None:
    answer = row.split("|")[2]
    assert re.match(r" \*\*(yes|no)( / (yes|no))*\*\*", answer)
    shown = _SHOWN.findall(row)
    assert shown or "**no**" in answer
    for stem, name, path in shown:
        text = (ROOT / path).read_text("utf-8")
        assert Path(path).stem == stem
        assert not name or f"def {name}(" in text


def test_the_table_has_all_rows() -> None:
    assert len(ROWS) == 39
