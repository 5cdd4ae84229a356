"""The report of ``tram doctor``, what is told on the way, and how long it may take."""

from __future__ import annotations

import getpass
import io
import json
import stat
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from terminal.cli.checkup import with_settings, without_settings
from terminal.health import Subject
from terminal.model import Outcome
from terminal.ports import ReaderInfo
from terminal.records.entry import JournalEntry, Method
from terminal.records.journal import Journal
from terminal.view import Desk
from tests.unit.terminal.cli.conftest import Tram
from tests.unit.terminal.cli.doctor.conftest import Doctor, Part

NOW = datetime.now(UTC)


def poisoned(part: Part, home: Path) -> tuple[str, ...]:
    """What must never come out: a person in the journal, a reader's serial number, the token, the folders' names."""
    part.found = [ReaderInfo("ACS ACR1252 [Serial RR123-456] 00 00", False, "3B8080", False)]
    (home / "user_data_path").mkdir()
    with Journal(home / "user_data_path" / "journal.sqlite3") as journal:
        journal.append(
            JournalEntry(
                when=NOW,
                session=1,
                desk=Desk.RECEPTION,
                device="d",
                method=Method.NOTHING,
                outcome=Outcome.STOP,
                reason="a.b",
                pseudonym="ab" * 32,
                ticket="T-4711",
                reference="R-4712",
            )
        )
    return ("RR123", "T-4711", "R-4712", "abab", "tok-1", str(home), getpass.getuser() + "/")


def test_a_report_is_written_for_its_owner_alone_and_holds_nobody(
    doctor: Doctor, part: Part, site: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: home)
    poison = poisoned(part, home)
    file = home / "report.json"
    code, found = doctor("--report", file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text("utf-8")
    assert [word for word in poison if word in text] == []
    report = json.loads(text)
    assert report["ready"] == (code == 0)
    assert [one["subject"] for one in report["findings"]] == list(found)
    assert "ACS ACR1252" in text
    assert [left.name for left in home.glob(".new-*")] == []


def test_a_report_never_takes_the_place_of_another_file(tram: Tram, part: Part, home: Path) -> None:
    file = home / "report.json"
    file.write_text("mine")
    code, shown = tram("doctor", "--report", file)
    assert (code, shown["error"]["code"]) == (2, "usage.bad")
    assert file.read_text() == "mine"


def test_a_report_is_written_also_where_the_configuration_is_wrong(tram: Tram, part: Part, home: Path) -> None:
    (home / "t.toml").write_text("noise")
    code, _ = tram("doctor", "--config", home / "t.toml", "--report", home / "report.json")
    assert code == 1
    assert json.loads((home / "report.json").read_text("utf-8"))["settings"] is None


def test_people_are_told_where_the_report_is(
    lines: Callable[..., tuple[int, list[str]]], part: Part, home: Path
) -> None:
    _, shown = lines("doctor", "--report", home / "r.json")
    assert shown[-1] == f"Report without personal data: {home / 'r.json'}"


def test_every_finding_that_is_not_in_order_says_who_acts(doctor: Doctor, part: Part) -> None:
    part.found, part.fault = [], "net.denied"
    _, found = doctor()
    assert {name: one["who"] for name, one in found.items() if one["fault"]} == {
        "reader": "staff",
        "backend": "administrator",
    }


def test_people_read_how_and_who_below_what_to_do(
    lines: Callable[..., tuple[int, list[str]]], part: Part, site: Path
) -> None:
    (site.parent / "token").chmod(0o644)
    _, shown = lines("doctor", "--config", site, "--lang", "vi")
    at = next(number for number, line in enumerate(shown) if line.startswith("[hỏng] Máy chủ"))
    assert [line.split(":")[0].strip() for line in shown[at + 1 : at + 4]] == [
        "Việc cần làm",
        "Cách làm",
        "Người xử lý",
    ]


class Console(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_what_takes_longer_than_a_second_is_told_on_the_way(
    doctor: Doctor, part: Part, monkeypatch: pytest.MonkeyPatch
) -> None:
    console, slow = Console(), threading.Event()

    def readers() -> list[ReaderInfo]:
        slow.wait(0.7)
        return part.found

    monkeypatch.setattr("terminal.cli.doctor._TELL_AFTER", 0.2)
    monkeypatch.setattr(part, "readers", readers)
    monkeypatch.setattr(sys, "stderr", console)
    doctor("--lang", "vi")
    assert "Đang kiểm tra: Đầu đọc thẻ" in console.getvalue()
    assert console.getvalue().endswith("\r")


def test_everything_together_ends_within_twelve_seconds(site: Path) -> None:
    from config.load import load
    from terminal.clock import SystemClock

    times: list[datetime] = []
    checks = (*without_settings(), *with_settings(load(site), SystemClock(), times))
    assert max(check.seconds for check in checks) < 12
    assert {check.subject for check in checks} == set(Subject) - {Subject.PROGRAM, Subject.CONFIG, Subject.CLOCK}
