"""What the reference client sends, and what it refuses to believe."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.civil import PartialDate
from crypto.id_number import IdNumber
from drivers.backends.reference import ReferenceBackend, _annulment, _health, _person, _ticket, build
from terminal.faults import FaultError
from terminal.model import Direction, Eligibility, Redeemed
from terminal.ports import AnnulQuestion, BackendOptions, EligibilityQuestion, RedeemQuestion
from tests.contract.backend_rigs import ADMITTED, ANNULLED, COVER, ELIGIBLE, HEALTH
from tests.scripted_server import ScriptedServer, answers

ASKED = datetime(2026, 11, 22, 15, 30, tzinfo=timezone(timedelta(hours=7)))


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    server = ScriptedServer(answers(ELIGIBLE))
    yield server
    server.close()


@pytest.fixture
def backend(server: ScriptedServer) -> ReferenceBackend:
    return build(BackendOptions(server.url + "/", "t", "quay-1"))


def test_a_question_about_a_person_is_written_as_the_protocol_says(
    server: ScriptedServer, backend: ReferenceBackend
) -> None:
    name = "NGUYỄN VĂN THỬ NGHIỆM"
    backend.check(
        EligibilityQuestion("v-01", ASKED, IdNumber("003090123450"), None, name, PartialDate(1990, 11, 20)), 5
    )
    heard = server.heard[0]
    assert (heard.method, heard.path) == ("POST", "/v1/eligibility")
    assert heard.headers["content-type"] == "application/json"
    assert heard.headers["x-tram-device"] == "quay-1"
    assert json.loads(heard.body) == {
        "scan_id": "v-01",
        "asked_at": "2026-11-22T15:30:00+07:00",
        "id_number": "003090123450",
        "name": name,
        "born": "1990-11-20",
    }


@pytest.mark.parametrize(
    ("born", "text"),
    [(PartialDate(1960), "1960"), (PartialDate(1960, 5), "1960-05"), (PartialDate(1960, 1, 2), "1960-01-02")],
)
def test_a_birth_date_is_sent_as_far_as_it_is_known(
    server: ScriptedServer, backend: ReferenceBackend, born: PartialDate, text: str
) -> None:
    backend.check(EligibilityQuestion("v-01", ASKED, insurance_code="0030000001", born=born), 5)
    assert json.loads(server.heard[0].body)["born"] == text


def test_a_question_about_a_ticket_is_written_as_the_protocol_says(
    server: ScriptedServer, backend: ReferenceBackend
) -> None:
    server.script = answers(ADMITTED)
    backend.redeem(RedeemQuestion("s-01", ASKED, "trang-an-mau", "T7Q2M9XK4B", "cong-1"), 5)
    heard = server.heard[0]
    assert (heard.method, heard.path) == ("POST", "/v1/redeem")
    assert json.loads(heard.body) == {
        "scan_id": "s-01",
        "asked_at": "2026-11-22T15:30:00+07:00",
        "event": "trang-an-mau",
        "ticket": "T7Q2M9XK4B",
        "gate": "cong-1",
    }


def raw(value: object) -> bytes:
    return json.dumps(value).encode()


def test_every_word_of_a_good_answer_arrives() -> None:
    answer = _person(raw(ELIGIBLE))
    cover = answer.cover
    assert cover is not None
    assert (answer.reason, answer.reference, answer.note) == ("in_force", "E-5F2K7Q3MX4TB6ZNA", None)
    assert answer.answered_at == datetime(2026, 11, 22, 8, 30, 0, 120_000, tzinfo=UTC)
    assert (cover.valid_from, cover.valid_to) == (date(2026, 1, 1), date(2026, 12, 31))
    assert (cover.benefit, cover.facility, cover.facility_name) == ("80 %", "01000", "Bệnh viện Mẫu")


@pytest.mark.parametrize(
    ("state", "reason", "cover", "expected"),
    [
        ("not_eligible", "not_found", None, Eligibility.NOT_ELIGIBLE),
        ("not_eligible", "expired", COVER | {"valid_to": "2025-12-31", "valid_from": None}, Eligibility.NOT_ELIGIBLE),
        (
            "not_eligible",
            "not_started",
            COVER | {"valid_from": "2027-01-01", "valid_to": None},
            Eligibility.NOT_ELIGIBLE,
        ),
        ("not_eligible", "cancelled", None, Eligibility.NOT_ELIGIBLE),
        ("card_invalid", "blocked", None, Eligibility.CARD_INVALID),
        ("unknown", "born_differs", None, Eligibility.UNKNOWN),
        ("unknown", "codes_differ", None, Eligibility.UNKNOWN),
    ],
)
def test_every_refusal_of_the_protocol_is_an_answer(
    state: str, reason: str, cover: object, expected: Eligibility
) -> None:
    answer = _person(raw(ELIGIBLE | {"state": state, "reason": reason, "cover": cover}))
    assert (answer.state, answer.reason) == (expected, reason)


@pytest.mark.parametrize(
    "change",
    [
        {"state": "perhaps"},
        {"reason": "because"},
        {"state": "not_eligible"},
        {"reason": "expired"},
        {"cover": None},
        {"state": "not_eligible", "reason": "not_found"},
        {"state": "not_eligible", "reason": "not_found", "cover": None, "registered_name": "Ai đó"},
        {"reference": ""},
        {"reference": "x" * 65},
        {"reference": None},
        {"note": "x" * 501},
        {"answered_at": "2026-11-22T08:30:00"},
        {"answered_at": "1970-01-01T00:00:00Z"},
        {"answered_at": "2026-02-30T00:00:00Z"},
        {"answered_at": 1_700_000_000},
        {"extra": 1},
        {"cover": COVER | {"insurance_code": "12"}},
        {"cover": COVER | {"insurance_code": "0030000001\n"}},
        {"cover": COVER | {"valid_from": "2027-01-01", "valid_to": "2026-01-01"}},
        {"cover": COVER | {"valid_to": "2025-12-31", "valid_from": None}},
        {"cover": COVER | {"valid_from": "2026-12-30"}},
        {"cover": COVER | {"valid_to": "31/12/2026"}},
        {"cover": COVER | {"extra": 1}},
        {"cover": {}},
    ],
    ids=str,
)
def test_an_answer_about_a_person_that_is_wrong_in_any_way_is_garbage(change: dict[str, object]) -> None:
    with pytest.raises(FaultError) as caught:
        _person(raw(ELIGIBLE | change))
    assert caught.value.fault.code == "net.garbage"


def test_a_missing_field_is_garbage() -> None:
    for kind, good in ((_person, ELIGIBLE), (_ticket, ADMITTED), (_annulment, ANNULLED), (_health, HEALTH)):
        for name in good:
            with pytest.raises(FaultError, match=r"net\.garbage"):
                kind(raw({key: value for key, value in good.items() if key != name}))


def test_a_used_ticket_tells_when_and_where() -> None:
    used = {"result": "refused", "reason": "used", "admits": None}
    first = {"used_at": "2026-11-22T08:00:00Z", "used_place": "cong-2"}
    answer = _ticket(raw(ADMITTED | used | first))
    assert (answer.result, answer.reason, answer.used_place) == (Redeemed.REFUSED, "used", "cong-2")
    assert answer.used_at == datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "reason", ["unknown", "cancelled", "blocked", "wrong_day", "not_yet", "wrong_gate", "unpaid", "annulled"]
)
def test_every_refusal_of_a_ticket_is_an_answer(reason: str) -> None:
    answer = _ticket(raw(ADMITTED | {"result": "refused", "reason": reason, "admits": None}))
    assert (answer.result, answer.reason) == (Redeemed.REFUSED, reason)


@pytest.mark.parametrize(
    "change",
    [
        {"result": "maybe"},
        {"result": "refused"},
        {"reason": "used"},
        {"result": "refused", "reason": "used"},
        {"result": "refused", "reason": "used", "used_at": "2026-11-22T09:00:00Z"},
        {"result": "refused", "reason": "used", "used_at": "1999-11-22T09:00:00Z"},
        {"admits": ""},
        {"extra": None},
    ],
    ids=str,
)
def test_an_answer_about_a_ticket_that_is_wrong_in_any_way_is_garbage(change: dict[str, object]) -> None:
    with pytest.raises(FaultError) as caught:
        _ticket(raw(ADMITTED | change))
    assert caught.value.fault.code == "net.garbage"


@pytest.mark.parametrize(
    "change", [{"result": "perhaps"}, {"answered_at": "1999-01-01T00:00:00Z"}, {"reference": ""}, {"extra": 1}], ids=str
)
def test_an_answer_to_an_annulment_that_is_wrong_in_any_way_is_garbage(change: dict[str, object]) -> None:
    with pytest.raises(FaultError) as caught:
        _annulment(raw(ANNULLED | change))
    assert caught.value.fault.code == "net.garbage"


@pytest.mark.parametrize("change", [{"status": "starting"}, {"time": "now"}, {"time": "1999-01-01T00:00:00Z"}])
def test_a_health_that_is_none_is_garbage(change: dict[str, str]) -> None:
    with pytest.raises(FaultError, match=r"net\.garbage"):
        _health(raw(HEALTH | change))


def test_an_answer_s_text_hides_the_person() -> None:
    answer = _person(raw(ELIGIBLE | {"registered_name": "NGUYỄN VĂN THỬ"}))
    assert "NGUYỄN" not in repr(answer)
    assert "0030000001" not in repr(answer)


@given(
    st.one_of(
        st.binary(max_size=300),
        st.recursive(
            st.none()
            | st.booleans()
            | st.floats()
            | st.text(max_size=20)
            | st.sampled_from(["in_force", "ok", "used"]),
            lambda inner: (
                st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*ELIGIBLE, *ADMITTED, *ANNULLED]), inner)
            ),
            max_leaves=12,
        ).map(lambda value: json.dumps(value).encode()),
    )
)
def test_any_bytes_are_an_answer_or_garbage(body: bytes) -> None:
    for kind in (_person, _ticket, _annulment, _health):
        try:
            kind(body)
        except FaultError as error:
            assert error.fault.code == "net.garbage"


def _sent(server: ScriptedServer, backend: ReferenceBackend, question: RedeemQuestion) -> dict[str, object]:
    server.script = answers(ADMITTED | {"people": 1, "left": 3, "attention": "Xem ảnh"})
    backend.redeem(question, 5)
    sent: dict[str, object] = json.loads(server.heard[-1].body)
    return sent


def test_a_gate_tells_its_direction_and_how_many_go_through(server: ScriptedServer, backend: ReferenceBackend) -> None:
    question = RedeemQuestion("s-01", ASKED, "hoi-mau", "T1", "cong-1", direction=Direction.EXIT, people=1)
    sent = _sent(server, backend, question)
    assert (sent["direction"], sent["people"], sent["ticket"]) == ("exit", 1, "T1")


def test_a_card_is_sent_instead_of_a_ticket(server: ScriptedServer, backend: ReferenceBackend) -> None:
    number = IdNumber("003090123450")
    sent = _sent(server, backend, RedeemQuestion("s-01", ASKED, "hoi-mau", "", "cong-1", holder=number))
    assert sent["id_number"] == number.digits
    assert "ticket" not in sent
    both = RedeemQuestion("s-02", ASKED, "hoi-mau", "T1", "cong-1", holder=number)
    assert "id_number" not in _sent(server, backend, both)


def test_a_code_that_only_the_server_knows_is_sent_as_it_is(server: ScriptedServer, backend: ReferenceBackend) -> None:
    sent = _sent(server, backend, RedeemQuestion("s-01", ASKED, "hoi-mau", "", "cong-1", secret="ABC-1"))
    assert sent["ticket"] == "ABC-1"


def test_an_annulment_for_a_card_names_no_ticket(server: ScriptedServer, backend: ReferenceBackend) -> None:
    server.script = answers(ANNULLED)
    backend.annul(AnnulQuestion("s-01", ASKED, "hoi-mau", "", "cong-1"), 5)
    assert "ticket" not in json.loads(server.heard[0].body)


def test_a_group_s_numbers_and_the_organiser_s_words_are_told(
    server: ScriptedServer, backend: ReferenceBackend
) -> None:
    server.script = answers(ADMITTED | {"people": 2, "left": 3, "attention": "Xem ảnh"})
    question = RedeemQuestion("s-01", ASKED, "hoi-mau", "T1", "cong-1", direction=Direction.EXIT, people=2)
    answer = backend.redeem(question, 5)
    assert (answer.people, answer.left, answer.attention) == (2, 3, "Xem ảnh")
    assert answer.direction is Direction.EXIT


@pytest.mark.parametrize(
    "wrong",
    [{"people": 3}, {"people": -1}, {"left": 20_000}, {"attention": "x" * 501}, {"people": True}],
    ids=str,
)
def test_numbers_that_cannot_be_right_are_garbage(
    server: ScriptedServer, backend: ReferenceBackend, wrong: dict[str, object]
) -> None:
    server.script = answers(ADMITTED | {"people": 2, "left": 3, "attention": None} | wrong)
    with pytest.raises(FaultError, match=r"net\.garbage"):
        backend.redeem(RedeemQuestion("s-01", ASKED, "hoi-mau", "T1", "cong-1", people=2), 5)


def test_refused_people_did_not_go_in() -> None:
    refused = ADMITTED | {"result": "refused", "reason": "unknown", "admits": None, "people": 2}
    with pytest.raises(FaultError, match=r"net\.garbage"):
        _ticket(json.dumps(refused).encode())


def test_the_digests_are_of_the_bytes_of_both_sides(server: ScriptedServer, backend: ReferenceBackend) -> None:
    person = backend.check(EligibilityQuestion("v-01", ASKED, IdNumber("003090123450")), 5)
    server.script = answers(ADMITTED)
    ticket = backend.redeem(RedeemQuestion("s-01", ASKED, "hoi-mau", "T1", "cong-1"), 5)
    for digests, said, heard in zip((person.digests, ticket.digests), (ELIGIBLE, ADMITTED), server.heard, strict=True):
        assert digests is not None
        assert digests.asked == hashlib.sha256(heard.body).hexdigest()
        assert digests.answered == hashlib.sha256(json.dumps(said).encode()).hexdigest()
