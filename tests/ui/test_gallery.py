"""The gallery writes every picture and an index of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from terminal.messages import LANGUAGES
from ui import gallery
from ui.samples import samples


def test_every_sample_is_drawn_in_every_language(
    app: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    some = [one for one in samples(None) if one.name in ("gate-stop", "police-allow")]
    monkeypatch.setattr(gallery, "samples", lambda _photo: some)
    assert gallery.main([str(tmp_path / "out"), "1024x600"]) == 0
    assert "4 pictures" in capsys.readouterr().out
    index = (tmp_path / "out" / "index.html").read_text("utf-8")
    for sample in some:
        for language in LANGUAGES:
            name = f"{sample.name}-{language}.png"
            assert (tmp_path / "out" / name).read_bytes().startswith(b"\x89PNG")
            assert name in index


def test_without_a_folder_it_says_how_it_is_called(capsys: pytest.CaptureFixture[str]) -> None:
    assert gallery.main([]) == 2
    assert "FOLDER" in capsys.readouterr().err


def test_sample_names_are_unique() -> None:
    names = [sample.name for sample in samples(None)]
    assert len(names) == len(set(names))
