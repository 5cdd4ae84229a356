"""What the documents say is what the program does."""

from __future__ import annotations

import argparse
import configparser
import importlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from config.keys import allowed, known_keys
from terminal import manual
from terminal.messages import words
from tests.house.rooms import ROOT, files, name_of

DESKS = ("reception", "gate", "police")
_PLACEHOLDER = re.compile(r"\{\w+\}")


def _setup() -> configparser.ConfigParser:
    setup = configparser.ConfigParser(interpolation=None)
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    return setup


def _text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def _flat(tree: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in tree.items():
        found |= _flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {prefix + key: value}
    return found


# Configuration -------------------------------------------------------------------------------------------------------


def _configuration_rows() -> dict[str, tuple[str, str]]:
    """For each documented key what is allowed and what is the default, as written."""
    lines = _text("docs/configuration.md").partition("## Every key")[2].splitlines()
    rows = (line.strip("|").split(" | ") for line in lines if line.startswith("| `"))
    return {key.strip().strip("`"): (bounds.strip(), default.strip()) for key, bounds, default, _ in rows}


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:g}"
    return ", ".join(value) or "–" if isinstance(value, list) else str(value) or "–"


def test_every_configuration_key_is_documented_and_no_other() -> None:
    assert list(_configuration_rows()) == list(known_keys())


@pytest.mark.parametrize("key", list(known_keys()))
def test_the_documented_bounds_of_a_key_are_the_enforced_ones(key: str) -> None:
    written = _configuration_rows()[key][0]
    enforced = allowed(known_keys()[key])
    for pair in re.findall(r"[\d.]+ … [\d.]+", enforced):
        assert pair in written
    for value in re.findall(r'"(\w+)"', enforced):
        assert f"`{value}`" in written


def test_the_documented_defaults_are_those_that_ship() -> None:
    base = _flat(tomllib.loads(_text("config/defaults.toml")))
    profiles = {desk: _flat(tomllib.loads(_text(f"config/profiles/{desk}.toml"))) for desk in DESKS}
    for key, (_, written) in _configuration_rows().items():
        differing = [
            f"{desk} {_shown(profile[key])}"
            for desk, profile in profiles.items()
            if key != "desk" and key in profile and profile[key] != base[key]
        ]
        assert written == "; ".join([_shown(base[key]), *differing]), key


def test_the_sample_file_loads(tmp_path: Path) -> None:
    from config.load import load

    sample = _text("docs/configuration.md").partition("```toml\n")[2].partition("```")[0]
    (tmp_path / "terminal.toml").write_text(sample, "utf-8")
    assert load(tmp_path / "terminal.toml").place


# Command line --------------------------------------------------------------------------------------------------------


def _verbs() -> dict[str, str]:
    lines = _setup()["options.entry_points"]["tram.verb"].strip().splitlines()
    return {name.strip(): target.strip() for name, _, target in (line.partition("=") for line in lines)}


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Every option, action and choice that a parser takes."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                yield name
                yield from _options(inner)
        else:
            yield from (option for option in action.option_strings if option not in ("-h", "--help"))
            yield from (str(choice) for choice in action.choices or ())


@pytest.mark.parametrize("verb", list(_verbs()))
def test_every_verb_is_documented_with_all_its_options(verb: str) -> None:
    parser = argparse.ArgumentParser(prog=verb)
    importlib.import_module(_verbs()[verb]).configure(parser)
    section = re.search(rf"^## tram {verb}\n(.*?)(?=^## )", _text("docs/cli.md"), re.MULTILINE | re.DOTALL)
    assert section is not None
    missing = [option for option in _options(parser) if option not in section.group(1)]
    assert missing == []


def test_no_verb_is_documented_that_is_not_there() -> None:
    assert set(re.findall(r"^## tram (\w+)$", _text("docs/cli.md"), re.MULTILINE)) == set(_verbs())


# Words and faults ----------------------------------------------------------------------------------------------------


def test_the_failure_manual_is_up_to_date() -> None:
    assert _text("docs/faults.md") == manual.page()


@pytest.mark.parametrize("desk", DESKS)
def test_a_desks_page_quotes_screens_that_exist(desk: str) -> None:
    """In the first column of its tables; the bold words there are titles in one of the languages."""
    titles = {_PLACEHOLDER.sub("", text) for language in ("vi", "en") for text in words(language).values()}
    firsts = [line.split("|")[1] for line in _text(f"docs/desks/{desk}.md").splitlines() if line.startswith("| ")]
    quoted = [_PLACEHOLDER.sub("", title) for cell in firsts for title in re.findall(r"\*\*(.+?)\*\*", cell)]
    assert len(quoted) > 5
    assert [title for title in quoted if title not in titles] == []


# Links and versions --------------------------------------------------------------------------------------------------


def _anchors(page: str) -> set[str]:
    """How the headings of a Markdown page are linked to."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", page, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", list(files(".md")), ids=name_of)
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path) if path else page
        assert file.exists(), target
        assert not anchor or anchor in _anchors(file.read_text("utf-8")), target


def test_the_changelog_has_this_version() -> None:
    assert f"## [{_setup()['metadata']['version']}]" in _text("CHANGELOG.md")


def test_the_list_of_decisions_is_whole() -> None:
    listed = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", _text("docs/decisions/README.md"))
    assert listed == sorted(path.name for path in (ROOT / "docs" / "decisions").glob("0*.md"))


def test_every_decision_says_context_decision_why_and_consequences() -> None:
    for path in (ROOT / "docs" / "decisions").glob("0*.md"):
        headings = re.findall(r"^## (\w+)$", path.read_text("utf-8"), re.MULTILINE)
        assert headings == ["Context", "Decision", "Why", "Consequences"], path.name


def test_every_data_file_of_the_program_ships_with_it() -> None:
    setup = _setup()["options.package_data"]
    shipped = {
        path for room, globs in setup.items() for glob in globs.split(",") for path in (ROOT / room).glob(glob.strip())
    }
    data = {path for room in setup for path in (ROOT / room).rglob("*") if path.is_file() and _is_data(path)}
    assert sorted(name_of(path) for path in data - shipped) == []


def _is_data(path: Path) -> bool:
    candidates = ROOT / "config" / "trust"  # for people to look at, never read by the program
    return path.suffix not in (".py", ".pyc") and candidates not in path.parents
