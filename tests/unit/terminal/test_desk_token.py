"""The desk API's token: made once, for its owner alone."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from terminal.desk_token import desk_token
from terminal.faults import FaultError


def _code(path: Path) -> str:
    with pytest.raises(FaultError) as raised:
        desk_token(path)
    return raised.value.fault.code


def test_it_is_made_on_first_use_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "new" / "desk-api.token"
    token = desk_token(path)
    assert len(token) >= 40
    assert desk_token(path) == token
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert desk_token(tmp_path / "other") != token


@pytest.mark.parametrize("content", [b"", b"short\n", b"t" * 31, b"t" * 32 + b" x", "ễ".encode() * 20, b"t" * 300])
def test_what_is_no_token_opens_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "token"
    path.write_bytes(content)
    path.chmod(0o600)
    assert _code(path) == "handover.denied"


def test_one_that_others_may_read_opens_nothing(tmp_path: Path) -> None:
    path = tmp_path / "token"
    desk_token(path)
    path.chmod(0o640)
    assert _code(path) == "handover.denied"


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert _code(tmp_path / "file" / "token") == "handover.denied"
