"""The door of the command line, without anybody's own configuration."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from terminal.__main__ import main

Tram = Callable[..., tuple[int, Any]]


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
