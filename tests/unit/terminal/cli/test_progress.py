"""The line that tells how far a read is: for people at a console, and gone when it is over."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from crypto.emrtd.lds import Ef
from terminal.cli.progress import ProgressLine
from terminal.events import Step
from terminal.proof.reading import Progress
from tests import chips
from tests.unit.terminal.cli.conftest import Lay


class Console(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_each_step_and_the_share_of_a_file_stand_in_one_line_that_is_wiped() -> None:
    console = Console()
    with ProgressLine(console, "en") as line:
        line.told(Progress(Step.UNLOCK))
        line.told(Progress(Step.PHOTO, Ef.DG2, 500, 1000))
        line.told(Progress(Step.VERIFY, Ef.DG14, 0, 0))
    shown = [part.rstrip() for part in console.getvalue().split("\r")]
    assert shown == [
        *("", "Place the card on the reader", "Unlocking chip", "Reading photo: DG2 50 %", "Checking signature", "", "")
    ]
    assert console.getvalue().endswith("\r" + " " * len("Checking signature") + "\r")


@pytest.mark.parametrize("stream", [None, io.StringIO()], ids=["none", "a file"])
def test_nothing_is_written_where_nobody_looks(stream: io.StringIO | None) -> None:
    with ProgressLine(stream, "vi") as line:
        line.told(Progress(Step.READ))
    assert stream is None or stream.getvalue() == ""


def test_a_read_reports_to_the_console(
    lines: Callable[..., tuple[int, list[str]]], lay: Lay, monkeypatch: pytest.MonkeyPatch
) -> None:
    console = Console()
    monkeypatch.setattr("sys.stderr", console)
    lay(chips.contents_of("cccd-2021"))
    code, printed = lines("read", "--can", "123450", "--lang", "vi")
    assert code == 0
    assert "100 %" not in "".join(printed)
    assert "DG2 100 %" in console.getvalue()
    assert "123450" not in console.getvalue()
