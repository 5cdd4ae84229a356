"""Files hold one concept and functions fit on a screen: the numbers of CONTRIBUTING.md.

The lists of exceptions may only become shorter: an entry that is no longer long fails too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.rooms import ROOMS, files, name_of

MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 60
GOOD_LINES_OF_A_FUNCTION = 40

LONG_FILES = {
    "tests/unit/drivers/simulator/test_personalised_chips.py",
}

TABLES = {
    "terminal/flow/session.py:_table",  # the session's rows: data, one line each
    "ui/samples.py:_reception",  # sample views: data
}
"""Functions that may exceed every number, since they only list."""

LONG_FUNCTIONS = {"ui/samples.py:_common"}
"""Functions of the program between the good number and the most."""


def _long_functions(paths: Iterator[Path], limit: int) -> set[str]:
    """The functions with more lines than ``limit``, from ``def`` to the end."""
    found = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                if node.end_lineno - node.lineno + 1 > limit:
                    found.add(f"{name_of(path)}:{node.name}")
    return found


def test_a_file_is_short_enough_to_read() -> None:
    long = {name_of(path) for path in files(".py") if len(path.read_text("utf-8").splitlines()) > MOST_LINES_OF_A_FILE}
    assert long == LONG_FILES


def test_no_function_is_longer_than_a_screen() -> None:
    assert _long_functions(files(".py"), MOST_LINES_OF_A_FUNCTION) == TABLES


def test_the_program_has_no_long_functions() -> None:
    program = (path for path in files(".py") if name_of(path).partition("/")[0] in ROOMS)
    assert _long_functions(program, GOOD_LINES_OF_A_FUNCTION) == LONG_FUNCTIONS | TABLES
