"""Judgements about a computer, from facts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from terminal.health import (
    Condition,
    Finding,
    HealthReport,
    Subject,
    faulty,
    fine,
    judge_clock,
    judge_disk,
    judge_memory,
    judge_processor,
    judge_tickets,
    judge_trust,
    unused,
)
from terminal.messages import LANGUAGES, say
from terminal.model import Message

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
OK, LIMITED, FAIL = Condition.OK, Condition.LIMITED, Condition.FAIL


@pytest.mark.parametrize(
    ("finding", "condition"),
    [
        (judge_trust(2, 1, needed=True), OK),
        (judge_trust(2, 2, needed=True, unlisted=1), LIMITED),
        (judge_trust(2, 2, needed=True, unlisted=2), FAIL),
        (judge_trust(2, 2, needed=False, unlisted=2), LIMITED),
        (judge_trust(2, 0, needed=True), FAIL),
        (judge_trust(0, 0, needed=True), FAIL),
        (judge_trust(0, 0, needed=False), LIMITED),
        (judge_tickets(1, needed=True), OK),
        (judge_tickets(0, needed=True), FAIL),
        (judge_tickets(0, needed=False), OK),
        (judge_clock(NOW, None), OK),
        (judge_clock(NOW, NOW + timedelta(minutes=2)), OK),
        (judge_clock(NOW, NOW - timedelta(minutes=2, seconds=1)), FAIL),
        (judge_clock(NOW, NOW + timedelta(minutes=2, seconds=1)), FAIL),
        (judge_clock(NOW.replace(year=2025), None), FAIL),
        (judge_disk(1 << 30), OK),
        (judge_disk((1 << 30) - 1), LIMITED),
        (judge_disk(16 << 20), LIMITED),
        (judge_disk((16 << 20) - 1), FAIL),
        (unused(Subject.CAMERA), OK),
        (faulty(Subject.CAMERA, "camera.absent"), FAIL),
    ],
)
def test_every_fact_has_its_condition_and_a_remedy_where_it_is_not_ok(finding: Finding, condition: Condition) -> None:
    assert finding.condition is condition
    assert (finding.remedy is None) == (condition is OK)
    for language in LANGUAGES:
        assert say(finding.text, language)
        assert finding.remedy is None or say(finding.remedy, language)


def test_a_fault_keeps_its_code() -> None:
    assert judge_trust(0, 0, needed=True).fault == "trust.none"
    assert judge_trust(1, 0, needed=True).fault == "trust.old"
    assert judge_trust(2, 2, needed=True, unlisted=1).fault == "trust.lists"
    assert judge_tickets(0, needed=True).fault == "tickets.none"
    assert (judge_disk(0).fault, judge_disk(100 << 20).fault) == ("disk.full", "disk.low")
    assert judge_clock(NOW, NOW - timedelta(hours=1)).detail == "3600 s"


def test_only_a_report_without_limits_is_ready() -> None:
    good = fine(Subject.ROOMS, "rooms")
    assert HealthReport((good, good)).ready
    assert not HealthReport((good, judge_disk(0))).ready
    assert not HealthReport((good, judge_disk(200 << 20))).ready


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_subject_and_condition_has_words(language: str) -> None:
    for subject in Subject:
        assert say(Message(f"cli.doctor.subject_{subject.value}"), language)
    for condition in Condition:
        assert say(Message(f"cli.doctor.{condition.value}"), language)


V2 = frozenset({"fpu", "cx16", "lahf_lm", "popcnt", "sse4_1", "sse4_2", "ssse3"})


@pytest.mark.parametrize(
    ("machine", "features", "fault"),
    [
        ("x86_64", V2, None),
        ("AMD64", V2 - {"sse4_2"}, "computer.old"),
        ("x86_64", frozenset(), "computer.old"),
        ("x86_64", None, None),
        ("aarch64", frozenset(), None),
    ],
)
def test_a_processor_older_than_the_libraries_is_told(
    machine: str, features: frozenset[str] | None, fault: str | None
) -> None:
    assert judge_processor(machine, features) == fault


def test_memory_is_short_below_what_a_desk_takes() -> None:
    assert judge_memory((300 << 20) - 1) == "computer.memory"
    assert judge_memory(300 << 20) is judge_memory(None) is None
