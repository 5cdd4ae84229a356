from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from backend import serve
from backend.keys import load_signing_key
from backend.server import LOOPBACK
from crypto.codes.ticket import TicketKey, verify
from tests.unit.backend.calls import headers
from tests.unit.backend.processes import command, serving


def _run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    serve.configure(parser)
    return serve.run(parser.parse_args(arguments))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_server_says_where_it_is_answers_and_ends_orderly(tmp_path: Path, number: int) -> None:
    with serving(tmp_path / "b.sqlite") as (process, said):
        assert sorted(said) == ["sample_tickets", "ticket_key", "token_file", "url"]
        assert requests.get(f"{said['url']}/v1/health", timeout=10).json()["status"] == "ok"
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "", "")


def test_secrets_are_for_their_owner_and_stay_the_same(tmp_path: Path) -> None:
    seen = []
    for _ in range(2):
        with serving(tmp_path / "b.sqlite", "--sample") as (_, said):
            files = [Path(said["token_file"]), Path(said["ticket_key"])]
            seen.append([file.read_bytes() for file in files])
    assert seen[0] == seen[1]
    assert [stat.S_IMODE(os.stat(tmp_path / name).st_mode) for name in ("backend.token", "ticket-key.pem")] == [
        0o600
    ] * 2


def test_the_sample_tickets_verify_and_meet_what_they_say(tmp_path: Path) -> None:
    with serving(tmp_path / "b.sqlite", "--sample") as (_, said):
        key = TicketKey.from_pem(Path(said["ticket_key"]).read_bytes())
        asking = headers(token=Path(said["token_file"]).read_text("ascii"))
        for sample in said["sample_tickets"]:
            if sample["expected"] != "wrong_day":
                ticket = verify(sample["text"], [key], datetime.now(UTC))
                assert (ticket.ticket_id, ticket.event, ticket.admits) == (
                    sample["ticket"],
                    sample["event"],
                    sample["admits"],
                )
            body = {
                "scan_id": sample["ticket"],
                "asked_at": datetime.now(UTC).isoformat(),
                "event": sample["event"],
                "ticket": sample["ticket"],
                "gate": "cong-1",
            }
            answer = requests.post(f"{said['url']}/v1/redeem", json=body, headers=asking, timeout=10).json()
            assert answer["reason"] == sample["expected"]


def test_a_ticket_issued_while_the_server_runs_is_admitted(tmp_path: Path) -> None:
    database = tmp_path / "b.sqlite"
    with serving(database) as (_, said):
        issued = subprocess.run(
            command(
                "backend.issue", "issue", "--event", "e", "--product", "p", "--db", f"sqlite:///{database}", "--json"
            ),
            capture_output=True,
            check=True,
        )
        ticket = json.loads(issued.stdout)["tickets"][0]
        assert json.loads(issued.stdout)["ticket_key"] == said["ticket_key"]
        body = {
            "scan_id": "s",
            "asked_at": "2026-11-22T00:00:00Z",
            "event": "e",
            "ticket": ticket["ticket"],
            "gate": "g",
        }
        asking = headers(token=Path(said["token_file"]).read_text("ascii"))
        answer = requests.post(f"{said['url']}/v1/redeem", json=body, headers=asking, timeout=10).json()
    assert (answer["reason"], answer["admits"]) == ("ok", "1 p")


def test_it_answers_on_the_loopback_only(tmp_path: Path) -> None:
    with serving(tmp_path / "b.sqlite") as (_, said):
        assert said["url"].startswith(f"http://{LOOPBACK}:")


def test_without_json_one_line_tells_the_same(tmp_path: Path) -> None:
    arguments = command("backend.serve", "serve", "--db", f"sqlite:///{tmp_path / 'b.sqlite'}")
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.kill()
    assert line.startswith("http://127.0.0.1:")
    assert str(tmp_path / "backend.token") in line


def test_a_taken_port_is_a_device_error_with_a_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert _run("serve", "--db", f"sqlite:///{tmp_path / 'b.sqlite'}", "--port", port) == 3
    assert "--port" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["mysql://h/d", "b.sqlite"])
def test_another_kind_of_database_is_a_usage_error(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("serve", "--db", url) == 2
    assert "sqlite:///FILE" in capsys.readouterr().err


def test_a_file_that_is_no_database_is_a_device_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "b.sqlite").write_text("x" * 5000)
    assert _run("serve", "--db", f"sqlite:///{tmp_path / 'b.sqlite'}") == 3
    assert "--db" in capsys.readouterr().err


def test_an_open_token_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    token = tmp_path / "token"
    token.write_text("t" * 43)
    token.chmod(0o644)
    assert _run("serve", "--db", f"sqlite:///{tmp_path / 'b.sqlite'}", "--token-file", str(token)) == 2
    assert "chmod 600" in capsys.readouterr().err


def test_a_token_of_few_letters_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    token = tmp_path / "token"
    token.touch(0o600)
    assert _run("serve", "--db", f"sqlite:///{tmp_path / 'b.sqlite'}", "--token-file", str(token)) == 2
    assert "remove it" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"x", b"-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n"])
def test_a_file_that_is_no_signing_key_is_refused(
    tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    key = tmp_path / "key.pem"
    key.touch(0o600)
    key.write_bytes(content)
    assert _run("serve", "--db", f"sqlite:///{tmp_path / 'b.sqlite'}", "--key", str(key)) == 2
    assert "--key" in capsys.readouterr().err


def test_a_signing_key_is_made_once(tmp_path: Path) -> None:
    made, loaded = (load_signing_key(tmp_path / "key.pem").private_bytes_raw() for _ in range(2))
    assert made == loaded


@pytest.mark.parametrize("port", ["-1", "65536", "x"])
def test_a_port_is_a_number(port: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        _run("serve", "--port", port)


def test_without_the_backend_extra_the_remedy_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "backend.app", None)
    assert _run("openapi") == 2
    assert "pip install" in capsys.readouterr().err


def test_the_openapi_document_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("openapi") == 0
    assert json.loads(capsys.readouterr().out)["info"]["version"] == "0.1.0"
