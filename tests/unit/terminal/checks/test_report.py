"""The report for whoever helps: everything that helps, nothing about anybody."""

from __future__ import annotations

import json
import platform
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.schema import Settings
from terminal.checks.report import compose
from terminal.health import HealthReport, Subject, command, faulty, fine
from tests.unit.terminal.conftest import Site

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
VERSIONS = {"version": "0.1.0", "python": "3.11.2", "system": "Linux 6.1.0"}
PERSON = "003090123450"
HOMES = "/".join(["", "home"])


@pytest.fixture
def desk(site: Site, tmp_path: Path) -> Settings:
    settings = site("reception")
    (tmp_path / "token").write_text("tok-1-secret-of-the-site\n")
    return replace(settings, place="Phòng khám bác sĩ Nguyễn Văn An")


def report(desk: Settings | None, *more: object) -> dict[str, object]:
    findings = [
        fine(Subject.READER, "readers", names="ACS ACR1252 [Serial RR123-456] 00 00"),
        faulty(
            Subject.BACKEND, "net.down", f"tok-1-secret-of-the-site {PERSON}", how=command(f"ls {HOMES}/nguyenvanan")
        ),
        faulty(Subject.JOURNAL, "journal.damaged", f"{Path.home()}/journal.sqlite3"),
    ]
    read: dict[str, object] = json.loads(compose(HealthReport(tuple(findings)), desk, VERSIONS, NOW))
    return read


def test_it_says_what_was_found_in_both_languages(desk: Settings) -> None:
    read = report(desk)
    assert (read["made"], read["ready"], read["versions"]) == ("2026-11-22T04:00:00+00:00", False, VERSIONS)
    findings = read["findings"]
    assert isinstance(findings, list)
    assert findings[1]["fault"] == "net.down"
    assert findings[1]["text"] == {"vi": "Mất mạng", "en": "Network down"}
    assert findings[1]["remedy"]["vi"] == "Kiểm tra dây mạng; máy tự nối lại"


def test_it_says_which_kinds_of_parts_there_are(desk: Settings) -> None:
    settings = report(desk)["settings"]
    assert isinstance(settings, dict)
    assert (settings["device"], settings["desk"]) == ("quay-3", "reception")
    assert settings["drivers"]["codes"] == "camera/zxing"
    assert report(None)["settings"] is None


def test_the_name_of_the_computer_is_no_device_name(desk: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "node", lambda: "pc_of_an")
    settings = report(replace(desk, device="pc-of-an"))["settings"]
    assert isinstance(settings, dict)
    assert settings["device"] == ""


def test_nothing_personal_and_nothing_secret_comes_in(desk: Settings) -> None:
    text = json.dumps(report(desk), ensure_ascii=False)
    for poison in ("tok-1", PERSON, "RR123", "nguyenvanan", "Nguyễn", str(Path.home()), str(desk.journal.path)):
        assert poison not in text


def test_a_token_that_cannot_be_read_is_no_obstacle(desk: Settings, tmp_path: Path) -> None:
    (tmp_path / "token").unlink()
    assert report(desk)["ready"] is False
    gone = replace(desk, backend=replace(desk.backend, token_file=None))
    assert report(gone)["ready"] is False
