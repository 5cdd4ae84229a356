"""What libFuzzer says becomes a slice, slices a total, totals a table."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from fuzz import report, runner
from fuzz.table import BY_NAME

QUIET = """INFO: Instrumenting crypto.tlv
#2\tINITED cov: 40 ft: 41 corp: 3/90b exec/s: 0 rss: 50Mb
#220306\tDONE   cov: 74 ft: 91 corp: 15/210b lim: 1024 exec/s: 36717 rss: 53Mb
stat::number_of_executed_units: 220306
stat::slowest_unit_time_sec:    0
stat::peak_rss_mb:              53
"""
FOUND = """#2\tINITED cov: 40 ft: 41 corp: 3/90b exec/s: 0 rss: 50Mb
 === Uncaught Python exception: ===
IndexError: index out of range
Traceback (most recent call last):
  File "crypto/tlv.py", line 43, in parse
==7== ERROR: libFuzzer: fuzz target exited
stat::number_of_executed_units: 12
"""


class Fuzzer:
    """Plays the child process: writes ``log`` and ends with ``code``."""

    def __init__(self, log: str, code: int) -> None:
        self.log, self.code = log, code
        self.commands: list[list[str]] = []

    def __call__(self, command: list[str], **more: Any) -> subprocess.CompletedProcess[str]:
        if command[0] == "git":
            return subprocess.CompletedProcess(command, 0, "0123456789ab\n", "")
        self.commands.append(command)
        more["stdout"].write(self.log)
        return subprocess.CompletedProcess(command, self.code)


def played(monkeypatch: pytest.MonkeyPatch, log: str, code: int) -> Fuzzer:
    fuzzer = Fuzzer(log, code)
    monkeypatch.setattr("fuzz.runner.subprocess.run", fuzzer)
    return fuzzer


def test_a_quiet_slice_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fuzzer = played(monkeypatch, QUIET, 0)
    done = runner.fuzz(BY_NAME["apdu"], tmp_path, 5)
    assert (done.executions, done.coverage, done.features, done.corpus, done.peak_mib) == (220306, 74, 91, 15, 53)
    assert (done.finding, done.commit, done.target) == ("", "0123456789ab", "apdu")
    assert {"-max_total_time=5", "-max_len=1024"} <= set(fuzzer.commands[0])
    assert fuzzer.commands[0][4] == str(tmp_path / "corpus" / "apdu")
    assert (tmp_path / "findings" / "apdu").is_dir()


def test_a_finding_is_named_by_its_exception(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    played(monkeypatch, FOUND, 77)
    assert runner.fuzz(BY_NAME["tlv"], tmp_path, 5).finding == "IndexError: index out of range"


def test_an_end_without_words_is_a_finding_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    played(monkeypatch, "", -9)
    assert runner.fuzz(BY_NAME["tlv"], tmp_path, 5).finding == "ended with -9"


def test_slices_are_appended_and_added_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    played(monkeypatch, FOUND, 77)
    assert runner.main(["tlv", "--out", str(tmp_path)]) == 1
    played(monkeypatch, QUIET, 0)
    assert runner.main(["tlv", "apdu", "--out", str(tmp_path), "--rounds", "2"]) == 0
    totals = report.add_up(report.read_slices(tmp_path / runner.SLICES))
    assert [(row.target, row.slices, row.executions, row.findings) for row in totals] == [
        ("tlv", 3, 2 * 220306 + 12, ("IndexError: index out of range",)),
        ("apdu", 2, 2 * 220306, ()),
    ]
    assert "| tlv | 0.0 | 440,624 | 74 | 15 | 53 MiB | 1 | 0123456…0123456 |" in report.table(totals)


def test_an_unknown_target_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        runner.main(["no-parser", "--out", str(tmp_path)])
    assert "no such target: no-parser" in capsys.readouterr().err
