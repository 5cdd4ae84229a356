"""However devices' lines reach the server, in whatever batches, twice or out of order: the same ledger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.api import AnnulRequest, RedeemRequest
from backend.engine.store import Store
from backend.schema import METADATA
from backend.tickets import annulling, journal, merging, redeeming, selling
from backend.tickets.lines import Writer
from backend.tickets.sold import SoldTicket
from backend.tickets.tables import LEDGER, TICKET
from crypto.tickets.body import LineKind
from crypto.tickets.line import Line
from crypto.tickets.rules import Product, Standing
from tests.unit.backend.calls import ASKED_AT, NOW
from tests.unit.backend.tickets.ledgers import DAY, EVENT, MINUTE, Device, ledger

_KINDS = (
    Product(EVENT, "ve", "khách"),
    Product(EVENT, "ra-vao", "khách", reentry=True),
    Product(EVENT, "doan", "khách", splits=True, reentry=True),
    Product(EVENT, "the", "khách", per_day=1, reentry=True),
)
_USES = {"ve": 1, "ra-vao": 2, "doan": 4, "the": 3}
_TICKETS = [kind.product for kind in _KINDS] + ["stranger"]
_DEVICES = "abc"

_HAPPENINGS = st.tuples(
    st.sampled_from([LineKind.ENTRY, LineKind.ENTRY, LineKind.EXIT, LineKind.ANNUL, LineKind.MANUAL]),
    st.sampled_from(_TICKETS),
    st.integers(0, 3),
    st.integers(-20, 20) | st.sampled_from([-1500, 1500, 3000]),
    st.sampled_from([None, 0, 30_000, 200_000]),
    st.none() | st.integers(1, 3),
)
_LEDGERS = st.fixed_dictionaries({name: st.lists(_HAPPENINGS, max_size=6) for name in (*_DEVICES, "hub")})
_ONLINE = st.lists(
    st.tuples(
        st.sampled_from(["redeem", "redeem", "annul"]),
        st.sampled_from(_TICKETS),
        st.integers(0, 3),
        st.sampled_from(_DEVICES),
        st.sampled_from(["entry", "entry", "exit"]),
    ),
    max_size=6,
)


def _empty(store: Store) -> None:
    with store.transaction() as db:
        for table in reversed(METADATA.sorted_tables):
            db.execute(sa.delete(table))
        for kind in _KINDS:
            selling.put_product(db, kind, NOW)
        sold = [
            SoldTicket(EVENT, kind.product, kind.product, 1, NOW - DAY, NOW + DAY, max_uses=_USES[kind.product])
            for kind in _KINDS
        ]
        selling.add_tickets(db, sold, NOW)
        selling.put_zone(db, EVENT, "san", 3, ["gate-a", "gate-b"])
        selling.stand(db, EVENT, "the", Standing.BLOCKED, NOW + 10 * MINUTE)


def _written(name: str, happenings: list[tuple[LineKind, str, int, int, int | None, int | None]]) -> list[Line]:
    device = Device(name)
    for number, (kind, ticket, scan, minutes, error, people) in enumerate(happenings):
        asker = _DEVICES[number % 3] if name == "hub" else None
        device.write(
            ticket,
            f"s-{scan}",
            NOW + minutes * MINUTE,
            kind=kind,
            error_ms=error,
            skew_ms=None if error is None else 0,
            people=people,
            asker=asker,
        )
    return device.lines


def _ask(store: Store, online: list[tuple[str, str, int, str, str]]) -> None:
    """What the server decided before it heard of any line."""
    for number, (what, ticket, scan, device, direction) in enumerate(online):
        now = NOW + timedelta(seconds=number)
        about = {"scan_id": f"s-{scan}", "asked_at": ASKED_AT, "event": EVENT, "gate": f"gate-{device}"}
        with store.transaction() as db:
            given = redeeming.scan_of(db, device, f"s-{scan}")
            if what == "annul":
                known = ticket if given is None else given.ticket
                annulling.annul(db, device, AnnulRequest.model_validate({**about, "ticket": known}), now)
            elif given is None:
                asked = RedeemRequest.model_validate({**about, "ticket": ticket, "direction": direction})
                redeeming.redeem(db, device, asked, now)


def _hand_over(store: Store, lines: dict[str, list[Line]], order: list[tuple[str, int, int]]) -> None:
    """Batches in this order, also such that do not follow yet; then, device by device, whatever is missing."""
    batches = [(name, lines[name][begin : begin + size]) for name, begin, size in order]
    batches += [(name, lines[name]) for name in lines]
    for name, batch in batches:
        with store.transaction() as db:
            journal.upload(db, Writer(name, for_others=True), batch, NOW)
    with store.transaction() as db:
        heads = {row.device: row.seq for row in db.execute(sa.select(LEDGER))}
    assert heads == {name: len(own) for name, own in lines.items() if own}


@pytest.fixture(scope="module")
def any_store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> Iterator[Store]:
    from backend.engine.opening import open_store

    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").fresh()
    else:
        file = tmp_path_factory.mktemp("any") / "any.sqlite"
        file.write_bytes(sqlite_template.read_bytes())
        file.chmod(0o600)
        url = f"sqlite:///{file}"
    store = open_store(url)
    yield store
    store.close()


_ORDERS = st.lists(st.tuples(st.sampled_from([*_DEVICES, "hub"]), st.integers(0, 5), st.integers(0, 6)), max_size=10)


def _same_in_any_order(
    store: Store,
    happened: dict[str, list[tuple[LineKind, str, int, int, int | None, int | None]]],
    online: list[tuple[str, str, int, str, str]],
    one: list[tuple[str, int, int]],
    other: list[tuple[str, int, int]],
    names: list[str],
) -> None:
    lines = {name: _written(name, happened[name]) for name in names}
    found = []
    for order in (one, other):
        _empty(store)
        _ask(store, online)
        _hand_over(store, dict(reversed(lines.items())) if order is other else lines, order)
        found.append(ledger(store))
    assert found[0] == found[1]
    _is_settled(store)


def _is_settled(store: Store) -> None:
    """To settle everything once more changes nothing, and no ticket has lost more uses than it had."""
    before = ledger(store)
    with store.transaction() as db:
        merging.merge(db, EVENT, _TICKETS, NOW)
        assert all(row.uses <= row.max_uses for row in db.execute(sa.select(TICKET)))
    assert ledger(store) == before


_QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large]


@pytest.mark.parametrize("any_store", ["sqlite"], indirect=True)
@settings(max_examples=25, deadline=None, suppress_health_check=_QUIET)
@given(_LEDGERS, _ONLINE, _ORDERS, _ORDERS, st.permutations([*_DEVICES, "hub"]))
def test_any_order_of_uploads_gives_the_same_ledger(
    any_store: Store,
    happened: dict[str, list[tuple[LineKind, str, int, int, int | None, int | None]]],
    online: list[tuple[str, str, int, str, str]],
    one: list[tuple[str, int, int]],
    other: list[tuple[str, int, int]],
    names: list[str],
) -> None:
    _same_in_any_order(any_store, happened, online, one, other, names)


@pytest.mark.parametrize("any_store", ["postgresql"], indirect=True)
@settings(max_examples=4, deadline=None, suppress_health_check=_QUIET)
@given(_LEDGERS, _ONLINE, _ORDERS, _ORDERS, st.permutations([*_DEVICES, "hub"]))
def test_any_order_gives_the_same_ledger_on_postgresql_too(
    any_store: Store,
    happened: dict[str, list[tuple[LineKind, str, int, int, int | None, int | None]]],
    online: list[tuple[str, str, int, str, str]],
    one: list[tuple[str, int, int]],
    other: list[tuple[str, int, int]],
    names: list[str],
) -> None:
    _same_in_any_order(any_store, happened, online, one, other, names)


@pytest.mark.parametrize("any_store", ["sqlite"], indirect=True)
@settings(max_examples=15, deadline=None, suppress_health_check=_QUIET)
@given(_ONLINE)
def test_what_the_server_gave_one_by_one_is_what_all_of_it_comes_to(
    any_store: Store, online: list[tuple[str, str, int, str, str]]
) -> None:
    _empty(any_store)
    _ask(any_store, online)
    _is_settled(any_store)
