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


GATE = 'desk = "gate"\n[gate]\ndriver = "relay"\n'
DEVICES = [
    ("[scanner]\ndriver = 'none'\n", None),
    ("[codes]\ndriver = 'none'\n[reader]\ndriver = 'none'\n[scanner]\ndriver = 'serial'\n", None),
    ("[codes]\ndriver = 'none'\n[reader]\ndriver = 'none'\n", "reader.driver"),
    ("needs = ['scanner']\n[scanner]\ndriver = 'hid'\n", None),
    ("needs = ['scanner']\n", "needs"),
    ("needs = ['gate']\n", "needs"),
    ("needs = ['printer']\n", "needs"),
    ("[gate]\ndriver = 'relay'\naddress = 'COM4'\nfails = 'shut'\n", "gate.driver"),  # a reception has no gate
    (GATE + "address = 'COM4'\nfails = 'shut'\n", None),
    (GATE + "address = 'COM4'\n", "gate.fails"),
    (GATE + "fails = 'open'\n", "gate.address"),
    ("desk = 'gate'\n[gate]\ndriver = 'gpio'\naddress = '/dev/gpiochip0'\nfails = 'open'\ninput = 1\n", "gate.input"),
    ("desk = 'gate'\n[gate]\ndriver = 'modbus'\naddress = 'COM4'\nfails = 'open'\ninput = 1\n", None),
    ("[printer]\ndriver = 'escpos'\n", "printer.address"),
    ("[printer]\ndriver = 'system'\n", None),
    ("[voice]\ndriver = 'clips'\n", "voice.clips"),
    ("[voice]\ndriver = 'clips'\nclips = 'sentences'\n", None),
]


@pytest.mark.parametrize(("text", "wrong"), DEVICES)
def test_devices_agree_with_desk_and_needs(tmp_path: Path, text: str, wrong: str | None) -> None:
    file = tmp_path / "terminal.toml"
    file.write_text(text, "utf-8")
    if wrong is None:
        assert load(file, environ={})
        return
    with pytest.raises(ConfigError) as caught:
        load(file, environ={})
    assert (caught.value.path, caught.value.problem) == (wrong, Problem.CONTRADICTION)


PRETIX = "desk = 'gate'\n[pretix]\norganizer = 'don-vi-mau'\ncheckin_list = 1\n[backend]\ndriver = 'pretix'\n"
PRETIX_RULES = [
    (PRETIX + "tickets = 'any'\n", None),
    (PRETIX, "backend.tickets"),  # no ticket of pretix bears a signature of ours: none would be asked about
    (PRETIX + "tickets = 'any'\ncards = true\n", "backend.cards"),
    (PRETIX.replace("gate", "reception"), "backend.driver"),
]


@pytest.mark.parametrize(("text", "wrong"), PRETIX_RULES)
def test_a_pretix_is_asked_about_any_code_and_about_no_card(tmp_path: Path, text: str, wrong: str | None) -> None:
    test_devices_agree_with_desk_and_needs(tmp_path, text, wrong)


@pytest.mark.parametrize("hours", ["22:00", "24:00-06:00", "22:60-06:00", "22-6", " 22:00-06:00"])
def test_quiet_hours_are_two_times_of_day(tmp_path: Path, hours: str) -> None:
    file = tmp_path / "terminal.toml"
    file.write_text(f'[face]\nquiet = "{hours}"\n', "utf-8")
    with pytest.raises(ConfigError) as caught:
        load(file, environ={})
    assert (caught.value.path, caught.value.problem) == ("face.quiet", Problem.NOT_ALLOWED)
