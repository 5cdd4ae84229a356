"""Every target of the fuzzers stands: its parser takes its seeds, and its bounds catch what they should."""

from __future__ import annotations

import pytest

from crypto.errors import MalformedError
from fuzz import target as bounds
from fuzz.table import BY_NAME, TARGETS
from fuzz.target import SEEDS, BoundError, Target, bounded


def test_every_target_has_one_name_and_seeds_and_no_seed_is_left_over() -> None:
    assert len(BY_NAME) == len(TARGETS)
    assert {folder.name for folder in SEEDS.iterdir()} == set(BY_NAME)


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_seeds_are_taken_or_refused_as_documented(name: str) -> None:
    once = BY_NAME[name].load()
    seeds = sorted((SEEDS / name).iterdir())
    assert seeds
    for seed in seeds:
        raw = seed.read_bytes()
        assert len(raw) <= BY_NAME[name].max_len, seed.name
        once(raw)
        once(raw[: len(raw) // 2])


@pytest.mark.parametrize("name", sorted(BY_NAME.keys() - {"pace-answers"}))  # who lacks the password is always refused
def test_a_seed_reaches_beyond_the_first_refusal(name: str) -> None:
    whole = Target(name, BY_NAME[name].parser, (_NeverError,), BY_NAME[name].max_len, text=BY_NAME[name].text).load()
    refused = []
    for seed in (SEEDS / name).iterdir():
        try:
            whole(seed.read_bytes())
        except BY_NAME[name].errors as error:
            refused.append(error)
    assert len(refused) < len(list((SEEDS / name).iterdir()))


class _NeverError(Exception):
    """Raised by nobody."""


def test_what_is_not_documented_comes_out() -> None:
    with pytest.raises(MalformedError):
        Target("com", "crypto.emrtd.lds:parse_com", (KeyError,), 10).load()(b"")
    Target("com", "crypto.emrtd.lds:parse_com", (MalformedError,), 10).load()(b"")


def test_text_arrives_as_text() -> None:
    with pytest.raises(MalformedError):
        Target("mrz", "crypto.emrtd.mrz:parse_mrz", (KeyError,), 10, text=True).load()(b"\xff")
    with pytest.raises(TypeError):
        Target("mrz", "crypto.emrtd.mrz:parse_mrz", (KeyError,), 10).load()(b"\xff")


def test_an_input_that_takes_too_long_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([10.0, 11.5])
    monkeypatch.setattr("fuzz.target.time.process_time", lambda: next(clock))
    with pytest.raises(BoundError, match=r"1\.50 s"):
        bounded(lambda _data: None)(b"")


def test_an_input_that_takes_too_much_memory_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    held = iter([1 << 20, 61 << 20])
    monkeypatch.setattr(bounds, "_peak", lambda: next(held))
    with pytest.raises(BoundError, match="60 MiB"):
        bounded(lambda _data: None)(b"")


def test_the_memory_held_is_known() -> None:
    before = bounds._peak()
    kept = bytearray(before)
    assert len(kept) == before > 1 << 20
    assert bounds._peak() > before
