"""Exactly once, out and in again, taken back: what several devices may do with one ticket."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from datetime import UTC, datetime

import pytest

from terminal.faults import FaultError
from terminal.model import Direction, RedeemAnswer, Redeemed
from terminal.ports import AnnulQuestion, RedeemQuestion
from tests.pretix.live.conftest import Client
from tests.pretix.peer import Peer

DEADLINE = 30.0


def scan(secret: str, direction: Direction = Direction.ENTRY) -> RedeemQuestion:
    return RedeemQuestion(
        uuid.uuid4().hex, datetime.now(UTC), "su-kien-mau", "T", "cong-1", secret=secret, direction=direction
    )


def undo(asked: RedeemQuestion) -> AnnulQuestion:
    return AnnulQuestion(asked.scan_id, datetime.now(UTC), asked.event, asked.ticket, asked.gate)


def test_of_many_scans_at_once_one_is_admitted(peer: Peer, client: Client) -> None:
    secret = peer.seeded["tickets"]["good0"]
    backends = [client("gate_1"), client("gate_2")]
    found: list[RedeemAnswer] = []

    def redeem(number: int) -> None:
        found.append(backends[number % 2].redeem(scan(secret), DEADLINE))

    threads = [threading.Thread(target=redeem, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert Counter(answer.reason for answer in found) == {"ok": 1, "used": 7}


def test_a_scan_repeated_is_the_same_scan_and_uses_nothing_twice(peer: Peer, client: Client) -> None:
    asked = scan(peer.seeded["tickets"]["good1"])
    backend = client()
    assert [backend.redeem(asked, DEADLINE).reason for _ in range(3)] == ["ok"] * 3
    used = backend.redeem(scan(asked.secret or ""), DEADLINE)
    assert (used.result, used.used_place) == (Redeemed.REFUSED, "Cổng 1")
    assert used.used_at is not None
    assert abs((used.used_at - datetime.now(UTC)).total_seconds()) < 120


def test_the_same_scan_id_of_another_device_is_another_scan(peer: Peer, client: Client) -> None:
    """With the bare scan id as its nonce pretix would admit both."""
    asked = scan(peer.seeded["tickets"]["good2"])
    assert client("gate_1").redeem(asked, DEADLINE).reason == "ok"
    other = client("gate_2").redeem(asked, DEADLINE)
    assert (other.reason, other.used_place) == ("used", "#1")


def test_out_and_in_again_and_not_in_twice(peer: Peer, client: Client) -> None:
    secret = peer.seeded["tickets"]["good3"]
    entry, leave = client("gate_1"), client("gate_2")
    assert entry.redeem(scan(secret), DEADLINE).reason == "ok"
    assert entry.redeem(scan(secret), DEADLINE).reason == "used"
    assert leave.redeem(scan(secret, Direction.EXIT), DEADLINE).result is Redeemed.ADMITTED
    assert entry.redeem(scan(secret), DEADLINE).reason == "ok"
    assert entry.redeem(scan(secret), DEADLINE).reason == "used"


def test_an_admission_taken_back_frees_the_ticket_and_its_own_scan_stays_refused(peer: Peer, client: Client) -> None:
    backend, asked = client(), scan(peer.seeded["tickets"]["good4"])
    assert backend.redeem(asked, DEADLINE).reason == "ok"
    for _ in range(2):
        backend.annul(undo(asked), DEADLINE)
    assert backend.redeem(asked, DEADLINE).reason == "annulled"
    assert backend.redeem(scan(asked.secret or ""), DEADLINE).reason == "ok"


def test_another_device_takes_nothing_back(peer: Peer, client: Client) -> None:
    asked = scan(peer.seeded["tickets"]["good5"])
    assert client("gate_1").redeem(asked, DEADLINE).reason == "ok"
    client("gate_2").annul(undo(asked), DEADLINE)  # it was never admitted there: nothing happens
    assert client("gate_1").redeem(scan(asked.secret or ""), DEADLINE).reason == "used"


def test_questions_are_told_and_answered(peer: Peer, client: Client) -> None:
    backend, asked = client(), scan(peer.seeded["tickets"]["questioned"])
    questions = backend.questions(asked, DEADLINE)
    assert [(each.text, each.kind, each.required) for each in questions] == [
        ("Cỡ áo?", "S", True),
        ("Đã đọc nội quy?", "B", True),
    ]
    assert backend.redeem(asked, DEADLINE).reason == "incomplete"
    half = {questions[0].id: "L"}
    assert backend.redeem(asked, DEADLINE, half).attention == "1: Đã đọc nội quy?"
    assert backend.redeem(asked, DEADLINE, {questions[1].id: "true"}).reason == "ok"


def test_a_ticket_that_may_be_several_is_ambiguous(peer: Peer, client: Client) -> None:
    secret = peer.seeded["tickets"]["ambiguous"]
    assert client(checkin_list="extras").redeem(scan(secret), DEADLINE).reason == "ambiguous"


def test_health_tells_release_and_clock(client: Client) -> None:
    health = client().health(DEADLINE)
    assert health.version.startswith("2026.")
    assert abs((health.time - datetime.now(UTC)).total_seconds()) < 60


@pytest.mark.parametrize(
    ("device", "checkin_list", "token"),
    [("gate_1", "entry", "wrong"), ("elsewhere", "entry", None), ("gate_1", 99_999, None)],
    ids=["token", "event", "list"],
)
def test_who_may_not_redeem_is_denied(client: Client, device: str, checkin_list: int | str, token: str | None) -> None:
    with pytest.raises(FaultError) as caught:
        client(device, checkin_list, token).redeem(scan("x" * 32), DEADLINE)
    assert caught.value.fault.code == "net.denied"


def test_every_reason_the_server_knows_is_mapped(peer: Peer) -> None:
    from drivers.backends.pretix_reasons import REASONS

    assert set(peer.seeded["reasons"]) <= set(REASONS)


@pytest.mark.parametrize("path", ["gates/", "devices/"])
def test_a_device_cannot_learn_the_names_of_other_gates(peer: Peer, path: str) -> None:
    """Why the first use at another gate is shown by its device's number."""
    assert peer.get(f"/api/v1/organizers/{peer.seeded['organizer']}/{path}", "no_gate").status_code in (403, 404)
