"""What it takes to undo an admission: kept until the passage ended, and never without bound."""

from __future__ import annotations

from terminal.flow.effects import Use
from terminal.flow.passages import MOST, RETRIES, Passages
from tests.machine import worlds

TICKET = Use(worlds.ticket().ticket)


def test_a_passage_keeps_its_ticket_until_it_ends() -> None:
    passages = Passages()
    passages.begin("p1", TICKET)
    assert passages.use("p1") == TICKET
    passages.end("p1")
    passages.end("p1")
    assert passages.use("p1") is None


def test_an_admission_by_hand_has_no_ticket() -> None:
    passages = Passages()
    passages.begin("p1", None)
    assert passages.use("p1") is None
    assert len(passages) == 1


def test_the_oldest_of_too_many_is_forgotten() -> None:
    passages = Passages()
    for number in range(MOST + 1):
        passages.begin(f"p{number}", TICKET)
    assert len(passages) == MOST
    assert passages.use("p0") is None
    assert passages.use("p1") == TICKET


def test_there_are_so_many_further_tries_and_no_more() -> None:
    passages = Passages()
    passages.begin("p1", TICKET)
    assert [passages.next_try("p1") for _ in range(len(RETRIES) + 1)] == [*RETRIES, None]
    assert passages.next_try("nobody") is None
