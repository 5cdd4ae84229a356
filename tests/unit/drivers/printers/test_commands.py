"""The commands of a slip, read back by a printer that shares no code with them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from drivers.printers.commands import BAND_ROWS, bands, slip_commands
from drivers.printers.layout import picture_of
from tests.escpos_paper import Dots, ReceiptPrinter
from tests.house.rooms import ROOT
from tests.unit.drivers.printers.slips import SLIP


def _printed(picture: Image.Image) -> tuple[Dots, ReceiptPrinter]:
    printer = ReceiptPrinter(dots=picture.width)
    printer.take(slip_commands(picture))
    (paper,) = printer.slips
    assert printer.unfinished == 0
    return paper, printer


@pytest.mark.parametrize("dots", [384, 576])
def test_the_paper_shows_the_picture_and_then_room_to_cut(dots: int) -> None:
    picture = picture_of(SLIP, dots)
    paper, _ = _printed(picture)
    assert np.array_equal(paper[: picture.height], ~np.array(picture))
    assert not paper[picture.height :].any()
    assert len(paper) - picture.height >= 120


def test_the_code_on_the_paper_is_read() -> None:
    import zxingcpp

    paper, _ = _printed(picture_of(SLIP, 576))
    grey = np.where(paper, 0, 255).astype(np.uint8)
    (code,) = zxingcpp.read_barcodes(grey)
    assert code.bytes == b"a1b2c3"
    assert cv2.QRCodeDetector().detectAndDecode(grey)[0] == "a1b2c3"


def test_no_command_needs_more_memory_than_a_simple_printer_has() -> None:
    _, printer = _printed(Image.new("1", (576, 2000), 0))
    assert printer.largest == BAND_ROWS * 72
    assert printer.largest < 8 * 1024


def test_white_paper_costs_next_to_nothing() -> None:
    picture = picture_of(SLIP, 576)
    assert len(slip_commands(picture)) < picture.width // 8 * picture.height * 0.6


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 20), st.lists(st.binary(min_size=20, max_size=20), min_size=1, max_size=300))
def test_any_picture_comes_out_as_it_is(width: int, rows: list[bytes]) -> None:
    picture = Image.frombytes("1", (width * 8, len(rows)), b"".join(row[:width] for row in rows))
    cut = list(bands(picture))
    assert sum(band.height for band in cut) == picture.height
    assert all(0 < band.height <= BAND_ROWS and band.width % 8 == 0 for band in cut)
    paper, _ = _printed(picture)
    assert np.array_equal(paper[: picture.height], ~np.array(picture))


def test_the_library_leaves_nothing_behind_and_says_nothing(tmp_path: Path) -> None:
    program = (
        "from PIL import Image; from drivers.printers.commands import slip_commands as s; s(Image.new('1', (8, 8)))"
    )
    environ = os.environ | {"TMPDIR": str(tmp_path), "TEMP": str(tmp_path), "TMP": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environ, capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")
    assert list(tmp_path.iterdir()) == []
    assert tempfile.gettempdir() != str(tmp_path)
