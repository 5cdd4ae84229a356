"""What must be there before people are served."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from config.errors import ConfigError, Problem
from config.load import load
from config.rules import check_complete
from config.schema import DeskName


@pytest.mark.parametrize(
    ("desk", "given", "missing"),
    [
        ("reception", {}, "backend.url"),
        ("gate", {"url": "https://example.org"}, "backend.event"),
        ("gate", {"url": "https://example.org", "event": "trang-an-mau"}, "backend.gate"),
    ],
)
def test_what_only_the_site_knows_is_asked_for(desk: DeskName, given: dict[str, str], missing: str) -> None:
    settings = load(desk=desk, environ={"TRAM_CONFIG": ""})
    with pytest.raises(ConfigError) as caught:
        check_complete(replace(settings, backend=replace(settings.backend, **given)), Path("terminal.toml"))
    assert (caught.value.path, caught.value.problem) == (missing, Problem.NEEDED)


def test_a_police_desk_needs_no_server() -> None:
    check_complete(load(desk="police", environ={}), None)


def test_a_reception_with_an_address_is_complete() -> None:
    settings = load(environ={})
    check_complete(replace(settings, backend=replace(settings.backend, url="https://example.org")), None)
