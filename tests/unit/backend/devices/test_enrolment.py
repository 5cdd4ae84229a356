"""A one-time code against a token: once, in time, for one device, and not by guessing."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from backend.devices import book
from backend.devices.codes import ATTEMPTS, LIFE, code_hash, new_code
from backend.devices.identity import Role
from backend.devices.tables import DEVICE, ENROLMENT
from backend.engine.store import Store
from tests.unit.backend.calls import KEYS, NOW, headers, redeem_body
from tests.unit.backend.devices.conftest import PUBLIC, Site

_REFUSED = {"error": "code_refused", "fields": []}


def _redeems(site: Site, name: str, token: str) -> int:
    return site.client.post("/v1/redeem", json=redeem_body("T-1", "s-1"), headers=headers(name, token)).status_code


def test_a_code_makes_a_device_known(site: Site) -> None:
    with site.store.transaction() as db:
        code = book.add(db, "gate-1", Role.TERMINAL, NOW, event="e", gate="g")
    told = site.enrol("gate-1", code).json()
    assert {name: told[name] for name in ("device", "role", "event", "gate")} == {
        "device": "gate-1",
        "role": "terminal",
        "event": "e",
        "gate": "g",
    }
    assert base64.b64decode(told["server_key"]) == KEYS.public
    assert base64.b64decode(told["snapshot_key"]) == KEYS.marks
    assert _redeems(site, "gate-1", told["token"]) == 403  # it is another event's device
    with site.store.transaction() as db:
        known = book.by_name(db, "gate-1")
    assert known is not None
    assert known.key == base64.b64decode(PUBLIC)


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.SELLER])
def test_who_reads_no_snapshots_gets_no_key_of_theirs(site: Site, role: Role) -> None:
    assert site.enrol("d", site.add("d", role)).json()["snapshot_key"] is None


def test_a_code_is_used_once(site: Site) -> None:
    code = site.add("gate-1")
    token = site.enrol("gate-1", code).json()["token"]
    again = site.enrol("gate-1", code)
    assert (again.status_code, again.json()) == (403, _REFUSED)
    assert _redeems(site, "gate-1", token) == 200


def test_a_code_is_one_devices(site: Site) -> None:
    code = site.add("gate-1")
    site.add("gate-2")
    assert site.enrol("gate-2", code).json() == _REFUSED
    assert site.enrol("gate-3", code).json() == _REFUSED
    assert site.enrol("gate-1", code).status_code == 200


@pytest.mark.parametrize(("age", "status"), [(LIFE - timedelta(seconds=1), 200), (LIFE, 403)])
def test_a_code_expires(site: Site, age: timedelta, status: int) -> None:
    code = site.add("gate-1")
    site.pass_by(age)
    assert site.enrol("gate-1", code).status_code == status


@pytest.mark.parametrize(("wrong", "status"), [(ATTEMPTS - 1, 200), (ATTEMPTS, 403)])
def test_guessing_voids_the_code(site: Site, wrong: int, status: int) -> None:
    code = site.add("gate-1")
    for _ in range(wrong):
        assert site.enrol("gate-1", new_code()).json() == _REFUSED
    assert site.enrol("gate-1", code).status_code == status


def test_a_newer_code_replaces_the_one_before(site: Site) -> None:
    old, new = site.add("gate-1"), site.add("gate-1")
    assert site.enrol("gate-1", old).status_code == 403
    assert site.enrol("gate-1", new).status_code == 200


def test_a_device_enrols_again_only_when_that_is_meant(site: Site) -> None:
    old = site.enrolled("gate-1")
    with pytest.raises(book.EnrolledError):
        site.add("gate-1")
    code = site.add("gate-1", again=True)
    assert _redeems(site, "gate-1", old) == 200  # goes on until somebody has walked over to it
    new = site.enrol("gate-1", code).json()["token"]
    site_anew = Site(site.store)
    assert (_redeems(site_anew, "gate-1", old), _redeems(site_anew, "gate-1", new)) == (401, 200)


@pytest.mark.parametrize(("role", "event"), [(Role.SUPERVISOR, None), (Role.TERMINAL, "hoi-khac")])
def test_who_has_the_old_token_gets_nothing_of_a_new_role(site: Site, role: Role, event: str | None) -> None:
    old = site.enrolled("gate-1")
    code = site.add("gate-1", role, again=True, event=event)
    assert _redeems(Site(site.store), "gate-1", old) == 401
    assert site.enrol("gate-1", code).status_code == 200


def test_neither_code_nor_token_stands_in_the_database(site: Site, sqlite_store: Store) -> None:
    token, code = site.enrolled("gate-1"), site.add("gate-2")
    with sqlite_store.transaction() as db:
        rows = [*db.execute(sa.select(DEVICE)), *db.execute(sa.select(ENROLMENT))]
    raw = "\n".join(str(tuple(row)) for row in rows)
    assert not [secret for secret in (token, code, code.replace("-", "")) if secret in raw]


@pytest.mark.parametrize(
    "wrong",
    [
        {"public_key": base64.b64encode(bytes(31)).decode()},
        {"public_key": "A" * 44},
        {"public_key": PUBLIC + "\n"},
        {"code": ""},
        {"code": "A" * 65},
        {"device": "a b"},
        {"role": "supervisor"},
    ],
    ids=str,
)
def test_a_malformed_request_is_told_without_its_contents(site: Site, wrong: dict[str, str]) -> None:
    code = site.add("gate-1")
    answer = site.enrol("gate-1", **{"code": code, **wrong})
    assert answer.status_code == 422
    assert set(answer.json()["fields"]) <= set(wrong)
    assert site.enrol("gate-1", code).status_code == 200  # and was no attempt


@given(st.data())
def test_how_a_code_is_typed_does_not_matter(data: st.DataObject) -> None:
    code = new_code()
    typed = "".join(
        data.draw(st.sampled_from(["", " ", "-", "\t"])) + data.draw(st.sampled_from([sign, sign.lower()]))
        for sign in code.replace("-", "")
    )
    assert code_hash("d", typed) == code_hash("d", code)
    assert code_hash("d", typed.upper().replace("O", "0").replace("I", "1").replace("B", "8")) == code_hash("d", code)
