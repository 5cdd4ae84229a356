"""What a gate may ask beyond "one ticket, one person": groups, passes, exits, cards, full places."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from backend.engine.store import Store
from backend.tickets import annulling, counting, redeeming, selling
from crypto.tickets.record import Marks
from crypto.tickets.rules import Product, Standing, day_of
from tests.unit.backend.calls import ASKED_AT, KEYS, NOW, Caller
from tests.unit.backend.tickets.ledgers import DAY, EVENT, counted, do, sell, uses

_MARKS = Marks(KEYS.marks)
_CARD, _OTHER = "003090123450", "003188000047"


@pytest.fixture
def ask(empty_store: Store) -> Any:
    """Ask at gate c-1, each time with another scan id; the answer."""
    asked = 0

    def redeem(ticket: str | None = "t", *, at: timedelta = timedelta(0), gate: str = "c-1", **more: Any) -> Any:
        nonlocal asked
        asked += 1
        number = more.get("id_number")
        body = {"scan_id": f"s-{asked}", "asked_at": ASKED_AT, "event": EVENT, "gate": gate, "ticket": ticket, **more}
        if number:
            body["ticket"] = None
        question = redeeming.RedeemRequest.model_validate(body)
        mark = _MARKS.holder(number) if number else None
        return do(empty_store, lambda db: redeeming.redeem(db, "d", question, NOW + at, mark))

    return redeem


def _reasons(*answers: Any) -> list[str]:
    return [answer.reason.value for answer in answers]


def test_a_group_comes_in_parts(empty_store: Store, ask: Any) -> None:
    sell(
        empty_store, "t", product=Product(EVENT, "ve", "học sinh", splits=True, attention="phát vòng tay"), max_uses=30
    )
    first = ask(people=12)
    assert (first.admits, first.people, first.left, first.attention) == ("12 học sinh", 12, 18, "phát vòng tay")
    assert _reasons(ask(people=19)) == ["too_many"]
    rest = ask()
    assert (rest.people, rest.left, ask(people=1).reason.value) == (18, 0, "used")
    assert (uses(empty_store, "t"), counted(empty_store)) == (30, {"c-1": (30, 0)})


def test_a_plain_ticket_says_nothing_of_people_and_those_left(empty_store: Store, ask: Any) -> None:
    sell(empty_store, "t", admits=2)
    answer = ask(people=1)
    assert (answer.admits, answer.people, answer.left, answer.attention) == ("1 khách", None, None, None)


def test_a_pass_is_good_once_a_day(empty_store: Store, ask: Any) -> None:
    sell(empty_store, "t", product=Product(EVENT, "ve", "khách", per_day=1), max_uses=3, valid_to=NOW + 9 * DAY)
    found = [ask(at=day * DAY) for day in (0, 0, 1, 1, 2, 3)]
    assert _reasons(*found) == ["ok", "day_limit", "ok", "day_limit", "ok", "used"]


def test_out_and_in_again(empty_store: Store, ask: Any) -> None:
    sell(empty_store, "t", product=Product(EVENT, "ve", "khách", reentry=True))
    ways = ["exit", "entry", "entry", "exit", "exit", "entry"]
    found = [ask(direction=way) for way in ways]
    assert _reasons(*found) == ["not_inside", "ok", "used", "ok", "not_inside", "ok"]
    assert (uses(empty_store, "t"), counted(empty_store)) == (1, {"c-1": (2, 1)})


def test_nobody_is_kept_in(empty_store: Store, ask: Any) -> None:
    sell(empty_store, "t")
    do(empty_store, lambda db: selling.stand(db, EVENT, "t", Standing.BLOCKED, NOW))
    assert _reasons(ask(), ask(direction="exit"), ask("nobody"), ask("nobody", direction="exit")) == [
        "blocked",
        "ok",
        "unknown",
        "ok",
    ]
    assert counted(empty_store) == {"c-1": (0, 2)}


@pytest.mark.parametrize("standing", ["cancelled", "blocked", "revoked"])
def test_a_stopped_ticket_says_why(empty_store: Store, ask: Any, standing: str) -> None:
    sell(empty_store, "t")
    do(empty_store, lambda db: selling.stand(db, EVENT, "t", Standing(standing), NOW))
    assert _reasons(ask()) == [standing]
    do(empty_store, lambda db: selling.stand(db, EVENT, "t", Standing.VALID, NOW))
    assert _reasons(ask()) == ["ok"]


def test_a_product_opens_its_gates_only(empty_store: Store, ask: Any) -> None:
    sell(empty_store, "t", product=Product(EVENT, "ve", "khách", gates=frozenset({"c-2", "c-3"})))
    assert _reasons(ask(), ask(gate="c-3")) == ["wrong_gate", "ok"]


def test_a_full_place_lets_somebody_in_when_somebody_leaves(empty_store: Store, ask: Any) -> None:
    sell(empty_store, *"tuvw")
    do(empty_store, lambda db: selling.put_zone(db, EVENT, "san", 2, ["c-1", "c-2"]))
    assert _reasons(ask("t"), ask("u", gate="c-2"), ask("v"), ask("v", gate="c-9")) == ["ok", "ok", "full", "ok"]
    assert _reasons(ask("t", direction="exit", gate="c-2"), ask("w")) == ["ok", "ok"]
    # The next day begins with nobody in.
    assert do(empty_store, lambda db: counting.inside_zone(db, EVENT, "san", day_of(NOW + DAY))) == 0


def test_a_card_stands_for_its_ticket(empty_store: Store, ask: Any) -> None:
    sell(empty_store, "t", "yesterday")
    for name in ("t", "yesterday"):
        do(empty_store, lambda db, name=name: selling.bind(db, EVENT, name, _CARD, _MARKS, NOW))
    do(empty_store, lambda db: selling.stand(db, EVENT, "yesterday", Standing.CANCELLED, NOW))
    assert _reasons(ask(id_number=_OTHER), ask(id_number=_CARD), ask(id_number=_CARD)) == [
        "holder_unknown",
        "ok",
        "used",
    ]
    assert uses(empty_store, "t") == 1


def test_a_card_with_several_tickets_is_asked_for_the_code(empty_store: Store, ask: Any) -> None:
    sell(empty_store, "t", "u")
    for name in ("t", "u"):
        do(empty_store, lambda db, name=name: selling.bind(db, EVENT, name, _CARD, _MARKS, NOW))
    assert _reasons(ask(id_number=_CARD), ask("t"), ask(id_number=_CARD), ask(id_number=_CARD)) == [
        "ambiguous",
        "ok",
        "ok",
        "used",
    ]
    assert _reasons(ask(id_number=_CARD, direction="exit")) == ["ok"]


def test_a_card_that_is_unbound_stands_for_nothing(empty_store: Store, ask: Any) -> None:
    sell(empty_store, "t")
    do(empty_store, lambda db: selling.bind(db, EVENT, "t", _CARD, _MARKS, NOW))
    assert do(empty_store, lambda db: selling.unbind(db, EVENT, "t", NOW)) == 1
    assert _reasons(ask(id_number=_CARD)) == ["holder_unknown"]


def test_an_annulled_exit_leaves_them_inside(empty_store: Store, ask: Any) -> None:
    sell(empty_store, "t", product=Product(EVENT, "ve", "khách", reentry=True))
    ask()
    ask(direction="exit")
    body = {"scan_id": "s-2", "asked_at": ASKED_AT, "event": EVENT, "gate": "c-1", "ticket": None}
    question = annulling.AnnulRequest.model_validate(body)
    assert do(empty_store, lambda db: annulling.annul(db, "d", question, NOW)).result.value == "annulled"
    assert (_reasons(ask()), counted(empty_store)) == (["used"], {"c-1": (1, 0)})


_BODY = {"scan_id": "s-1", "asked_at": ASKED_AT, "event": "trang-an-mau", "gate": "cong-1", "ticket": "MAU-20261122-01"}


@pytest.mark.parametrize(
    "change",
    [{"direction": "exit"}, {"people": 1}, {"ticket": None, "id_number": _CARD}],
    ids=["exit", "people", "card"],
)
def test_the_same_scan_with_another_question_is_a_mistake(caller: Caller, change: dict[str, Any]) -> None:
    assert caller.post("/v1/redeem", _BODY).json()["reason"] == "ok"
    assert caller.post("/v1/redeem", {**_BODY, **change}).json()["error"] == "scan_id_reused"


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"ticket": None}, []),
        ({"id_number": _CARD}, []),
        ({"people": 0}, ["people"]),
        ({"people": 10_001}, ["people"]),
        ({"direction": "up"}, ["direction"]),
        ({"ticket": None, "id_number": "00309012345"}, ["id_number"]),
    ],
    ids=range(6),
)
def test_a_wrong_question_is_named(caller: Caller, change: dict[str, Any], fields: list[str]) -> None:
    answer = caller.post("/v1/redeem", {**_BODY, **change})
    assert (answer.status_code, answer.json()) == (422, {"error": "invalid_request", "fields": fields})


def test_a_card_is_asked_over_http_and_its_number_is_kept_nowhere(caller: Caller, store: Store) -> None:
    do(store, lambda db: selling.bind(db, "trang-an-mau", "MAU-20261122-01", _CARD, _MARKS, NOW))
    body = {**_BODY, "ticket": None, "id_number": _CARD}
    first, again = caller.post("/v1/redeem", body), caller.post("/v1/redeem", body)
    assert (first.json()["reason"], first.content) == ("ok", again.content)
    with store.transaction() as db:
        rows = repr(db.exec_driver_sql("SELECT * FROM scan").all()) + repr(
            db.exec_driver_sql("SELECT * FROM holder").all()
        )
    assert _CARD not in rows
