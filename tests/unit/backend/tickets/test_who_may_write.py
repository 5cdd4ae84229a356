"""What a device's ledger may tell of, and what one word about a scan is worth for another."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from backend.api import AnnulRequest, RedeemRequest
from backend.devices import book
from backend.devices.identity import Role
from backend.engine.errors import BusyError
from backend.engine.opening import open_store
from backend.engine.store import Store
from backend.tickets import annulling, redeeming
from crypto.tickets.body import LineKind
from crypto.tickets.line import head_message
from tests.unit.backend.calls import ASKED_AT, NOW, Client, headers
from tests.unit.backend.conftest import Lent
from tests.unit.backend.tickets.ledgers import EVENT, Device, counted, do, sell, upload, uses

KEY = Ed25519PrivateKey.from_private_bytes(bytes([9]) * 32)


def _asked(kind: type[Any], ticket: str, scan_id: str, gate: str) -> Any:
    body = {"scan_id": scan_id, "asked_at": ASKED_AT, "event": EVENT, "ticket": ticket, "gate": gate}
    return kind.model_validate(body)


def _redeem(store: Store, device: str, ticket: str, scan_id: str) -> str:
    asked = _asked(RedeemRequest, ticket, scan_id, f"gate-{device}")
    return do(store, lambda db: redeeming.redeem(db, device, asked, NOW)).reason.value


@pytest.fixture
def hand_over(empty_store: Store, shared_app: Any, lent: Lent) -> Callable[..., list[str | None]]:
    """Enrol a device, let it hand its lines over, and tell why each was refused."""
    lent.store = empty_store

    def handed(device: Device, role: Role = Role.TERMINAL, event: str | None = None) -> list[str | None]:
        with empty_store.transaction() as db:
            code = book.add(db, device.name, role, NOW, event=event, gate=None)
            found = book.enrol(db, device.name, code, KEY.public_key().public_bytes_raw(), NOW)
        assert found is not None
        sent = [{"seq": x.seq, "body": x.body, "prev": x.prev.hex(), "seal": x.seal.hex()} for x in device.lines]
        signature = KEY.sign(head_message(device.name, device.lines[-1]))
        body = {"lines": sent, "head_signature": base64.b64encode(signature).decode()}
        answer = Client(shared_app).post("/v1/journal", json=body, headers=headers(device.name, found.token))
        assert answer.status_code == 200
        return [each["reason"] for each in answer.json()["answers"]]

    return handed


@pytest.mark.parametrize(("role", "reason", "left"), [(Role.TERMINAL, "forbidden", 1), (Role.HUB, None, 0)])
def test_only_a_hub_tells_of_other_devices_scans(
    empty_store: Store, hand_over: Callable[..., list[str | None]], role: Role, reason: str | None, left: int
) -> None:
    sell(empty_store, "t")
    assert _redeem(empty_store, "b", "t", "s-1") == "ok"
    a = Device("a")
    a.write("t", "s-1", kind=LineKind.ANNUL, gate="gate-b", asker="b")
    assert hand_over(a, role) == [reason]
    assert uses(empty_store, "t") == left


@pytest.mark.parametrize(("event", "reason", "left"), [("other", "forbidden", 0), (EVENT, None, 1), (None, None, 1)])
def test_a_device_of_one_event_writes_nothing_about_another(
    empty_store: Store, hand_over: Callable[..., list[str | None]], event: str | None, reason: str | None, left: int
) -> None:
    sell(empty_store, "t")
    a = Device("a")
    a.write("t", "s-1")
    assert hand_over(a, event=event) == [reason]
    assert uses(empty_store, "t") == left


def test_an_admission_by_hand_is_no_answer_to_a_ticket_with_the_same_scan(empty_store: Store) -> None:
    sell(empty_store, "t")
    a = Device("a")
    a.write(None, "s-1", kind=LineKind.MANUAL)
    upload(empty_store, a)
    with pytest.raises(redeeming.ScanIdReusedError):
        _redeem(empty_store, "a", "t", "s-1")


@pytest.mark.parametrize(("card", "same"), [(b"a" * 16, True), (b"b" * 16, False)])
def test_a_scan_that_is_repeated_with_another_card_is_another_question(
    empty_store: Store, card: bytes, same: bool
) -> None:
    body = {"scan_id": "s-1", "asked_at": ASKED_AT, "event": EVENT, "id_number": "003090123450", "gate": "gate-a"}
    asked = RedeemRequest.model_validate(body)
    first = do(empty_store, lambda db: redeeming.redeem(db, "a", asked, NOW, b"a" * 16))
    if same:
        assert do(empty_store, lambda db: redeeming.redeem(db, "a", asked, NOW, card)) == first
    else:
        with pytest.raises(redeeming.ScanIdReusedError):
            do(empty_store, lambda db: redeeming.redeem(db, "a", asked, NOW, card))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_two_take_back_at_once_is_counted_once(empty_store: Store, database_url: str) -> None:
    sell(empty_store, "t")
    _redeem(empty_store, "a", "t", "s-1")
    asked = _asked(AnnulRequest, "t", "s-1", "gate-a")
    read, go_on, met = threading.Event(), threading.Event(), []
    other = open_store(database_url)

    def take_back() -> None:
        try:
            with other.transaction() as db:
                found = redeeming.scan_of(db, "a", "s-1")
                read.set()
                go_on.wait(20)
                annulling.take_back(db, found, NOW)
        except BusyError as error:
            met.append(error)

    thread = threading.Thread(target=take_back)
    thread.start()
    assert read.wait(20)
    assert do(empty_store, lambda db: annulling.annul(db, "a", asked, NOW)).result.value == "annulled"
    go_on.set()
    thread.join(20)
    other.close()
    assert len(met) == 1
    assert (uses(empty_store, "t"), counted(empty_store)) == (0, {})
