"""Checks under guard: each ends in a finding, in its time, beside the others."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from config.errors import ConfigError, Problem
from terminal.checks.check import Check, side_by_side
from terminal.faults import FaultError
from terminal.health import Condition, Finding, Subject, fine
from terminal.messages import LANGUAGES, say

OK = fine(Subject.ROOMS, "rooms")


def raising(error: Exception, *, needed: bool = True) -> Finding:
    def work() -> Finding:
        raise error

    return Check(Subject.PRINTER, work, needed=needed).run()


@pytest.mark.parametrize(
    ("error", "needed", "condition", "fault"),
    [
        (FaultError("printer.paper", "tcp"), True, Condition.FAIL, "printer.paper"),
        (FaultError("printer.paper", "tcp"), False, Condition.LIMITED, "printer.paper"),
        (FaultError("install.missing", "escpos"), False, Condition.FAIL, "install.missing"),
        (ConfigError(Path("t.toml"), "printer.address", Problem.NEEDED), False, Condition.LIMITED, "config.invalid"),
        (ConfigError(Path("token"), "a.b", Problem.EXPOSED_SECRET), True, Condition.FAIL, "secrets.exposed"),
        (ImportError("libGL.so.1: NGUYEN VAN A"), False, Condition.FAIL, "internal"),
        (UnicodeDecodeError("utf-8", b"secret", 0, 1, "x"), True, Condition.FAIL, "internal"),
    ],
)
def test_whatever_a_part_raises_becomes_a_finding(
    error: Exception, needed: bool, condition: Condition, fault: str
) -> None:
    finding = raising(error, needed=needed)
    assert (finding.subject, finding.condition, finding.fault) == (Subject.PRINTER, condition, fault)
    assert "NGUYEN" not in finding.detail
    for language in LANGUAGES:
        assert all(say(message, language) for message in (finding.text, finding.remedy, finding.how) if message)


def test_a_wrong_setting_names_its_place_and_what_is_allowed() -> None:
    finding = raising(ConfigError(Path("token"), "backend.token_file", Problem.EXPOSED_SECRET, "chmod 600"))
    assert finding.detail == "token: backend.token_file"
    assert finding.how
    assert "chmod 600" in say(finding.how, "en")


def test_findings_come_in_the_order_of_the_checks_whoever_ends_first() -> None:
    first_may_end = threading.Event()

    def slow() -> Finding:
        first_may_end.wait(10)
        return fine(Subject.FONTS, "fonts", count="3")

    def quick() -> Finding:
        first_may_end.set()
        return OK

    found = side_by_side((Check(Subject.FONTS, slow), Check(Subject.ROOMS, quick)))
    assert [one.subject for one in found] == [Subject.FONTS, Subject.ROOMS]


def test_a_part_that_hangs_is_given_up_after_its_time_and_holds_nobody_up() -> None:
    never = threading.Event()

    def hangs() -> Finding:
        never.wait(30)
        return OK

    told: list[tuple[Subject, ...]] = []
    found = side_by_side(
        (
            Check(Subject.CAMERA, hangs, seconds=0.3, late="camera.stuck", needed=False),
            Check(Subject.ROOMS, lambda: OK),
        ),
        told.append,
    )
    never.set()
    assert (found[0].fault, found[0].condition, found[0].detail) == ("camera.stuck", Condition.LIMITED, "> 0.3 s")
    assert found[1] is OK
    assert (Subject.CAMERA,) in told
    assert told[-1] == ()
