"""What a terminal decides alone: by the server's data and rules, by its own doing since, within its budget."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto.codes.ticket import Ticket, TicketKey, issue
from crypto.id_number import IdNumber
from crypto.tickets.body import LineKind, Mode
from crypto.tickets.record import named_by_mark
from crypto.tickets.rules import Standing
from terminal.faults import FaultError
from terminal.model import Direction, RedeemAnswer, Redeemed, Source
from terminal.ports import EligibilityQuestion
from tests.unit.terminal.offline.gate import (
    BEGIN,
    EVENT,
    GROUP,
    MADE,
    MARKS,
    NUMBER,
    PASS,
    PUBLIC,
    SECRET,
    Gate,
    bound,
    changes,
    ticket,
)

ISSUER = TicketKey(PUBLIC)


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    with Gate(tmp_path) as gate:
        yield gate


def fault(action: Callable[[], object]) -> str:
    with pytest.raises(FaultError) as caught:
        action()
    return caught.value.fault.code


def online(result: Redeemed, reason: str, gate: Gate, source: Source = Source.ONLINE) -> RedeemAnswer:
    return RedeemAnswer(result, reason, gate.clock.now(), "R-1", source=source)


def test_a_good_ticket_is_admitted_and_its_line_is_kept(gate: Gate) -> None:
    gate.sold(ticket("T1", admits=2))
    answer = gate.scan()
    assert (answer.result, answer.reason, answer.source) == (Redeemed.ADMITTED, "ok", Source.LOCAL)
    assert answer.admits == "2 người lớn"
    assert answer.as_of == MADE
    assert not answer.near_limit
    [line] = gate.lines()
    assert (line.kind, line.mode, line.ticket, line.gate) == (LineKind.ENTRY, Mode.OFFLINE, "T1", "cong-1")
    assert line.scan_id == "s-1"


def test_nobody_is_let_in_whose_line_cannot_be_kept(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    gate.sold(ticket("T1"))

    def full(_line: object) -> None:
        raise FaultError("offline.write", "FullError")

    with monkeypatch.context() as patch:
        patch.setattr(gate.outbox, "append", full)
        assert fault(gate.scan) == "offline.write"
    # It was not half kept either: the use is still there.
    assert gate.scan().result is Redeemed.ADMITTED


def test_the_line_is_on_the_disk_before_the_answer_is_given(gate: Gate) -> None:
    gate.sold(ticket("T1"))
    told: list[str] = []

    def committed() -> bool:
        told.append("commit")
        return False

    with gate.outbox.store.reading() as db:
        db.set_commit_hook(committed)
    gate.scan()
    told.append("answer")
    assert told == ["commit", "answer"]


def test_a_ticket_that_was_let_in_is_used_also_after_a_restart(tmp_path: Path) -> None:
    with Gate(tmp_path) as gate:
        gate.sold(ticket("T1"))
        at = gate.clock.now()
        gate.scan()
    with Gate(tmp_path) as gate:
        again = gate.scan(scan_id="s-later")
    assert (again.result, again.reason) == (Redeemed.REFUSED, "used")
    assert (again.used_at, again.used_place) == (at, "cong-1")


def test_the_same_scan_is_answered_the_same_and_uses_nothing_twice(gate: Gate) -> None:
    gate.sold(ticket("T1", max_uses=2))
    question = gate.question()
    first = gate.local.redeem(question, 2.0)
    gate.clock.advance(3)
    assert gate.local.redeem(replace(question, asked_at=gate.clock.now()), 2.0) == first
    assert len(gate.lines()) == 1


@pytest.mark.parametrize("changed", [{"ticket": "T2"}, {"gate": "cong-2"}, {"direction": Direction.EXIT}], ids=str)
def test_the_same_scan_with_another_question_is_a_defect(gate: Gate, changed: dict[str, object]) -> None:
    gate.sold(ticket("T1"), ticket("T2"))
    question = gate.question()
    gate.local.redeem(question, 2.0)
    assert fault(lambda: gate.local.redeem(replace(question, **changed), 2.0)) == "internal"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({"standing": Standing.CANCELLED}, "cancelled"),
        ({"standing": Standing.BLOCKED}, "blocked"),
        ({"standing": Standing.REVOKED}, "revoked"),
        ({"valid_to": BEGIN + timedelta(hours=1)}, "wrong_day"),
        ({"valid_from": MADE + timedelta(hours=2)}, "not_yet"),
        ({"gate": "cong-2"}, "wrong_gate"),
        ({"paid": False}, "unpaid"),
        ({"uses": 1}, "used"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_the_server_would_refuse_is_refused(gate: Gate, state: dict[str, Any], reason: str) -> None:
    gate.sold(ticket("T1", **state))
    answer = gate.scan()
    assert (answer.result, answer.reason, answer.source) == (Redeemed.REFUSED, reason, Source.LOCAL)
    assert gate.lines() == []


def test_the_checks_come_in_the_documented_order(gate: Gate) -> None:
    gate.sold(ticket("T1", uses=1, paid=False, gate="cong-2", standing=Standing.BLOCKED))
    assert gate.scan().reason == "blocked"
    gate.sold(ticket("T1", uses=1, paid=False, gate="cong-2"), cursor=11)
    assert gate.scan().reason == "wrong_gate"
    gate.sold(ticket("T1", uses=1, paid=False), cursor=12)
    assert gate.scan().reason == "unpaid"


def test_a_group_comes_in_parts(gate: Gate) -> None:
    gate.sold(ticket("G1", GROUP, max_uses=5))
    first = gate.scan("G1", people=2)
    assert (first.people, first.left, first.admits) == (2, 3, "2 học sinh")
    assert gate.scan("G1", people=4).reason == "too_many"
    rest = gate.scan("G1")
    assert (rest.people, rest.left) == (3, 0)
    assert [line.people for line in gate.lines()] == [2, 3]


def test_a_pass_opens_once_a_day_and_again_after_its_holder_left(gate: Gate) -> None:
    gate.sold(ticket("P1", PASS, valid_to=BEGIN + timedelta(days=300), max_uses=300))
    assert gate.scan("P1").attention == "Xem ảnh"
    assert gate.scan("P1").reason == "day_limit"
    assert gate.leave("P1").result is Redeemed.ADMITTED
    assert gate.scan("P1").result is Redeemed.ADMITTED
    gate.clock.advance(20 * 3600)
    gate.exchange()
    assert gate.scan("P1").result is Redeemed.ADMITTED
    assert [line.kind.value for line in gate.lines()] == ["entry", "exit", "entry", "entry"]


def test_nobody_is_kept_inside_however_little_is_known(gate: Gate) -> None:
    assert gate.leave("T9").result is Redeemed.ADMITTED
    gate.sold(ticket("T1"))
    gate.clock.advance(90 * 24 * 3600)
    assert gate.leave("T1").result is Redeemed.ADMITTED
    assert [line.kind for line in gate.lines()] == [LineKind.EXIT, LineKind.EXIT]


# Tickets that the data do not know ------------------------------------------------------------------------------------


def signed(number: str = "N1", product: str = "ve-ngay", key: Ed25519PrivateKey = SECRET, admits: int = 2) -> str:
    claims = Ticket("tram-mau", number, EVENT, product, admits, BEGIN, BEGIN + timedelta(days=1))
    return issue(claims, key)


def test_an_unknown_number_is_unknown(gate: Gate) -> None:
    gate.sold(ticket("T1"))
    assert gate.scan("N1").reason == "unknown"


def test_a_ticket_sold_since_proves_itself_and_is_admitted_once(tmp_path: Path) -> None:
    with Gate(tmp_path, keys=[ISSUER]) as gate:
        gate.sold(ticket("T1"))
        answer = gate.scan("N1", secret=signed())
        assert (answer.result, answer.admits) == (Redeemed.ADMITTED, "2 người lớn")
        assert gate.scan("N1", secret=signed()).reason == "used"
        assert [line.ticket for line in gate.lines()] == ["N1"]


def test_a_group_sold_since_comes_in_parts_too(tmp_path: Path) -> None:
    with Gate(tmp_path, keys=[ISSUER]) as gate:
        gate.sold()
        text = signed("N2", "doan", admits=3)
        assert gate.scan("N2", secret=text, people=1).left == 2


@pytest.mark.parametrize(
    "secret",
    [
        None,
        "TRAM:ABC",
        signed("N2"),
        signed(product="khong-co"),
        signed(key=Ed25519PrivateKey.from_private_bytes(bytes(32))),
    ],
    ids=["no code", "garbage", "another ticket's", "no product", "a stranger's key"],
)
def test_a_ticket_sold_since_must_prove_itself(tmp_path: Path, secret: str | None) -> None:
    with Gate(tmp_path, keys=[ISSUER]) as gate:
        gate.sold(ticket("T1"))
        assert gate.scan("N1", secret=secret).reason == "unknown"


def test_a_revoked_ticket_does_not_pass_by_its_signature(tmp_path: Path) -> None:
    with Gate(tmp_path, keys=[ISSUER]) as gate:
        gate.sold(ticket("N1", standing=Standing.REVOKED))
        assert gate.scan("N1", secret=signed()).reason == "revoked"


# Cards ----------------------------------------------------------------------------------------------------------------


def test_a_card_finds_its_ticket_and_the_line_names_it_by_its_mark(gate: Gate) -> None:
    gate.sold(ticket("T1"), holders=[bound("T1")])
    assert gate.scan("", holder=NUMBER).result is Redeemed.ADMITTED
    [line] = gate.lines()
    assert line.ticket == named_by_mark(MARKS.ticket("T1"))
    assert NUMBER.digits not in line.to_text()
    assert gate.scan("T1").reason == "used"


def test_a_card_without_a_ticket_of_today_is_told(gate: Gate) -> None:
    old = ticket("T1", valid_to=BEGIN + timedelta(hours=1))
    gate.sold(old, ticket("T2", standing=Standing.CANCELLED), holders=[bound("T1"), bound("T2")])
    assert gate.scan("", holder=NUMBER).reason == "holder_unknown"
    assert gate.scan("", holder=IdNumber("003090123451")).reason == "holder_unknown"


def test_of_several_tickets_the_only_good_one_is_meant(gate: Gate) -> None:
    gate.sold(ticket("T1", uses=1), ticket("T2"), holders=[bound("T1"), bound("T2")])
    assert gate.scan("", holder=NUMBER).result is Redeemed.ADMITTED
    assert gate.scan("", holder=NUMBER).reason == "used"


def test_a_card_with_two_good_tickets_is_ambiguous(gate: Gate) -> None:
    gate.sold(ticket("T1"), ticket("T2"), holders=[bound("T1"), bound("T2")])
    assert gate.scan("", holder=NUMBER).reason == "ambiguous"


# What a server said before --------------------------------------------------------------------------------------------


def test_what_the_server_admitted_here_is_used_offline(gate: Gate) -> None:
    gate.sold(ticket("T1"))
    gate.local.remember(gate.question(), online(Redeemed.ADMITTED, "ok", gate))
    assert gate.scan().reason == "used"
    assert gate.lines() == []


def test_what_the_server_refused_here_stays_refused_though_the_data_say_otherwise(gate: Gate) -> None:
    gate.sold(ticket("T1"))
    used_at = gate.clock.now()
    refused = replace(online(Redeemed.REFUSED, "used", gate), used_at=used_at, used_place="cong-9")
    gate.local.remember(gate.question(), refused)
    answer = gate.scan()
    assert (answer.reason, answer.used_at, answer.used_place) == ("used", used_at, "cong-9")
    assert answer.source is Source.LOCAL
    gate.exchange()
    assert gate.scan().result is Redeemed.ADMITTED


def test_a_refusal_of_the_moment_is_not_remembered(gate: Gate) -> None:
    gate.sold(ticket("T1"))
    gate.local.remember(gate.question(), online(Redeemed.REFUSED, "full", gate))
    assert gate.scan().result is Redeemed.ADMITTED


def test_a_day_limit_ends_with_the_day(gate: Gate) -> None:
    gate.sold(ticket("P1", PASS, valid_to=BEGIN + timedelta(days=300), max_uses=300))
    gate.local.remember(gate.question("P1"), online(Redeemed.REFUSED, "day_limit", gate))
    assert gate.scan("P1").reason == "day_limit"
    gate.clock.advance(20 * 3600)
    assert gate.scan("P1").result is Redeemed.ADMITTED


def test_whom_the_hub_let_in_is_the_hub_s_to_tell_and_counts_until_the_server_can_know(gate: Gate) -> None:
    gate.sold(ticket("T1"), ticket("T2"))
    gate.local.remember(gate.question(), online(Redeemed.ADMITTED, "ok", gate, Source.HUB))
    assert gate.lines() == []
    gate.exchange()
    assert gate.scan().reason == "used"
    gate.clock.advance(601)
    gate.exchange(ticket("T1", uses=1), cursor=12)
    gate.exchange(ticket("T1"), cursor=13)  # taken back elsewhere
    assert gate.scan().result is Redeemed.ADMITTED


def test_a_use_counts_until_the_server_s_data_contain_it_and_not_once_more(gate: Gate) -> None:
    gate.sold(ticket("M1", max_uses=3))
    gate.scan("M1")
    gate.exchange(ticket("M1", max_uses=3), cursor=11)
    gate.scan("M1")
    gate.hand_over()
    gate.exchange(ticket("M1", max_uses=3, uses=2), cursor=12)
    assert gate.scan("M1").result is Redeemed.ADMITTED
    assert gate.scan("M1").reason == "used"


def test_a_use_made_while_the_changes_came_still_counts(gate: Gate) -> None:
    gate.sold(ticket("T1"))
    gate.followed.told()
    gate.local.remember(gate.question(), online(Redeemed.ADMITTED, "ok", gate))
    gate.followed.apply(changes(11), gate.clock.now())
    assert gate.scan().reason == "used"


def test_a_snapshot_alone_says_nothing_about_what_happened_since_it_was_made(gate: Gate) -> None:
    gate.sold(ticket("T1"))
    gate.local.remember(gate.question(), online(Redeemed.ADMITTED, "ok", gate))
    gate.followed.told()
    gate.sold(ticket("T1"), cursor=11)
    assert gate.scan().reason == "used"


# The port -------------------------------------------------------------------------------------------------------------


def test_nobody_is_insured_by_a_ticket(gate: Gate) -> None:
    assert fault(lambda: gate.local.check(EligibilityQuestion("v-1", gate.clock.now()), 2.0)) == "net.down"
    assert gate.local.health(2.0).time == gate.clock.now()


@pytest.mark.parametrize("deadline", [0.0, -1.0])
def test_no_time_left_is_a_timeout_and_nothing_is_kept(gate: Gate, deadline: float) -> None:
    gate.sold(ticket("T1"))
    assert fault(lambda: gate.local.redeem(gate.question(), deadline)) == "net.timeout"
    assert gate.lines() == []
