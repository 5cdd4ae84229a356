"""A desk API on a free port, and how to ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.handover.desk_api import DeskApi
from drivers.handover.desk_server import Limits
from terminal.outputs import HandOverOptions
from tests.desk_client import PAGE, Client, client_of
from tests.fake_clock import FakeClock
from tests.inbox import RecordingInbox


@pytest.fixture
def options(tmp_path: Path) -> HandOverOptions:
    return HandOverOptions("quay-3", "reception", token_file=tmp_path / "desk-api.token", origins=(PAGE,))


@pytest.fixture
def inbox() -> RecordingInbox:
    return RecordingInbox()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def started(options: HandOverOptions, inbox: RecordingInbox, clock: FakeClock) -> Iterator[Callable[..., DeskApi]]:
    apis: list[DeskApi] = []

    def start(limits: Limits | None = None, port: int = 0) -> DeskApi:
        api = DeskApi(replace(options, port=port), clock, limits)
        apis.append(api)
        api.start(inbox)
        return api

    yield start
    for api in apis:
        api.stop()


@pytest.fixture
def api(started: Callable[..., DeskApi]) -> DeskApi:
    made: DeskApi = started()
    return made


@pytest.fixture
def client(api: DeskApi, options: HandOverOptions) -> Client:
    return client_of(api, options)
