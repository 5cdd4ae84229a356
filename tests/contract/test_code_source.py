"""What every `terminal.ports.CodeSource` promises."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from terminal.events import CodeSeen, Device, DeviceUp
from terminal.ports import CodeSource
from tests.contract.code_rigs import RIGS, Rig
from tests.inbox import RecordingInbox

TEXT = "003090123450||NGUYỄN VĂN THỬ NGHIỆM|20111990|Nam|Số 1, Phố Mẫu|15072021".encode()


@pytest.fixture(params=sorted(RIGS))
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    rig = RIGS[request.param](tmp_path)
    yield rig
    rig.close()


@pytest.fixture
def inbox() -> RecordingInbox:
    return RecordingInbox()


@pytest.fixture
def source(rig: Rig, inbox: RecordingInbox) -> Iterator[CodeSource]:
    source = rig.source()
    source.start(inbox)
    inbox.wait_for(DeviceUp)
    yield source
    source.stop()


def test_a_started_source_says_that_it_is_there(rig: Rig, inbox: RecordingInbox) -> None:
    source = rig.source()
    source.start(inbox)
    try:
        up = inbox.wait_for(DeviceUp)
        assert up.device in (Device.CAMERA, Device.SCANNER)
        assert up.simulated is rig.simulated
    finally:
        source.stop()


@pytest.mark.parametrize("payload", [TEXT, b"\x00\xd2\x84\x43\xff\x00"], ids=["a card's text", "binary"])
def test_a_code_arrives_as_its_bytes(rig: Rig, source: CodeSource, inbox: RecordingInbox, payload: bytes) -> None:
    rig.show(payload)
    seen = inbox.wait_for(CodeSeen)
    assert seen.payload == payload
    assert seen.simulated is rig.simulated


def test_one_code_after_the_other_arrives(rig: Rig, source: CodeSource, inbox: RecordingInbox) -> None:
    for payload in (b"one", b"two", b"three"):
        rig.show(payload)
        assert inbox.wait_for(CodeSeen).payload == payload


def test_a_paused_source_tells_nothing_and_goes_on_afterwards(
    rig: Rig, source: CodeSource, inbox: RecordingInbox
) -> None:
    rig.show(b"before")
    inbox.wait_for(CodeSeen)
    source.pause(True)
    rig.show(b"while paused")
    source.pause(False)
    rig.show(b"after")
    while inbox.wait_for(CodeSeen).payload != b"after":
        pass


def test_stop_returns_in_time_and_ends_the_telling(rig: Rig, source: CodeSource, inbox: RecordingInbox) -> None:
    began = time.monotonic()
    source.stop()
    assert time.monotonic() - began < 2.0
    rig.show(b"too late")
    assert not [event for event in inbox.all() if isinstance(event, CodeSeen)]


def test_a_code_is_not_in_the_event_s_text(rig: Rig, source: CodeSource, inbox: RecordingInbox) -> None:
    rig.show(TEXT)
    assert "0030" not in repr(inbox.wait_for(CodeSeen))
