from __future__ import annotations

from drivers.simulator.scripted import NAME, ScriptedCodes
from terminal.events import CodeSeen, Device, DeviceDown, DeviceUp
from terminal.ports import GreyFrame
from tests.inbox import RecordingInbox


def test_presented_code_is_seen_and_labelled_as_simulated() -> None:
    inbox, source = RecordingInbox(), ScriptedCodes()
    source.start(inbox)
    source.present(b"abc")
    assert inbox.all() == [
        DeviceUp(Device.SCANNER, NAME, simulated=True),
        CodeSeen(b"abc", NAME, simulated=True),
    ]


def test_nothing_is_seen_before_start_while_paused_or_after_stop() -> None:
    inbox, source = RecordingInbox(), ScriptedCodes()
    source.present(b"before")
    source.start(inbox)
    source.pause(True)
    source.present(b"paused")
    source.pause(False)
    source.present(b"seen")
    source.stop()
    source.present(b"after")
    source.fail("camera.stuck")
    assert [event.payload for event in inbox.all() if isinstance(event, CodeSeen)] == [b"seen"]


def test_frames_and_faults_are_passed_on() -> None:
    inbox, source, frames = RecordingInbox(), ScriptedCodes(), list[GreyFrame]()
    source.show_frame(GreyFrame(1, 1, b"\0"))
    source.start(inbox, frames.append)
    source.show_frame(GreyFrame(1, 1, b"\1"))
    source.fail("camera.absent")
    assert [frame.pixels for frame in frames] == [b"\1"]
    assert inbox.wait_for(DeviceDown).fault == "camera.absent"
