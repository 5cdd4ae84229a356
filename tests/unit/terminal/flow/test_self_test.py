"""The self-test decides between ready, limited and out of service, and is made again."""

from __future__ import annotations

import threading

import pytest

from terminal.events import Button, CameraHint, Device, DeviceDown, DeviceUp, Pressed, SelfTested, Synced
from terminal.model import Message
from terminal.view import Desk, Screen
from tests.desk import UP, Bench, bench, code
from tests.machine import worlds

FULL = SelfTested(broken=("disk.full",), limits=("net.down",))


def keys(messages: tuple[Message, ...]) -> list[str]:
    return [message.key for message in messages]


def test_a_broken_desk_is_out_of_service_and_says_what_to_do() -> None:
    desk = bench()
    desk.say(FULL)
    view = desk.face.views[-1]
    assert view.screen is Screen.OUT_OF_SERVICE
    assert view.hint == Message("fault.disk.full.remedy")
    assert view.faults == ("disk.full", "net.down")


def test_a_device_that_comes_does_not_open_a_broken_desk() -> None:
    desk = Bench(worlds.rules(Desk.RECEPTION))
    desk.say(FULL, UP)
    assert desk.screen() is Screen.STARTING
    desk.say(SelfTested())
    assert desk.screen() is Screen.IDLE


def test_the_person_being_shown_is_finished_first() -> None:
    desk = bench()
    desk.say(code(), Pressed(Button.WITHOUT_CHIP))
    desk.hear_answer()
    assert desk.screen() is Screen.RESULT
    desk.say(FULL)
    assert desk.screen() is Screen.RESULT
    desk.say(Pressed(Button.DONE))
    assert desk.screen() is Screen.OUT_OF_SERVICE


def test_a_limited_desk_serves_and_says_what_still_works() -> None:
    desk = bench()
    assert desk.face.views[-1].works == ()
    desk.say(SelfTested(limits=("trust.none",)))
    view = desk.face.views[-1]
    assert view.screen is Screen.IDLE
    assert view.faults == ("trust.none",)
    assert "works.card" in keys(view.works)
    assert "works.code" not in keys(view.works)  # this desk's camera has not come up
    desk.say(DeviceUp(Device.CAMERA, "c"))
    assert "works.code" in keys(desk.face.views[-1].works)
    desk.say(SelfTested())
    assert desk.face.views[-1].works == ()


def test_a_desk_without_its_camera_says_what_still_works() -> None:
    desk = bench()
    desk.say(DeviceUp(Device.CAMERA, "c"), DeviceDown(Device.CAMERA, "c", "camera.absent"))
    works = keys(desk.face.views[-1].works)
    assert "works.card" in works
    assert "works.code" not in works


def test_a_server_that_answered_ends_what_the_test_said_of_the_network() -> None:
    desk = bench()
    desk.say(SelfTested(limits=("net.down", "trust.none")))
    desk.say(Synced(0))
    assert "net.down" in desk.face.views[-1].faults
    desk.say(Synced(0, online=True))
    assert list(desk.face.views[-1].faults) == ["trust.none"]
    assert desk.face.views[-1].online is True


@pytest.mark.parametrize(("found", "again"), [(FULL, 5.0), (SelfTested(), 600.0)], ids=["broken", "well"])
def test_the_test_is_made_again(found: SelfTested, again: float) -> None:
    made = threading.Semaphore(0)

    def test() -> SelfTested:
        made.release()
        return found

    desk = Bench(worlds.rules(Desk.RECEPTION), self_test=test)
    desk.say(UP, found)
    desk.wait(again - 0.1)
    assert not made.acquire(timeout=0.05)
    desk.wait(0.2)
    assert made.acquire(timeout=10.0)


def test_a_test_that_cannot_be_made_closes_no_desk(caplog: pytest.LogCaptureFixture) -> None:
    number = "003090123450"

    def broken() -> SelfTested:
        raise ValueError(number)

    desk = Bench(worlds.rules(Desk.RECEPTION), self_test=broken)
    desk.say(UP)
    desk.engine._self_test()
    desk.settle()
    assert desk.screen() is Screen.IDLE
    assert "self-test" in caplog.text
    assert "0030" not in caplog.text


def test_what_was_put_off_and_fails_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> None:
        raise ValueError("no such thing")

    desk = bench()
    desk.engine._call_later(1.0, broken)
    desk.wait(1.0)
    assert "ValueError" in caplog.text
    assert desk.engine.turn(0.0)


def test_the_camera_s_hint_is_shown_where_a_code_may_be_held_up() -> None:
    desk = bench()
    desk.say(CameraHint("closer"))
    assert desk.face.views[-1].camera_hint == Message("hint.camera.closer")
    desk.say(code(), Pressed(Button.WITHOUT_CHIP))
    desk.hear_answer()
    assert desk.face.views[-1].camera_hint is None
    desk.say(CameraHint(""), Pressed(Button.DONE))
    assert desk.face.views[-1].camera_hint is None
