"""Tickets from and to other sellers' systems: CSV, strictly read, and written so that no spreadsheet runs it.

UTF-8, with or without byte order mark; commas or semicolons, whichever the first line has; the first line names the
columns (`COLUMNS`), in any order; ``code`` may stand for ``ticket``: what another seller printed on its tickets, of
which only the mark is kept (crypto.codes.secret). A wrong row is named by its line and column, never by what it holds.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import IO

from backend.tickets.sold import SoldTicket
from backend.when import begins, ends
from crypto.codes.secret import ticket_of_secret
from crypto.errors import MalformedError
from crypto.id_number import IdNumber

REQUIRED = ("ticket", "product", "valid_from", "valid_to")
OPTIONAL = ("admits", "max_uses", "gate", "paid", "id_number")
COLUMNS = (*REQUIRED, *OPTIONAL)
CODE = "code"

MOST_PROBLEMS = 100
"""After so many the rest of a file is not looked at."""

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_NUMBER = re.compile(r"[0-9]{1,5}")
_MOST = 65_535
_LONGEST_CELL = 200
_LONGEST_HEAD = 2000
_YES_NO: Mapping[str, bool] = MappingProxyType(
    {"yes": True, "1": True, "true": True, "no": False, "0": False, "false": False}
)
_RUNS = ("=", "+", "-", "@", "\t", "\r")
"""With these a spreadsheet begins a formula (OWASP, CSV Injection)."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a file; ``column`` is None for a whole line."""

    line: int
    column: str | None
    rule: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.column}: {self.rule}" if self.column else f"line {self.line}: {self.rule}"


class BadFileError(Exception):
    """A file that is not taken; nothing of it is."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Row:
    """A ticket and the ID number that it is bound to, if it is."""

    ticket: SoldTicket
    id_number: IdNumber | None = field(default=None, repr=False)


def read(path: Path, event: str) -> Iterator[Row]:
    """The tickets of a file, one by one. Raises OSError, and at its end BadFileError with all that was wrong."""
    problems: list[Problem] = []
    with path.open("r", encoding="utf-8-sig", errors="strict", newline="") as file:
        try:
            yield from _rows(file, event, problems)
        except UnicodeDecodeError:
            problems.append(Problem(1, None, "not UTF-8: save it as CSV UTF-8"))
    if problems:
        raise BadFileError(tuple(problems))


def write(file: IO[str], rows: Iterable[Mapping[str, str]]) -> None:
    """Rows with `COLUMNS` as CSV; what a spreadsheet would run gets an apostrophe before it."""
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(COLUMNS[: COLUMNS.index("id_number")])
    for row in rows:
        writer.writerow([harmless(row[name]) for name in COLUMNS if name != "id_number"])


def harmless(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_RUNS) else text


def _rows(file: IO[str], event: str, problems: list[Problem]) -> Iterator[Row]:
    first = file.readline(_LONGEST_HEAD)
    delimiter = ";" if first.count(";") > first.count(",") else ","
    try:
        cells = next(csv.reader([first], delimiter=delimiter, strict=True), [])
    except csv.Error:
        problems.append(Problem(1, None, "quotation marks or line breaks are wrong"))
        return
    names = _names(cells, problems)
    if problems:
        return
    seen: set[str] = set()
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    while len(problems) < MOST_PROBLEMS:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            problems.append(Problem(reader.line_num + 1, None, "quotation marks or line breaks are wrong"))
            return
        if not cells:
            continue
        row = _row(dict(zip(names, cells, strict=False)), len(cells) - len(names), event, reader.line_num + 1, problems)
        if row is not None and row.ticket.ticket in seen:
            problems.append(Problem(reader.line_num + 1, "ticket", "the same number stands above"))
        elif row is not None:
            seen.add(row.ticket.ticket)
            yield row


def _names(cells: list[str], problems: list[Problem]) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    for place, name in enumerate(names, start=1):
        if name not in (*COLUMNS, CODE):
            problems.append(Problem(1, f"column {place}", f"not one of {', '.join(COLUMNS)}"))
        elif names.index(name) != place - 1:
            problems.append(Problem(1, f"column {place}", "the same column stands before it"))
    if CODE in names and "ticket" in names:
        problems.append(Problem(1, CODE, "one of ticket and code, not both"))
    missing = set(REQUIRED) - set(names) - ({"ticket"} if CODE in names else set())
    problems.extend(Problem(1, name, "this column is missing") for name in REQUIRED if name in missing)
    return names


def _row(cells: dict[str, str], surplus: int, event: str, line: int, problems: list[Problem]) -> Row | None:
    if surplus:
        problems.append(Problem(line, None, "more or fewer cells than the first line names"))
        return None
    before = len(problems)
    values: dict[str, object] = {}
    for name, cell in cells.items():
        text = cell.strip().removeprefix("'")
        if text or name in (*REQUIRED, CODE):
            try:
                values["ticket" if name == CODE else name] = _READERS[name](text[:_LONGEST_CELL])
            except (ValueError, MalformedError) as error:
                rule = "an ID number has 12 digits" if isinstance(error, MalformedError) else str(error)
                problems.append(Problem(line, name, rule))
    if len(problems) > before:
        return None
    number = values.pop("id_number", None)
    ticket = SoldTicket(event=event, **{"admits": 1, **values})  # type: ignore[arg-type]  # _READERS saw to it
    if ticket.valid_from >= ticket.valid_to:
        problems.append(Problem(line, "valid_to", "it ends before it begins"))
        return None
    return Row(ticket, number if isinstance(number, IdNumber) else None)


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("1 to 64 of A-Z a-z 0-9 . _ -")
    return text


def _code(text: str) -> str:
    ticket = ticket_of_secret(text, "")
    if ticket is None:
        raise ValueError("not a code that a gate takes for a ticket")
    return ticket.ticket_id


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text) or not 1 <= int(text) <= _MOST:
        raise ValueError(f"a number from 1 to {_MOST}")
    return int(text)


def _yes_no(text: str) -> bool:
    if text.lower() not in _YES_NO:
        raise ValueError("yes or no")
    return _YES_NO[text.lower()]


_READERS: Mapping[str, Callable[[str], object]] = MappingProxyType(
    {
        "ticket": _name,
        "product": _name,
        "valid_from": begins,
        "valid_to": ends,
        "admits": _number,
        "max_uses": _number,
        "gate": _name,
        "paid": _yes_no,
        "id_number": IdNumber,
        CODE: _code,
    }
)
