"""The whole demo as a person starts it: ten cases over the real parts, with and without a PC/SC daemon."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from crypto.codes.citizen_id import fold_name
from drivers.simulator.people import PEOPLE
from terminal.demo.cases import CASES
from terminal.model import Outcome
from terminal.records.entry import JournalEntry, Method
from terminal.records.journal import Journal

SCREEN = (1366, 768)
SECONDS = 80


@dataclass(frozen=True)
class Run:
    """A demo that has ended: what it printed, and where its files are."""

    code: int
    printed: str
    complained: str
    out: Path
    home: Path

    @property
    def report(self) -> Any:
        return json.loads(self.printed)

    def journal(self) -> list[JournalEntry]:
        with Journal(self.out / "journal.sqlite") as journal:
            count = journal.verify()
            entries = [recorded.entry for recorded in journal.read()]
        assert len(entries) == count
        return entries


@pytest.fixture(scope="module", params=["daemon", "in-process"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    out, home = tmp_path_factory.mktemp("demo") / "out", tmp_path_factory.mktemp("home")
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    environment |= {"HOME": str(home), "LANG": "C.UTF-8"}
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "TRAM_CONFIG", "QT_QPA_PLATFORM"):
        environment.pop(name, None)
    more = ["--in-process"] if request.param == "in-process" else []
    done = subprocess.run(
        [sys.executable, "-m", "terminal", "demo", "--headless", "--json", "--out", str(out), *more],
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
    return Run(done.returncode, done.stdout, done.stderr, out, home)


def test_every_case_comes_to_what_it_must(run: Run) -> None:
    assert (run.code, run.report["failures"]) == (0, []), run.complained
    told = {case["case"]: (case["outcome"], case["title"], case["ok"]) for case in run.report["cases"]}
    assert told == {case.name: (case.expected.outcome.value, case.expected.title, True) for case in CASES}
    assert all(0 < case["decision_ms"] <= case["total_ms"] for case in run.report["cases"])


def test_every_case_has_its_picture_of_the_whole_screen(run: Run) -> None:
    pictures = {}
    for case in CASES:
        with Image.open(run.out / f"{case.name}.png") as picture:
            assert (picture.format, picture.size) == ("PNG", SCREEN)
            pictures[case.name] = picture.convert("RGB").tobytes()
    assert len(set(pictures.values())) == len(CASES)
    assert {file.stem for file in run.out.glob("*.png")} == pictures.keys()


def test_the_journal_is_whole_and_holds_each_decision_once(run: Run) -> None:
    entries = run.journal()
    kept = [(entry.desk, entry.outcome, entry.reason) for entry in entries]
    assert kept == [(case.desk, case.expected.outcome, case.expected.title) for case in CASES]
    assert all(entry.simulated for entry in entries)
    assert [entry.ticket is not None for entry in entries] == [case.code == "ticket" for case in CASES]
    tickets = [entry for entry in entries if entry.method is Method.TICKET]
    assert len({entry.scan_id for entry in tickets}) == len(tickets)
    allowed = [entry for entry in entries if entry.outcome is Outcome.ALLOW]
    assert all(word.value == "successful" for entry in allowed for _, word in entry.checks)


def names_of_people() -> list[str]:
    found = set()
    for person in PEOPLE.values():
        for text in (person.name, person.printed_name, person.address, *person.parents):
            found |= {text, fold_name(text), fold_name(text).replace(" ", "<")}
            found |= {json.dumps(text)[1:-1]}
    return sorted(found)


def numbers_of_people() -> list[re.Pattern[bytes]]:
    """Full numbers anywhere; the last six digits where they are no part of a longer number, hash or time."""
    patterns = []
    for person in PEOPLE.values():
        digits, can = person.id_number.digits.encode(), person.id_number.can.encode()
        patterns += [re.compile(digits), re.compile(rb"(?<![0-9A-Za-z.])" + can + rb"(?![0-9A-Za-z])")]
    return patterns


def leaks(content: bytes) -> list[str]:
    """Whose name or number stands in ``content``."""
    found = [name for name in names_of_people() if name.encode() in content or name.encode("utf-16-le") in content]
    return found + [pattern.pattern.decode() for pattern in numbers_of_people() if pattern.search(content)]


def test_the_search_for_people_finds_them() -> None:
    person = PEOPLE["insured"]
    for text in (person.name, f'"{person.id_number.can}"', person.id_number.digits, json.dumps(person.printed_name)):
        assert leaks(text.encode())
    assert leaks(b"003 090 " + person.id_number.can.encode())
    assert not leaks(person.id_number.masked.encode())


def test_nobody_is_named_in_any_file_nor_in_what_was_printed(run: Run) -> None:
    register = run.out / "backend" / "backend.sqlite"
    files = [file for file in run.out.rglob("*") if file.is_file() and file.suffix != ".png"]
    checked = [file for file in files if not file.name.startswith(register.name)]
    assert any(file.name.startswith("journal.sqlite") for file in checked)
    assert leaks(register.read_bytes())
    told = {str(file.relative_to(run.out)): leaks(file.read_bytes()) for file in checked}
    assert {name: found for name, found in told.items() if found} == {}
    assert leaks((run.printed + run.complained).encode()) == []


def test_nothing_is_left_in_the_user_s_own_folders(run: Run) -> None:
    assert [file for file in run.home.rglob("*") if "tram" in file.name.lower()] == []
    assert list((run.out / "pictures").iterdir()) == []
