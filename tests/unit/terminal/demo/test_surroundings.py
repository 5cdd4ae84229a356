"""What the demo sets up around the terminal, and that it takes it down again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from config.schema import DeskName
from crypto.trust.store import TrustStore
from drivers.backends.reference import build as reference
from drivers.simulator.issuer.authority import Authority
from terminal.demo.surroundings import RunningBackend, accept, backend_process, display, settings_for
from terminal.faults import FaultError
from terminal.ports import BackendOptions
from tests.desk import TICKET_KEYS
from tests.unit.terminal.demo.test_player import ScriptedTable

ROOT = Authority(b"surroundings").root


@pytest.fixture
def backend(tmp_path: Path) -> RunningBackend:
    token, key = tmp_path / "token", tmp_path / "key.pub.pem"
    token.write_text("secret", "ascii")
    token.chmod(0o600)
    key.write_bytes(TICKET_KEYS[0].to_pem())
    return RunningBackend("http://127.0.0.1:1", token, key, "trang-an-mau", "TRAM:")


# The backend ---------------------------------------------------------------------------------------------------------


def test_the_backend_runs_while_it_is_needed_and_not_after(tmp_path: Path) -> None:
    with backend_process(tmp_path / "backend") as running:
        token = running.token_file.read_text("ascii").strip()
        client = reference(BackendOptions(running.url, token, "tests"))
        assert client.health(5.0).version
        assert running.ticket.startswith("TRAM:")
        assert running.ticket_key.is_file()
        assert running.event == "trang-an-mau"
    with pytest.raises(FaultError):
        client.health(1.0)


def test_a_backend_that_does_not_start_is_told_with_its_log(tmp_path: Path) -> None:
    (tmp_path / "backend" / "backend.sqlite").mkdir(parents=True)
    with pytest.raises(FaultError) as caught, backend_process(tmp_path / "backend"):
        raise AssertionError("it runs")
    assert caught.value.fault.code == "net.down"
    assert "backend.log" in caught.value.detail
    assert (tmp_path / "backend" / "backend.log").stat().st_size


def test_a_backend_that_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('{}', flush=True); signal.pause()"
    started: list[Any] = []
    original = subprocess.Popen

    def start(_command: object, **more: Any) -> Any:
        started.append(original([sys.executable, "-c", stubborn], **more))
        wait = started[-1].wait
        started[-1].wait = lambda timeout=None: wait(0.05 if timeout else None)
        return started[-1]

    monkeypatch.setattr("terminal.demo.surroundings.subprocess.Popen", start)
    with pytest.raises(KeyError), backend_process(tmp_path / "backend"):
        raise AssertionError("it runs")
    assert started[0].returncode is not None


# The display ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Changes of the environment end with the test."""
    for name in ("DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.setenv(name, "before")


def test_a_person_s_own_screen_is_used_as_it_is(environment: None) -> None:
    with display(headless=False) as which:
        assert (which, os.environ["DISPLAY"]) == ("screen", "before")


def test_without_xvfb_the_window_is_painted_in_memory(environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with display(headless=True) as which:
        assert which.startswith("offscreen")
        assert os.environ["QT_QPA_PLATFORM"] == "offscreen"


def test_an_xvfb_of_its_own_shows_the_window(environment: None) -> None:
    with display(headless=True) as which:
        number = os.environ["DISPLAY"]
        assert (which, os.environ["QT_QPA_PLATFORM"]) == (f"Xvfb {number}", "xcb")
        assert Path(f"/tmp/.X11-unix/X{number[1:]}").exists()  # noqa: S108 - where X servers listen
    assert not Path(f"/tmp/.X11-unix/X{number[1:]}").exists()  # noqa: S108


def test_an_xvfb_that_does_not_start_is_a_fault(environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = shutil.which("false")
    monkeypatch.setattr(shutil, "which", lambda _name: broken)
    with pytest.raises(FaultError) as caught, display(headless=True):
        raise AssertionError("it runs")
    assert caught.value.fault.code == "install.missing"


# Trust and settings --------------------------------------------------------------------------------------------------


def test_the_invented_issuer_and_the_ticket_key_are_accepted_and_labelled(
    tmp_path: Path, backend: RunningBackend
) -> None:
    accept(tmp_path, ScriptedTable(issuer=ROOT), backend)
    anchors = TrustStore.open(tmp_path / "trust").anchors
    assert ["SIMULATED" in anchor.source for anchor in anchors] == [True]
    assert (tmp_path / "ticket-keys" / "demo.pem").read_bytes() == TICKET_KEYS[0].to_pem()


@pytest.mark.parametrize("desk", ["reception", "gate", "police"])
def test_each_desk_is_configured_as_a_site_s_file_would(
    tmp_path: Path, backend: RunningBackend, desk: DeskName
) -> None:
    table = ScriptedTable(network_url="http://127.0.0.1:2")
    settings = settings_for(desk, tmp_path, table, backend, "en")
    assert (settings.desk, settings.language, settings.place, settings.device) == (desk, "en", "DEMO", "demo")
    assert settings.codes.source == str(tmp_path / "pictures")
    for path in (settings.journal.path, settings.journal.key_file, settings.trust.directory, settings.trust.tickets):
        assert path.is_relative_to(tmp_path)
    if desk == "police":
        assert settings.backend.driver == "none"
    else:
        assert settings.backend.url == "http://127.0.0.1:2"
    assert settings.backend.event == ("trang-an-mau" if desk == "gate" else "")
