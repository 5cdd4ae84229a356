"""``tram trust``: nothing is accepted without its fingerprint."""

from __future__ import annotations

import errno
import os
import ssl
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from drivers.simulator.issuer.authority import Authority
from tests.unit.terminal.cli.conftest import Tram

SIGNER = Authority(b"trust verb").signer().certificate
EMPTY: dict[str, object] = {"anchors": [], "lists": []}


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
    assert tram("trust", "list") == (0, EMPTY)
    code, shown = lines("trust", "list")  # type: ignore[misc]
    assert (code, len(shown)) == (0, 1)
    assert "tram trust setup" in shown[0]


def test_without_fingerprint_the_certificate_is_shown_and_not_accepted(
    tram: Tram, file: Path, fingerprint: str
) -> None:
    code, shown = tram("trust", "add", file)
    assert (code, shown["accepted"]) == (1, False)
    assert shown["certificates"][0]["fingerprint"] == fingerprint
    assert "CSCA SIMULATED" in shown["certificates"][0]["subject"]
    assert tram("trust", "list") == (0, EMPTY)


def test_for_people_the_fingerprint_is_in_groups_with_what_to_do_next(
    lines: Callable[..., object], file: Path, fingerprint: str
) -> None:
    code, shown = lines("trust", "add", file, "--lang", "vi")  # type: ignore[misc]
    assert code == 1
    assert f"{fingerprint[:8]} {fingerprint[8:16]}".upper() in shown[1]
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
    assert (code, [one["fingerprint"] for one in shown["removed"]]) == (0, [fingerprint])
    assert tram("trust", "list") == (0, EMPTY)


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
        (("add", "BROKEN"), 1, "trust.refused"),
        (("add", "GONE"), 2, "usage.bad"),
        (("add", "NO_CA", "--fingerprint", sha256(SIGNER).hexdigest()), 1, "trust.refused"),
        (("show", "00" * 32), 1, "trust.fingerprint"),
        (("show", ""), 1, "trust.fingerprint"),
        (("crl", "FILE"), 1, "trust.refused"),
        (("import", "GONE"), 2, "usage.bad"),
        (("import", "FILE", "--signer", "GONE"), 2, "usage.bad"),
        (("import", "FILE", "--confirm", "00" * 32), 1, "trust.fingerprint"),
        (("shine",), 2, "usage.bad"),
    ],
)
def test_what_is_not_accepted_is_told(
    tram: Tram, file: Path, tmp_path: Path, arguments: tuple[str, ...], code: int, fault: str
) -> None:
    (tmp_path / "broken.der").write_bytes(b"no certificate")
    (tmp_path / "signer.der").write_bytes(SIGNER)
    places = {
        "NO_CA": tmp_path / "signer.der",
        "FILE": file,
        "BROKEN": tmp_path / "broken.der",
        "GONE": tmp_path / "gone.der",
    }
    found, shown = tram("trust", *[places.get(argument, argument) for argument in arguments])
    assert (found, shown["error"]["code"]) == (code, fault)


def test_a_file_in_the_place_of_the_folder_accepts_nothing(tram: Tram, file: Path) -> None:
    assert tram("trust", "list", "--store", file) == (0, EMPTY)


def test_a_damaged_store_is_told(tram: Tram, file: Path, fingerprint: str, tmp_path: Path) -> None:
    tram("trust", "add", file, "--fingerprint", fingerprint, "--store", tmp_path)
    (tmp_path / "accepted.trust").write_bytes(b"tram-trust 2")
    code, shown = tram("trust", "list", "--store", tmp_path)
    assert (code, shown["error"]["code"]) == (2, "trust.unreadable")


def test_one_issuer_is_shown_with_its_certificate(
    tram: Tram, lines: Callable[..., object], file: Path, root: bytes, fingerprint: str
) -> None:
    tram("trust", "add", file, "--fingerprint", fingerprint, "--words", "Trần Thị Thử: công văn 12")
    code, shown = tram("trust", "show", fingerprint[:8].upper())
    assert shown["list"] is None
    assert (code, shown["anchor"]["words"], shown["anchor"]["way"]) == (0, "Trần Thị Thử: công văn 12", "fingerprint")
    assert ssl.PEM_cert_to_DER_cert(shown["anchor"]["pem"]) == root
    code, printed = lines("trust", "show", fingerprint)  # type: ignore[misc]
    assert "  Who compared with what: Trần Thị Thử: công văn 12" in printed
    assert "  There is no revocation list of this issuer here" in printed
    assert "-----END CERTIFICATE-----" in printed


def test_the_list_can_be_of_one_country(tram: Tram, file: Path, fingerprint: str) -> None:
    tram("trust", "add", file, "--fingerprint", fingerprint)
    assert len(tram("trust", "list", "--country", "vn")[1]["anchors"]) == 1
    assert tram("trust", "list", "--country", "DE")[1]["anchors"] == []


def test_a_store_that_cannot_be_written_is_told(tram: Tram, file: Path, fingerprint: str) -> None:
    code, shown = tram("trust", "add", file, "--fingerprint", fingerprint, "--store", file)
    assert (code, shown["error"]["code"]) == (2, "usage.bad")


def test_a_full_disk_under_the_store_is_told_with_the_file(
    tram: Tram, file: Path, fingerprint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    code, shown = tram("trust", "add", file, "--fingerprint", fingerprint, "--store", tmp_path / "store")
    assert (code, shown["error"]["code"]) == (3, "file.unusable")
    assert shown["error"]["detail"] == f"{tmp_path / 'store' / 'accepted.trust'}: {os.strerror(errno.ENOSPC)}"
    assert list((tmp_path / "store").iterdir()) == []
