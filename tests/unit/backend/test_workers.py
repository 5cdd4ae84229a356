"""Several processes that answer on one socket, over one PostgreSQL."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa

from backend.engine.opening import open_store
from backend.sample import EVENT
from backend.tickets import selling
from backend.tickets.sold import SoldTicket
from backend.tickets.tables import REDEMPTION
from tests.postgres import Cluster
from tests.unit.backend.calls import headers, redeem_body
from tests.unit.backend.processes import command, running

_GATES = 6
_TICKETS = [f"RACE-{number:02}" for number in range(15)]
_OTHERS = [f"ONE-{number}" for number in range(6)]

Served = tuple[subprocess.Popen[str], dict[str, Any]]


@pytest.fixture(scope="module")
def database(postgres: Cluster) -> Iterator[str]:
    url = postgres.fresh()
    now, day = datetime.now(UTC), timedelta(days=1)
    with closing(open_store(url)) as store, store.transaction() as db:
        sold = [SoldTicket(EVENT, name, "p", 1, now - day, now + day) for name in [*_TICKETS, *_OTHERS]]
        selling.add_tickets(db, sold, now)
    yield url
    postgres.drop(url)


@pytest.fixture(scope="module")
def served(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Two workers; in the end they are asked to end, and do."""
    with pytest.MonkeyPatch.context() as patch:
        # Where keys and token go when the database is no file.
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        with running(database, "--workers", "2") as (process, said):
            yield process, said
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, "", "")


def _ask(said: dict[str, Any], ticket: str, scan_id: str, device: str) -> dict[str, Any]:
    asking = headers(device, Path(said["token_file"]).read_text("ascii"))
    # A connection of its own for each question, so that both workers get their share.
    response = requests.post(f"{said['url']}/v1/redeem", json=redeem_body(ticket, scan_id), headers=asking, timeout=30)
    assert response.status_code == 200
    return dict(response.json())


def _workers(process: subprocess.Popen[str]) -> list[int]:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("ascii").split()
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def test_gates_that_race_at_two_workers_admit_each_ticket_once(served: Served, database: str) -> None:
    """The same scan id too, from every gate: what one device was answered is no other device's answer."""
    process, said = served
    assert len(_workers(process)) == 2
    barrier = threading.Barrier(_GATES, timeout=60)

    def scan_all(gate: int) -> list[tuple[str, str]]:
        answers = []
        for ticket in _TICKETS:
            barrier.wait()
            answers.append((ticket, _ask(said, ticket, f"s-{ticket}", f"gate-{gate}")["reason"]))
        return answers

    with ThreadPoolExecutor(_GATES) as pool:
        counted = Counter(answer for answers in pool.map(scan_all, range(_GATES)) for answer in answers)
    expected = {(name, "ok"): 1 for name in _TICKETS} | {(name, "used"): _GATES - 1 for name in _TICKETS}
    assert counted == Counter(expected)
    with closing(open_store(database)) as store, store.transaction() as db:
        query = sa.select(REDEMPTION.c.ticket).where(REDEMPTION.c.ticket.startswith("RACE"))
        assert sorted(db.execute(query).scalars()) == _TICKETS


def test_one_scan_sent_to_both_workers_at_once_is_answered_once(served: Served) -> None:
    barrier = threading.Barrier(_GATES, timeout=60)

    def scan(_number: int) -> list[str]:
        answers = []
        for ticket in _OTHERS[1:]:
            barrier.wait()
            answers.append(json.dumps(_ask(served[1], ticket, f"s-{ticket}", "gate-1")))
        return answers

    with ThreadPoolExecutor(_GATES) as pool:
        answers = Counter(answer for some in pool.map(scan, range(_GATES)) for answer in some)
    assert set(answers.values()) == {_GATES}
    assert all('"admitted"' in answer for answer in answers)


def test_a_worker_that_dies_is_replaced(served: Served) -> None:
    process, said = served
    before = set(_workers(process))
    first = _ask(said, _OTHERS[0], "s-1", "gate-1")
    os.kill(min(before), signal.SIGKILL)
    assert process.stderr is not None
    assert "another takes its place" in process.stderr.readline()
    assert _ask(said, _OTHERS[0], "s-1", "gate-1") == first


def test_several_workers_are_not_for_a_file(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'b.sqlite'}"
    done = subprocess.run(
        command("backend.serve", "serve", "--db", url, "--workers", "2"), capture_output=True, text=True, check=False
    )
    assert (done.returncode, "--workers is for PostgreSQL" in done.stderr) == (2, True)


def test_a_password_in_the_url_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    done = subprocess.run(
        command("backend.serve", "serve", "--db", "postgresql://u:secret@127.0.0.1/d"),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "XDG_DATA_HOME": str(tmp_path)},
    )
    assert (done.returncode, "PGPASSFILE" in done.stderr, "secret" in done.stderr) == (2, True, False)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_not_there_is_a_device_error(tmp_path: Path) -> None:
    done = subprocess.run(
        command("backend.serve", "serve", "--db", f"postgresql://u@/d?host={tmp_path}"),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "XDG_DATA_HOME": str(tmp_path)},
    )
    assert (done.returncode, "--db" in done.stderr) == (3, True)
