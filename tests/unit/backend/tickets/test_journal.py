"""Lines of devices' ledgers: each kept once and counted once, whatever comes how often and in which order."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from backend.api import AnnulRequest, RedeemRequest
from backend.engine.store import Store
from backend.tickets import annulling, redeeming, selling
from crypto.tickets.body import LineKind
from crypto.tickets.record import Marks, named_by_mark
from crypto.tickets.rules import Product
from tests.unit.backend.calls import ASKED_AT, KEYS, NOW
from tests.unit.backend.tickets.ledgers import (
    EVENT,
    MINUTE,
    Device,
    conflicts,
    counted,
    do,
    ledger,
    sell,
    upload,
    uses,
)

KEPT, KNOWN = ("kept", None, None), ("known", None, None)


def _redeem(store: Store, device: str, ticket: str, scan_id: str, now: datetime = NOW, gate: str = "") -> str:
    body = {
        "scan_id": scan_id,
        "asked_at": ASKED_AT,
        "event": EVENT,
        "ticket": ticket,
        "gate": gate or f"gate-{device}",
    }
    asked = RedeemRequest.model_validate(body)
    return do(store, lambda db: redeeming.redeem(db, device, asked, now)).reason.value


def _annul(store: Store, device: str, ticket: str, scan_id: str, now: datetime = NOW) -> str:
    body = {"scan_id": scan_id, "asked_at": ASKED_AT, "event": EVENT, "ticket": ticket, "gate": f"gate-{device}"}
    asked = AnnulRequest.model_validate(body)
    return do(store, lambda db: annulling.annul(db, device, asked, now)).result.value


def test_a_line_takes_the_use_and_the_same_line_again_takes_nothing(empty_store: Store) -> None:
    sell(empty_store, "t")
    a = Device("a")
    a.write("t", "s-1")
    assert [upload(empty_store, a) for _ in range(2)] == [[KEPT], [KNOWN]]
    assert (uses(empty_store, "t"), counted(empty_store)) == (1, {"gate-a": (1, 0)})
    assert _redeem(empty_store, "b", "t", "s-9") == "used"


def test_a_scan_that_the_server_had_redeemed_takes_no_second_use(empty_store: Store) -> None:
    sell(empty_store, "t", max_uses=2)
    assert _redeem(empty_store, "a", "t", "s-1") == "ok"
    a = Device("a")
    a.write("t", "s-1")
    assert upload(empty_store, a) == [KNOWN]
    assert (uses(empty_store, "t"), counted(empty_store)) == (1, {"gate-a": (1, 0)})


def test_a_request_that_comes_after_its_line_takes_no_second_use(empty_store: Store) -> None:
    sell(empty_store, "t", max_uses=2)
    a = Device("a")
    a.write("t", "s-1")
    upload(empty_store, a)
    assert _redeem(empty_store, "a", "t", "s-1") == "ok"
    assert uses(empty_store, "t") == 1


def test_the_same_scan_id_of_two_devices_is_two_scans(empty_store: Store) -> None:
    sell(empty_store, "t", max_uses=3)
    for name in ("a", "b"):
        device = Device(name)
        device.write("t", "s-1")
        assert upload(empty_store, device) == [KEPT]
    assert _redeem(empty_store, "c", "t", "s-1") == "ok"
    assert uses(empty_store, "t") == 3


def test_a_refusal_that_never_arrived_does_not_undo_what_happened(empty_store: Store) -> None:
    """The server said "used", the answer was lost, and the terminal let somebody in by itself."""
    sell(empty_store, "t")
    _redeem(empty_store, "b", "t", "s-1")
    assert _redeem(empty_store, "a", "t", "s-2") == "used"
    a = Device("a")
    a.write("t", "s-2")
    assert upload(empty_store, a) == [("kept", None, "duplicate_entry")]
    assert counted(empty_store) == {"gate-a": (1, 0), "gate-b": (1, 0)}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"body": "{}"}, "seq_reused"),
        ({"seal": bytes(32)}, "seq_reused"),
        ({"prev": b"\1" * 32}, "seq_reused"),
    ],
    ids=["body", "seal", "prev"],
)
def test_the_same_number_with_other_contents_is_refused(
    empty_store: Store, change: dict[str, object], reason: str
) -> None:
    sell(empty_store, "t")
    a = Device("a")
    line = a.write("t", "s-1")
    upload(empty_store, a)
    before = ledger(empty_store)
    assert upload(empty_store, a, [replace(line, **change)]) == [("refused", reason, None)]  # type: ignore[arg-type]
    assert ledger(empty_store) == before


def test_a_line_that_does_not_follow_is_refused_and_comes_again_later(empty_store: Store) -> None:
    sell(empty_store, "t", max_uses=9)
    a = Device("a")
    for number in range(4):
        a.write("t", f"s-{number}")
    assert upload(empty_store, a, a.lines[2:]) == [("refused", "gap", None)] * 2
    assert upload(empty_store, a, [a.lines[0], a.lines[2], a.lines[1], a.lines[3]]) == [
        KEPT,
        ("refused", "gap", None),
        KEPT,
        ("refused", "gap", None),
    ]
    assert upload(empty_store, a, a.lines[1:]) == [KNOWN, KEPT, KEPT]
    assert uses(empty_store, "t") == 4


def test_a_chain_that_forks_is_refused(empty_store: Store) -> None:
    sell(empty_store, "t", max_uses=9)
    a, copy = Device("a"), Device("a")
    a.write("t", "s-1")
    copy.write("t", "s-other")
    copy.write("t", "s-2")
    upload(empty_store, a)
    assert upload(empty_store, copy) == [("refused", "seq_reused", None), ("refused", "chain_broken", None)]


def test_one_tampered_line_of_five_hundred_is_refused_and_the_others_count(empty_store: Store) -> None:
    names = [f"t-{number}" for number in range(500)]
    sell(empty_store, *names)
    a = Device("a")
    for number, name in enumerate(names):
        a.write(name, f"s-{number}")
    sent = list(a.lines)
    sent[250] = replace(sent[250], body=sent[250].body.replace("t-250", "t-1"))
    answers = upload(empty_store, a, sent)
    assert answers[250] == ("refused", "seal_wrong", None)
    assert (answers.count(KEPT), counted(empty_store)) == (499, {"gate-a": (499, 0)})
    # What was damaged on its way comes whole, and counts; a copy of the damaged one does not.
    assert upload(empty_store, a, sent[250:251]) == [("refused", "seal_wrong", None)]
    assert upload(empty_store, a, a.lines[250:251]) == [KEPT]
    assert upload(empty_store, a, a.lines[250:251]) == [KNOWN]
    assert (uses(empty_store, "t-250"), counted(empty_store)) == (1, {"gate-a": (500, 0)})


def test_a_seal_that_nobody_follows_is_not_believed(empty_store: Store) -> None:
    sell(empty_store, "t", max_uses=9)
    a = Device("a")
    a.write("t", "s-1")
    a.write("t", "s-2")
    for damaged in (
        [replace(a.lines[0], seal=b"\1" * 32), a.lines[1]],
        [replace(a.lines[0], body="{}")],
    ):
        assert upload(empty_store, a, damaged)[0] == ("refused", "chain_broken", None)
    assert upload(empty_store, a) == [KEPT, KEPT]


@pytest.mark.parametrize("body", ["{}", "\u0000", "9" * 2000], ids=range(3))
def test_a_line_that_says_nothing_is_kept_as_evidence_and_the_next_one_follows(empty_store: Store, body: str) -> None:
    sell(empty_store, "t")
    a = Device("a")
    a.add(body)
    a.write("t", "s-1")
    assert upload(empty_store, a) == [("refused", "malformed", None), KEPT]
    assert upload(empty_store, a) == [("refused", "malformed", None), KNOWN]


def test_a_ledger_that_begins_anew_is_taken_and_its_repeated_lines_count_once(empty_store: Store) -> None:
    sell(empty_store, "t", max_uses=9)
    a, again = Device("a"), Device("a")
    a.write("t", "s-1")
    upload(empty_store, a)
    again.lines.append(a.lines[0])
    again.add(a.lines[0].body.replace('"entry"', '"anew"'), bytes(32), seq=1_795_000_000_000)
    again.add(a.lines[0].body)
    again.write("t", "s-2")
    assert upload(empty_store, again, again.lines[1:]) == [KEPT, KNOWN, KEPT]
    assert (uses(empty_store, "t"), counted(empty_store)) == (2, {"gate-a": (2, 0)})


@pytest.mark.parametrize("after", [0, 15, 15.01])
def test_an_admission_is_annulled_by_a_line_of_its_device_in_time(empty_store: Store, after: float) -> None:
    sell(empty_store, "t")
    a, b = Device("a"), Device("b")
    a.write("t", "s-1", NOW)
    a.write("t", "s-1", NOW + after * MINUTE, kind=LineKind.ANNUL)
    b.write("t", "s-1", NOW + MINUTE)
    upload(empty_store, b)
    assert upload(empty_store, a)[1] == KEPT
    holds = after > 15
    assert [row[1] for row in conflicts(empty_store)] == (["b"] if holds else [])
    assert counted(empty_store) == ({"gate-a": (1, 0)} if holds else {}) | {"gate-b": (1, 0)}


def test_a_line_annuls_what_the_server_gave(empty_store: Store) -> None:
    sell(empty_store, "t")
    _redeem(empty_store, "a", "t", "s-1")
    a = Device("a")
    a.write("t", "s-1", kind=LineKind.ANNUL)
    a.write("t", "s-2", kind=LineKind.ANNUL)
    upload(empty_store, a)
    assert (uses(empty_store, "t"), counted(empty_store)) == (0, {})
    assert [_redeem(empty_store, "a", "t", scan) for scan in ("s-1", "s-2")] == ["annulled"] * 2


def test_the_server_annuls_what_a_line_told(empty_store: Store) -> None:
    sell(empty_store, "t")
    a, b = Device("a"), Device("b")
    a.write("t", "s-1", NOW)
    b.write("t", "s-1", NOW + MINUTE)
    upload(empty_store, a)
    upload(empty_store, b)
    assert _annul(empty_store, "a", "t", "s-1") == "annulled"
    assert (uses(empty_store, "t"), conflicts(empty_store)) == (1, [])
    assert counted(empty_store) == {"gate-b": (1, 0)}


def test_a_manual_admission_counts_people_and_takes_no_use(empty_store: Store) -> None:
    sell(empty_store, "t")
    a = Device("a")
    a.write("t", "s-1", kind=LineKind.MANUAL, people=3)
    a.write(None, "s-2", kind=LineKind.MANUAL)
    assert upload(empty_store, a) == [KEPT, KEPT]
    assert (uses(empty_store, "t"), counted(empty_store), conflicts(empty_store)) == (0, {"gate-a": (4, 0)}, [])


def test_out_and_in_again_without_the_server(empty_store: Store) -> None:
    sell(empty_store, "t", product=Product(EVENT, "ve", "khách", reentry=True))
    a, b = Device("a"), Device("b")
    a.write("t", "s-1", NOW)
    b.write("t", "s-2", NOW + MINUTE, kind=LineKind.EXIT)
    a.write("t", "s-3", NOW + 2 * MINUTE)
    for device in (a, b):
        upload(empty_store, device)
    assert (uses(empty_store, "t"), conflicts(empty_store)) == (1, [])
    assert counted(empty_store) == {"gate-a": (2, 0), "gate-b": (0, 1)}


@pytest.mark.parametrize("first", ["hub", "own"])
def test_a_hubs_line_and_the_terminals_own_are_one_admission(empty_store: Store, first: str) -> None:
    sell(empty_store, "t", max_uses=9)
    hub, own = Device("hub"), Device("a")
    hub.write("t", "s-1", NOW, gate="gate-a", asker="a")
    own.write("t", "s-1", NOW + timedelta(seconds=2))
    for device in (hub, own) if first == "hub" else (own, hub):
        upload(empty_store, device)
    assert (uses(empty_store, "t"), counted(empty_store)) == (1, {"gate-a": (1, 0)})
    standing = [(device, stands) for device, _, stands, *_ in ledger(empty_store)["lines"]]
    assert standing == [("a", False), ("hub", True)]


def test_a_ticket_may_be_named_by_its_mark(empty_store: Store) -> None:
    sell(empty_store, "t")
    marks = Marks(KEYS.marks)
    do(empty_store, lambda db: selling.bind(db, EVENT, "t", "003090123450", marks, NOW))
    a = Device("a")
    a.write(named_by_mark(marks.ticket("t")), "s-1")
    a.write(named_by_mark(marks.ticket("u")), "s-2")
    assert upload(empty_store, a) == [KEPT, ("kept", None, "unknown_ticket")]
    assert uses(empty_store, "t") == 1
