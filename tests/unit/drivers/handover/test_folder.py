"""The file drop: whole files, nobody's name outside of them, and what a folder can do wrong."""

from __future__ import annotations

import errno
import json
import os
import stat
import threading
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.handover import folder as drop
from drivers.handover.folder import FileDrop, as_xml, build
from terminal.clock import SystemClock
from terminal.events import HandedOver, HandOverFailed
from terminal.faults import FaultError
from terminal.handing import as_json, check_in
from terminal.outputs import HandOverOptions
from tests.handed_over import visit
from tests.inbox import RecordingInbox


@pytest.fixture
def tray(tmp_path: Path) -> Path:
    folder = tmp_path / "tray"
    folder.mkdir(mode=0o750)
    return folder


@pytest.fixture
def inbox() -> RecordingInbox:
    return RecordingInbox()


@pytest.fixture
def way(tray: Path, inbox: RecordingInbox) -> Iterator[FileDrop]:
    made = FileDrop(tray, SystemClock(), 600.0)
    made.start(inbox)
    yield made
    made.stop()


def _read(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - our own


def _names(tray: Path) -> list[str]:
    return sorted(path.name for path in tray.iterdir())


def test_a_visit_is_two_whole_files_named_by_it(way: FileDrop, tray: Path, inbox: RecordingInbox) -> None:
    way.hand(visit())
    assert inbox.wait_for(HandedOver) == HandedOver(1, "folder")
    assert _names(tray) == ["tram-a1b2c3d4e5f6-1.json", "tram-a1b2c3d4e5f6-1.xml"]
    assert (tray / "tram-a1b2c3d4e5f6-1.json").read_text("utf-8") == as_json(visit()) + "\n"
    for path in tray.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_the_fields_of_the_check_in_table_stand_in_its_order(tray: Path) -> None:
    read = _read(as_xml(visit(facility="01C54")))
    assert read.tag == "TRANG_THAI_KCB"
    assert read.attrib == {"visit": "a1b2c3d4e5f6-1", "simulated": "false", "degraded": "false"}
    names = ["HO_TEN", "SO_CCCD", "NGAY_SINH", "GIOI_TINH", "MA_THE_BHYT", "MA_DKBD", "GT_THE_TU"]
    assert [child.tag for child in read] == names
    assert {child.tag: child.text for child in read} == check_in(visit(facility="01C54"))


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn", "Co")), min_size=1, max_size=60))
def test_no_text_breaks_the_xml(name: str) -> None:
    assert _read(as_xml(visit(name=name))).findtext("HO_TEN") == name


def test_the_same_visit_again_takes_the_place_of_its_files(way: FileDrop, tray: Path, inbox: RecordingInbox) -> None:
    way.hand(visit())
    inbox.wait_for(HandedOver)
    way.hand(visit(name="LÊ THỊ THỬ"))
    inbox.wait_for(HandedOver)
    assert len(_names(tray)) == 2
    assert json.loads((tray / "tram-a1b2c3d4e5f6-1.json").read_text("utf-8"))["name"] == "LÊ THỊ THỬ"


def test_a_visit_with_other_letters_stays_in_the_folder(way: FileDrop, tray: Path, inbox: RecordingInbox) -> None:
    way.hand(visit(visit="../a:b"))
    inbox.wait_for(HandedOver)
    assert _names(tray) == ["tram-.._a_b.json", "tram-.._a_b.xml"]


def test_a_reader_never_sees_a_part_of_a_file(way: FileDrop, tray: Path, inbox: RecordingInbox) -> None:
    """What a reader that looks after every single step finds is whole or not there."""
    seen: list[bytes] = []

    def looked(real: Callable[..., object]) -> Callable[..., object]:
        def step(*arguments: object, **named: object) -> object:
            seen.extend(path.read_bytes() for path in tray.glob("tram-*"))
            return real(*arguments, **named)

        return step

    with mock.patch("os.fsync", looked(os.fsync)), mock.patch.object(Path, "chmod", looked(Path.chmod)):
        way.hand(visit())
        inbox.wait_for(HandedOver)
    whole = {as_json(visit()).encode() + b"\n", as_xml(visit()).encode()}
    assert seen
    assert set(seen) <= whole


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        (errno.ENOSPC, "handover.full"),
        (errno.EDQUOT, "handover.full"),
        (errno.EACCES, "handover.denied"),
        (errno.EROFS, "handover.denied"),
        (errno.EIO, "handover.absent"),
        (errno.ESTALE, "handover.absent"),
    ],
    ids=lambda value: errno.errorcode.get(value, str(value)),
)
def test_a_disk_that_fails_while_writing_leaves_nothing_behind(
    way: FileDrop, tray: Path, inbox: RecordingInbox, number: int, fault: str
) -> None:
    with mock.patch("os.fsync", side_effect=OSError(number, "invented")):
        way.hand(visit())
        assert inbox.wait_for(HandOverFailed).fault == fault
        assert _names(tray) == []
    way.again()
    inbox.wait_for(HandedOver)
    assert len(_names(tray)) == 2


def test_a_really_full_disk(way: FileDrop, tray: Path, inbox: RecordingInbox) -> None:
    """/dev/full takes nothing: the draft is opened there."""
    real = os.open

    def full(path: str, flags: int, *rest: int) -> int:
        return real("/dev/full", os.O_WRONLY) if ".tram-" in str(path) else real(path, flags, *rest)

    with mock.patch("tempfile._os.open", full):
        way.hand(visit())
        assert inbox.wait_for(HandOverFailed).fault == "handover.full"
    assert _names(tray) == []


def test_a_folder_that_everybody_may_read_gets_nothing(way: FileDrop, tray: Path, inbox: RecordingInbox) -> None:
    tray.chmod(0o755)
    way.hand(visit())
    assert inbox.wait_for(HandOverFailed).fault == "handover.denied"
    assert _names(tray) == []


def test_a_missing_folder_is_not_made(tmp_path: Path, inbox: RecordingInbox) -> None:
    way = FileDrop(tmp_path / "share", SystemClock(), 600.0)
    way.start(inbox)
    way.hand(visit())
    assert inbox.wait_for(HandOverFailed).fault == "handover.absent"
    assert not (tmp_path / "share").exists()
    (tmp_path / "share").mkdir(mode=0o700)
    way.again()
    assert inbox.wait_for(HandedOver).session == 1
    way.stop()


def test_a_share_that_hangs_is_silent_and_holds_up_neither_hand_nor_stop(
    way: FileDrop, tray: Path, inbox: RecordingInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging, reached = threading.Event(), threading.Event()

    def hang() -> None:
        reached.set()
        assert hanging.wait(60.0)

    monkeypatch.setattr(way, "_check_rights", hang)
    monkeypatch.setattr(way, "_within", 0.3)
    way.hand(visit(1))
    assert reached.wait(20.0)
    assert inbox.wait_for(HandOverFailed, 20.0).fault == "handover.silent"
    way.hand(visit(2))
    assert inbox.wait_for(HandOverFailed, 20.0) == HandOverFailed(2, "folder", "handover.silent")
    hanging.set()
    lane = way._lane
    assert lane is not None
    assert lane.wait_for_end(20.0)
    way.again()
    assert inbox.wait_for(HandedOver, 20.0).session == 1


def _check(folder: Path) -> str:
    with pytest.raises(FaultError) as raised:
        FileDrop(folder, SystemClock(), 600.0).check()
    return raised.value.fault.code


def test_check_leaves_nothing_in_a_good_folder(tray: Path) -> None:
    FileDrop(tray, SystemClock(), 600.0).check()
    assert _names(tray) == []


def test_check_tells_what_is_wrong_with_a_folder(tray: Path, tmp_path: Path) -> None:
    assert _check(tmp_path / "nowhere") == "handover.absent"
    with mock.patch("os.fsync", side_effect=OSError(errno.ENOSPC, "invented")):
        assert _check(tray) == "handover.full"
    tray.chmod(0o701)
    assert _check(tray) == "handover.denied"


def test_check_tells_when_nobody_fetches(tray: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tray / "notes.txt").touch()
    os.utime(tray / "notes.txt", (0, 0))
    FileDrop(tray, SystemClock(), 600.0).check()
    monkeypatch.setattr(drop, "MOST_FILES", 3)
    for number in range(3):
        (tray / f"tram-{number}.json").touch()
    FileDrop(tray, SystemClock(), 600.0).check()
    (tray / "tram-3.xml").touch()
    assert _check(tray) == "handover.piled"
    (tray / "tram-3.xml").unlink()
    os.utime(tray / "tram-2.json", (0, 0))
    assert _check(tray) == "handover.piled"


def test_without_a_folder_there_is_nothing_to_build() -> None:
    with pytest.raises(FaultError) as raised:
        build(HandOverOptions("quay-3", "reception"), SystemClock())
    assert raised.value.fault.code == "config.invalid"
