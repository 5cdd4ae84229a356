"""Nothing in the project points to a real person or to somebody's computer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.rooms import ROOT, files, name_of

_BINARY = frozenset({".png", ".ttf"})
_NUMBER = re.compile(r"(?<![0-9A-Za-z])[0-9]{12}(?![0-9A-Za-z])")
_MACHINE = re.compile(r"(?<![\w.~-])/(?:work|root)/|/home/[a-z0-9]|/tmp/[A-Za-z0-9]|[A-Z]:\\Users\\[A-Za-z]")

_NO_PERSON = {
    "000000000000",  # a length
    "000201996304",  # head and tail of a payment code
    "010203049000",  # bytes and a status word
    "123456789012",  # counting
    "199000000000",  # dates of birth with a time of day, as the check-in table writes them
    "199011000000",
    "199011200000",
    "678108010105",  # an object identifier
    "818181818100",  # nested CBOR
    "990290009000",  # a protected status word
}
"""Twelve digits that are no ID number, nor look like one where they stand."""

_PUBLISHED = ROOT / "tests" / "vectors"
"""Vectors of published standards, with their own people and numbers."""


def _lines() -> Iterator[tuple[str, str]]:
    """Every line of every text of the project, with the place where it stands."""
    for path in files():
        if _PUBLISHED not in path.parents and path.suffix not in _BINARY:
            for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), start=1):
                yield f"{name_of(path)}:{number}", line


def test_every_id_number_is_an_invented_one() -> None:
    """No province has the head 003."""
    found = {
        place for place, line in _lines() for number in set(_NUMBER.findall(line)) - _NO_PERSON if number[:3] != "003"
    }
    assert found == set()


def test_no_path_of_anybodys_computer_stands_anywhere() -> None:
    assert [place for place, line in _lines() if _MACHINE.search(line)] == []


def test_the_search_finds_what_it_looks_for() -> None:
    real, path = "0" + "79" * 5 + "1", "/".join(["", "home", "someone"])
    assert _NUMBER.findall(f"id {real}, 003090123450; a{real}") == [real, "003090123450"]
    assert _MACHINE.search(f"see {path}/notes")
    assert not _MACHINE.search("https://example.vn/work/plan and ~/work/ and docs/work/")


def test_pictures_are_only_where_documents_show_them() -> None:
    places = {path.parent for path in files(".png")}
    assert places <= {ROOT / "docs" / "images"}


def test_no_file_is_a_link_out_of_the_project() -> None:
    assert [name_of(path) for path in files() if Path(path).is_symlink()] == []
