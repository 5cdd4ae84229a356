from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from drivers.simulator.cable import Cable, Line


class Shouter:
    """A server that answers every piece of text in capitals."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._listener.getsockname()
        self._ends: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                end, _ = self._listener.accept()
            except OSError:
                return
            self._ends.append(end)
            threading.Thread(target=self._answer, args=(end,), daemon=True).start()

    def _answer(self, end: socket.socket) -> None:
        try:
            while data := end.recv(65536):
                end.sendall(data.upper())
        except OSError:
            # The cable was pulled.
            return
        finally:
            end.close()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def server() -> Iterator[Shouter]:
    server = Shouter()
    yield server
    server.close()


@pytest.fixture
def cable(server: Shouter) -> Iterator[Cable]:
    cable = Cable(server.address)
    yield cable
    cable.close()


def connect(cable: Cable) -> socket.socket:
    return socket.create_connection(("127.0.0.1", cable.port), timeout=5.0)


def shout(end: socket.socket, text: bytes) -> bytes:
    end.sendall(text)
    heard = b""
    while len(heard) < len(text):
        part = end.recv(65536)
        assert part, "the line went dead"
        heard += part
    return heard


def test_whole_line_carries_both_ways(cable: Cable) -> None:
    with connect(cable) as one, connect(cable) as two:
        assert shout(one, b"xin chao") == b"XIN CHAO"
        assert shout(two, b"a" * 300_000) == b"A" * 300_000
        assert shout(one, b"lan nua") == b"LAN NUA"


def test_end_of_one_side_reaches_the_other(cable: Cable) -> None:
    with connect(cable) as end:
        assert shout(end, b"a") == b"A"
        end.shutdown(socket.SHUT_WR)
        assert end.recv(1) == b""


def test_line_survives_ends_that_close_in_the_same_moment(cable: Cable) -> None:
    for _ in range(30):
        ends = [connect(cable) for _ in range(4)]
        for end in ends:
            end.sendall(b"a")
        for end in ends:
            end.close()
    with connect(cable) as end:
        assert shout(end, b"a") == b"A"


def test_cut_line_resets_what_runs_and_refuses_what_comes(cable: Cable) -> None:
    with connect(cable) as end:
        assert shout(end, b"a") == b"A"
        cable.set(Line.CUT)
        with pytest.raises(ConnectionResetError):
            end.recv(1)
    with pytest.raises(ConnectionRefusedError):
        connect(cable)


def test_mended_line_has_the_same_address(cable: Cable) -> None:
    port = cable.port
    for _ in range(3):
        cable.set(Line.CUT)
        cable.set(Line.WHOLE)
    assert cable.port == port
    with connect(cable) as end:
        assert shout(end, b"a") == b"A"


def test_mute_line_takes_connections_and_says_nothing(cable: Cable) -> None:
    cable.set(Line.MUTE)
    with connect(cable) as end:
        end.sendall(b"a")
        end.settimeout(0.1)
        with pytest.raises(TimeoutError):
            end.recv(1)
        cable.set(Line.WHOLE)
        end.settimeout(5.0)
        with pytest.raises(ConnectionResetError):
            end.recv(1)


def test_cutting_twice_is_cutting_once(cable: Cable) -> None:
    cable.set(Line.CUT)
    cable.set(Line.CUT)
    with pytest.raises(ConnectionRefusedError):
        connect(cable)


def test_dead_backend_resets_the_terminal(server: Shouter) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        cable = Cable(taken.getsockname())
        with pytest.raises(ConnectionResetError), connect(cable) as end:
            end.recv(1)
        cable.close()


def test_closed_cable_is_closed_once(server: Shouter) -> None:
    cable = Cable(server.address)
    with connect(cable) as end:
        assert shout(end, b"a") == b"A"
        cable.close()
        cable.close()
        with pytest.raises(ConnectionResetError):
            end.recv(1)
