"""``tram printer test``."""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import pytest

from terminal.__main__ import main
from terminal.cli.printer import TEST_CODE, slip_for_test
from terminal.messages import LANGUAGES
from tests.escpos_paper import ReceiptPrinter
from tests.fake_clock import FakeClock


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The site's file, with a printer that is a file."""
    file = tmp_path / "terminal.toml"
    file.write_text(f'[printer]\ndriver = "escpos"\naddress = "file:{tmp_path / "slips"}"\n', "utf-8")
    monkeypatch.setenv("TRAM_CONFIG", str(file))
    return file


def _on_paper(target: Path) -> int:
    paper = ReceiptPrinter()
    paper.take(target.read_bytes())
    return len(paper.slips)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_slip_bears_every_letter_and_nobody(language: str) -> None:
    slip = slip_for_test("Quầy 3", language, FakeClock())
    letters = {letter for _, value in slip.rows for letter in value if letter.isalpha()}
    marks = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
    wanted = {unicodedata.normalize("NFC", vowel + mark) for vowel in "aăâeêioôơuưy" for mark in marks} | {"đ"}
    assert letters == wanted | {letter.upper() for letter in wanted}
    assert slip.code == TEST_CODE == b"TRAM-TEST"
    assert slip.place == "Quầy 3"
    now = datetime(2026, 11, 22, 15, 16, tzinfo=UTC)
    assert slip.rows[-1][1] == f"{now:%d/%m/%Y %H:%M}"


def test_it_prints_on_the_configured_printer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "en", "printer", "test"]) == 0
    assert "took the test slip" in capsys.readouterr().out
    assert _on_paper(tmp_path / "slips") == 1


def test_json_says_what_happened(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["printer", "test", "--json", "--address", f"file:{tmp_path / 'other'}"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["printed"] is True
    assert (told["driver"], told["address"]) == ("escpos", f"file:{tmp_path / 'other'}")
    assert told["ms"] >= 0
    assert _on_paper(tmp_path / "other") == 1
    assert not (tmp_path / "slips").exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_printer_that_is_not_there_is_told_with_its_remedy(
    language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--lang", language, "printer", "test", "--json", "--address", str(tmp_path / "no printer")]
    assert main(arguments) == 3
    told = json.loads(capsys.readouterr().out)
    assert told["error"]["code"] == "printer.absent"
    assert told["error"]["remedy"]
    assert str(tmp_path / "no printer") in told["error"]["detail"]


def test_without_a_printer_nothing_is_printed(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site.write_text('[printer]\ndriver = "none"\n', "utf-8")
    assert main(["printer", "test", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "usage.bad"


def test_another_driver_does_not_take_over_the_address(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site.write_text('[printer]\ndriver = "system"\naddress = "a name"\n', "utf-8")
    assert main(["printer", "test", "--json", "--driver", "escpos"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "config.invalid"
