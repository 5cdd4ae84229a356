"""The door of the command line, without anybody's own configuration."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crypto.trust.store import TrustStore
from drivers.simulator.card.contents import Contents
from drivers.simulator.chip import Chip
from drivers.simulator.inprocess import SimulatedReader
from drivers.simulator.presented import Handling, PresentedCard
from terminal import registry
from terminal.__main__ import main
from terminal.ports import ReaderOptions
from tests import chips

Tram = Callable[..., tuple[int, Any]]
Lay = Callable[..., None]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user who has configured nothing."""
    for name in ("user_config_path", "site_config_path", "user_data_path", "user_log_path"):
        monkeypatch.setattr(f"platformdirs.{name}", lambda *_, name=name, **__: tmp_path / name)
    for variable in ("TRAM_CONFIG", "CREDENTIALS_DIRECTORY", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    return tmp_path


@pytest.fixture
def tram(home: Path, capsys: pytest.CaptureFixture[str]) -> Tram:
    """Run a verb with ``--json``: exit code and what was printed."""

    def run(*arguments: object) -> tuple[int, Any]:
        code = main([*map(str, arguments), "--json"])
        return code, json.loads(capsys.readouterr().out)

    return run


@pytest.fixture
def lines(home: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, list[str]]]:
    """Run a verb without ``--json``: exit code and its lines (stdout, then stderr)."""

    def run(*arguments: object) -> tuple[int, list[str]]:
        code = main([str(argument) for argument in arguments])
        shown = capsys.readouterr()
        return code, (shown.out + shown.err).splitlines()

    return run


@pytest.fixture
def lay(home: Path, monkeypatch: pytest.MonkeyPatch) -> Lay:
    """Lay a card on the only reader there is, at a site that accepts its issuer."""
    store = TrustStore.open(home / "user_data_path" / "trust")
    store.add(chips.AUTHORITY.root, chips.accepted().anchors[0].fingerprint, "tests", datetime(2026, 1, 1, tzinfo=UTC))

    def lay(contents: Contents, handling: Handling | None = None) -> None:
        def build(options: ReaderOptions) -> SimulatedReader:
            reader = SimulatedReader(options)
            reader.place(PresentedCard(Chip(contents), handling))
            return reader

        monkeypatch.setattr(registry, "reader", lambda name: {"pcsc": build}[name])

    return lay
