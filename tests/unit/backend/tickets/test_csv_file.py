from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.tickets.csv_file import BadFileError, Row, harmless, read, write
from backend.tickets.sold import SoldTicket
from crypto.codes.secret import ticket_of_secret

HEAD = "ticket,product,valid_from,valid_to"
GOOD = "T1,ve,2026-11-22,2026-11-22"


def _read(tmp_path: Path, text: str | bytes) -> list[Row]:
    file = tmp_path / "t.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(read(file, "hoi"))


def _problems(tmp_path: Path, text: str | bytes) -> list[str]:
    with pytest.raises(BadFileError) as raised:
        _read(tmp_path, text)
    return [str(problem) for problem in raised.value.problems]


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}\n{GOOD}\n",
        f"{HEAD}\r\n{GOOD}\r\n",
        f"\ufeff{HEAD}\n{GOOD}",
        f"{HEAD}\n{GOOD}\n\n".replace(",", ";"),
        'Product ,"VALID_TO",valid_from,ticket\nve,2026-11-22,"2026-11-22",T1\n',
        f"{HEAD},admits,paid,id_number\n{GOOD},,,\n",
    ],
    ids=range(6),
)
def test_the_same_ticket_in_other_spellings_of_csv(tmp_path: Path, text: str) -> None:
    begins, ends = datetime(2026, 11, 21, 17, tzinfo=UTC), datetime(2026, 11, 22, 17, tzinfo=UTC)
    assert [row.ticket for row in _read(tmp_path, text)] == [SoldTicket("hoi", "T1", "ve", 1, begins, ends)]


def test_all_columns(tmp_path: Path) -> None:
    text = (
        f"{HEAD},admits,max_uses,gate,paid,id_number\nT1,ve,2026-11-22T08:00+07:00,2026-11-22,4,3,c-1,NO,003090123450\n"
    )
    (row,) = _read(tmp_path, text)
    ticket = row.ticket
    assert (ticket.admits, ticket.max_uses, ticket.gate, ticket.paid) == (4, 3, "c-1", False)
    assert row.id_number is not None
    assert "003090123450" not in repr(row)


def test_a_code_that_another_seller_printed_is_known_by_the_mark_that_gates_ask_for(tmp_path: Path) -> None:
    asked = ticket_of_secret("HD-2026/000417=", "hoi")
    assert asked is not None
    (row,) = _read(tmp_path, f"code,{HEAD.removeprefix('ticket,')}\nHD-2026/000417=,{GOOD.removeprefix('T1,')}\n")
    assert row.ticket.ticket == asked.ticket_id


@pytest.mark.parametrize(
    ("head", "cells", "problem"),
    [
        (f"{HEAD},code", f"{GOOD},HD-2026/000417", "line 1, code: one of ticket and code, not both"),
        ("code,product,valid_from,valid_to", "123456789012,ve,2026-11-22,2026-11-22",
         "line 2, code: not a code that a gate takes for a ticket"),
        ("code,product,valid_from,valid_to", ",ve,2026-11-22,2026-11-22",
         "line 2, code: not a code that a gate takes for a ticket"),
    ],
)  # fmt: skip
def test_a_code_that_no_gate_would_take_is_named(tmp_path: Path, head: str, cells: str, problem: str) -> None:
    assert _problems(tmp_path, f"{head}\n{cells}\n") == [problem]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("T 1,ve,2026-11-22,2026-11-22", "line 3, ticket: 1 to 64 of A-Z a-z 0-9 . _ -"),
        (",ve,2026-11-22,2026-11-22", "line 3, ticket: 1 to 64 of A-Z a-z 0-9 . _ -"),
        ("T2,vé,2026-11-22,2026-11-22", "line 3, product: 1 to 64 of A-Z a-z 0-9 . _ -"),
        ("T2,ve,22/11/2026,2026-11-22", "line 3, valid_from: a date yyyy-mm-dd or a time yyyy-mm-ddThh:mm+07:00"),
        (
            "T2,ve,2026-11-22,2026-11-22T08:00",
            "line 3, valid_to: a time needs its offset, as in 2026-11-22T08:00+07:00",
        ),
        ("T2,ve,2026-11-22,2026-11-21", "line 3, valid_to: it ends before it begins"),
        ("T2,ve,2026-11-22", "line 3: more or fewer cells than the first line names"),
        ("T2,ve,2026-11-22,2026-11-22,5", "line 3: more or fewer cells than the first line names"),
        (GOOD, "line 3, ticket: the same number stands above"),
        ('T2,ve,"2026-11-22,2026-11-22', "line 3: quotation marks or line breaks are wrong"),
        ('"T2"x,ve,2026-11-22,2026-11-22', "line 3: quotation marks or line breaks are wrong"),
        ("T" * 70 + ",ve,2026-11-22,2026-11-22", "line 3, ticket: 1 to 64 of A-Z a-z 0-9 . _ -"),
    ],
)
def test_a_wrong_row_is_named_by_line_and_column(tmp_path: Path, line: str, problem: str) -> None:
    assert _problems(tmp_path, f"{HEAD}\n{GOOD}\n{line}\n") == [problem]


@pytest.mark.parametrize(
    ("column", "cell", "rule"),
    [
        ("admits", "0", "a number from 1 to 65535"),
        ("admits", "65536", "a number from 1 to 65535"),
        ("max_uses", "1e3", "a number from 1 to 65535"),
        ("max_uses", "٣", "a number from 1 to 65535"),
        ("gate", "c 1", "1 to 64 of A-Z a-z 0-9 . _ -"),
        ("paid", "maybe", "yes or no"),
        ("id_number", "00309012345", "an ID number has 12 digits"),
        ("id_number", "003090123450x", "an ID number has 12 digits"),
    ],
)
def test_a_wrong_cell_is_named_and_not_repeated(tmp_path: Path, column: str, cell: str, rule: str) -> None:
    assert _problems(tmp_path, f"{HEAD},{column}\n{GOOD},{cell}\n") == [f"line 2, {column}: {rule}"]


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", ["line 1, ticket: this column is missing"]),
        (GOOD, ["line 1, column 1: not one of ticket,"]),
        (f'"{HEAD}\n', ["line 1: quotation marks or line breaks are wrong"]),
        (f"{HEAD},ticket\n", ["line 1, column 5: the same column stands before it"]),
        ("ticket,product,valid_from\n", ["line 1, valid_to: this column is missing"]),
        (HEAD.encode("utf-16"), ["line 1: not UTF-8: save it as CSV UTF-8"]),
        (f"{HEAD}\n{GOOD}\nT2,v\xe9".encode("latin-1"), ["line 1: not UTF-8: save it as CSV UTF-8"]),
    ],
    ids=range(7),
)
def test_a_file_that_is_none_is_said_to_be_none(tmp_path: Path, text: str | bytes, problems: list[str]) -> None:
    found = _problems(tmp_path, text)
    assert found[0].startswith(problems[0])


def test_after_a_hundred_problems_the_rest_is_not_looked_at(tmp_path: Path) -> None:
    assert len(_problems(tmp_path, f"{HEAD}\n" + "x y,ve,2026-11-22,2026-11-22\n" * 500)) == 100


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_no_spreadsheet_runs_what_is_written(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert harmless("x" + text) == "x" + text


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    row = {"product": "ve", "valid_from": "2026-11-22T00:00:00+07:00", "valid_to": "2026-11-23T00:00:00+07:00"}
    file = io.StringIO()
    write(file, [row | {"ticket": "-T.1", "admits": "2", "max_uses": "1", "gate": "", "paid": "no"}])
    assert next(csv.DictReader(io.StringIO(file.getvalue())))["ticket"] == "'-T.1"
    (found,) = _read(tmp_path, file.getvalue())
    assert (found.ticket.ticket, found.ticket.admits, found.ticket.paid) == ("-T.1", 2, False)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.binary(max_size=80) | st.text(max_size=80).map(lambda text: f"{HEAD}\n{text}".encode()))
def test_any_file_is_tickets_or_a_list_of_problems(tmp_path: Path, content: bytes) -> None:
    try:
        rows = _read(tmp_path, content)
    except BadFileError as error:
        assert error.problems
    else:
        assert all(row.ticket.ticket for row in rows)
