"""What is told of a chip's files: everything that is no datum about their owner, and what could not be read."""

from __future__ import annotations

import json

import pytest

from crypto.emrtd.lds import Ef
from terminal.cli.contents_report import to_json
from tests import chips

WITH_DG13 = {"COM", "DG1", "DG2", "DG13", "DG14", "DG15"}
PASSPORT = {"COM", "DG1", "DG2", "DG7", "DG11", "DG12", "DG14", "DG15", "DG16"}


@pytest.mark.parametrize(
    ("profile", "files"),
    [("cccd-2021", WITH_DG13), ("cccd-2024", WITH_DG13), ("icao-cam", PASSPORT), ("icao-dh", PASSPORT)],
)
def test_every_file_is_told_and_nobody_is_named(profile: str, files: set[str]) -> None:
    contents, who = chips.contents_of(profile), chips.person_of(profile)
    told = to_json(contents.files)
    assert set(told) <= files
    assert {"DG1", "DG2", "DG14", "DG15"} <= set(told)
    assert not [name for name, details in told.items() if "unreadable" in details]
    text = json.dumps(told, ensure_ascii=False)
    for secret in (who.id_number.digits, who.id_number.can, who.name, who.address):
        assert secret not in text


def test_an_unreadable_file_is_told_by_its_structure() -> None:
    told = to_json({ef: b"\x00" for ef in Ef})
    assert {"COM", "DG1", "DG2", "DG7", "DG11", "DG12", "DG13", "DG14", "DG15", "DG16"} == set(told)
    for details in told.values():
        assert isinstance(details, dict)
        assert details["unreadable"]


def test_without_files_nothing_is_told() -> None:
    assert to_json({}) == {}
