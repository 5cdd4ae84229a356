"""From the operator's code to a desk that asks: the real server over TLS, the real command line, real files."""

from __future__ import annotations

import io
import json
import shutil
import ssl
import stat
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from backend.app import create_app
from backend.devices import book
from backend.devices.certificate import make
from backend.devices.identity import Role
from backend.devices.tls import BindingError, binding
from backend.engine.opening import open_store
from backend.engine.store import Store
from backend.keys import ServerKeys, new_server_keys
from backend.server import LOOPBACK, AnnouncingServer, listen
from config.load import load
from drivers.backends.reference import build
from terminal.__main__ import main
from terminal.enrolment import enrolment_beside
from terminal.faults import FaultError
from terminal.parts import backend_options
from terminal.records.device_key import device_key


@dataclass
class Server:
    """A server with a certificate that nobody knows."""

    store: Store
    keys: ServerKeys
    url: str
    fingerprint: str
    certificate: Path

    def code(self, name: str, role: Role = Role.TERMINAL) -> str:
        with self.store.transaction() as db:
            return book.add(db, name, role, datetime.now(UTC), event="le-hoi", gate="cong-1")


def _serving(folder: Path, names: list[str]) -> Iterator[Server]:
    certificate, key, fingerprint = make(names, datetime.now(UTC))
    files = folder / "s.crt", folder / "s.key"
    files[0].write_bytes(certificate)
    files[1].write_bytes(key)
    store, keys = open_store(f"sqlite:///{folder / 'backend.sqlite'}"), new_server_keys()
    bound, listening = binding(LOOPBACK, *files), threading.Event()
    with listen(0) as listener:
        app = create_app(store, None, lambda: datetime.now(UTC), keys)
        server = AnnouncingServer(app, listening.set, bound.tls)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        assert listening.wait(20)
        yield Server(store, keys, bound.url(listener.getsockname()[1]), fingerprint, files[0])
        server.should_exit = True
        thread.join(20)
    assert not thread.is_alive()
    store.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "server"
    folder.mkdir()
    yield from _serving(folder, [LOOPBACK])


@pytest.fixture
def site(tmp_path: Path) -> Path:
    file = tmp_path / "site" / "terminal.toml"
    file.parent.mkdir()
    file.write_text('desk = "gate"\ndevice = "gate-1"\n[journal]\ndevice_key = "device.key"\n')
    return file


def _typed(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


def test_a_terminal_enrols_and_asks(
    server: Server, site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _typed(monkeypatch, "có", server.code("gate-1").lower())
    assert main(["--lang", "vi", "enrol", server.url, "--config", str(site)]) == 0
    out, err = capsys.readouterr()
    assert server.fingerprint in err
    for name in ("backend.token", "enrolment.json", "backend-ca.pem", "device.key"):
        assert stat.S_IMODE((site.parent / name).stat().st_mode) == 0o600
    token = (site.parent / "backend.token").read_text().strip()
    assert token not in out + err
    lines = out[out.index("device = ") :]
    site.write_text('desk = "gate"\n' + lines + '[journal]\ndevice_key = "device.key"\n')
    settings = load(site)
    assert (settings.backend.event, settings.backend.gate, settings.device) == ("le-hoi", "cong-1", "gate-1")
    told = enrolment_beside(site.parent / "backend.token")
    assert (told.server_key, told.snapshot_key) == (server.keys.public, server.keys.marks)
    assert build(backend_options(settings)).health(20).version
    with server.store.transaction() as db:
        known = book.by_name(db, "gate-1")
    assert known is not None
    assert known.key == device_key(site.parent / "device.key").public_key().public_bytes_raw()


def test_json_and_the_named_fingerprint_ask_nothing(
    server: Server, site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--fingerprint", server.fingerprint.upper(), "--code", server.code("gate-1"), "--json"]
    assert main(["enrol", server.url, "--config", str(site), *arguments]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["device"], said["role"], said["event"]) == ("gate-1", "terminal", "le-hoi")
    assert f'token_file = "{site.parent / "backend.token"}"' in said["settings"]


def test_an_authority_that_is_named_is_believed(server: Server, site: Path) -> None:
    arguments = ["--ca", str(server.certificate), "--code", server.code("gate-1")]
    assert main(["enrol", server.url, "--config", str(site), *arguments]) == 0
    assert not (site.parent / "backend-ca.pem").exists()


@pytest.mark.parametrize("answer", ["", "no", "y", "yes!"])
def test_nothing_is_sent_or_kept_when_the_certificate_is_not_accepted(
    server: Server, site: Path, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = server.code("gate-1")
    _typed(monkeypatch, answer, code)
    assert main(["enrol", server.url, "--config", str(site)]) == 1
    assert sorted(file.name for file in site.parent.iterdir()) == ["terminal.toml"]
    assert main(["enrol", server.url, "--config", str(site), "--fingerprint", "00" * 32, "--code", code]) == 1
    assert main(["enrol", server.url, "--config", str(site), "--fingerprint", server.fingerprint, "--code", code]) == 0


def test_another_authority_is_no_question(server: Server, site: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    other.write_bytes(make([LOOPBACK], datetime.now(UTC))[0])
    code = server.code("gate-1")
    assert main(["enrol", server.url, "--config", str(site), "--ca", str(other), "--code", code]) == 3
    assert not (site.parent / "backend.token").exists()


def test_a_certificate_for_another_name_is_not_kept(tmp_path: Path, site: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    for server in _serving(folder, ["elsewhere.example"]):
        arguments = ["--fingerprint", server.fingerprint, "--code", server.code("gate-1")]
        assert main(["enrol", server.url, "--config", str(site), *arguments]) == 3
    assert not (site.parent / "backend-ca.pem").exists()


def test_a_wrong_code_is_a_refusal(server: Server, site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server.code("gate-1")
    arguments = ["--fingerprint", server.fingerprint, "--code", "AAAA-BBBB-CCCC", "--json"]
    assert main(["enrol", server.url, "--config", str(site), *arguments]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "enrol.refused"
    assert not (site.parent / "backend.token").exists()


@pytest.mark.parametrize("url", ["http://192.0.2.1", "https://u:p@host", "ftp://host", "https://h/?a=b"])
def test_another_kind_of_address_is_a_usage_error(site: Path, url: str) -> None:
    assert main(["enrol", url, "--config", str(site), "--code", "A"]) == 2


def test_a_hub_enrols_into_a_folder_of_its_own(server: Server, site: Path, tmp_path: Path) -> None:
    from backend.hub.serving import HubError, load_site

    out = tmp_path / "hub"
    code = server.code("hub-1", Role.HUB)
    arguments = ["--fingerprint", server.fingerprint, "--code", code, "--device", "hub-1", "--out", str(out)]
    assert main(["enrol", server.url, "--config", str(site), *arguments]) == 0
    found = load_site(out / "backend.token")
    assert (found.device, found.event, found.keys.marks) == ("hub-1", "le-hoi", server.keys.marks)
    told = json.loads((out / "enrolment.json").read_text())
    (out / "enrolment.json").write_text(json.dumps(told | {"role": "terminal"}))
    with pytest.raises(HubError, match="--role hub"):
        load_site(out / "backend.token")
    shutil.rmtree(out)
    with pytest.raises(HubError, match="tram enrol"):
        load_site(out / "backend.token")


def test_an_enrolment_that_is_missing_open_or_spoilt_is_told(tmp_path: Path) -> None:
    token = tmp_path / "backend.token"
    file = token.with_name("enrolment.json")
    for content, mode, code in (
        (None, 0, "enrol.missing"),
        ("{}", 0o644, "secrets.exposed"),
        ("{}", 0o600, "file.unusable"),
    ):
        if content is not None:
            file.write_text(content)
            file.chmod(mode)
        with pytest.raises(FaultError) as raised:
            enrolment_beside(token)
        assert raised.value.fault.code == code


def test_older_tls_is_refused(server: Server) -> None:
    bound = binding(LOOPBACK, server.certificate, server.certificate.with_suffix(".key"))
    assert bound.tls is not None
    assert bound.tls.minimum_version >= ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "server.example"])  # noqa: S104 - refused
def test_no_other_computer_is_answered_without_tls(host: str, server: Server) -> None:
    with pytest.raises(BindingError, match="--tls-cert"):
        binding(host, None, None)
    assert binding(host, server.certificate, server.certificate.with_suffix(".key")).tls is not None


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_this_computer_is_answered_as_it_is(host: str) -> None:
    assert binding(host, None, None).url(80).startswith("http://")


def test_files_that_are_no_certificate_and_key_are_refused(server: Server, tmp_path: Path) -> None:
    broken = tmp_path / "x.pem"
    broken.write_text("x")
    for pair in ((server.certificate, None), (server.certificate, broken), (broken, broken), (tmp_path / "no", broken)):
        with pytest.raises(BindingError):
            binding(LOOPBACK, *pair)
