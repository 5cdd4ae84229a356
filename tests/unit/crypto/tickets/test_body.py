"""The body of a ledger line: one way to write it, and nothing else is read."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.errors import MalformedError
from crypto.tickets.body import LineBody, LineKind, Mode, Stamp
from crypto.tickets.line import MAX_BODY, START, Line, follows, seal_of

STAMP = Stamp(
    at=datetime(2026, 11, 22, 15, 30, tzinfo=timezone(timedelta(hours=7))),
    boot="0123456789abcdef",
    mono_ms=812,
    skew_ms=-40,
    skew_error_ms=12,
)
BODY = LineBody(
    scan_id="s-01", kind=LineKind.ENTRY, event="trang-an-mau", ticket="T7Q2M9XK4B", gate="cong-1", stamp=STAMP
)
TEXT = (
    '{"asker":null,"at":"2026-11-22T08:30:00.000000Z","boot":"0123456789abcdef","event":"trang-an-mau",'
    '"gate":"cong-1","kind":"entry","mode":"offline","mono_ms":812,"people":null,"reason":null,'
    '"scan_id":"s-01","skew_error_ms":12,"skew_ms":-40,"ticket":"T7Q2M9XK4B","v":1}'
)

names = st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True)
whole = st.integers(0, 2**53)
stamps = st.builds(
    lambda at, boot, mono, skew: Stamp(at=at, boot=boot, mono_ms=mono, skew_ms=skew, skew_error_ms=skew and abs(skew)),
    st.datetimes(timezones=st.just(UTC)),
    st.from_regex(r"[0-9a-f]{8,32}", fullmatch=True),
    whole,
    st.none() | st.integers(-(2**53), 2**53),
)
bodies = st.builds(
    lambda asker, **rest: LineBody(mode=Mode.OFFLINE if asker is None else Mode.HUB, asker=asker, **rest),
    scan_id=names,
    kind=st.sampled_from(LineKind),
    event=names,
    ticket=st.none() | names,
    gate=names,
    stamp=stamps,
    people=st.none() | st.integers(1, 10_000),
    reason=st.none() | st.text(min_size=1, max_size=100).filter(str.isprintable),
    asker=st.none() | names,
)


def test_it_is_written_as_documented() -> None:
    assert BODY.to_text() == TEXT


@given(bodies)
def test_every_body_comes_back(body: LineBody) -> None:
    text = body.to_text()
    assert len(text) <= MAX_BODY
    assert text.isascii()
    assert LineBody.from_text(text) == body


@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda raw: raw.decode("latin-1")))
def test_nothing_else_is_read(text: str) -> None:
    with pytest.raises(MalformedError):
        LineBody.from_text(text)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=70),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(sorted(json.loads(TEXT))), values)
def test_a_field_of_another_kind_is_not_read_unless_it_is_written_the_agreed_way(name: str, value: object) -> None:
    fields = json.loads(TEXT) | {name: value}
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    try:
        body = LineBody.from_text(text)
    except MalformedError:
        return
    assert body.to_text() == text


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace(",", ", ", 1),
        TEXT.replace('"v":1', '"v":2'),
        TEXT.replace('"v":1', '"v":true'),
        TEXT.replace('{"asker"', '{"asker":null,"asker"'),
        TEXT.replace("00Z", "00+00:00"),
        TEXT.replace('"people":null', '"people":0'),
        TEXT.replace('"skew_ms":-40', '"skew_ms":null'),
        TEXT.replace("entry", "cancel"),
        TEXT[:-1] + ',"x":1}',
        "[" * 1500,
        "9" * 1900,
        TEXT + " " * MAX_BODY,
    ],
)
def test_another_way_to_write_it_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        LineBody.from_text(text)


@pytest.mark.parametrize(
    "wrong",
    [
        {"scan_id": ""},
        {"ticket": "T 1"},
        {"asker": "cong-1"},
        {"mode": Mode.HUB},
        {"mode": Mode.HUB, "asker": "a b"},
        {"gate": "c" * 65},
        {"people": 0},
        {"people": True},
        {"reason": ""},
        {"reason": "a\nb"},
        {"reason": "x" * 101},
    ],
)
def test_a_body_of_another_form_cannot_be_made(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="another form"):
        replace(BODY, **wrong)


def test_a_stamp_has_a_zone_and_its_skew_an_error() -> None:
    for wrong in ({"at": datetime(2026, 11, 22)}, {"skew_error_ms": None}, {"boot": "x"}, {"mono_ms": -1}):  # noqa: DTZ001
        with pytest.raises(ValueError, match="another form"):
            replace(STAMP, **wrong)


def sealed(seq: int, prev: bytes, body: str = "b") -> Line:
    return Line(seq, body, prev, seal_of(prev, seq, body))


def test_what_follows_what() -> None:
    first = sealed(1, START)
    second = sealed(2, first.seal)
    assert follows(None, first, anew=False)
    assert follows(first, second, anew=False)
    assert not follows(None, second, anew=False)
    assert not follows(first, sealed(3, first.seal), anew=False)
    assert not follows(first, sealed(2, START), anew=False)
    assert not follows(first, replace(second, body="c"), anew=False)


def test_a_ledger_that_starts_anew_uses_no_number_twice() -> None:
    head = sealed(7, b"p" * 32)
    assert follows(head, sealed(1_795_000_000_000, START), anew=True)
    assert follows(None, sealed(5, START), anew=True)
    assert not follows(head, sealed(7, START), anew=True)
    assert not follows(head, sealed(9, head.seal), anew=True)
    assert not follows(head, replace(sealed(9, START), seal=bytes(32)), anew=True)
