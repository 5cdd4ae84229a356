"""A disk without space, made by a limit on the size of the server's files."""

from __future__ import annotations

import resource
from pathlib import Path
from typing import Any

import requests

from tests.unit.backend.calls import headers, redeem_body
from tests.unit.backend.processes import serving


def test_a_server_without_space_answers_503_loses_nothing_and_goes_on_when_there_is_space(tmp_path: Path) -> None:
    with serving(tmp_path / "b.sqlite", "--sample") as (process, said), requests.Session() as session:
        asking = headers(token=Path(said["token_file"]).read_text("ascii"))
        tickets = [sample["ticket"] for sample in said["sample_tickets"]]

        def ask(number: int) -> tuple[int, dict[str, Any]]:
            body = redeem_body(tickets[number % len(tickets)], f"s-{number}")
            response = session.post(f"{said['url']}/v1/redeem", json=body, headers=asking, timeout=30)
            return response.status_code, response.json()

        told = [ask(number) for number in range(5)]
        log = (tmp_path / "b.sqlite-wal").stat().st_size
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (log + 50_000, resource.RLIM_INFINITY))
        while told[-1][0] == 200 and len(told) < 500:
            told.append(ask(len(told)))
        refused = [told.pop(), ask(len(told)), ask(len(told) + 1)]
        assert refused == [(503, {"error": "busy", "fields": []})] * 3
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert [ask(number) for number in range(len(told))] == told
        assert ask(len(told))[0] == 200
        process.terminate()
        _, err = process.communicate(timeout=30)
    assert [line.split(":")[0] for line in err.splitlines()] == [
        "no space for the database",
        "there is space for the database again",
    ]
