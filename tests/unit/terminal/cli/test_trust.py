"""``tram trust``: nothing is accepted without its fingerprint."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from drivers.simulator.issuer.authority import Authority
from tests.unit.terminal.cli.conftest import Tram


@pytest.fixture(scope="module")
def root() -> bytes:
    return Authority(b"trust verb").root


@pytest.fixture
def file(tmp_path: Path, root: bytes) -> Path:
    file = tmp_path / "root.der"
    file.write_bytes(root)
    return file


@pytest.fixture
def fingerprint(root: bytes) -> str:
    return sha256(root).hexdigest()


def test_a_fresh_store_is_empty_and_says_what_to_do(tram: Tram, lines: Callable[..., object]) -> None:
    assert tram("trust", "list") == (0, {"anchors": []})
    code, shown = lines("trust", "list")  # type: ignore[misc]
    assert (code, len(shown)) == (0, 1)
    assert "tram trust add" in shown[0]


def test_without_fingerprint_the_certificate_is_shown_and_not_accepted(
    tram: Tram, file: Path, fingerprint: str
) -> None:
    code, shown = tram("trust", "add", file)
    assert (code, shown["accepted"]) == (1, False)
    assert shown["certificates"][0]["fingerprint"] == fingerprint
    assert "CSCA SIMULATED" in shown["certificates"][0]["subject"]
    assert tram("trust", "list") == (0, {"anchors": []})


def test_for_people_the_fingerprint_is_in_pairs_with_what_to_do_next(
    lines: Callable[..., object], file: Path, fingerprint: str
) -> None:
    code, shown = lines("trust", "add", file, "--lang", "vi")  # type: ignore[misc]
    assert code == 1
    assert fingerprint[:2].upper() + ":" + fingerprint[2:4].upper() in shown[1]
    assert shown[2] == "  Hiệu lực: 01/01/2021 – 31/12/2046"
    assert "--fingerprint" in shown[3]


def test_an_issuer_is_accepted_listed_and_removed(tram: Tram, file: Path, fingerprint: str, home: Path) -> None:
    colons = ":".join(fingerprint[at : at + 2] for at in range(0, 64, 2)).upper()
    code, shown = tram("trust", "add", file, "--fingerprint", colons)
    assert (code, shown["added"]["fingerprint"], shown["added"]["source"]) == (0, fingerprint, "root.der")
    code, shown = tram("trust", "list")
    assert [anchor["fingerprint"] for anchor in shown["anchors"]] == [fingerprint]
    assert (home / "user_data_path" / "trust").is_dir()
    code, shown = tram("trust", "remove", fingerprint)
    assert (code, shown["removed"]["fingerprint"]) == (0, fingerprint)
    assert tram("trust", "list") == (0, {"anchors": []})


def test_people_see_what_was_accepted_and_removed(
    lines: Callable[..., object], file: Path, fingerprint: str, tmp_path: Path
) -> None:
    store = ("--store", tmp_path / "other")
    code, shown = lines("trust", "add", file, "--fingerprint", fingerprint, *store)  # type: ignore[misc]
    assert (code, shown[0]) == (0, "Accepted:")
    code, shown = lines("trust", "list", *store)  # type: ignore[misc]
    assert shown[3].startswith("  From: root.der, ")
    code, shown = lines("trust", "remove", fingerprint, *store)  # type: ignore[misc]
    assert (code, shown[0]) == (0, "No longer accepted:")


@pytest.mark.parametrize(
    ("arguments", "code", "fault"),
    [
        (("add", "FILE", "--fingerprint", "00" * 32), 1, "trust.fingerprint"),
        (("add", "FILE", "--fingerprint", "abcd"), 1, "trust.fingerprint"),
        (("remove", "00" * 32), 1, "trust.fingerprint"),
        (("add", "BROKEN"), 2, "trust.unreadable"),
        (("add", "GONE"), 2, "usage.bad"),
        (("list", "--store", "FILE"), 2, "trust.unreadable"),
        (("shine",), 2, "usage.bad"),
    ],
)
def test_what_is_not_accepted_is_told(
    tram: Tram, file: Path, tmp_path: Path, arguments: tuple[str, ...], code: int, fault: str
) -> None:
    (tmp_path / "broken.der").write_bytes(b"no certificate")
    places = {"FILE": file, "BROKEN": tmp_path / "broken.der", "GONE": tmp_path / "gone.der"}
    found, shown = tram("trust", *[places.get(argument, argument) for argument in arguments])
    if arguments[0] == "list":  # a file in the place of the folder holds no index, so nothing is accepted
        assert (found, shown) == (0, {"anchors": []})
    else:
        assert (found, shown["error"]["code"]) == (code, fault)


def test_a_store_that_cannot_be_written_is_told(tram: Tram, file: Path, fingerprint: str) -> None:
    code, shown = tram("trust", "add", file, "--fingerprint", fingerprint, "--store", file)
    assert (code, shown["error"]["code"]) == (2, "trust.unreadable")
