"""The simulated gateway by itself: secrets, codes, label. For its clients see tests/machine/test_bhyt_gateway.py."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import signal
import stat
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from backend import serve
from backend.doubles.bhyt_people import Asked, verdict
from tests.bhyt_gateway import ACCOUNT, PEOPLE, Running, person, running
from tests.unit.backend.processes import command

MD5 = hashlib.md5(ACCOUNT.password.encode(), usedforsecurity=False).hexdigest()
STAFF_NUMBER, STAFF_NAME = next(iter(PEOPLE.staff.items()))
GOOD = {
    "maThe": person().id_number,
    "hoTen": person().name,
    "ngaySinh": person().born,
    "hoTenCb": STAFF_NAME,
    "cccdCb": STAFF_NUMBER,
}


@pytest.fixture(scope="module")
def double() -> Iterator[Running]:
    with running() as found:
        yield found


def sign_in(double: Running, user: str = ACCOUNT.user, digest: str = MD5) -> dict[str, Any]:
    body = {"username": user, "password": digest}
    answer = requests.post(f"{double.url}/api/token/take", json=body, timeout=20)
    assert answer.headers["X-Tram-Simulated"] == "1"
    found: dict[str, Any] = answer.json()
    return found


def query(key: dict[str, Any]) -> dict[str, str]:
    return {"token": key["access_token"], "id_token": key["id_token"], "username": ACCOUNT.user, "password": MD5}


def ask(double: Running, shown: dict[str, str], body: object = GOOD) -> requests.Response:
    return requests.post(f"{double.url}/api/egw/KQNhanLichSuKCB2024", params=shown, json=body, timeout=20)


@pytest.mark.parametrize("digest", [MD5, MD5.upper()])
def test_the_account_gets_a_token_that_answers(double: Running, digest: str) -> None:
    answer = ask(double, query(sign_in(double, digest=digest)["APIKey"]))
    assert (answer.status_code, answer.json()["maKetQua"]) == (200, "000")
    assert answer.headers["X-Tram-Simulated"] == "1"


@pytest.mark.parametrize(("user", "digest"), [("another", MD5), (ACCOUNT.user, "0" * 32), (ACCOUNT.user, "")])
def test_anybody_else_gets_none(double: Running, user: str, digest: str) -> None:
    assert sign_in(double, user, digest) == {"maKetQua": "401", "APIKey": None}


@pytest.mark.parametrize("wrong", ["token", "id_token", "username", "password"])
def test_each_secret_in_the_address_is_looked_at(double: Running, wrong: str) -> None:
    shown = query(sign_in(double)["APIKey"])
    for other in ({**shown, wrong: "x"}, {name: value for name, value in shown.items() if name != wrong}):
        answer = ask(double, other)
        assert answer.status_code == 401
        assert answer.headers["X-Tram-Simulated"] == "1"


def test_a_token_ends_after_an_hour(double: Running) -> None:
    shown = query(sign_in(double)["APIKey"])
    double.hands.now += timedelta(minutes=59)
    assert ask(double, shown).status_code == 200
    double.hands.now += timedelta(minutes=2)
    assert ask(double, shown).status_code == 401


@pytest.mark.parametrize(
    "body", [None, [], {}, {**GOOD, "hoTen": ""}, {**GOOD, "ngaySinh": "1990-11-20"}, {**GOOD, "maThe": 1}]
)
def test_what_is_no_question_is_205(double: Running, body: object) -> None:
    shown = query(sign_in(double)["APIKey"])
    assert ask(double, shown, body).json()["maKetQua"] == "205"


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({}, "000"),
        ({"cccdCb": "003190000009"}, "054"),
        ({"hoTenCb": "Ai Đó"}, "055"),
        ({"maThe": "123"}, "051"),
        ({"maThe": "DN9010030000000"}, "053"),
        ({"maThe": "0039999999"}, "050"),
        ({"hoTen": "Trần Văn Khác"}, "060"),
        ({"hoTen": "Ngô Văn Khác"}, "061"),
        ({"ngaySinh": "21/11/1990"}, "070"),
        ({"ngaySinh": "1990"}, "000"),
    ],
)
def test_the_question_decides_first(other: dict[str, str], code: str) -> None:
    asked = Asked.of(GOOD | other)
    assert asked is not None
    assert verdict(PEOPLE, asked)[0] == code


def test_the_relay_wants_its_own_token(double: Running) -> None:
    right = {"Authorization": f"Bearer {ACCOUNT.relay_token}"}
    assert requests.post(f"{double.url}/relay", json=GOOD, headers=right, timeout=20).json()["maKetQua"] == "000"
    assert requests.get(f"{double.url}/relay", headers=right, timeout=20).status_code == 200
    for wrong in ({}, {"Authorization": "Bearer x"}):
        assert requests.post(f"{double.url}/relay", json=GOOD, headers=wrong, timeout=20).status_code == 401
        assert requests.get(f"{double.url}/relay", headers=wrong, timeout=20).status_code == 401


def test_the_double_says_what_it_is_and_keeps_its_secrets_to_its_owner(tmp_path: Path) -> None:
    arguments = command(
        "backend.serve", "serve", "--as", "bhyt", "--db", f"sqlite:///{tmp_path / 'b.sqlite'}", "--json"
    )
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        finally:
            process.kill()
    assert said["simulated"] is True
    assert said["url"].startswith("http://127.0.0.1:")
    for name in ("password_file", "staff_file", "token_file"):
        assert stat.S_IMODE(os.stat(said[name]).st_mode) == 0o600
    assert STAFF_NUMBER in Path(said["staff_file"]).read_text("utf-8")


def test_the_double_answers_on_this_computer_only(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    serve.configure(parser)
    assert serve.run(parser.parse_args(["serve", "--as", "bhyt", "--host", "192.0.2.1"])) == 2
    assert "127.0.0.1" in capsys.readouterr().err
