"""The portrait: what is shown, that nothing but a portrait ever is, and that decoding it harms nobody."""

from __future__ import annotations

import gc
import io
import os
import select
import signal
import subprocess
import sys
import threading
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from crypto.emrtd.lds import Ef
from crypto.errors import MalformedError, ProofError
from drivers.simulator.issuer.portrait import draw_portrait
from terminal import __main__ as program
from terminal.faults import FaultError
from terminal.proof import photo, photo_worker
from terminal.proof.photo import PhotoDecoder, photo_of, worker_command
from terminal.proof.photo_worker import ANSWER, READY, SCREEN_SIDE
from tests.chips import contents_of
from tests.unit.terminal.proof import hostile_images as hostile
from tests.unit.terminal.proof.hostile_images import codestream, dg2, encoded

JPEG = draw_portrait("photo", 12_000)
PORTRAIT = dg2(JPEG)
ROOT = Path(__file__).parents[4]


def shown(raw: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(photo_of(raw).png))
    picture.load()
    return picture


def stand_in(code: str) -> tuple[str, ...]:
    """A process that behaves as ``code`` says in the place of the decoding one."""
    return sys.executable, "-I", "-c", f"import sys\nasked, told = sys.stdin.buffer, sys.stdout.buffer\n{code}"


SAYS_READY = f"told.write({READY!r}); told.flush()\n"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """Every decoding process that is started."""
    found: list[subprocess.Popen[bytes]] = []
    start = photo._start

    def noted(command: tuple[str, ...]) -> subprocess.Popen[bytes]:
        found.append(start(command))
        return found[-1]

    monkeypatch.setattr(photo, "_start", noted)
    return found


# What is shown -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("image", [JPEG, encoded("JPEG2000"), codestream()], ids=["portrait", "jp2", "codestream"])
def test_a_portrait_becomes_a_png(image: bytes) -> None:
    picture = shown(dg2(image))
    assert (picture.format, picture.mode) == ("PNG", "RGB")
    assert picture.size == Image.open(io.BytesIO(image)).size
    assert not picture.info


def test_the_photo_of_a_card_shows_what_is_in_it() -> None:
    raw = contents_of("insured").files[Ef.DG2]
    expected = Image.open(io.BytesIO(raw[raw.index(b"\xff\xd8") :])).convert("RGB")
    assert shown(raw).tobytes() == expected.tobytes()


def test_a_large_portrait_is_made_to_fit_the_screen() -> None:
    assert shown(dg2(encoded("JPEG", (1600, 2000)))).size == (768, SCREEN_SIDE)


# What is not ---------------------------------------------------------------------------------------------------------

BOMBS = {
    "jpeg of many pixels": hostile.jpeg_of(60_000, 60_000),
    "jp2 of many pixels": hostile.jp2_of(60_000, 60_000),
    "codestream of many pixels": hostile.codestream_of(60_000, 60_000),
    "pixels just too many": hostile.jpeg_of(2001, 2000),
    "millions of tiles": hostile.codestream_of(2000, 2000, (1, 1)),
    "jpeg cut short": JPEG[: len(JPEG) // 2],
    "jp2 cut short": encoded("JPEG2000")[:1500],
    "jpeg garbage": b"\xff\xd8\xff" * 40,
    "jp2 garbage": b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(range(1, 90)),
    "codestream garbage": b"\xff\x4f\xff\x51" + b"\x07" * 80,
}


@pytest.mark.parametrize("image", BOMBS.values(), ids=BOMBS)
def test_a_hostile_image_is_refused_and_the_next_one_shown(
    image: bytes, started: list[subprocess.Popen[bytes]]
) -> None:
    with PhotoDecoder() as photos:
        with pytest.raises(MalformedError):
            photos.decode(dg2(image))
        assert photos.decode(PORTRAIT).png
    assert len(started) == 2
    assert all(process.returncode is not None for process in started)


def test_an_image_that_takes_minutes_is_given_up() -> None:
    with PhotoDecoder(deadline=0.3) as photos, pytest.raises(MalformedError):
        photos.decode(dg2(hostile.endless_scans()))
    with PhotoDecoder() as photos:
        assert photos.decode(PORTRAIT).png


@pytest.mark.parametrize(
    "image", [hostile.codestream_of(2000, 2000, (31, 31)), hostile.layered()], ids=["thousands of tiles", "many layers"]
)
def test_an_image_that_is_only_odd_ends_either_way(image: bytes) -> None:
    try:
        found = photo_of(dg2(image))
    except MalformedError:
        return
    assert Image.open(io.BytesIO(found.png)).width <= SCREEN_SIDE


@given(st.binary(max_size=200))
def test_other_bytes_start_no_process(raw: bytes) -> None:
    with PhotoDecoder(("/does/not/exist",)) as photos, pytest.raises(ProofError):
        photos.decode(raw)


# A decoding process that was taken over or does not work --------------------------------------------------------------


def pixels(width: int, height: int, count: int | None = None) -> str:
    size = width * height * 3 if count is None else count
    return f"asked.read(9); told.write({ANSWER.pack(width, height)!r} + bytes({size})); told.flush()\n"


@pytest.mark.parametrize(
    "code",
    [
        "asked.read()",
        "asked.read(9); sys.exit(1)",
        "while True: pass",
        "told.write(b'x' * 3)",
        pixels(0, 5),
        pixels(961, 1),
        pixels(1, 961),
        pixels(20, 20, 1199),
        "asked.close(); told.close()\nwhile True: pass",
    ],
    ids=[
        "says nothing",
        "dies",
        "hangs",
        "half an answer",
        "no width",
        "too wide",
        "too high",
        "pixels missing",
        "closes its pipes",
    ],
)
def test_a_process_that_misbehaves_costs_its_photo_and_nothing_else(
    code: str, started: list[subprocess.Popen[bytes]]
) -> None:
    with PhotoDecoder(stand_in(SAYS_READY + code), deadline=0.3) as photos, pytest.raises(MalformedError):
        photos.decode(PORTRAIT)
    assert [process.returncode is not None for process in started] == [True]


def test_what_comes_after_the_pixels_is_not_taken() -> None:
    flood = pixels(2, 2) + "while True: told.write(bytes(65536))"
    with PhotoDecoder(stand_in(SAYS_READY + flood)) as photos:
        assert Image.open(io.BytesIO(photos.decode(PORTRAIT).png)).size == (2, 2)


@pytest.mark.parametrize(
    "command",
    [("/does/not/exist",), stand_in("sys.exit(1)"), stand_in("told.write(b'?')")],
    ids=["none", "dies", "other"],
)
def test_a_process_that_does_not_start_is_a_fault_of_the_machine(command: tuple[str, ...]) -> None:
    with PhotoDecoder(command) as photos, pytest.raises(FaultError) as told:
        photos.decode(PORTRAIT)
    assert told.value.fault.code == "install.missing"


# Life of the processes -----------------------------------------------------------------------------------------------


def test_a_process_started_ahead_is_the_one_used(started: list[subprocess.Popen[bytes]]) -> None:
    with PhotoDecoder() as photos:
        photos.warm()
        photos.warm()
        (waiting,) = started
        photos.decode(PORTRAIT)
        assert started == [waiting]
        assert waiting.returncode is not None


def test_each_photo_has_a_process_of_its_own(started: list[subprocess.Popen[bytes]]) -> None:
    with PhotoDecoder() as photos:
        photos.decode(PORTRAIT)
        photos.decode(PORTRAIT)
    assert len({process.pid for process in started}) == 2


def test_a_process_that_was_ended_while_it_waited_is_replaced(started: list[subprocess.Popen[bytes]]) -> None:
    with PhotoDecoder() as photos:
        photos.warm()
        started[0].kill()
        started[0].wait()
        assert photos.decode(PORTRAIT).png
    assert len(started) == 2


def test_nothing_is_left_running_by_one_that_was_never_closed(started: list[subprocess.Popen[bytes]]) -> None:
    photos = PhotoDecoder()
    photos.warm()
    del photos
    gc.collect()
    assert [process.returncode is not None for process in started] == [True]


PARENT = """
import os, sys
from terminal.proof.photo import PhotoDecoder
photos = PhotoDecoder()
photos.warm()
print(photos._waiting[0].pid, flush=True)
sys.stdin.readline()
"""


@pytest.mark.parametrize("kill", [True, False], ids=["killed", "ended"])
def test_the_process_ends_with_the_program_however_that_ends(kill: bool) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        child = os.pidfd_open(int(parent.stdout.readline()))
        try:
            if kill:
                parent.send_signal(signal.SIGKILL)
            else:
                parent.stdin.close()
            parent.wait()
            assert select.select([child], [], [], 30)[0] == [child]
        finally:
            os.close(child)


def test_no_thread_is_left() -> None:
    before = set(threading.enumerate())
    photo_of(PORTRAIT)
    left = [thread for thread in threading.enumerate() if thread not in before]
    for thread in left:
        thread.join(5)
    assert not any(thread.is_alive() for thread in left)


# The process itself --------------------------------------------------------------------------------------------------

CONFINED = """
import runpy, socket, sys
worker = runpy.run_path(sys.argv[1])
worker["confine"]()
refused = []
for name, act in {
    "memory": lambda: bytearray(1 << 30),
    "file": lambda: open(sys.argv[1], "rb"),
    "socket": lambda: socket.socket(),
}.items():
    try:
        act()
    except (MemoryError, OSError):
        refused.append(name)
import resource
print(refused, resource.getrlimit(resource.RLIMIT_CPU)[1] <= 5)
"""


def test_the_process_gives_up_what_it_could_misuse() -> None:
    told = subprocess.run(
        [sys.executable, "-I", "-c", CONFINED, photo_worker.__file__], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "['memory', 'file', 'socket'] True"


def test_the_process_loads_nothing_of_ours() -> None:
    assert worker_command() == (sys.executable, "-I", photo_worker.__file__)
    code = "import runpy, sys; runpy.run_path(sys.argv[1]); print([m for m in sys.modules if m in sys.argv[2:]])"
    rooms = ["terminal", "crypto", "drivers", "config", "ui"]
    told = subprocess.run(
        [sys.executable, "-I", "-c", code, photo_worker.__file__, *rooms], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "[]"


def test_a_frozen_program_decodes_under_its_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert worker_command() == (sys.executable, photo_worker.ARGUMENT)
    asked: list[str] = []
    monkeypatch.setattr(photo_worker, "main", lambda: asked.append("worker") or 0)
    assert program.main([photo_worker.ARGUMENT]) == 0
    assert asked == ["worker"]


def test_the_program_itself_can_be_the_process() -> None:
    command = (sys.executable, "-m", "terminal", photo_worker.ARGUMENT)
    with PhotoDecoder(command) as photos:
        assert zlib.crc32(photos.decode(PORTRAIT).png) == zlib.crc32(photo_of(PORTRAIT).png)
