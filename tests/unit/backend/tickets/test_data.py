"""What terminals, hubs and supervisors get over HTTP: the snapshot, tickets in full, counters, conflicts."""

from __future__ import annotations

import base64
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from backend.devices import book
from backend.devices.identity import Role
from backend.engine.store import Store
from backend.tickets import selling
from crypto.tickets.line import head_message, witness_message
from crypto.tickets.record import Marks
from crypto.tickets.snapshot import prove
from tests.unit.backend.calls import ASKED_AT, KEYS, NOW, Client, headers
from tests.unit.backend.tickets.ledgers import EVENT, MINUTE, Device, do, sell

_MARKS = Marks(KEYS.marks)
_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
_CARD = "003090123450"
_LATER = NOW + MINUTE


class Site:
    """The application over this test's store, with enrolled devices."""

    def __init__(self, store: Store, client: Client) -> None:
        self.store, self._client = store, client
        self._tokens: dict[str, str] = {}

    def enrol(self, name: str, role: Role, event: str | None = None) -> None:
        with self.store.transaction() as db:
            code = book.add(db, name, role, NOW, event=event, gate=None)
            found = book.enrol(db, name, code, _KEY.public_key().public_bytes_raw(), NOW)
        assert found is not None
        self._tokens[name] = found.token

    def get(self, device: str, path: str) -> Any:
        return self._client.request("GET", path, headers=headers(device, self._tokens[device]))

    def post(self, device: str, path: str, body: object) -> Any:
        asking = headers(device, self._tokens[device]) | {"Content-Type": "application/json"}
        return self._client.post(path, content=json.dumps(body), headers=asking)

    def upload(self, by: str, ledger: Device, **more: Any) -> Any:
        lines = [
            {"seq": line.seq, "body": line.body, "prev": line.prev.hex(), "seal": line.seal.hex()}
            for line in ledger.lines
        ]
        body = {"lines": lines, **more}
        if lines and "head_signature" not in more:
            body["head_signature"] = _text(_KEY.sign(head_message(ledger.name, ledger.lines[-1])))
        return self.post(by, "/v1/journal", body)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


@pytest.fixture
def database_url(tmp_path: Path, sqlite_template: Path) -> str:
    """One engine is enough here: what is asked of it stands in the modules whose tests run on both."""
    file = tmp_path / "backend.sqlite"
    shutil.copyfile(sqlite_template, file)
    file.chmod(0o600)
    return f"sqlite:///{file}"


@pytest.fixture
def site(store: Store, client: Client) -> Site:
    found = Site(store, client)
    for name, role in (("a", Role.TERMINAL), ("b", Role.TERMINAL), ("hub", Role.HUB), ("lan", Role.SUPERVISOR)):
        found.enrol(name, role)
    sell(store, "t", "u")
    return found


def test_lines_are_handed_over_and_the_server_signs_what_it_keeps(site: Site) -> None:
    a = Device("a")
    a.write("t", "s-1")
    answer = site.upload("a", a).json()
    assert answer["answers"] == [{"seq": 1, "result": "kept", "reason": None, "conflict": None}]
    witness = answer["witness"]
    assert (witness["seq"], witness["seal"]) == (1, a.lines[0].seal.hex())
    key = Ed25519PublicKey.from_public_bytes(KEYS.public)
    key.verify(base64.b64decode(witness["signature"]), witness_message("a", 1, a.lines[0].seal))
    with pytest.raises(InvalidSignature):
        key.verify(base64.b64decode(witness["signature"]), witness_message("b", 1, a.lines[0].seal))
    assert site.post("a", "/v1/journal", {"lines": []}).json()["witness"] == witness


@pytest.mark.parametrize("signature", [None, _text(bytes(64))], ids=["none", "wrong"])
def test_lines_that_the_device_did_not_sign_are_not_its(site: Site, signature: str | None) -> None:
    a = Device("a")
    a.write("t", "s-1")
    assert site.upload("a", a, head_signature=signature).json()["error"] == "forbidden"


def test_only_a_hub_hands_over_what_others_wrote(site: Site) -> None:
    a = Device("a")
    a.write("t", "s-1")
    assert site.upload("b", a, device="a").json()["error"] == "forbidden"
    assert site.upload("hub", a, device="a").json()["answers"][0]["result"] == "kept"


@pytest.mark.parametrize(
    "change",
    [{"seq": 0}, {"seq": 2**63}, {"prev": "00"}, {"seal": "A" * 64}, {"body": "x" * 2001}, {"body": "\ud800"}],
    ids=["0", "2**63", "prev", "seal", "body", "surrogate"],
)
def test_what_is_no_line_is_a_wrong_request(site: Site, change: dict[str, Any]) -> None:
    line = {"seq": 1, "body": "{}", "prev": "0" * 64, "seal": "0" * 64, **change}
    answer = site.post("a", "/v1/journal", {"lines": [line], "head_signature": _text(bytes(64))})
    assert answer.json() == {"error": "invalid_request", "fields": sorted(["lines", *change])}


def test_more_than_five_hundred_lines_are_too_many(site: Site) -> None:
    line = {"seq": 1, "body": "{}", "prev": "0" * 64, "seal": "0" * 64}
    answer = site.post("a", "/v1/journal", {"lines": [line] * 501, "head_signature": _text(bytes(64))})
    assert answer.json() == {"error": "invalid_request", "fields": ["lines"]}


def test_a_supervisor_sees_both_sides_and_says_what_it_was(site: Site) -> None:
    for name in "ab":
        device = Device(name)
        device.write("t", "s-1")
        site.upload(name, device)
    (found,) = site.get("lan", f"/v1/conflicts?event={EVENT}").json()["conflicts"]
    assert (found["kind"], found["entered"]["gate"], found["holder"]["gate"]) == ("duplicate_entry", "gate-b", "gate-a")
    address = f"/v1/conflicts/{found['conflict']}"
    noted = site.post("lan", address, {"state": "fraud", "noted_by": "Lan"}).json()["conflicts"][0]
    assert (noted["state"], noted["noted_by"], noted["noted_at"]) == ("fraud", "Lan", "2026-11-22T08:30:00Z")
    assert site.get("lan", f"/v1/conflicts?event={EVENT}").json()["conflicts"] == []
    assert len(site.get("lan", f"/v1/conflicts?event={EVENT}&open=false").json()["conflicts"]) == 1
    assert site.post("lan", "/v1/conflicts/C-AAAAAAAAAAAAAAAA", {"state": "open", "noted_by": "x"}).status_code == 404
    assert site.post("a", address, {"state": "accepted", "noted_by": "a"}).status_code == 403


def test_the_counters_of_a_day(site: Site) -> None:
    do(site.store, lambda db: selling.put_zone(db, EVENT, "san", 9, ["gate-a"]))
    a = Device("a")
    a.write("t", "s-1")
    site.upload("a", a)
    assert site.get("lan", f"/v1/counters?event={EVENT}").json() == {
        "event": EVENT,
        "day": "2026-11-22",
        "inside": 1,
        "gates": [{"gate": "gate-a", "zone": "san", "entered": 1, "exited": 0}],
        "zones": [{"zone": "san", "inside": 1, "capacity": 9}],
    }
    assert site.get("lan", f"/v1/counters?event={EVENT}&day=2026-11-21").json()["inside"] == 0


def test_the_snapshot_is_signed_and_names_nobody(site: Site) -> None:
    do(site.store, lambda db: selling.bind(db, EVENT, "t", _CARD, _MARKS, NOW))
    file = site.get("a", f"/v1/snapshot?event={EVENT}").content
    found = prove(io.BytesIO(file), EVENT, KEYS.public)
    assert (found.tickets, found.holders, found.head.created_at) == (2, 1, NOW)
    assert not [secret for secret in (b"T7Q", _CARD.encode()) if secret in file]


def test_a_hub_gets_tickets_in_full_page_by_page_and_what_changed(site: Site) -> None:
    first = site.get("hub", f"/v1/tickets?event={EVENT}").json()
    assert ([row["ticket"] for row in first["tickets"]], first["next"]) == (["t", "u"], None)
    assert [row["ticket"] for row in site.get("hub", f"/v1/tickets?event={EVENT}&after=t").json()["tickets"]] == ["u"]
    assert [row["audience"] for row in first["products"]] == ["khách"]
    changed = site.get("hub", f"/v1/tickets?event={EVENT}&since=0").json()
    assert {row["ticket"] for row in changed["tickets"]} == {"t", "u"}
    assert site.get("a", f"/v1/tickets?event={EVENT}").status_code == 403


@pytest.mark.parametrize("path", ["changes?since=0&", "snapshot?", "conflicts?", "counters?", "tickets?"])
def test_a_device_of_another_event_gets_nothing(site: Site, path: str) -> None:
    for name, role in (("x", Role.TERMINAL), ("y", Role.HUB), ("z", Role.SUPERVISOR)):
        site.enrol(name, role, event="other")
    codes = {site.get(name, f"/v1/{path}event={EVENT}").status_code for name in "xyz"}
    assert codes == {403}


def test_a_device_of_another_event_redeems_nothing(site: Site) -> None:
    site.enrol("x", Role.TERMINAL, event="other")
    body = {"scan_id": "s", "asked_at": ASKED_AT, "event": EVENT, "ticket": "t", "gate": "g"}
    assert [site.post("x", f"/v1/{what}", body).status_code for what in ("redeem", "annul")] == [403, 403]


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/v1/changes?event=a%20b&since=0", ["event"]),
        ("/v1/changes?event=hoi", ["since"]),
        ("/v1/changes?event=hoi&since=-1", ["since"]),
        ("/v1/changes?event=hoi&since=0&limit=5001", ["limit"]),
        ("/v1/snapshot", ["event"]),
    ],
)
def test_a_wrong_address_is_named(site: Site, path: str, fields: list[str]) -> None:
    answer = site.get("a", path)
    assert (answer.status_code, answer.json()) == (422, {"error": "invalid_request", "fields": fields})
