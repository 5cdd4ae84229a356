from __future__ import annotations

from pathlib import Path

import pytest

from backend.engine.errors import UrlError
from backend.engine.urls import database_file, parsed


@pytest.mark.parametrize(
    "url",
    [
        "",
        "b.sqlite",
        "sqlite://",
        "sqlite:///:memory:",
        "mysql://h/d",
        "postgresql://h",
        "sqlite+x:///f",
    ],
)
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(UrlError, match="sqlite:///FILE or postgresql://"):
        parsed(url)


@pytest.mark.parametrize("url", ["postgresql://u:secret@h/d", "postgresql://h/d?password=secret"])
def test_a_password_in_a_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(UrlError, match="PGPASSFILE") as raised:
        parsed(url)
    assert "secret" not in str(raised.value)


def test_a_file_has_a_path_and_a_server_has_none() -> None:
    assert database_file("sqlite:////var/b.sqlite") == Path("/var/b.sqlite")
    assert database_file("postgresql://u@h/d") is None
