"""Each way in which a link can be cut, seen from both of its ends."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.day.proxy import HOST, TORN_AFTER, Link, Links, Way

ANSWER = b"an answer that is longer than what a torn link lets through"


class Server:
    """Answers each question with `ANSWER`; keeps what it was asked."""

    def __init__(self) -> None:
        self._listener = socket.create_server((HOST, 0))
        self.port = int(self._listener.getsockname()[1])
        self.asked: list[bytes] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            near, _ = self._listener.accept()
            with near:
                try:
                    while (question := near.recv(100)) and question != b"end":
                        self.asked.append(question)
                        near.sendall(ANSWER)
                except ConnectionError:
                    continue
                if question == b"end":
                    return

    def close(self) -> None:
        with socket.create_connection((HOST, self.port)) as last:
            last.sendall(b"end")
        self._thread.join(20)
        assert not self._thread.is_alive()
        self._listener.close()


@pytest.fixture
def server() -> Iterator[Server]:
    with closing(Server()) as found:
        yield found


@pytest.fixture
def link(server: Server) -> Iterator[Link]:
    with Links() as links:
        yield links.to(server.port)


def _open(link: Link) -> socket.socket:
    return socket.create_connection((HOST, link.port), 20)


def _asked(near: socket.socket, question: bytes = b"one") -> bytes:
    """All of the answer up to its length, or up to where it breaks off."""
    near.sendall(question)
    heard = b""
    try:
        while len(heard) < len(ANSWER) and (more := near.recv(100)):
            heard += more
    except ConnectionResetError:
        pass
    return heard


def test_a_whole_link_carries_question_after_question(link: Link, server: Server) -> None:
    with _open(link) as near:
        assert [_asked(near), _asked(near, b"two")] == [ANSWER, ANSWER]
    assert server.asked == [b"one", b"two"]


def test_a_refused_link_ends_what_is_open_and_takes_nothing_new_until_it_is_whole(link: Link) -> None:
    with _open(link) as near:
        assert _asked(near) == ANSWER
        link.set(Way.REFUSED)
        with pytest.raises(ConnectionResetError):
            near.recv(1)
    with pytest.raises(ConnectionRefusedError):
        _open(link)
    link.set(Way.WHOLE)
    with _open(link) as near:
        assert _asked(near) == ANSWER


def test_a_hung_link_takes_connections_and_says_nothing(link: Link, server: Server) -> None:
    link.set(Way.HUNG)
    with _open(link) as near:
        near.sendall(b"lost")
        near.settimeout(0.1)
        with pytest.raises(TimeoutError):
            near.recv(1)
        near.settimeout(20)
        link.set(Way.WHOLE)
        with pytest.raises(ConnectionResetError):
            near.recv(1)
    assert server.asked == []


def test_a_torn_link_breaks_off_in_the_middle_of_the_answer(link: Link, server: Server) -> None:
    with _open(link) as near:
        assert _asked(near) == ANSWER
        link.set(Way.TORN)
        assert ANSWER[:TORN_AFTER].startswith(_asked(near, b"two"))
    assert server.asked == [b"one", b"two"]
    assert link.cuts == {Way.TORN: 1}


def test_a_swallowed_answer_belongs_to_a_question_that_was_acted_on(link: Link, server: Server) -> None:
    link.set(Way.SWALLOWED)
    with _open(link) as near:
        assert _asked(near) == b""
    assert server.asked == [b"one"]
    assert link.cuts == {Way.SWALLOWED: 1}


def test_a_link_without_a_server_ends_connections(link: Link) -> None:
    with socket.create_server((HOST, 0)) as gone:
        port = int(gone.getsockname()[1])
    link.lead_to(port)
    with contextlib.suppress(ConnectionError), _open(link) as near:
        near.sendall(b"one")
        assert near.recv(1) == b""
