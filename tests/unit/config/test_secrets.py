"""Tokens: where they come from, and that nothing shows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.errors import ConfigError, Problem
from config.secrets import Secret, read_secret

TOKEN = "tok-3f9a"


def secret_file(folder: Path, raw: bytes = TOKEN.encode() + b"\n", mode: int = 0o600) -> Path:
    file = folder / "backend-token"
    file.write_bytes(raw)
    file.chmod(mode)
    return file


def refused(file: Path | None, environ: dict[str, str] | None = None) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        read_secret("backend-token", "backend.token_file", file, environ or {})
    assert caught.value.path == "backend.token_file"
    assert TOKEN not in str(caught.value)
    return caught.value


def test_a_private_file_gives_its_line(tmp_path: Path) -> None:
    assert read_secret("backend-token", "backend.token_file", secret_file(tmp_path), {}).value == TOKEN


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602])
def test_a_file_open_to_others_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    error = refused(secret_file(tmp_path, mode=mode))
    assert (error.problem, error.allowed) == (Problem.EXPOSED_SECRET, "chmod 600")


def test_a_systemd_credential_is_found_by_name(tmp_path: Path) -> None:
    secret_file(tmp_path, mode=0o440)
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert read_secret("backend-token", "backend.token_file", None, environ).value == TOKEN


def test_the_environment_of_the_process_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret_file(tmp_path)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert read_secret("backend-token", "backend.token_file", None).value == TOKEN


def test_no_secret_anywhere_is_said_so(tmp_path: Path) -> None:
    assert refused(None).problem is Problem.NEEDED
    assert refused(None, {"CREDENTIALS_DIRECTORY": str(tmp_path)}).problem is Problem.NEEDED


def test_a_missing_file_is_said_so(tmp_path: Path) -> None:
    assert refused(tmp_path / "gone").problem is Problem.UNREADABLE


@pytest.mark.parametrize("raw", [b"", b"\n", b"two words", b"two\nlines", b"\xff\xfe", b"x" * 4097, b"a\x00b"])
def test_what_is_no_single_printable_line_is_refused(tmp_path: Path, raw: bytes) -> None:
    assert refused(secret_file(tmp_path, raw)).problem is Problem.BAD_SECRET


def test_neither_repr_nor_str_shows_a_secret() -> None:
    assert TOKEN not in f"{Secret(TOKEN)} {Secret(TOKEN)!r}"
