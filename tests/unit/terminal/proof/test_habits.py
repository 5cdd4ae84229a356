from __future__ import annotations

import pytest

from terminal.proof.habits import NOTHING_KNOWN, SHORT_BLOCK, HabitBook, Habits


@pytest.mark.parametrize(
    ("habits", "again", "size"),
    [
        (NOTHING_KNOWN, False, 65_000),
        (Habits(block=1024), False, 1024),
        (Habits(losses=1), True, SHORT_BLOCK),
        (Habits(losses=1), False, 65_000),
        (Habits(losses=2), False, SHORT_BLOCK),
        (Habits(losses=2, granted=SHORT_BLOCK), False, SHORT_BLOCK),
        (Habits(losses=5, granted=20_000), True, 65_000),
    ],
)
def test_what_is_known_decides_how_much_is_asked_for(habits: Habits, again: bool, size: int) -> None:
    assert habits.read_size(65_000, again=again) == size


def test_a_site_s_own_limit_is_never_exceeded() -> None:
    assert Habits(block=1024).read_size(100) == 100
    assert Habits(losses=2).read_size(100) == 100


def test_kinds_are_told_apart_by_reader_and_answer_to_reset() -> None:
    book = HabitBook()
    book.note("reader A", b"\x3b\x88", Habits(block=256))
    assert book.recall("reader A", b"\x3b\x88") == Habits(block=256)
    assert book.recall("reader B", b"\x3b\x88") is None
    assert book.recall("reader A", b"\x3b\x89") is None


def test_the_book_does_not_grow_for_ever() -> None:
    book = HabitBook()
    for number in range(100):
        book.note("reader", bytes([number]), Habits(block=256))
        book.note("reader", b"\x3b", NOTHING_KNOWN)
    assert book.recall("reader", b"\x3b") == NOTHING_KNOWN
    assert book.recall("reader", bytes([99])) is not None
    assert book.recall("reader", bytes([1])) is None
