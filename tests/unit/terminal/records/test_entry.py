"""What an entry takes and what it keeps out."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.records.entry import JournalEntry
from tests.unit.terminal.records.test_journal import ENTRY


@pytest.mark.parametrize(
    "fields",
    [
        {"when": datetime(2026, 1, 1)},  # noqa: DTZ001 (a time without zone is the point)
        {"fault": "made.up"},
        {"reason": "Nguyễn Văn Thử"},
        {"device": "máy 1"},
        {"scan_id": "a b"},
        {"masked": "003187000029"},
        {"masked": "003 187 000029"},
        {"pseudonym": "003187000029"},
        {"access": "PACE with 000029"},
        {"why_bac": "Nguyễn"},
        {"chip_proof": "Nguyễn Văn"},
    ],
)
def test_a_field_that_could_name_somebody_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="journal"):
        replace(ENTRY, **fields)


@pytest.mark.parametrize(
    ("given_text", "kept"),
    [
        ("ref/2026-11_a:b", "ref/2026-11_a:b"),
        ("Nguyễn Văn", "Nguy?n?V?n"),
        ("x003187000029y", "x#y"),
        ("0031870000290", "0031870000290"),
        ("a\ud800\n", "a??"),
        ("z" * 100, "z" * 64),
        ("", ""),
    ],
)
def test_a_backends_reference_is_made_fit_to_keep(given_text: str, kept: str) -> None:
    assert replace(ENTRY, reference=given_text).reference == kept
    assert replace(ENTRY, ticket=given_text).ticket == kept


def test_the_written_form_is_ascii_sorted_and_in_universal_time() -> None:
    hanoi = timezone(timedelta(hours=7))
    text = replace(ENTRY, when=datetime(2026, 3, 4, 12, 0, tzinfo=hanoi)).to_json()
    assert text.isascii()
    assert list(json.loads(text)) == sorted(json.loads(text))
    assert '"when":"2026-03-04T05:00:00.000000+00:00"' in text
    assert JournalEntry.from_json(text) == ENTRY


def _changed(**fields: object) -> str:
    return json.dumps(json.loads(ENTRY.to_json()) | fields, sort_keys=True, separators=(",", ":"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        "[" * 100_000,
        ENTRY.to_json() + " ",
        _changed(desk="bank"),
        _changed(session="7"),
        _changed(session=True),
        _changed(simulated=1),
        _changed(ms="1"),
        _changed(checks={}),
        _changed(checks=[["signature"]]),
        _changed(checks=[["signature", "perhaps"]]),
        _changed(checks=[[[], []]]),
        _changed(when="yesterday"),
        _changed(when="2026-03-04T05:00:00"),
        _changed(device=None),
        _changed(reason=5),
        _changed(name="somebody"),
        _changed(reference="Nguyễn"),
    ],
)
def test_what_was_not_written_by_an_entry_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (any ValueError is the documented refusal)
        JournalEntry.from_json(text)


@given(
    st.text(max_size=60)
    | st.dictionaries(st.sampled_from(sorted(json.loads(ENTRY.to_json()))), st.none()).map(json.dumps)
)
def test_any_text_is_an_entry_or_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        JournalEntry.from_json(text)


def test_how_a_chip_was_opened_and_proven_is_kept() -> None:
    entry = replace(ENTRY, access="BAC", why_bac="access.none", chip_proof="CA ECDH brainpoolP256r1 AES-128")
    assert JournalEntry.from_json(entry.to_json()) == entry
    assert '"access":"BAC"' in entry.to_json()


def test_an_entry_of_before_these_fields_keeps_its_form() -> None:
    text = ENTRY.to_json()
    assert not {"access", "why_bac", "chip_proof"} & set(json.loads(text))
    assert JournalEntry.from_json(text).to_json() == text
