"""What every `terminal.ports.Backend` promises, against a server that behaves in every way but well."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from terminal.faults import FaultError
from terminal.ports import Backend, BackendOptions
from tests.contract.backend_rigs import NAME, RIGS, Rig
from tests.scripted_server import Heard, Script, ScriptedServer, answers, message, says

TOKEN = "secret-token-of-the-test"
DEADLINE = 5.0
SHORT = 0.3

Make = Callable[..., tuple[ScriptedServer, Backend]]


@pytest.fixture(params=sorted(RIGS))
def rig(request: pytest.FixtureRequest) -> Rig:
    return RIGS[request.param]


@pytest.fixture
def make(rig: Rig) -> Iterator[Make]:
    servers = []

    def build(script: Script, ca_file: Path | None = None, tls: ssl.SSLContext | None = None) -> object:
        server = rig.server(script, tls)
        servers.append(server)
        return server, rig.build(BackendOptions(server.url, TOKEN, "quay-1", ca_file=ca_file))

    yield build  # type: ignore[misc]  # keyword arguments
    for server in servers:
        server.close()


def begun(rig: Rig) -> bytes:
    """A good answer's first lines."""
    return f"HTTP/1.1 {rig.good.status}\r\nContent-Type: application/json\r\n".encode()


def fault(ask: Callable[[], object]) -> str:
    with pytest.raises(FaultError) as caught:
        ask()
    return caught.value.fault.code


def test_a_healthy_server_tells_its_version_and_clock(rig: Rig, make: Make) -> None:
    _, backend = make(rig.health.script())
    health = backend.health(DEADLINE)
    assert health.version == rig.version
    assert health.time.utcoffset() == timedelta(0)


def test_the_token_and_the_device_are_named_and_nothing_personal_is_in_the_address(rig: Rig, make: Make) -> None:
    server, backend = make(rig.good.script())
    rig.ask(backend, DEADLINE)
    heard = server.heard[0]
    if rig.authorization is None:
        assert TOKEN not in "".join(heard.headers.values())
    else:
        assert heard.headers["authorization"] == f"{rig.authorization} {TOKEN}"
        assert "quay-1" in "".join(heard.headers.values()) + heard.body.decode()
    for personal in ("0030", "T7Q2M9XK4B"):
        assert personal not in heard.path
        assert personal not in "".join(heard.headers.values())


def test_connections_are_kept(rig: Rig, make: Make) -> None:
    server, backend = make(rig.good.script())
    for _ in range(3):
        rig.ask(backend, DEADLINE)
    assert server.connections == 1


def test_a_kept_connection_that_the_server_closed_is_not_a_fault(rig: Rig, make: Make) -> None:
    server, backend = make(says(rig.good.whole(), stay=False))
    for _ in range(3):
        rig.ask(backend, DEADLINE)
    assert server.connections == 3


def test_cookies_are_not_kept(rig: Rig, make: Make) -> None:
    server, backend = make(says(rig.good.whole("Set-Cookie: person=1")))
    for _ in range(2):
        rig.ask(backend, DEADLINE)
    assert "cookie" not in server.heard[1].headers


def test_the_environment_s_proxy_is_not_used(rig: Rig, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    _, backend = make(rig.good.script())
    rig.ask(backend, DEADLINE)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("401 Unauthorized", "net.denied"),
        ("403 Forbidden", "net.denied"),
        ("404 Not Found", "net.garbage"),
        ("409 Conflict", "net.garbage"),
        ("422 Unprocessable", "net.garbage"),
        ("500 Internal", "net.server"),
        ("502 Bad Gateway", "net.server"),
        ("503 Busy", "net.server"),
        ("204 No Content", "net.garbage"),
    ],
)
def test_a_status_that_is_no_answer_is_its_fault(rig: Rig, make: Make, status: str, code: str) -> None:
    _, backend = make(answers({"error": "x", "fields": []}, status))
    for ask in rig.asks:
        assert fault(lambda ask=ask: ask(backend, DEADLINE)) == code  # type: ignore[misc]


def test_a_redirect_is_not_followed(rig: Rig, make: Make) -> None:
    other, _ = make(rig.good.script())
    _, backend = make(says(message(b"", "302 Found", "text/html", f"Location: {other.url}/login")))
    assert fault(lambda: rig.ask(backend, DEADLINE)) == "net.garbage"
    assert other.heard == []


def test_the_login_page_of_a_network_is_garbage(rig: Rig, make: Make) -> None:
    _, backend = make(says(message(b"<html>Please log in</html>", "200 OK", "text/html; charset=utf-8")))
    assert fault(lambda: rig.ask(backend, DEADLINE)) == "net.garbage"


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{}", b'"eligible"', b"{", b"\xff\xfe", b"[" * 100_000, b"<html></html>", b'{"state": 1}'],
    ids=["empty", "null", "list", "object", "text", "cut", "no UTF-8", "deep", "page", "wrong type"],
)
def test_a_body_that_is_no_answer_is_garbage(rig: Rig, make: Make, body: bytes) -> None:
    _, backend = make(says(message(body, rig.good.status)))
    assert fault(lambda: rig.ask(backend, DEADLINE)) == "net.garbage"


def test_an_answer_that_is_not_http_is_garbage(rig: Rig, make: Make) -> None:
    _, backend = make(says(b"SSH-2.0-OpenSSH_9.2\r\n\r\n", stay=False))
    assert fault(lambda: rig.ask(backend, DEADLINE)) == "net.garbage"


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "chunked"])
def test_a_huge_body_is_garbage_before_it_is_whole(rig: Rig, make: Make, declared: bool) -> None:
    head = "Content-Length: 999999999" if declared else "Transfer-Encoding: chunked"
    sent = []

    def script(connection: socket.socket, _heard: Heard) -> bool:
        connection.sendall(begun(rig) + f"{head}\r\n\r\n".encode())
        part = b" " * 65_536
        for _ in range(400):
            connection.sendall(part if declared else b"10000\r\n" + part + b"\r\n")
            sent.append(len(part))
        return False

    _, backend = make(script)
    assert fault(lambda: rig.ask(backend, DEADLINE)) == "net.garbage"
    assert sum(sent) < 20_000_000


def test_an_answer_in_chunks_is_read_whole(rig: Rig, make: Make) -> None:
    body = rig.good.body
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:7], body[7:]))
    _, backend = make(says(begun(rig) + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"))
    for _ in range(2):
        assert rig.ask(backend, DEADLINE)


def test_an_unasked_compression_is_garbage(rig: Rig, make: Make) -> None:
    _, backend = make(says(message(b"\x1f\x8b", rig.good.status, "application/json", "Content-Encoding: gzip")))
    assert fault(lambda: rig.ask(backend, DEADLINE)) == "net.garbage"


def test_a_body_cut_off_is_a_lost_connection(rig: Rig, make: Make) -> None:
    raw = begun(rig) + b'Content-Length: 500\r\n\r\n{"state"'
    _, backend = make(says(raw, stay=False))
    assert fault(lambda: rig.ask(backend, DEADLINE)) == "net.down"


def test_a_server_that_hangs_up_each_time_is_down_and_is_asked_twice(rig: Rig, make: Make) -> None:
    server, backend = make(says(b"", stay=False))
    assert fault(lambda: rig.ask(backend, DEADLINE)) == "net.down"
    assert len(server.heard) == 2
    assert server.heard[0].body == server.heard[1].body


def test_nobody_there_is_down(rig: Rig) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    backend = rig.build(BackendOptions(url, TOKEN, "quay-1"))
    assert fault(lambda: rig.ask(backend, DEADLINE)) == "net.down"


@pytest.mark.parametrize("url", ["http://", "no address", "ftp://127.0.0.1", "http://[::1", "http://" + "a" * 300])
def test_an_address_that_is_none_is_down(rig: Rig, url: str) -> None:
    backend = rig.build(BackendOptions(url, TOKEN, "quay-1"))
    assert fault(lambda: backend.health(DEADLINE)) == "net.down"


def silent(_connection: socket.socket, _heard: Heard) -> bool:
    return True


def drip(head: bytes, tail: bytes) -> Script:
    """Sends ``head`` at once and ``tail`` over and over, a piece each tenth of a second, for ten seconds."""

    def script(connection: socket.socket, _heard: Heard) -> bool:
        waiting = threading.Event()
        connection.sendall(head)
        for _ in range(100):
            connection.sendall(tail)
            waiting.wait(0.1)
        return False

    return script


@pytest.mark.parametrize("kind", ["silent", "dripping headers", "dripping body"])
def test_the_deadline_holds_whatever_the_server_does(rig: Rig, make: Make, kind: str) -> None:
    scripts = {
        "silent": silent,
        "dripping headers": drip(f"HTTP/1.1 {rig.good.status}\r\n".encode(), b"X-A: b\r\n"),
        "dripping body": drip(begun(rig) + b"Content-Length: 900\r\n\r\n", b" "),
    }
    _, backend = make(scripts[kind])
    began = time.monotonic()
    assert fault(lambda: rig.ask(backend, SHORT)) == "net.timeout"
    assert time.monotonic() - began < SHORT + 0.7


def test_no_time_left_is_a_timeout_and_nothing_is_sent(rig: Rig, make: Make) -> None:
    server, backend = make(rig.good.script())
    assert fault(lambda: rig.ask(backend, 0.0)) == "net.timeout"
    assert server.heard == []


def test_after_three_failures_the_next_question_fails_at_once(rig: Rig, make: Make) -> None:
    server, backend = make(answers({}, "500 Internal"))
    codes = [fault(lambda: rig.ask(backend, DEADLINE)) for _ in range(4)]
    assert codes == ["net.server"] * 3 + ["net.open_circuit"]
    assert len(server.heard) == 3


def test_a_healthy_answer_closes_the_circuit(rig: Rig, make: Make) -> None:
    server, backend = make(answers({}, "500 Internal"))
    for _ in range(3):
        fault(lambda: rig.ask(backend, DEADLINE))
    server.script = rig.health.script()
    backend.health(DEADLINE)
    server.script = rig.good.script()
    rig.ask(backend, DEADLINE)


def test_many_threads_may_ask_at_once(rig: Rig, make: Make) -> None:
    _, backend = make(rig.good.script())
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(rig.ask(backend, DEADLINE))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10.0)
    assert len(found) == 8


def test_neither_secret_nor_person_is_in_an_error_or_a_log(
    rig: Rig, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    body = f'{{"state": "{NAME}", "token": "{TOKEN}", "id": "003090123450"}}'.encode()
    for script in (says(message(body)), says(b"", stay=False), says(message(body, "422 No")), silent):
        _, backend = make(script)
        with pytest.raises(FaultError) as caught:
            rig.ask(backend, SHORT)
        told = f"{caught.value!r} {caught.value} {caught.value.detail} {caught.value.__cause__!r}"
        assert NAME not in told
        assert TOKEN not in told
        assert "0030" not in told
    assert NAME not in caplog.text
    assert TOKEN not in caplog.text
    assert "0030" not in caplog.text


class Certificate:
    """A certificate for 127.0.0.1 that signs itself."""

    def __init__(self, folder: Path) -> None:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import NameOID

        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test server")])
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        self.file = folder / "server.pem"
        self.file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (folder / "server.key").write_bytes(secret)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.file, folder / "server.key")


def test_a_server_with_the_site_s_certificate_is_believed(rig: Rig, make: Make, tmp_path: Path) -> None:
    certificate = Certificate(tmp_path)
    _, backend = make(rig.good.script(), ca_file=certificate.file, tls=certificate.context)
    rig.ask(backend, DEADLINE)


def test_a_server_with_a_strange_certificate_is_not(rig: Rig, make: Make, tmp_path: Path) -> None:
    server, backend = make(rig.good.script(), tls=Certificate(tmp_path).context)
    assert fault(lambda: rig.ask(backend, DEADLINE)) == "net.tls"
    assert server.heard == []


def test_a_server_without_tls_at_a_tls_address_is_a_tls_fault(rig: Rig) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def refuse() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(message(b"", "400 Bad Request"))

        plain = threading.Thread(target=refuse)
        plain.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        backend = rig.build(BackendOptions(url, TOKEN, "quay-1"))
        assert fault(lambda: rig.ask(backend, DEADLINE)) == "net.tls"
        plain.join(10.0)


@pytest.mark.parametrize("content", [None, b"no certificate"], ids=["missing", "garbage"])
def test_a_certificate_file_that_is_none_is_a_tls_fault(rig: Rig, tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        backend = rig.build(BackendOptions(url, TOKEN, "quay-1", ca_file=file))
        assert fault(lambda: rig.ask(backend, DEADLINE)) == "net.tls"
