"""Rights to device files, in a /dev of the test's own."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from config.schema import Settings
from terminal.checks.rights import check_rights
from terminal.health import Condition
from terminal.messages import say
from tests.unit.terminal.conftest import Site


@pytest.fixture
def dev(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Device files that exist; those named in ``closed`` may not be opened. The group is everywhere ``dialout``."""
    folder = tmp_path / "dev"
    folder.mkdir()
    for name in ("video0", "ttyACM0", "ttyUSB1", "lp0", "gpiochip0", "hidraw0", "hidraw1"):
        (folder / name).touch()
    monkeypatch.setattr(Path, "group", lambda _: "dialout")
    return folder


def closed(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path).name not in names)


@pytest.fixture
def desk(site: Site) -> Settings:
    return site("police")


def test_devices_that_may_be_opened_are_in_order(desk: Settings, dev: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed(monkeypatch)
    assert check_rights(desk, dev).condition is Condition.OK


def test_a_camera_that_may_not_be_opened_is_told_with_the_group_to_join(
    desk: Settings, dev: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed(monkeypatch, "video0", "ttyACM0")
    finding = check_rights(desk, dev)
    assert (finding.fault, finding.condition) == ("camera.denied", Condition.LIMITED)
    assert finding.detail == f"{dev}/video0 (dialout)"
    assert finding.how
    assert "usermod -aG dialout $USER" in say(finding.how, "vi")


def test_a_camera_that_is_not_there_is_no_question_of_rights(
    desk: Settings, dev: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed(monkeypatch, "video0")
    (dev / "video0").unlink()
    assert check_rights(desk, dev).condition is Condition.OK


@pytest.mark.parametrize(
    ("device", "fault"),
    [
        ("ttyACM0", "scanner.denied"),
        ("ttyUSB1", "scanner.denied"),
        ("lp0", "printer.denied"),
        ("gpiochip0", "gate.denied"),
    ],
)
def test_scanner_printer_and_gate_too(
    desk: Settings, dev: Path, monkeypatch: pytest.MonkeyPatch, device: str, fault: str
) -> None:
    desk = replace(
        desk,
        needs=("scanner", "printer", "gate"),
        scanner=replace(desk.scanner, driver="serial"),
        printer=replace(desk.printer, driver="escpos", address=f"{dev}/lp0"),
        gate=replace(desk.gate, driver="gpio", address=f"{dev}/gpiochip0"),
    )
    closed(monkeypatch, device)
    finding = check_rights(desk, dev)
    assert (finding.fault, finding.condition) == (fault, Condition.FAIL)
    closed(monkeypatch)
    assert check_rights(desk, dev).condition is Condition.OK


def test_a_named_port_is_the_only_one_that_counts(desk: Settings, dev: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = replace(desk, scanner=replace(desk.scanner, driver="serial", address=f"{dev}/ttyUSB1"))
    closed(monkeypatch, "ttyACM0")
    assert check_rights(desk, dev).condition is Condition.OK
    closed(monkeypatch, "ttyUSB1")
    assert check_rights(desk, dev).fault == "scanner.denied"


def test_a_hid_scanner_is_denied_only_where_every_hid_device_is(
    desk: Settings, dev: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = replace(desk, scanner=replace(desk.scanner, driver="hid"))
    closed(monkeypatch, "hidraw0")
    assert check_rights(desk, dev).condition is Condition.OK
    closed(monkeypatch, "hidraw0", "hidraw1")
    assert check_rights(desk, dev).fault == "scanner.denied"


def test_a_file_of_nobodys_group_is_told_without_one(
    desk: Settings, dev: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(_: Path) -> str:
        raise KeyError("gid")

    monkeypatch.setattr(Path, "group", unknown)
    closed(monkeypatch, "video0")
    finding = check_rights(desk, dev)
    assert finding.detail.endswith("video0 (?)")
    assert finding.how is None
