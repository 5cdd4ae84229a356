"""What several tests of the kiosk's own code need."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from config.load import load
from config.schema import DeskName, Settings

Site = Callable[..., Settings]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Settings of a desk whose files lie in the test's own folder; ``rows`` are added to the site's file."""
    for name in ("user_config_path", "site_config_path", "user_data_path"):
        monkeypatch.setattr(f"platformdirs.{name}", lambda *_, name=name, **__: tmp_path / name)

    def settings(desk: DeskName, rows: str = "", *, backend: str = "") -> Settings:
        token = tmp_path / "token"
        token.write_text("secret", "ascii")
        token.chmod(0o600)
        own = 'url = "http://127.0.0.1:1"\ntoken_file = "token"\nevent = "trang-an-mau"\ngate = "A1"'
        file = tmp_path / "terminal.toml"
        backend_rows = f"[backend]\n{backend or own}\n" if desk != "police" else ""
        file.write_text(f'desk = "{desk}"\ndevice = "quay-3"\n{backend_rows}{rows}', "utf-8")
        return load(file, environ={})

    return settings
