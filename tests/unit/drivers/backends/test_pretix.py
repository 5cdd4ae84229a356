"""What the pretix driver makes of answers, beside the recorded ones of tests/contract."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.schema import PretixSettings
from crypto.id_number import IdNumber
from drivers.backends import pretix
from drivers.backends import pretix_wire as wire
from drivers.backends.http import Reply
from drivers.backends.pretix import PretixBackend, build, told_in
from drivers.backends.pretix_reasons import REASONS, answer_of
from terminal.faults import FaultError
from terminal.model import Direction, RedeemAnswer, Redeemed
from terminal.ports import AnnulQuestion, BackendOptions, EligibilityQuestion, RedeemQuestion
from tests.pretix.cases import Exchange
from tests.scripted_server import Heard, Script, ScriptedServer, message

NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)  # 15:30 in Vietnam
DATE = "Date: Sun, 22 Nov 2026 08:30:00 GMT"
DEADLINE = 20.0
DOCS = Path(__file__).parents[4] / "docs" / "pretix.md"
SITE = PretixSettings(organizer="don-vi-mau", checkin_list=1)


def scan(number: int = 1, **more: Any) -> RedeemQuestion:
    return RedeemQuestion(f"s-{number}", NOW, "su-kien-mau", "T", "cong-1", secret="k3mz9x2qv7wnp4rt6ybh", **more)


def undo(number: int = 1) -> AnnulQuestion:
    return AnnulQuestion(f"s-{number}", NOW, "su-kien-mau", "T", "cong-1")


def fault(ask: Callable[[], object]) -> str:
    with pytest.raises(FaultError) as caught:
        ask()
    return caught.value.fault.code


def meant(answer: dict[str, Any], direction: Direction = Direction.ENTRY) -> RedeemAnswer:
    told = wire.decoded(json.dumps(answer).encode(), wire.RedeemResponse)
    return answer_of(told, direction, NOW, "s-1", lambda passed: f"#{passed.device_id}")


def passed(hour: int, kind: str = "entry", device: int = 1) -> dict[str, Any]:
    moment = NOW.replace(hour=hour).isoformat()
    return {"datetime": moment, "list": 1, "type": kind, "gate": None, "device_id": device}


# Answers -------------------------------------------------------------------------------------------------------------


def test_the_table_of_reasons_is_the_documented_one() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \|", DOCS.read_text("utf-8"), re.MULTILINE)
    assert dict(rows) == {"ok": "ok", **REASONS}


@pytest.mark.parametrize(
    ("begins", "reason"),
    [(NOW + timedelta(hours=2), "not_yet"), (NOW + timedelta(hours=9), "wrong_day"), (None, "wrong_day")],
    ids=["today", "tomorrow", "over"],
)
def test_a_ticket_for_later_today_is_too_early(begins: datetime | None, reason: str) -> None:
    position = {"checkins": [], "valid_from": begins.isoformat() if begins else None, "valid_until": None}
    assert meant({"status": "error", "reason": "invalid_time", "position": position}).reason == reason


@pytest.mark.parametrize(
    ("passings", "used"),
    [
        ([passed(3)], 3),
        ([passed(5), passed(3)], 3),
        ([passed(3), passed(4, "exit"), passed(5), passed(6)], 5),
        ([passed(3), passed(4, "exit")], 3),
        ([passed(3), passed(4, "exit"), passed(5), passed(6, "exit")], 5),
    ],
    ids=["once", "any order", "since the last exit", "out, and not to come back", "out again"],
)
def test_the_first_use_is_the_one_that_stands_in_the_way(passings: list[dict[str, Any]], used: int) -> None:
    answer = meant({"status": "error", "reason": "already_redeemed", "position": {"checkins": passings}})
    assert (answer.reason, answer.used_at, answer.used_place) == ("used", NOW.replace(hour=used), "#1")


@pytest.mark.parametrize(
    "answer",
    [
        {"status": "error"},
        {"status": "error", "reason": "already_redeemed"},
        {"status": "error", "reason": "already_redeemed", "position": {"checkins": [passed(3, "exit")]}},
        {"status": "error", "reason": "a new one"},
        {"status": "fine"},
        {"status": "ok", "checkin_texts": "text"},
        {"status": "error", "reason": "already_redeemed", "position": {"checkins": [{"datetime": "2026-11-22"}]}},
    ],
    ids=["no reason", "used by nobody", "used and left", "new reason", "new status", "texts", "no time"],
)
def test_a_contradiction_is_no_answer(answer: dict[str, Any]) -> None:
    assert fault(lambda: meant(answer)) == "net.garbage"


@pytest.mark.parametrize(
    ("answer", "attention"),
    [
        ({"status": "ok"}, None),
        ({"status": "ok", "require_attention": True}, "!"),
        ({"status": "ok", "checkin_texts": ["Xem\nthẻ", " ", "Trẻ em"], "require_attention": True}, "Xem thẻ · Trẻ em"),
        ({"status": "ok", "checkin_texts": ["x" * 5000]}, "x" * 300),
        ({"status": "error", "reason": "rules", "reason_explanation": "Only after 6 pm"}, "Only after 6 pm"),
        ({"status": "error", "reason": "unpaid", "reason_explanation": "said already"}, None),
    ],
    ids=["none", "mark", "texts", "long", "rule", "plain reason"],
)  # fmt: skip
def test_the_organiser_s_words_are_for_the_staff(answer: dict[str, Any], attention: str | None) -> None:
    assert meant(answer).attention == attention


@pytest.mark.parametrize(
    ("words", "text"),
    [({"en": "Size?", "vi": "Cỡ?"}, "Cỡ?"), ({"de": "Größe?", "en": "Size?"}, "Size?"), ({"de": "Größe?"}, "Größe?")],
)
def test_a_question_is_told_in_the_best_language_there_is(words: dict[str, str], text: str) -> None:
    question = {"id": 1, "question": words, "type": "S", "required": True, "options": []}
    assert meant({"status": "incomplete", "questions": [question]}).attention == f"1: {text}"


def test_names_in_an_answer_are_not_even_read() -> None:
    raw = json.dumps(Exchange.load("already_redeemed").answer).encode()
    assert "NGUYỄN".encode() in json.dumps(Exchange.load("already_redeemed").answer, ensure_ascii=False).encode()
    told = wire.decoded(raw, wire.RedeemResponse)
    assert "NGUY" not in repr(told)
    assert "example.org" not in repr(told)


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, {"status": "ok"}),
        (400, {"status": "ok"}),
        (404, {"status": "error", "reason": "unpaid"}),
        (201, {"status": "error", "reason": "unpaid"}),
        (400, {"status": "error", "reason": "invalid"}),
        (404, {"detail": "Not found."}),
        (400, {"nonce": ["This field is required."]}),
        (400, ["Unknown"]),
    ],
)
def test_status_and_answer_must_agree(status: int, answer: Any) -> None:
    assert fault(lambda: told_in(Reply(status, json.dumps(answer).encode()))) == "net.garbage"


def test_a_list_out_of_reach_is_denied() -> None:
    body = b'{"lists": ["Invalid pk \\"7\\" - object does not exist."]}'
    assert fault(lambda: told_in(Reply(400, body))) == "net.denied"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["status", "reason", "position", "checkins", "lists", "questions"]), inner)
    ),
    max_leaves=12,
)


@given(
    st.sampled_from([201, 400, 404]), st.one_of(st.binary(max_size=200), _JSON.map(lambda it: json.dumps(it).encode()))
)
def test_any_bytes_are_an_answer_or_a_fault(status: int, body: bytes) -> None:
    try:
        _, told = told_in(Reply(status, body))
        answer_of(told, Direction.ENTRY, NOW, "s-1", lambda _: None)
    except FaultError as error:
        assert error.fault.code in ("net.garbage", "net.denied")


# Conversations -------------------------------------------------------------------------------------------------------


class Peer:
    """A server with one answer for each path's end; ``asked`` are the ends in their order."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, Any]] = {}
        self.date = (DATE,)
        self.asked: list[str] = []
        self.nonces: list[str] = []

    def script(self) -> Script:
        def script(connection: Any, heard: Heard) -> bool:
            end = heard.path.rstrip("/").rpartition("/")[2]
            self.asked.append(end)
            self.nonces += [json.loads(heard.body)["nonce"]] if heard.body else []
            status, answer = self.answers[end]
            connection.sendall(message(json.dumps(answer).encode(), f"{status} R", "application/json", *self.date))
            return True

        return script


@pytest.fixture
def peer() -> Peer:
    return Peer()


@pytest.fixture
def backend(peer: Peer) -> Iterator[PretixBackend]:
    server = ScriptedServer(peer.script())
    yield build(BackendOptions(server.url, "token", "quay-1", site=SITE))
    server.close()


USED = {"status": "error", "reason": "already_redeemed", "position": {"checkins": [passed(3) | {"gate": 1}]}}
INFO: dict[str, Any] = Exchange.load("health").answer


def test_this_gate_is_called_by_its_name_which_is_asked_for_once(peer: Peer, backend: PretixBackend) -> None:
    peer.answers = {"redeem": (400, USED), "info": (200, INFO)}
    assert [backend.redeem(scan(n), DEADLINE).used_place for n in (1, 2)] == ["Cổng 1", "Cổng 1"]
    assert peer.asked == ["redeem", "info", "redeem"]


def test_another_gate_is_called_by_the_number_of_its_device(peer: Peer, backend: PretixBackend) -> None:
    peer.answers = {
        "redeem": (400, USED),
        "info": (200, INFO | {"device": {"device_id": 4, "gate": {"id": 9, "name": "B"}}}),
    }
    assert backend.redeem(scan(), DEADLINE).used_place == "#1"


def test_an_answer_stands_without_the_gate_s_name(peer: Peer, backend: PretixBackend) -> None:
    peer.answers = {"redeem": (400, USED), "info": (500, {})}
    answer = backend.redeem(scan(), DEADLINE)
    assert (answer.result, answer.reason, answer.used_place) == (Redeemed.REFUSED, "used", "#1")


def test_an_answer_is_dated_by_the_server(peer: Peer, backend: PretixBackend) -> None:
    peer.answers = {"redeem": (201, {"status": "ok"})}
    assert backend.redeem(scan(), DEADLINE).answered_at == NOW


def test_health_without_a_clock_is_no_answer(peer: Peer, backend: PretixBackend) -> None:
    peer.answers, peer.date = {"info": (200, INFO)}, ("Date: yesterday",)
    assert fault(lambda: backend.health(DEADLINE)) == "net.garbage"


def test_a_card_is_no_ticket_here_and_its_number_is_not_sent(peer: Peer, backend: PretixBackend) -> None:
    asked = RedeemQuestion("s-1", NOW, "su-kien-mau", "", "cong-1", holder=IdNumber("003090123450"))
    assert backend.redeem(asked, DEADLINE).reason == "holder_unknown"
    assert peer.asked == []


def test_nobody_s_insurance_is_known_here(peer: Peer, backend: PretixBackend) -> None:
    assert fault(lambda: backend.check(EligibilityQuestion("v-1", NOW), DEADLINE)) == "config.invalid"
    assert peer.asked == []


def test_two_devices_never_ask_under_one_nonce(peer: Peer) -> None:
    """pretix lets both in that come with the same one; the same device keeps it, so that a lost answer comes again."""
    peer.answers = {"annul": (200, {"status": "ok"}), "redeem": (201, {"status": "ok"})}
    server = ScriptedServer(peer.script())
    try:
        for device in ("quay-1", "quay-2"):
            backend = build(BackendOptions(server.url, "token", device, site=SITE))
            for _ in range(2):
                backend.redeem(scan(1), DEADLINE)
            backend.annul(undo(1), DEADLINE)
    finally:
        server.close()
    first, *others = peer.nonces[:3]
    assert others == [first, first]
    assert set(peer.nonces[3:]).isdisjoint({first})


def test_a_redemption_overtaken_by_its_annulment_admits_nobody(peer: Peer, backend: PretixBackend) -> None:
    peer.answers = {"annul": (404, {"detail": "No check-in found based on nonce"}), "redeem": (201, {"status": "ok"})}
    backend.annul(undo(1), DEADLINE)
    assert backend.redeem(scan(1), DEADLINE).reason == "annulled"
    assert peer.asked == ["annul"]
    assert backend.redeem(scan(2), DEADLINE).reason == "ok"


def test_no_more_annulled_scans_are_remembered_than_said(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretix, "REMEMBERED", 3)
    server = ScriptedServer(peer.script())
    backend = build(BackendOptions(server.url, "token", "quay-1", site=SITE))
    peer.answers = {"annul": (200, {"status": "ok"}), "redeem": (201, {"status": "ok"})}
    for number in range(4):
        backend.annul(undo(number), DEADLINE)
    assert [backend.redeem(scan(n), DEADLINE).reason for n in (0, 1)] == ["ok", "annulled"]
    server.close()


@pytest.mark.parametrize(
    ("status", "answer", "code"),
    [
        (400, {"non_field_errors": ["Annulment is only allowed from the same device"]}, "gate.not_annulled"),
        (400, ["Multiple check-ins found based on nonce"], "gate.not_annulled"),
        (400, {"lists": ["Invalid pk"]}, "net.denied"),
        (400, {}, "net.garbage"),
        (404, {"error": "no such page"}, "net.garbage"),
    ],
)
def test_an_annulment_that_did_not_happen_is_told(
    peer: Peer, backend: PretixBackend, status: int, answer: Any, code: str
) -> None:
    peer.answers = {"annul": (status, answer), "redeem": (201, {"status": "ok"})}
    assert fault(lambda: backend.annul(undo(), DEADLINE)) == code
    assert backend.redeem(scan(), DEADLINE).reason == "ok"


def test_questions_leave_the_ticket_as_it_was(backend: PretixBackend, peer: Peer) -> None:
    options = [{"id": 5, "answer": {"vi": "Lớn"}}]
    question = {"id": 3, "question": "Cỡ?", "type": "C", "required": True, "options": options}
    peer.answers = {"redeem": (400, {"status": "incomplete", "questions": [question]})}
    (asked,) = backend.questions(scan(), DEADLINE)
    assert (asked.id, asked.text, asked.kind, asked.required, asked.options) == (3, "Cỡ?", "C", True, ((5, "Lớn"),))


def test_a_site_without_organiser_is_told_so() -> None:
    assert fault(lambda: build(BackendOptions("http://127.0.0.1:1", "token", "quay-1"))) == "config.invalid"
