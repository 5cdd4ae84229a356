from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from drivers.backends.bhyt_codes import CODES, Code, Light, meaning_of
from terminal.faults import CATALOGUE, Who
from terminal.messages import words
from terminal.model import Cover, Eligibility, EligibilityAnswer, Outcome
from terminal.proof.verdict import Facts, decide
from terminal.view import Desk
from tests.machine import worlds

PAGE = Path(__file__).parents[4] / "docs" / "bhyt.md"
NOW = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
COVER = Cover("DN4010030000000", "80 %", date(2026, 1, 1), date(2026, 12, 31))
FULL = Facts(
    demands=worlds.DEMANDS[Desk.RECEPTION],
    today=NOW,
    desk_title="ok.bhyt",
    claimed=worlds.person(),
    reading=worlds.reading(),
)
OUTCOMES = {Light.GREEN: Outcome.ALLOW, Light.AMBER: Outcome.ATTENTION, Light.RED: Outcome.STOP}
UNKNOWN = meaning_of("999")


def answered(row: Code) -> EligibilityAnswer:
    assert row.state is not None
    cover = COVER if row.light in (Light.GREEN, Light.AMBER) else None
    return EligibilityAnswer(row.state, row.reason, NOW, f"{row.code}-X", cover=cover)


def rows_of_the_page() -> dict[str, list[str]]:
    lines = PAGE.read_text("utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if re.match(r"\| \d{3} ", line)]
    return {row[0]: row[1:] for row in cells if len(row) == 4}


def test_the_page_s_table_is_the_program_s() -> None:
    page = rows_of_the_page()
    assert list(page) == list(CODES)
    for row in CODES.values():
        told = row.fault or f"{row.state.value if row.state else ''}, {row.reason}"
        assert page[row.code] == [row.meaning, row.light.value, f"`{told}`"]


@pytest.mark.parametrize("row", [*CODES.values(), UNKNOWN], ids=lambda row: row.code)
def test_the_light_is_what_the_desk_shows(row: Code) -> None:
    if row.state is None:
        assert row.light is Light.GREY
        shown = decide(replace(FULL, ask_fault=row.fault))
        assert (shown.outcome, shown.fault) == (Outcome.ATTENTION, row.fault)
        without_chip = decide(replace(FULL, demands=frozenset(), reading=None, ask_fault=row.fault))
        assert without_chip.outcome is Outcome.CANNOT_CHECK
        return
    assert decide(replace(FULL, answer=answered(row))).outcome is OUTCOMES[row.light]


@pytest.mark.parametrize("row", [*CODES.values(), UNKNOWN], ids=lambda row: row.code)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_code_has_its_words(row: Code, language: str) -> None:
    known = words(language)
    if row.state is None:
        assert known[f"fault.{row.fault}.title"]
        return
    shown = decide(replace(FULL, answer=answered(row)))
    assert known[shown.title.key]
    assert shown.remedy is None or known[shown.remedy.key]
    assert known[f"cover.{row.reason}"]
    assert all(known[note.key] for note in shown.notes)


def test_only_an_administrator_can_mend_who_asks() -> None:
    assert {CATALOGUE[CODES[code].fault].who for code in ("054", "055", "205")} == {Who.ADMINISTRATOR}


def test_green_is_what_hospitals_count_as_success_and_no_eye_has_to_confirm() -> None:
    assert {row.code for row in CODES.values() if row.light is Light.GREEN} == {"000", "003", "004"}
    assert {row.state for row in CODES.values() if row.light is Light.GREEN} == {Eligibility.ELIGIBLE}


@pytest.mark.parametrize("code", ["", "999", "00", "0000", "OK"])
def test_a_code_that_nobody_knows_is_never_a_yes(code: str) -> None:
    row = meaning_of(code)
    assert (row.state, row.reason, row.light) == (Eligibility.UNKNOWN, "unknown_code", Light.AMBER)


@pytest.mark.parametrize(
    ("until", "note"), [(None, "note.new_card"), (date(2026, 12, 31), "note.new_card_both")], ids=["003", "004"]
)
def test_a_new_card_is_a_yes_that_draws_the_eye(until: date | None, note: str) -> None:
    answer = EligibilityAnswer(
        Eligibility.ELIGIBLE, "new_card", NOW, "003-X", cover=replace(COVER, replaces_until=until)
    )
    shown = decide(replace(FULL, answer=answer))
    assert shown.outcome is Outcome.ALLOW
    assert note in {one.key for one in shown.notes}
    assert shown.needs_look


@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("001", "warn.by_eye"),
        ("060", "warn.wrong_name"),
        ("070", "warn.wrong_birth"),
        ("121", "warn.moved"),
        ("123", "warn.moved"),
        ("130", "warn.child"),
        ("050", "stop.no_cover"),
        ("051", "stop.wrong_code"),
        ("110", "stop.withdrawn"),
        ("120", "stop.stopped"),
    ],
)
def test_what_staff_can_do_about_it_is_in_the_title(code: str, title: str) -> None:
    assert decide(replace(FULL, answer=answered(CODES[code]))).title.key == f"title.{title}"
