"""Threads, lanes and patience."""

from __future__ import annotations

import threading
import time

import pytest

from drivers.device import BackOff, DeviceThread, Lane, StuckError


def nothing() -> None:
    """No handle to release."""


def test_a_lane_returns_what_the_call_returns_on_its_own_thread() -> None:
    lane = Lane("lane", nothing)
    assert lane.call(lambda: threading.current_thread().name, 5.0) == "lane"
    lane.close()


def test_a_lane_raises_what_the_call_raises_and_goes_on() -> None:
    lane = Lane("lane", nothing)

    def wrong() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        lane.call(wrong, 5.0)
    assert lane.call(lambda: 1, 5.0) == 1
    lane.close()


def test_a_call_that_overruns_gives_up_the_lane_and_the_handle_is_released_when_it_comes_back() -> None:
    come_back, released = threading.Event(), threading.Event()
    lane = Lane("lane", released.set)
    with pytest.raises(StuckError):
        lane.call(lambda: come_back.wait(10.0), 0.05)
    assert not released.is_set()
    assert not lane.ended
    with pytest.raises(StuckError):
        lane.call(lambda: 1, 5.0)
    come_back.set()
    assert released.wait(10.0)


def test_an_interrupted_call_ends_at_once() -> None:
    come_back, began = threading.Event(), threading.Event()
    lane = Lane("lane", nothing)

    def wait() -> None:
        began.set()
        come_back.wait(10.0)

    def interrupt() -> None:
        began.wait(10.0)
        lane.interrupt()

    interrupter = threading.Thread(target=interrupt)
    interrupter.start()
    with pytest.raises(StuckError):
        lane.call(wait, 10.0)
    come_back.set()
    interrupter.join(10.0)


def test_closing_a_lane_releases_its_handle_once() -> None:
    released: list[str] = []
    lane = Lane("lane", lambda: released.append(threading.current_thread().name))
    lane.call(lambda: None, 5.0)
    lane.close()
    lane.close()
    assert released == ["lane"]
    assert lane.ended


def test_stopping_wakes_the_thread_and_waits_for_its_end() -> None:
    woken, ended = threading.Event(), threading.Event()

    def work() -> None:
        woken.wait(10.0)
        ended.set()

    thread = DeviceThread("dev-test", work)
    thread.start()
    thread.stop(woken.set)
    assert ended.is_set()


def test_stopping_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr("drivers.device.STOP_WITHIN", 0.05)
    end = threading.Event()

    def work() -> None:
        end.wait(10.0)

    thread = DeviceThread("dev-test", work)
    thread.start()
    thread.stop()
    assert "dev-test does not end" in caplog.text
    end.set()


def test_stopping_what_never_started_is_nothing() -> None:
    thread = DeviceThread("dev-test", nothing)
    thread.stop()
    assert thread.stopping.is_set()


def test_a_thread_may_stop_itself() -> None:
    ended = threading.Event()

    def work() -> None:
        thread.stop()
        ended.set()

    thread = DeviceThread("dev-test", work)
    thread.start()
    assert ended.wait(10.0)


class Watched(threading.Event):
    """Keeps how long it was asked to wait and does not."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.waits.append(timeout)
        return False


def test_pauses_double_up_to_two_seconds_and_begin_anew_after_a_success() -> None:
    back_off, stopping = BackOff(), Watched()
    for _ in range(7):
        back_off.pause(stopping)
    back_off.success()
    back_off.pause(stopping)
    assert stopping.waits == [0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0, 0.1]


def test_a_pause_ends_when_the_device_is_to_stop() -> None:
    stopping = threading.Event()
    stopping.set()
    began = time.monotonic()
    for _ in range(10):
        BackOff().pause(stopping)
    assert time.monotonic() - began < 0.5
