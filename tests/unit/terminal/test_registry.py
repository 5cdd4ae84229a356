"""Plug-ins are found by name, and nothing foreign stands in for them."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from importlib.metadata import EntryPoint

import pytest

from terminal import registry
from terminal.faults import FaultError

LOADERS: list[tuple[str, Callable[[str], object]]] = [
    ("tram.reader", registry.reader),
    ("tram.codes", registry.codes),
    ("tram.decoder", registry.decoder),
    ("tram.scan", registry.scan),
    ("tram.scanner", registry.scanner),
    ("tram.backend", registry.backend),
    ("tram.face", registry.face),
    ("tram.table", registry.table),
    ("tram.virtual_readers", registry.virtual_readers),
]


@pytest.fixture
def plug(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Have only these entry points installed."""

    def install(*points: EntryPoint) -> None:
        def entry_points(**wanted: str) -> list[EntryPoint]:
            return [point for point in points if all(getattr(point, key) == value for key, value in wanted.items())]

        monkeypatch.setattr(registry, "entry_points", entry_points)

    return install


def fault(action: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(FaultError) as caught:
        action()
    return caught.value.fault.code, caught.value.detail


@pytest.mark.parametrize(("group", "loader"), LOADERS)
def test_a_plug_in_is_loaded_from_its_group(
    plug: Callable[..., None], group: str, loader: Callable[[str], object]
) -> None:
    plug(EntryPoint("mine", "json:dumps", group), EntryPoint("mine", "json:loads", "tram.other"))
    import json

    assert loader("mine") is json.dumps
    assert fault(lambda: loader("theirs")) == ("install.missing", f"{group} theirs")


@pytest.mark.parametrize(
    ("value", "detail"), [("no_such_module_here:x", "no_such_module_here"), ("json:no_such_name", "no_such_name")]
)
def test_a_plug_in_that_lacks_something_says_what(plug: Callable[..., None], value: str, detail: str) -> None:
    plug(EntryPoint("mine", value, "tram.reader"))
    code, text = fault(lambda: registry.reader("mine"))
    assert code == "install.missing"
    assert detail in text


def test_two_plug_ins_under_one_name_are_never_chosen_between(plug: Callable[..., None]) -> None:
    plug(EntryPoint("pcsc", "json:dumps", "tram.reader"), EntryPoint("pcsc", "json:loads", "tram.reader"))
    code, text = fault(lambda: registry.reader("pcsc"))
    assert code == "install.shadowed"
    assert "json:dumps and json:loads" in text


def test_the_same_plug_in_listed_twice_is_one(plug: Callable[..., None]) -> None:
    plug(*[EntryPoint("pcsc", "json:dumps", "tram.reader")] * 2)
    assert registry.reader("pcsc")


def test_a_verb_is_a_module(plug: Callable[..., None]) -> None:
    plug(EntryPoint("act", "json", "tram.verb"), EntryPoint("bad", "json:dumps", "tram.verb"))
    assert registry.verbs() == ("act", "bad")
    assert isinstance(registry.verb("act"), types.ModuleType)
    assert fault(lambda: registry.verb("bad"))[0] == "install.missing"


def test_the_verbs_of_the_contract_are_installed() -> None:
    contract = {"run", "demo", "doctor", "readers", "read", "verify", "scan", "chip", "trust", "backend", "ticket"}
    assert contract <= set(registry.verbs())


def test_our_own_packages_come_from_one_place() -> None:
    registry.check_rooms()


def test_a_foreign_package_in_front_of_ours_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    foreign = types.ModuleType("config")
    foreign.__spec__ = ModuleSpec("config", None, origin="/elsewhere/site-packages/config/__init__.py")
    monkeypatch.setitem(sys.modules, "config", foreign)
    code, text = fault(registry.check_rooms)
    assert code == "install.shadowed"
    assert text.startswith("config comes from ")


def test_a_package_of_ours_that_is_gone_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert fault(registry.check_rooms) == ("install.missing", "terminal")
