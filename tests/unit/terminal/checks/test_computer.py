"""Processor, memory, screen and place, from what Linux says of them."""

from __future__ import annotations

import platform
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from terminal.checks.computer import check_computer, check_display, check_place
from terminal.health import Condition
from terminal.messages import say
from tests.unit.terminal.conftest import Site

FLAGS = "fpu vme sse sse2 ssse3 cx16 sse4_1 sse4_2 popcnt lahf_lm avx"


@pytest.fixture
def proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\nflags\t\t: {FLAGS}\n\nprocessor\t: 1\nflags\t\t: {FLAGS}\n")
    (tmp_path / "meminfo").write_text("MemTotal:  4028456 kB\nMemAvailable:  2097152 kB\n")
    return tmp_path


def test_a_computer_of_these_years_is_in_order(proc: Path) -> None:
    finding = check_computer(proc)
    assert finding.condition is Condition.OK
    assert "x86_64" in say(finding.text, "vi")
    assert "2048 MB" in say(finding.text, "vi")


@pytest.mark.parametrize("lacking", ["sse4_2", "popcnt", "ssse3"])
def test_a_processor_on_which_numpy_would_crash_is_told(proc: Path, lacking: str) -> None:
    (proc / "cpuinfo").write_text(f"flags : {FLAGS.replace(lacking, '')}\n")
    finding = check_computer(proc)
    assert (finding.fault, finding.condition) == ("computer.old", Condition.FAIL)


def test_little_memory_limits(proc: Path) -> None:
    (proc / "meminfo").write_text("MemAvailable:  204800 kB\n")
    finding = check_computer(proc)
    assert (finding.fault, finding.condition) == ("computer.memory", Condition.LIMITED)
    assert "200 MB" in finding.detail


def test_where_nothing_is_known_nothing_is_claimed(tmp_path: Path) -> None:
    assert check_computer(tmp_path / "none").condition is Condition.OK
    (tmp_path / "meminfo").write_bytes(b"MemAvailable: \xff\xfe many\nnoise")
    (tmp_path / "cpuinfo").write_bytes(b"\x00\x01")
    assert check_computer(tmp_path).condition is Condition.OK


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"DISPLAY": ":0"}, "DISPLAY=:0"),
        ({"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}, "WAYLAND_DISPLAY=wayland-0"),
        ({"QT_QPA_PLATFORM": "eglfs"}, "QT_QPA_PLATFORM=eglfs"),
        ({}, "there is no screen here; the window needs one"),
    ],
)
def test_the_screen_is_told(site: Site, environ: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    finding = check_display(site("police"), environ)
    assert (say(finding.text, "en"), finding.condition) == (said, Condition.OK)


def test_a_console_needs_no_screen(site: Site) -> None:
    finding = check_display(site("police", '[face]\ndriver = "console"'), {})
    assert say(finding.text, "en") == "not used at this desk"


def test_time_zone_and_language_are_told() -> None:
    vietnam = datetime(2026, 11, 22, tzinfo=timezone(timedelta(hours=7)))
    assert say(check_place(lambda: vietnam).text, "en").startswith("UTC+0700, ")
