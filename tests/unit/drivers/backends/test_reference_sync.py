"""What the exchange sends, and what it refuses to believe."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto.tickets.line import START, Line, head_message, seal_of
from drivers.backends import reference_sync
from drivers.backends.reference_sync import ReferencePeer
from terminal.clock import Clock
from terminal.faults import FaultError
from terminal.ports import BackendOptions
from terminal.syncing import LineAnswer
from tests.fake_clock import FakeClock
from tests.scripted_server import Heard, Script, ScriptedServer, answers, message, says

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
LINES = (Line(1, "{}", START, seal_of(START, 1, "{}")),)
WITNESS = {"seq": 1, "seal": LINES[0].seal.hex(), "signature": base64.b64encode(bytes(64)).decode()}
KEPT = {"seq": 1, "result": "kept", "reason": None, "conflict": None}
JOURNAL = {
    "received_at": "2026-11-22T08:20:00.000000Z",
    "answered_at": "2026-11-22T08:20:01.000000Z",
    "answers": [KEPT],
    "witness": WITNESS,
}
CHANGES = {"cursor": 12, "more": True, "records": [base64.b64encode(b"P{}").decode()]}


class Serve:
    """A server, and the peer that asks it, at 8:16:40 by a clock that moves as the server answers."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.server = ScriptedServer(answers(JOURNAL))
        self.peer = ReferencePeer(BackendOptions(self.server.url, "token", "cong-1"), KEY.sign, self.clock)

    def taking(self, seconds: float, script: Script) -> None:
        def slow(connection: socket.socket, heard: Heard) -> bool:
            self.clock.advance(seconds)
            return script(connection, heard)

        self.server.script = slow


@pytest.fixture
def serve() -> Iterator[Serve]:
    serve = Serve()
    yield serve
    serve.server.close()


def fault(action: Callable[[], object]) -> str:
    with pytest.raises(FaultError) as caught:
        action()
    return caught.value.fault.code


def test_lines_are_handed_over_to_the_letter_and_signed(serve: Serve) -> None:
    assert serve.peer.upload(LINES, 5) == (LineAnswer(1, "kept"),)
    [heard] = serve.server.heard
    assert (heard.method, heard.path) == ("POST", "/v1/journal")
    assert heard.headers["x-tram-device"] == "cong-1"
    assert heard.headers["authorization"] == "Bearer token"
    sent = json.loads(heard.body)
    assert sent["lines"] == [{"seq": 1, "body": "{}", "prev": "00" * 32, "seal": LINES[0].seal.hex()}]
    signature = base64.b64decode(sent["head_signature"])
    KEY.public_key().verify(signature, head_message("cong-1", LINES[0]))


def test_no_lines_are_no_question(serve: Serve) -> None:
    assert serve.peer.upload((), 5) == ()
    assert serve.server.heard == []


def test_refusals_and_conflicts_are_told(serve: Serve) -> None:
    refused = {"seq": 1, "result": "refused", "reason": "gap", "conflict": None}
    serve.server.script = answers(JOURNAL | {"answers": [refused]})
    assert serve.peer.upload(LINES, 5) == (LineAnswer(1, "refused", "gap"),)
    serve.server.script = answers(JOURNAL | {"answers": [KEPT | {"conflict": "duplicate_entry"}]})
    assert serve.peer.upload(LINES, 5) == (LineAnswer(1, "kept", None, "duplicate_entry"),)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        JOURNAL | {"answers": []},
        JOURNAL | {"answers": [KEPT, KEPT]},
        JOURNAL | {"answers": [KEPT | {"seq": 2}]},
        JOURNAL | {"answers": [KEPT | {"result": "lost"}]},
        JOURNAL | {"answers": [KEPT | {"result": "refused"}]},
        JOURNAL | {"answers": [KEPT | {"reason": "gap"}]},
        JOURNAL | {"received_at": "2026-11-22T08:20:02Z"},
        JOURNAL | {"answered_at": "2026-11-22T08:20:02"},
        JOURNAL | {"received_at": "1999-01-01T00:00:00Z"},
        JOURNAL | {"witness": None},
        JOURNAL | {"witness": WITNESS | {"seal": "zz"}},
        JOURNAL | {"more": 1},
    ],
    ids=str,
)
def test_an_answer_to_lines_that_cannot_be_right_is_garbage(serve: Serve, answer: object) -> None:
    serve.server.script = answers(answer)
    assert fault(lambda: serve.peer.upload(LINES, 5)) == "net.garbage"


def test_the_clock_s_error_is_measured_from_the_four_times_of_an_exchange(serve: Serve) -> None:
    serve.taking(3.0, answers(JOURNAL))
    serve.peer.upload(LINES, 5)
    skew = serve.peer.skew
    assert skew is not None
    # asked at 8:16:40, answered at 8:16:43; the server had it from 8:20:00 to 8:20:01
    assert skew.seconds == pytest.approx((200 + 198) / 2)
    assert skew.error == pytest.approx(1.0)


def test_a_clock_two_days_ahead_is_found(serve: Serve) -> None:
    serve.clock.set_wall(timedelta(days=2))
    serve.peer.upload(LINES, 5)
    assert serve.peer.skew is not None
    assert serve.peer.skew.seconds == pytest.approx(200.5 - 2 * 86400)


def test_changes_are_asked_for_by_cursor(serve: Serve) -> None:
    body = json.dumps(CHANGES).encode()
    date = "Date: Sun, 22 Nov 2026 08:20:00 GMT"
    serve.taking(2.0, says(message(body, "200 OK", "application/json", date)))
    changes = serve.peer.changes("hoi-mau", 11, 5)
    assert (changes.cursor, changes.more, changes.records) == (12, True, (b"P{}",))
    assert serve.server.heard[0].path == "/v1/changes?event=hoi-mau&since=11&limit=1000"
    skew = serve.peer.skew
    assert skew is not None
    assert skew.seconds == pytest.approx(199.5)
    assert skew.error == pytest.approx(1.5)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        CHANGES | {"cursor": -1},
        CHANGES | {"cursor": True},
        CHANGES | {"more": "no"},
        CHANGES | {"records": ["not base64!"]},
        CHANGES | {"records": ["A" * 9000]},
        CHANGES | {"records": [1]},
        CHANGES | {"x": 1},
    ],
    ids=lambda value: str(value)[:40],
)
def test_changes_that_cannot_be_right_are_garbage(serve: Serve, answer: object) -> None:
    serve.server.script = answers(answer)
    assert fault(lambda: serve.peer.changes("hoi-mau", 11, 5)) == "net.garbage"


def test_a_snapshot_goes_to_its_file(serve: Serve, tmp_path: Path) -> None:
    raw = bytes(range(256)) * 4096
    serve.server.script = says(message(raw, kind="application/octet-stream"))
    serve.peer.snapshot("hoi-mau", tmp_path / "s", 5)
    assert (tmp_path / "s").read_bytes() == raw
    assert serve.server.heard[0].path == "/v1/snapshot?event=hoi-mau"
    assert serve.server.heard[0].headers["accept"] == "application/octet-stream"


def _endless(connection: socket.socket, _heard: Heard) -> bool:
    connection.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 999999999\r\n\r\n"
    )
    for _ in range(40):
        connection.sendall(bytes(65_536))
    return False


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (says(message(b"<html>", kind="text/html")), "net.garbage"),
        (says(message(b"{}")), "net.garbage"),
        (answers({"error": "forbidden", "fields": []}, "403 Forbidden"), "net.denied"),
        (answers({"error": "busy", "fields": []}, "503 Busy"), "net.server"),
        (_endless, "net.garbage"),
        (
            says(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 9\r\n\r\nabc", stay=False
            ),
            "net.down",
        ),
    ],
    ids=["login page", "JSON", "403", "503", "100 MB", "cut"],
)
def test_what_is_no_snapshot_is_its_fault(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: Script, code: str
) -> None:
    monkeypatch.setattr(reference_sync, "MAX_FILE", 1_000_000)
    serve.server.script = script
    assert fault(lambda: serve.peer.snapshot("hoi-mau", tmp_path / "s", 5)) == code


def test_a_snapshot_that_drips_ends_at_the_deadline(serve: Serve, tmp_path: Path) -> None:
    def silent(_connection: socket.socket, _heard: Heard) -> bool:
        return True

    serve.server.script = silent
    assert fault(lambda: serve.peer.snapshot("hoi-mau", tmp_path / "s", 0.3)) == "net.timeout"


def test_a_snapshot_that_cannot_be_written_is_told(serve: Serve, tmp_path: Path) -> None:
    serve.server.script = says(message(b"x", kind="application/octet-stream"))
    assert fault(lambda: serve.peer.snapshot("hoi-mau", tmp_path / "none" / "s", 5)) == "offline.write"


def test_the_entry_point_builds_a_peer_that_asks_by_the_system_s_clock() -> None:
    peer = reference_sync.build(BackendOptions("http://127.0.0.1:9", "t", "cong-1"), KEY.sign)
    clock: Clock = peer._clock
    assert clock.now().tzinfo is not None
    assert peer.skew is None
