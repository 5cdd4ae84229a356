"""The snapshot out of either database."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta

from backend.engine.store import Store
from backend.tickets import redeeming, selling, snapshots
from crypto.tickets.record import FIXED, Marks, state_of
from crypto.tickets.rules import Product, Standing
from crypto.tickets.snapshot import prove
from tests.unit.backend.calls import ASKED_AT, KEYS, NOW
from tests.unit.backend.tickets.ledgers import EVENT, do, sell

_MARKS = Marks(KEYS.marks)


def test_the_snapshot_says_how_each_ticket_stands(empty_store: Store) -> None:
    sell(empty_store, "pass", "stopped", product=Product(EVENT, "ve", "khách", per_day=2), max_uses=9)
    sell(empty_store, "short", valid_from=NOW, valid_to=NOW + timedelta(seconds=1.5), paid=False, gate="c-1")
    do(empty_store, lambda db: selling.put_product(db, Product(EVENT, "ve", "khách", per_day=2), NOW))
    do(empty_store, lambda db: selling.stand(db, EVENT, "stopped", Standing.REVOKED, NOW))
    body = {"scan_id": "s", "asked_at": ASKED_AT, "event": EVENT, "ticket": "pass", "gate": "c-1"}
    asked = redeeming.RedeemRequest.model_validate(body)
    do(empty_store, lambda db: redeeming.redeem(db, "d", asked, NOW))
    do(empty_store, lambda db: selling.bind(db, EVENT, "pass", "003090123450", _MARKS, NOW))

    with empty_store.transaction() as db:
        file = io.BytesIO(snapshots.built(db, EVENT, NOW, KEYS))
    found = prove(file, EVENT, KEYS.public)
    assert (found.tickets, found.holders, found.head.created_at) == (3, 1, NOW)
    assert found.products["ve"].per_day == 2
    extras = {raw[:16]: raw for block in found.extra_blocks(file) for raw in _parts(block, 22)}
    states = {}
    for block in found.ticket_blocks(file):
        for raw in _parts(block, FIXED.size):
            kind = found.kinds[FIXED.unpack(raw)[3]]
            states[raw[:16]] = state_of(raw, kind, extras.get(raw[:16]))
    used, stopped, short = (states[_MARKS.ticket(name)] for name in ("pass", "stopped", "short"))
    assert (used.uses, used.max_uses, used.day, used.day_uses, used.inside) == (1, 9, date(2026, 11, 22), 1, 1)
    assert (stopped.standing, stopped.paid, stopped.day) == (Standing.REVOKED, True, None)
    assert (short.paid, short.gate, short.valid_from) == (False, "c-1", NOW)
    # Whole seconds, and never valid for longer.
    assert short.valid_to == NOW + timedelta(seconds=1)


def test_an_event_without_tickets_has_an_empty_one(empty_store: Store) -> None:
    with empty_store.transaction() as db:
        file = io.BytesIO(snapshots.built(db, "nothing", datetime(2026, 1, 1, tzinfo=UTC), KEYS))
    assert prove(file, "nothing", KEYS.public).tickets == 0


def _parts(block: bytes, size: int) -> list[bytes]:
    return [block[at : at + size] for at in range(0, len(block), size)]
