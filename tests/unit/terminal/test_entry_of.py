"""The journal's line for a decision."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from terminal import journaling
from terminal.flow.desk import Noted
from terminal.flow.effects import Note, Record
from terminal.model import (
    ChipReading,
    DataSource,
    IssuerTrust,
    Message,
    Outcome,
    Person,
    ReadMetrics,
    Verdict,
)
from terminal.records.entry import Method
from terminal.records.pseudonym import SiteKey
from terminal.view import Desk
from tests import chips
from tests.machine import worlds
from tests.unit.terminal.conftest import Site

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


# The journal's line --------------------------------------------------------------------------------------------------

KEY = SiteKey(bytes(32))
ALLOW = Verdict(Outcome.ALLOW, Message("title.ok.bhyt"), checks=worlds.reading().checks)


def test_a_line_keeps_nothing_of_the_person_but_pseudonym_and_masked_number(site: Site) -> None:
    who = chips.person_of("insured")
    person = Person(
        DataSource.CHIP,
        who.id_number,
        name=who.name,
        sex=who.sex,
        address=who.address,
        issued=who.issued,
        insurance_code="0030000001",
    )
    record = Record(3, ALLOW, "CHIP_CCCD", person, None, "R1", simulated=True)
    entry = journaling.entry_of(record, site("reception"), KEY, NOW, "boot-3", 812.6)
    assert (entry.masked, entry.pseudonym) == ("003 090 ••••••", KEY.pseudonym(who.id_number))
    assert (entry.desk, entry.device, entry.session, entry.scan_id) == (Desk.RECEPTION, "quay-3", 3, "boot-3")
    assert (entry.outcome, entry.reason, entry.method, entry.ms) == (
        Outcome.ALLOW,
        "title.ok.bhyt",
        Method.CHIP_CCCD,
        813,
    )
    assert entry.checks == tuple((check.name, check.word) for check in ALLOW.checks)
    assert (entry.reference, entry.ticket, entry.simulated, entry.fault) == ("R1", None, True, None)
    text = entry.to_json()
    for secret in (who.id_number.digits, who.id_number.can, who.name, who.address, "0030000001", "2021"):
        assert secret not in text
        assert secret not in text.encode().decode("unicode_escape")


def test_a_decision_by_hand_and_a_fault_say_so(site: Site) -> None:
    verdict = Verdict(Outcome.CANNOT_CHECK, Message("fault.net.down.title"), fault="net.down")
    settings = site("gate")
    entry = journaling.entry_of(Record(1, verdict, "TICKET", ticket="T1"), settings, KEY, NOW, "s", 0)
    assert (entry.fault, entry.ticket, entry.masked, entry.pseudonym) == ("net.down", "T1", None, None)
    assert entry.method is Method.TICKET
    by_hand = journaling.entry_of(Record(1, verdict, "TICKET", admitted="emergency"), settings, KEY, NOW, "s", 0)
    assert (by_hand.method, by_hand.reason) == (Method.HAND, "reason.emergency")


@pytest.mark.parametrize("method", ["QR_CCCD", "QR_BHYT", "TYPED", "CHIP_CCCD", "TICKET"])
def test_every_method_of_the_session_is_one_of_the_journal(site: Site, method: str) -> None:
    entry = journaling.entry_of(Record(1, ALLOW, method), site("reception"), KEY, NOW, "s", 0)
    assert entry.method is Method(method)


@pytest.mark.parametrize(
    ("metrics", "proof", "kept"),
    [
        (("PACE-CAN", "ECDH-GM AES-128", None), "CA ECDH P-256 AES-128", ("PACE-CAN", None, "CA ECDH P-256 AES-128")),
        (("BAC", "", Message("access.none")), "", ("BAC", "access.none", None)),
    ],
)
def test_how_the_chip_was_opened_and_proven_is_recorded(
    site: Site, metrics: tuple[str, str, Message | None], proof: str, kept: tuple[str | None, ...]
) -> None:
    cost = ReadMetrics(18, 20_000, (), (), *metrics)
    reading = ChipReading(Person(DataSource.CHIP), (), IssuerTrust.TRUSTED, cost, simulated=True, chip_proof=proof)
    entry = journaling.entry_of(Record(1, ALLOW, "CHIP_CCCD", reading=reading), site("reception"), KEY, NOW, "s", 0)
    assert (entry.access, entry.why_bac, entry.chip_proof) == kept


@pytest.mark.parametrize(
    ("note", "ticket", "method"),
    [
        (Note("gate.not_turned", passage="boot-3", fault="gate.not_turned"), "T7", Method.TICKET),
        (Note("gate.forced", fault="gate.forced"), None, Method.NOTHING),
        (Note("gate.held_open", by_hand=True), None, Method.HAND),
    ],
    ids=["not turned", "forced", "held open"],
)
def test_what_happened_at_the_gate_has_a_line_of_its_own(
    site: Site, note: Note, ticket: str | None, method: Method
) -> None:
    entry = journaling.note_of(Noted(note, 4, ticket, simulated=True), site("gate"), NOW)
    assert (entry.method, entry.outcome, entry.reason, entry.fault) == (
        method,
        Outcome.ATTENTION,
        note.reason,
        note.fault,
    )
    assert (entry.scan_id, entry.ticket, entry.session, entry.simulated) == (note.passage or None, ticket, 4, True)
    assert type(entry).from_json(entry.to_json()) == entry
