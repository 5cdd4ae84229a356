"""The server of the lane, and this project's client of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from config.schema import PretixSettings
from drivers.backends.pretix import PretixBackend, build
from terminal.ports import BackendOptions
from tests.pretix.peer import Peer

Client = Callable[..., PretixBackend]


@pytest.fixture(scope="session")
def peer() -> Peer:
    """The running server, its devices initialised."""
    return Peer.join()


@pytest.fixture
def client(peer: Peer) -> Client:
    """Makes a client: a device by the seed's name, a check-in list by its name."""

    def make(device: str = "gate_1", checkin_list: int | str = "entry", token: str | None = None) -> PretixBackend:
        number = checkin_list if isinstance(checkin_list, int) else peer.seeded["lists"][checkin_list]
        site = PretixSettings(organizer=peer.seeded["organizer"], checkin_list=number)
        return build(BackendOptions(peer.url, token or peer.tokens[device], device, site=site))

    return make
