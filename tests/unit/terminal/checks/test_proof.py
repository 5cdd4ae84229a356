"""What a proof rests on, and where nothing does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from config.load import load
from config.schema import Settings
from terminal.checks.proof import check_trust
from terminal.health import Condition

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def _gate(folder: Path, reader: Literal["pcsc", "none"]) -> Settings:
    (site := folder / "terminal.toml").write_text("", "utf-8")
    settings = load(site, "gate", {})
    return replace(
        settings,
        reader=replace(settings.reader, driver=reader),
        trust=replace(settings.trust, directory=folder / "trust"),
    )


def test_a_desk_without_reader_needs_no_issuer(tmp_path: Path) -> None:
    assert check_trust(_gate(tmp_path, "none"), NOW).condition is Condition.OK
    assert check_trust(_gate(tmp_path, "pcsc"), NOW).fault == "trust.none"
