"""MLLP: the frame, the deadline, the acknowledgement; against sockets that do what listeners do wrong."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from drivers.handover.adt import control_id
from drivers.handover.hl7 import LONGEST, Listener, build
from terminal.clock import SystemClock
from terminal.events import HandedOver, HandOverFailed
from terminal.faults import FaultError
from terminal.outputs import HandOverOptions
from tests.handed_over import visit
from tests.hl7_peer import Listener as Peer
from tests.hl7_peer import frame, says
from tests.inbox import RecordingInbox


@contextmanager
def _answering(reply: Callable[[socket.socket], None]) -> Iterator[int]:
    """A listener of one connection, after whose message ``reply`` does as it likes."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        ended = threading.Event()

        def serve() -> None:
            line, _ = door.accept()
            with line:
                heard = b""
                while not heard.endswith(b"\x1c\r"):
                    heard += line.recv(4096)
                reply(line)
                ended.wait(20.0)

        thread = threading.Thread(target=serve, name="peer")
        thread.start()
        try:
            yield int(door.getsockname()[1])
        finally:
            ended.set()
            thread.join(20.0)


def _fault(port: int, within: float = 5.0) -> str:
    inbox = RecordingInbox()
    way = Listener("127.0.0.1", port, SystemClock(), 600.0, within)
    way.start(inbox)
    try:
        way.hand(visit())
        return inbox.wait_for(HandOverFailed, 20.0).fault
    finally:
        way.stop()


def _send(data: bytes) -> Callable[[socket.socket], None]:
    return lambda line: line.sendall(data)


def test_a_listener_that_never_acknowledges_is_silent() -> None:
    with _answering(lambda line: None) as port:
        assert _fault(port, within=0.3) == "handover.silent"


def test_one_that_sends_drop_by_drop_for_ever_is_silent() -> None:
    def drip(line: socket.socket) -> None:
        moment = threading.Event()
        with contextlib.suppress(OSError):
            for _ in range(1000):
                line.sendall(b"\x0b")
                moment.wait(0.02)

    with _answering(drip) as port:
        assert _fault(port, within=0.3) == "handover.silent"


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n", "handover.garbled"),
        (b"\x0b" + b"x" * (LONGEST + 10), "handover.garbled"),
        (frame("MSH|^~\\&|\rMSA|AA|somebody-else\r"), "handover.garbled"),
        (frame("hello"), "handover.garbled"),
    ],
    ids=["no frame", "endless", "another's", "no message"],
)
def test_a_wrong_answer(data: bytes, fault: str) -> None:
    with _answering(_send(data)) as port:
        assert _fault(port) == fault


def test_one_that_hangs_up_is_silent() -> None:
    with _answering(lambda line: line.shutdown(socket.SHUT_RDWR)) as port:
        assert _fault(port) == "handover.silent"


def test_a_refused_visit_waits_until_somebody_asks_again_and_holds_up_nobody() -> None:
    bad = control_id(visit(1))
    peer = Peer(lambda message: says("AE" if str(message["MSH.F10"]) == bad else "AA")(message))
    inbox = RecordingInbox()
    way = Listener("127.0.0.1", peer.port, SystemClock(), 600.0)
    way.start(inbox)
    try:
        way.hand(visit(1))
        assert inbox.wait_for(HandOverFailed).fault == "handover.refused"
        way.hand(visit(2))
        assert inbox.wait_for(HandedOver).session == 2
        peer.answer = says("AA")
        way.again()
        assert inbox.wait_for(HandedOver).session == 1
        assert [str(peer.next()["MSH.F10"]) for _ in range(3)] == [control_id(visit(n)) for n in (1, 2, 1)]
    finally:
        way.stop()
        peer.close()


def test_a_message_whose_answer_got_lost_comes_again_under_the_same_id() -> None:
    peer = Peer(lambda message: None)
    inbox = RecordingInbox()
    way = Listener("127.0.0.1", peer.port, SystemClock(), 600.0, within=0.5)
    way.start(inbox)
    try:
        way.hand(visit())
        assert inbox.wait_for(HandOverFailed).fault == "handover.silent"
        peer.answer = says("AA")
        way.again()
        assert inbox.wait_for(HandedOver).session == 1
        ids = {str(peer.next()["MSH.F10"]) for _ in range(2)}
        assert ids == {control_id(visit())}
    finally:
        way.stop()
        peer.close()


@pytest.mark.parametrize(
    "address", ["", "host", "host:", "host:0", "host:70000", "a b:1", "u@host:1", ":2575", "[::1:1"]
)
def test_an_address_without_host_or_port_is_refused(address: str) -> None:
    with pytest.raises(FaultError) as raised:
        build(HandOverOptions("quay-3", "reception", hl7=address), SystemClock())
    assert raised.value.fault.code == "config.invalid"


@pytest.mark.parametrize("address", ["his.example:2575", "10.0.0.9:2575", "[::1]:2575"])
def test_an_address_with_both_is_taken(address: str) -> None:
    assert build(HandOverOptions("quay-3", "reception", hl7=address), SystemClock()).name == "hl7"


def test_check_knows_whether_somebody_listens_and_sends_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        way = Listener("127.0.0.1", door.getsockname()[1], SystemClock(), 600.0)
        way.check()
        line, _ = door.accept()
        with line:
            assert line.recv(10) == b""
    with pytest.raises(FaultError) as raised:
        way.check()
    assert raised.value.fault.code == "handover.absent"


def test_a_name_that_leads_nowhere_is_absent() -> None:
    with pytest.raises(FaultError) as raised:
        Listener("a" * 70, 2575, SystemClock(), 600.0).check()
    assert raised.value.fault.code == "handover.absent"
