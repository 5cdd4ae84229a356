"""The PC/SC service in its bad hours, on the real daemon: hanging, closed to this user, asleep, without its library."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from smartcard import scard

from crypto.errors import CardLostError
from drivers import pcsc_watch
from drivers.pcsc import PcscReaders, build
from drivers.pcsc_link import PcscLink
from terminal.events import CardPlaced, CardRemoved, DeviceDown, DeviceUp
from terminal.faults import FaultError
from terminal.ports import CardLink, ReaderOptions
from tests.contract.test_card_reader import SELECT, Job, run
from tests.inbox import RecordingInbox
from tests.pcscd import PcscDaemon
from tests.stub_chip import StubChip, echo

LISTS = """
import sys
from drivers.pcsc import build
from terminal.faults import FaultError
from terminal.ports import ReaderOptions
try:
    build(ReaderOptions()).readers()
except FaultError as error:
    sys.exit(error.fault.code)
"""


@pytest.fixture
def inbox() -> RecordingInbox:
    return RecordingInbox()


@pytest.fixture
def reader(pcscd: PcscDaemon, inbox: RecordingInbox) -> Iterator[PcscReaders]:
    reader = build(ReaderOptions(names="Virtual*", apdu_timeout=0.4))
    reader.start(inbox)
    yield reader
    reader.stop()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pcsc_watch, "_HUNG", 0.5)


@pytest.mark.usefixtures("impatient")
def test_a_service_that_hangs_is_told_and_forgiven(
    pcscd: PcscDaemon, reader: PcscReaders, inbox: RecordingInbox
) -> None:
    chip = StubChip(pcscd.port, echo)
    placed = inbox.wait_for(CardPlaced)
    pcscd.halt()
    try:
        assert inbox.wait_for(CardRemoved).card == placed.card
        assert inbox.wait_for(DeviceDown).fault == "reader.service"
        threads = _ours()
        assert isinstance(run(reader, placed.card, lambda link: link.transceive(SELECT)).error, CardLostError)
        assert _ours() == threads
    finally:
        pcscd.resume()
    resumed = time.monotonic()
    inbox.wait_for(DeviceUp)
    again = inbox.wait_for(CardPlaced)
    assert time.monotonic() - resumed < 5.0
    assert run(reader, again.card, lambda link: link.transceive(SELECT)).error is None
    chip.lift()


def test_a_service_that_hangs_keeps_neither_submit_nor_stop(
    pcscd: PcscDaemon, reader: PcscReaders, inbox: RecordingInbox
) -> None:
    chip = StubChip(pcscd.port, echo)
    card = inbox.wait_for(CardPlaced).card
    pcscd.halt()
    try:
        job = Job(lambda link: link.transceive(SELECT))
        began = time.monotonic()
        reader.submit(card, job, threading.Event())
        assert time.monotonic() - began < 0.1
        assert isinstance(job.wait().error, FaultError)
        began = time.monotonic()
        reader.stop()
        assert time.monotonic() - began < 2.0
    finally:
        pcscd.resume()
        chip.lift()


def test_a_service_that_hangs_does_not_keep_whoever_lists_the_readers(
    pcscd: PcscDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.pcsc._LISTED", 0.3)
    pcscd.halt()
    try:
        with pytest.raises(FaultError, match=r"reader\.service"):
            build(ReaderOptions()).readers()
    finally:
        pcscd.resume()


def test_a_service_that_hangs_during_a_job_makes_the_card_silent(
    pcscd: PcscDaemon, reader: PcscReaders, inbox: RecordingInbox
) -> None:
    chip = StubChip(pcscd.port, echo)

    def work(link: CardLink) -> object:
        link.transceive(SELECT)
        pcscd.halt()
        return link.transceive(SELECT)

    job = run(reader, inbox.wait_for(CardPlaced).card, work)
    pcscd.resume()
    chip.lift()
    assert isinstance(job.error, FaultError)
    assert job.error.fault.code == "card.silent"


def _ours() -> int:
    return sum(thread.name.startswith("dev-pcsc") for thread in threading.enumerate())


def _elsewhere(program: str, *around: str) -> str:
    """What a process of its own says when it ends: the code of its fault."""
    command = [*around, sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, timeout=30.0).stderr.splitlines()[-1]


def test_a_socket_that_is_closed_to_this_user_is_a_refusal_not_a_sleeping_service(pcscd: PcscDaemon) -> None:
    pcscd.socket_path.chmod(0)
    try:
        # root may open everything, unless it gives that right away
        around = ("setpriv", "--bounding-set=-all", "--inh-caps=-all") if os.geteuid() == 0 else ()
        assert _elsewhere(LISTS, *around) == "reader.denied"
    finally:
        pcscd.socket_path.chmod(0o666)


def test_a_missing_library_is_a_matter_of_the_installation(pcscd: PcscDaemon, tmp_path: Path) -> None:
    empty = tmp_path / "empty.so"
    empty.touch()
    library = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    found = next(line.split()[-1] for line in library.splitlines() if "libpcsclite.so.1 " in line)
    script = f'mount --bind {empty} "$(readlink -f {found})" && exec "$@"'
    around = ("unshare", *(() if os.geteuid() == 0 else ("-r",)), "-m", "sh", "-c", script, "sh")
    assert _elsewhere(LISTS, *around) == "install.missing"


def test_a_service_that_sleeps_until_its_first_client_knocks_is_woken(pcscd: PcscDaemon, inbox: RecordingInbox) -> None:
    pcscd.stop()
    starter = pcscd.start_at_a_knock()
    reader = build(ReaderOptions(names="Virtual*"))
    reader.start(inbox)
    try:
        assert inbox.wait_for(DeviceUp).simulated
    finally:
        reader.stop()
        starter.join(10.0)
    assert not [event for event in inbox.all() if isinstance(event, DeviceDown)]


def test_a_service_that_refuses_this_user_is_told_as_such(pcscd: PcscDaemon, inbox: RecordingInbox) -> None:
    # What pcscd does when polkit says no: it hangs up before the first word.
    pcscd.stop()
    pcscd.socket_path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(pcscd.socket_path))
        listener.listen()
        threading.Thread(target=_hang_up_on_everybody, args=(listener,), daemon=True).start()
        reader = build(ReaderOptions())
        reader.start(inbox)
        try:
            assert inbox.wait_for(DeviceDown).fault == "reader.denied"
        finally:
            reader.stop()
            listener.shutdown(socket.SHUT_RDWR)


def _hang_up_on_everybody(listener: socket.socket) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            # The test is over.
            return
        with client:
            # Asking polkit takes longer than the client's greeting of 20 bytes, which stays unread.
            while len(client.recv(20, socket.MSG_PEEK)) < 20:
                pass


def test_an_idle_card_is_asked_for_its_status(pcscd: PcscDaemon) -> None:
    pcscd.stop()
    pcscd.start(options=["--debug"])
    heard: list[bytes] = []

    def answers(command: bytes) -> bytes:
        heard.append(command)
        return b"\x90\x00"

    chip = StubChip(pcscd.port, answers)
    asked = {}
    for seconds in (None, 0.05):
        link = _connected(pcscd.names[0], seconds)
        before = pcscd.log.count("Received command: STATUS")
        for _ in range(40):
            asked[seconds] = pcscd.log.count("Received command: STATUS") - before
            if asked[seconds] >= 3 or link.released(0.01):
                break
        assert link.transceive(SELECT) == b"\x90\x00"
        link.close()
    chip.lift()
    assert asked[None] == 0
    assert asked[0.05] >= 3
    assert heard == [SELECT, SELECT]


def _connected(name: str, keep_alive: float | None) -> PcscLink:
    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    state = (name, scard.SCARD_STATE_UNAWARE)
    for _ in range(30):
        _, states = scard.SCardGetStatusChange(context, 500, [state])
        state = (name, states[0][1] & ~scard.SCARD_STATE_CHANGED)
        if state[1] & scard.SCARD_STATE_PRESENT:
            break
    scard.SCardReleaseContext(context)
    link = PcscLink(name, threading.Event(), 3.0, keep_alive=keep_alive)
    link.connect()
    assert link.atr
    return link
