from __future__ import annotations

from datetime import UTC, datetime

from crypto.codes.ticket import Ticket
from terminal.flow.scans import MOST, ScanIds


def ticket(number: int, event: str = "e") -> Ticket:
    day = datetime(2026, 11, 22, tzinfo=UTC)
    return Ticket("tram", f"T{number}", event, "day", 1, day, day)


def test_each_session_has_its_own() -> None:
    scans = ScanIds("boot")
    assert (scans.of(1), scans.of(2)) == ("boot-1", "boot-2")


def test_an_unanswered_ticket_keeps_its_id_until_it_is_decided() -> None:
    scans = ScanIds("boot")
    assert scans.asked(1, ticket(1)) == "boot-1"
    assert scans.asked(2, ticket(2)) == "boot-2"
    assert scans.asked(3, ticket(1)) == scans.of(3) == "boot-1"
    assert scans.asked(4, ticket(1, "another event")) == "boot-4"
    scans.asked(5, ticket(1))
    scans.decided(4)
    assert scans.asked(6, ticket(1)) == "boot-1"
    scans.decided(6)
    assert scans.of(6) == "boot-1", "the gate is opened under the id that was asked with"
    assert scans.asked(7, ticket(1)) == "boot-7"
    assert scans.of(8) == "boot-8"


def test_the_oldest_is_forgotten_first() -> None:
    scans = ScanIds("boot")
    for session in range(MOST + 1):
        scans.asked(session, ticket(session))
    assert scans.asked(1000, ticket(1)) == "boot-1"
    assert scans.asked(1001, ticket(0)) == "boot-1001"
