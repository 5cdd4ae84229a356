"""A PC/SC daemon of the tests' own: no test ever meets the machine's daemon or its readers.

libpcsclite reads PCSCLITE_CSOCK_NAME once per process, so the variable is set when this plugin is configured, before
any test can open a context; every start of the daemon uses that same socket. Children of the tests inherit it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.simulator import daemon
from drivers.simulator.daemon import SOCKET_VARIABLE, socket_path


class PcscDaemon(daemon.PcscDaemon):
    """The private daemon, for tests: what is missing fails the test, and a card's leaving can be waited for."""

    def start(self, *, readers: bool = True) -> None:
        """Start, or fail the test with what to install."""
        try:
            super().start(readers=readers)
        except daemon.DaemonMissingError as error:
            pytest.fail(str(error))

    def wait_until_empty(self) -> None:
        """Wait until the daemon has noticed that no card lies on its readers; it looks every 0.4 s.

        After a failed APDU it may call a reader empty before that look, and would then overlook the next card: only
        the count of comings and goings, in the upper half of the state, tells.
        """
        from smartcard import scard

        _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        states = [(name, scard.SCARD_STATE_UNAWARE) for name in self.names]
        try:
            for _ in range(50):
                _, found = scard.SCardGetStatusChange(context, 200, states)
                if not any(event & scard.SCARD_STATE_PRESENT or (event >> 16) % 2 for _, event, _ in found):
                    return
                states = [(name, event & ~scard.SCARD_STATE_CHANGED) for name, event, _ in found]
        finally:
            scard.SCardReleaseContext(context)
        pytest.fail("the daemon does not notice that the card is gone")


_FOLDER = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Point this process at a daemon of its own before anything can ask for one."""
    folder = Path(tempfile.mkdtemp(prefix="tram-pcscd-"))
    config.stash[_FOLDER] = folder
    os.environ[SOCKET_VARIABLE] = str(socket_path(folder))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind."""
    shutil.rmtree(config.stash[_FOLDER], ignore_errors=True)


@pytest.fixture(scope="session")
def _pcsc_daemon(request: pytest.FixtureRequest) -> Iterator[PcscDaemon]:
    private = PcscDaemon(request.config.stash[_FOLDER])
    yield private
    private.stop()


@pytest.fixture
def pcscd(_pcsc_daemon: PcscDaemon) -> PcscDaemon:
    """The session's private daemon, running with both readers, whatever an earlier test did to it."""
    if _pcsc_daemon.names == ():
        _pcsc_daemon.stop()
        _pcsc_daemon.start()
    return _pcsc_daemon
