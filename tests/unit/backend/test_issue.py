from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
import zxingcpp
from PIL import Image

from backend import issue
from backend.engine.opening import open_store
from backend.places import beside, default_url
from backend.tickets.tables import PRODUCT, TICKET
from crypto.codes.ticket import TicketKey, parse, verify


def _run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    issue.configure(parser)
    return issue.run(parser.parse_args(["issue", *arguments]))


@pytest.fixture
def key(tmp_path: Path) -> list[str]:
    return ["--key", str(tmp_path / "key.pem")]


_WHAT = ["--event", "trang-an-mau", "--product", "ve-ngay"]


def test_a_ticket_is_printed_and_verifies_with_the_public_half(
    key: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(*_WHAT, *key) == 0
    public = TicketKey.from_pem((tmp_path / "key.pub.pem").read_bytes())
    ticket = verify(capsys.readouterr().out.rstrip("\n"), [public], datetime.now(UTC))
    assert (ticket.event, ticket.product, ticket.admits, ticket.issuer) == ("trang-an-mau", "ve-ngay", 1, "tram")
    assert ticket.expires - ticket.not_before == timedelta(days=1)
    assert (tmp_path / "key.pem").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(("form", "head"), [("base45", "TRAM:"), ("base32", "TRAMX")])
def test_both_forms_are_issued(key: list[str], form: str, head: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(*_WHAT, *key, "--form", form) == 0
    assert capsys.readouterr().out.startswith(head)


def test_json_tells_everything_about_every_ticket(
    key: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dates = ["--valid-from", "2026-11-22", "--valid-to", "2026-11-24T18:00+07:00"]
    assert _run(*_WHAT, *key, *dates, "--admits", "3", "--count", "2", "--issuer", "mau", "--json") == 0
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    public = TicketKey.from_pem(Path(said["ticket_key"]).read_bytes())
    assert said["key_id"] == public.key_id.hex()
    for row in said["tickets"]:
        claims = parse(row["text"]).claims
        assert (claims.ticket_id, claims.admits, claims.issuer, row["png"]) == (row["ticket"], 3, "mau", None)
        assert (row["valid_from"], row["valid_to"]) == ("2026-11-22T00:00:00+07:00", "2026-11-24T18:00:00+07:00")
        assert claims.expires == datetime(2026, 11, 24, 11, tzinfo=UTC)
    assert len({row["ticket"] for row in said["tickets"]}) == 2


def test_a_last_day_is_valid_to_its_end(key: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(*_WHAT, *key, "--valid-from", "2026-11-22", "--valid-to", "2026-11-22") == 0
    assert parse(capsys.readouterr().out.rstrip("\n")).claims.expires == datetime(2026, 11, 22, 17, tzinfo=UTC)


def test_pictures_are_read_back_by_a_decoder(
    key: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(*_WHAT, *key, "--count", "2", "--png", str(tmp_path / "ve.png")) == 0
    texts = capsys.readouterr().out.splitlines()
    for number, text in enumerate(texts, start=1):
        with Image.open(tmp_path / f"ve-{number}.png") as picture:
            found = zxingcpp.read_barcodes(np.asarray(picture.convert("L")))
        assert [code.bytes for code in found] == [text.encode()]


def test_one_picture_has_the_name_that_was_given(key: list[str], tmp_path: Path) -> None:
    assert _run(*_WHAT, *key, "--png", str(tmp_path / "ve.png")) == 0
    assert (tmp_path / "ve.png").is_file()


def test_tickets_are_registered_beside_their_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path / 'b.sqlite'}"
    assert _run(*_WHAT, "--db", url, "--audience", "người lớn", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["ticket_key"] == str(tmp_path / "ticket-key.pub.pem")
    store = open_store(url)
    with store.transaction() as db:
        assert db.execute(sa.select(TICKET.c.ticket)).scalars().all() == [said["tickets"][0]["ticket"]]
        assert db.execute(sa.select(PRODUCT.c.audience)).scalars().all() == ["người lớn"]
    store.close()


@pytest.mark.parametrize(
    ("more", "remedy"),
    [
        (["--admits", "0"], "--help"),
        (["--event", "a b"], "--help"),
        (["--count", "0"], "--count"),
        (["--valid-from", "2026-11-22", "--valid-to", "2026-11-21"], "--help"),
        (["--db", "mysql://h/d"], "sqlite:///FILE"),
    ],
)
def test_wrong_arguments_name_their_remedy(
    key: list[str], more: list[str], remedy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(*_WHAT, *key, *more) == 2
    assert remedy in capsys.readouterr().err


@pytest.mark.parametrize("when", ["heute", "2026-13-01", "2026-11-22T08:00", "9999-12-31"])
def test_a_time_has_a_form(key: list[str], when: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        _run(*_WHAT, *key, "--valid-to", when)


def test_a_folder_that_is_not_there_is_a_device_error(
    key: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(*_WHAT, *key, "--png", str(tmp_path / "no" / "ve.png")) == 3
    assert "--png" in capsys.readouterr().err


def test_a_file_that_is_no_database_is_a_device_error(
    key: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "b.sqlite").write_text("x" * 5000)
    assert _run(*_WHAT, *key, "--db", f"sqlite:///{tmp_path / 'b.sqlite'}") == 3
    assert "--db" in capsys.readouterr().err


def test_without_the_backend_extra_the_remedy_is_told(
    key: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "backend.engine.errors", None)
    assert _run(*_WHAT, *key) == 2
    assert "pip install" in capsys.readouterr().err


def test_the_default_database_is_in_the_users_own_folder() -> None:
    assert default_url().startswith("sqlite:///")
    assert default_url().endswith("backend.sqlite")
    assert beside("sqlite:///x/b.sqlite", "k").parts[-2:] == ("x", "k")
    assert beside("postgresql://h/d", "k").parent.name == "tram-backend"
