"""``tram trust setup``: a root gets in by a fingerprint that is typed, and by nothing less."""

from __future__ import annotations

import io
import ssl
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from drivers.simulator.issuer.authority import Authority
from tests.unit.terminal.cli.conftest import Tram

ROOT = Authority(b"setup").root
RIGHT = sha256(ROOT).hexdigest()
OTHER = Authority(b"setup", "CSCA SIMULATED OTHER").root
SOURCE, PERSON = "Công văn 12, 05/01/2026", "Trần Thị Thử"

Setup = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def setup(lines: Callable[..., tuple[int, list[str]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Setup:
    """Go through a folder of candidates, typing those lines."""
    folder = tmp_path / "candidates"
    folder.mkdir()
    (folder / "root.pem").write_text(ssl.DER_cert_to_PEM_cert(ROOT), "ascii")

    def run(*typed: str, language: str = "vi", path: Path = folder) -> tuple[int, list[str]]:
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in typed)))
        return lines("trust", "setup", "--from", path, "--lang", language)

    return run


def accepted(tram: Tram) -> list[dict[str, object]]:
    return list(tram("trust", "list")[1]["anchors"])


def in_groups(size: int) -> list[str]:
    return [RIGHT[at : at + size].upper() for at in range(0, 64, size)]


@pytest.mark.parametrize(
    "typed",
    [
        [RIGHT],
        [" ".join(in_groups(8))],
        [":".join(in_groups(2))],
        in_groups(8),
        [RIGHT[:24], *in_groups(8)[3:]],
    ],
)
def test_the_fingerprint_is_typed_whole_or_in_groups(setup: Setup, tram: Tram, typed: list[str]) -> None:
    code, shown = setup(*typed, SOURCE, PERSON)
    assert code == 0
    assert "Đã chấp nhận" in shown[-2]
    (anchor,) = accepted(tram)
    assert (anchor["fingerprint"], anchor["source"]) == (RIGHT, "root.pem")
    assert (anchor["way"], anchor["words"]) == ("fingerprint", f"{PERSON}: {SOURCE}")


def test_the_operator_sees_what_to_compare_and_with_what(setup: Setup) -> None:
    for language, sentence in (("vi", "Đừng chép từ màn hình"), ("en", "Do not copy it from this screen")):
        code, shown = setup(language=language)
        assert code == 1
        assert shown[1] == "C=VN, O=SIMULATED, CN=CSCA SIMULATED"
        assert " ".join(in_groups(8)) in shown[2]
        assert any(sentence in line for line in shown)


@pytest.mark.parametrize(
    "typed",
    [
        [],
        [""],
        ["yes"],
        [RIGHT[:-1]],
        ["00" * 32],
        [sha256(OTHER).hexdigest(), "", SOURCE, PERSON],
        [RIGHT, ""],
        [RIGHT, SOURCE],
        [RIGHT, SOURCE, ""],
    ],
)
def test_nothing_less_accepts_anything(setup: Setup, tram: Tram, typed: list[str]) -> None:
    code, shown = setup(*typed)
    assert (code, accepted(tram)) == (1, [])
    assert shown[-1].endswith("Chưa chấp nhận chứng thư này")


def test_a_slip_is_asked_for_again(setup: Setup, tram: Tram) -> None:
    first, *others = in_groups(8)
    code, shown = setup(first, "DEADBEEF", "not hex", *others, SOURCE, PERSON)
    assert (code, len(accepted(tram))) == (0, 1)
    assert sum("Khác với chứng thư này" in line for line in shown) == 2


def test_what_is_accepted_is_not_asked_for_again(setup: Setup) -> None:
    setup(RIGHT, SOURCE, PERSON)
    code, shown = setup(language="en")
    assert (code, shown) == (0, ["No certificate is waiting to be confirmed"])


def test_a_folder_s_certificates_are_offered_whatever_their_form(setup: Setup, tmp_path: Path) -> None:
    (tmp_path / "candidates" / "other.der").write_bytes(OTHER)
    (tmp_path / "candidates" / "notes.txt").write_text("no certificate", "utf-8")
    _, printed = setup("", "", language="en")
    assert [line for line in printed if line.startswith("Certificate ")] == [
        f"Certificate {number} of 2, file {name}, confirmed by nobody:"
        for number, name in ((1, "other.der"), (2, "root.pem"))
    ]


def test_a_file_may_hold_several(setup: Setup, tram: Tram, tmp_path: Path) -> None:
    both = tmp_path / "both.pem"
    both.write_text(ssl.DER_cert_to_PEM_cert(OTHER) + ssl.DER_cert_to_PEM_cert(ROOT), "ascii")
    code, shown = setup("", RIGHT, SOURCE, PERSON, path=both)
    assert (code, [one["fingerprint"] for one in accepted(tram)]) == (0, [RIGHT])
    assert shown[0] == "Chứng thư 1/2, tệp both.pem, chưa ai xác nhận:"


def test_the_candidates_that_come_along_are_offered_and_not_believed(
    lines: Callable[..., tuple[int, list[str]]], tram: Tram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    code, shown = lines("trust", "setup")
    assert (code, accepted(tram)) == (1, [])
    assert "CN=CSCA Vietnam" in shown[1]
    assert "6F0A20D6 3A43FC58" in shown[2]
