"""What must never be seen anywhere: account, password, tokens, who asks and who is asked about."""

from __future__ import annotations

import hashlib
import http.client
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from config.errors import ConfigError
from config.schema import BhytSettings
from drivers.backends import bhyt_site
from drivers.backends.bhyt import BhytBackend, build
from drivers.backends.bhyt_ways import CARD_PATH, TOKEN_PATH
from drivers.backends.http import Call, Reply
from terminal.faults import FaultError
from terminal.ports import BackendOptions
from tests.bhyt_gateway import private
from tests.contract.backend_rigs import CARD_ANSWER, NAME, PERSON
from tests.scripted_server import Heard, Script, ScriptedServer, answers, message, says

USER, PASSWORD = "01000_nguoi-dung", "mat-khau+rat/bi=mat"
MD5 = hashlib.md5(PASSWORD.encode(), usedforsecurity=False).hexdigest()
TOKENS = {"access_token": "access+token/of=the-test", "id_token": "id+token/of=the-test"}
STAFF_NAME, STAFF_NUMBER = "Nguyễn Thị Tiếp Đón Mẫu", "003190000001"
SECRETS = (USER, PASSWORD, MD5, MD5.upper(), "of=the-test", "of%3Dthe-test", STAFF_NAME, STAFF_NUMBER, NAME, "0030")
DEADLINE = 20.0


@pytest.fixture
def site(tmp_path: Path) -> BhytSettings:
    staff = private(tmp_path / "staff.toml", f'name = "{STAFF_NAME}"\nid_number = "{STAFF_NUMBER}"\n')
    return BhytSettings(
        via="direct",
        user=USER,
        password_file=private(tmp_path / "password", PASSWORD + "\n"),
        staff_file=staff,
        digest="upper",
    )


class Gateway:
    """A scripted gateway: signs everybody in, and answers questions with the next of ``replies`` (the last stays)."""

    def __init__(self, *replies: bytes, token: bytes | None = None) -> None:
        self.replies = list(replies)
        self.token = token or message(json.dumps({"maKetQua": "200", "APIKey": TOKENS}).encode())
        self.server = ScriptedServer(self._script())

    def _script(self) -> Script:
        def script(connection: object, heard: Heard) -> bool:
            if heard.path == TOKEN_PATH:
                return says(self.token)(connection, heard)  # type: ignore[arg-type]
            reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
            return says(reply, stay=b"length" in reply.lower())(connection, heard)  # type: ignore[arg-type]

        return script

    def asked(self) -> list[str]:
        return [urlsplit(heard.path).path for heard in self.server.heard]


@pytest.fixture
def gateways() -> Iterator[list[Gateway]]:
    made: list[Gateway] = []
    yield made
    for gateway in made:
        gateway.server.close()


GOOD = message(json.dumps(CARD_ANSWER).encode())
REFUSED = message(b"<html>401</html>", "401 Unauthorized", "text/html")
REFUSED_INSIDE = message(json.dumps({"maKetQua": "401", "ghiChu": "x"}).encode())


def backend(gateway: Gateway, site: BhytSettings) -> BhytBackend:
    return build(BackendOptions(gateway.server.url, "", "quay-1", site=site))


def test_the_gateway_gets_account_tokens_and_who_asks(gateways: list[Gateway], site: BhytSettings) -> None:
    gateways.append(Gateway(GOOD))
    backend(gateways[0], site).check(PERSON, DEADLINE)
    signing_in, asking = gateways[0].server.heard
    assert json.loads(signing_in.body) == {"username": USER, "password": MD5.upper()}
    assert urlsplit(asking.path).path == CARD_PATH
    assert parse_qs(urlsplit(asking.path).query) == {
        "token": [TOKENS["access_token"]],
        "id_token": [TOKENS["id_token"]],
        "username": [USER],
        "password": [MD5.upper()],
    }
    assert json.loads(asking.body) == {
        "maThe": "003090123450",
        "hoTen": NAME,
        "ngaySinh": "20/11/1990",
        "hoTenCb": STAFF_NAME,
        "cccdCb": STAFF_NUMBER,
    }
    assert "x-tram-query" not in asking.headers


@pytest.mark.parametrize("refusal", [REFUSED, REFUSED_INSIDE], ids=["HTTP", "maKetQua"])
def test_a_refused_token_is_replaced_once(gateways: list[Gateway], site: BhytSettings, refusal: bytes) -> None:
    gateways.append(Gateway(refusal, GOOD))
    asking = backend(gateways[0], site)
    assert asking.check(PERSON, DEADLINE).reason == "in_force"
    assert gateways[0].asked() == [TOKEN_PATH, CARD_PATH, TOKEN_PATH, CARD_PATH]
    asking.check(PERSON, DEADLINE)
    assert gateways[0].asked()[4:] == [CARD_PATH]


@pytest.mark.parametrize("refusal", [REFUSED, REFUSED_INSIDE], ids=["HTTP", "maKetQua"])
def test_a_token_that_is_refused_twice_is_denied(gateways: list[Gateway], site: BhytSettings, refusal: bytes) -> None:
    gateways.append(Gateway(refusal))
    with pytest.raises(FaultError, match=r"net\.denied"):
        backend(gateways[0], site).check(PERSON, DEADLINE)
    assert gateways[0].asked() == [TOKEN_PATH, CARD_PATH, TOKEN_PATH, CARD_PATH]


@pytest.mark.parametrize(
    ("token", "code"),
    [
        (b'{"maKetQua": "401", "APIKey": null}', "net.denied"),
        (b'{"maKetQua": 401}', "net.denied"),
        (b'{"maKetQua": "200", "APIKey": {}}', "net.garbage"),
        (b'{"maKetQua": "200", "APIKey": {"access_token": "", "id_token": "x"}}', "net.garbage"),
        (b"<html>", "net.garbage"),
    ],
)
def test_a_sign_in_without_tokens(gateways: list[Gateway], site: BhytSettings, token: bytes, code: str) -> None:
    gateways.append(Gateway(GOOD, token=message(token)))
    with pytest.raises(FaultError) as caught:
        backend(gateways[0], site).check(PERSON, DEADLINE)
    assert caught.value.fault.code == code
    assert gateways[0].asked() == [TOKEN_PATH]


def _chain(error: BaseException | None) -> str:
    shown = ""
    while error is not None:
        shown += f"{error!r} {error} {getattr(error, 'args', '')} {getattr(error, 'request', '')!r}\n"
        error = error.__cause__ or error.__context__
    return shown


FAILURES = {
    "good": GOOD,
    "refused": REFUSED,
    "cut": b"",
    "redirect": message(b"", "302 Found", "text/html", "Location: http://127.0.0.1:9/elsewhere"),
    "page": message(b"<html></html>", "200 OK", "text/html"),
    "no http": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "no length": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Nothing: x\r\n\r\n{",
    "echo": message(json.dumps({"maKetQua": [USER, MD5, NAME]}).encode()),
    "server": message(b"{}", "500 Internal"),
    "note": message(json.dumps(CARD_ANSWER | {"maKetQua": "054", "ghiChu": f"{USER} {NAME}"}).encode()),
}


@pytest.mark.parametrize("reply", FAILURES.values(), ids=FAILURES.keys())
def test_nothing_secret_is_in_a_log_an_error_or_a_trace(
    gateways: list[Gateway],
    site: BhytSettings,
    reply: bytes,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    gateways.append(Gateway(reply))
    asking = backend(gateways[0], site)
    shown = f"{asking!r} {vars(asking)!r} {vars(asking._way)!r}"
    try:
        asking.check(PERSON, DEADLINE)
    except FaultError as error:
        shown += _chain(error) + error.detail
    assert any(CARD_PATH in record.getMessage() for record in caplog.records) or reply in (b"", FAILURES["no http"])
    out, err = capfd.readouterr()
    everything = shown + caplog.text + out + err
    assert [secret for secret in SECRETS if secret in everything] == []


def test_nobody_there_tells_nothing_either(site: BhytSettings, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    asking = build(BackendOptions("https://127.0.0.1:9", "", "quay-1", site=site))
    with pytest.raises(FaultError) as caught:
        asking.check(PERSON, DEADLINE)
    everything = _chain(caught.value) + caplog.text
    assert [secret for secret in SECRETS if secret in everything] == []


def test_a_redirect_gets_no_secret(gateways: list[Gateway], site: BhytSettings) -> None:
    gateways.append(Gateway(GOOD))
    elsewhere = gateways[0].server
    moved = message(b"", "307 Temporary Redirect", "text/html", f"Location: {elsewhere.url}{CARD_PATH}")
    gateways.append(Gateway(moved))
    with pytest.raises(FaultError, match=r"net\.garbage"):
        backend(gateways[1], site).check(PERSON, DEADLINE)
    assert elsewhere.heard == []


def test_what_carries_secrets_shows_none(site: BhytSettings) -> None:
    assert site.staff_file is not None
    account = bhyt_site.account(site)
    call = Call("POST", CARD_PATH, b"body", query=f"password={MD5}")
    shown = f"{account!r} {account} {bhyt_site.staff(site.staff_file)!r} {call!r} {Reply(200, NAME.encode())!r}"
    assert [secret for secret in SECRETS if secret in shown.replace("003 190", "")] == []


# Who asks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["", "name = 1\nid_number = '003190000001'", "name = 'A'", "name = 'A'\nid_number = 3190000001",
     "name = ''\nid_number = '003190000001'", "name = 'A'\nid_number = '00319000000'", "x = [",
     "name = 'A'\nid_number = '003190000001'\nmore = 1", "name = \"A\\nB\"\nid_number = '003190000001'", "a" * 5000,
     f"name = '{'A' * 101}'\nid_number = '003190000001'"],
    ids=range(11),
)  # fmt: skip
def test_a_staff_file_that_names_nobody_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(FaultError, match=r"net\.staff") as caught:
        bhyt_site.staff(private(tmp_path / "staff.toml", text))
    assert "003190" not in _chain(caught.value)


def test_a_staff_file_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(FaultError, match=r"net\.staff"):
        bhyt_site.staff(tmp_path / "staff.toml")
    (tmp_path / "staff.toml").write_bytes(b"name = '\xff'")
    (tmp_path / "staff.toml").chmod(0o600)
    with pytest.raises(FaultError, match=r"net\.staff"):
        bhyt_site.staff(tmp_path / "staff.toml")


def test_a_staff_file_that_others_may_read_is_not_used(site: BhytSettings, gateways: list[Gateway]) -> None:
    assert site.staff_file is not None
    gateways.append(Gateway(GOOD))
    site.staff_file.chmod(0o644)
    with pytest.raises(FaultError, match=r"secrets\.exposed"):
        backend(gateways[0], site).check(PERSON, DEADLINE)
    assert gateways[0].asked() == []


def test_a_password_that_others_may_read_is_not_used(site: BhytSettings) -> None:
    assert site.password_file is not None
    site.password_file.chmod(0o644)
    with pytest.raises(ConfigError, match=r"bhyt\.password_file"):
        build(BackendOptions("https://127.0.0.1:9", "", "quay-1", site=site))


def test_without_its_section_there_is_no_driver() -> None:
    with pytest.raises(FaultError, match=r"config\.invalid"):
        build(BackendOptions("https://127.0.0.1:9", "", "quay-1"))


def test_through_the_hospital_nothing_of_the_account_is_sent(gateways: list[Gateway], site: BhytSettings) -> None:
    gateways.append(Gateway(GOOD))
    server = gateways[0].server
    server.script = answers(CARD_ANSWER)
    hospital = BhytSettings(via="hospital", user="", password_file=None, staff_file=site.staff_file, digest="upper")
    asking = build(BackendOptions(f"{server.url}/bhyt", "a-bearer-token", "quay-1", site=hospital))
    asking.check(PERSON, DEADLINE)
    heard = server.heard[0]
    assert (heard.method, heard.path, heard.headers["authorization"]) == ("POST", "/bhyt", "Bearer a-bearer-token")
    assert json.loads(heard.body)["cccdCb"] == STAFF_NUMBER
    server.script = says(REFUSED_INSIDE)
    with pytest.raises(FaultError, match=r"net\.denied"):
        asking.check(PERSON, DEADLINE)
