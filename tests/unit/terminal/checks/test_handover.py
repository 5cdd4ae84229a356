"""The doctor about the ways to the hospital's system, over the real drivers."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from config.schema import Settings
from terminal import parts
from terminal.checks.handover import check_handover
from terminal.clock import SystemClock
from terminal.health import Condition, Finding
from terminal.messages import LANGUAGES, say
from tests.unit.terminal.conftest import Site


@pytest.fixture
def desk(site: Site) -> Settings:
    return site("reception")


def _found(desk: Settings, **given: object) -> Finding:
    return check_handover(replace(desk, handover=replace(desk.handover, **given)), SystemClock())  # type: ignore[arg-type]


def test_a_desk_that_hands_nothing_over(desk: Settings) -> None:
    assert _found(desk).text.key == "cli.doctor.unused"
    assert parts.handovers(desk, SystemClock()) == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_way_in_order(desk: Settings, tmp_path: Path, language: str) -> None:
    (tmp_path / "tray").mkdir(mode=0o700)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        found = _found(desk, api=True, port=0, folder=tmp_path / "tray", hl7=address)
    assert found.condition is Condition.OK
    assert "desk_api, folder, hl7" in say(found.text, language)
    assert list((tmp_path / "tray").iterdir()) == []


def test_a_taken_port_a_missing_folder_and_nobody_at_the_address(desk: Settings, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        taken = _found(desk, api=True, port=port)
    away = _found(desk, folder=tmp_path / "share")
    silent = _found(desk, hl7=f"127.0.0.1:{port}")
    assert [(one.fault, one.condition) for one in (taken, away, silent)] == [
        ("handover.port", Condition.LIMITED),
        ("handover.absent", Condition.LIMITED),
        ("handover.absent", Condition.LIMITED),
    ]
    assert away.detail.startswith("folder: ")


def test_the_settings_lead_to_the_drivers_and_their_options(desk: Settings, tmp_path: Path) -> None:
    given = replace(desk.handover, api=True, folder=tmp_path, hl7="his.example:2575")
    ways = parts.handovers(replace(desk, handover=given), SystemClock())
    assert [way.name for way in ways] == ["desk_api", "folder", "hl7"]
    assert not any(way.simulated for way in ways)
