"""The process that decodes one photo and ends. Whatever an image does to its decoder, it does it here.

Started by ``terminal.proof.photo`` as a script of its own, so it imports nothing of ours. It says READY, takes one
REQUEST with the image behind it from standard input, and gives back one ANSWER with the pixels, or ends without one.
Before the image arrives it lays down what it could misuse: memory, time, files, sockets (where the system has limits).
"""

from __future__ import annotations

import io
import struct
import sys
import time
from typing import BinaryIO

ARGUMENT = "--decode-photo"
"""How a frozen program, which has no scripts, is told to be this process."""

SCREEN_SIDE = 960
MAX_PIXELS = 4_000_000
"""A chip portrait has about 200,000; more is not a portrait."""

READY = b"\x06"
REQUEST = struct.Struct(">BI")
"""Index in FORMATS, length of the image."""
ANSWER = struct.Struct(">HH")
"""Width and height; three bytes a pixel follow."""

FORMATS = ("JPEG", "JPEG2000")
_MEMORY = 384 * 1024 * 1024
_CPU_SECONDS = 2


def main() -> int:
    """Decode one image from standard input; the pipes belong to the parent, whose end is also ours."""
    with open(0, "rb", closefd=False) as asked, open(1, "wb", closefd=False) as told:
        _load()
        confine()
        serve(asked, told)
    return 0


def serve(asked: BinaryIO, told: BinaryIO) -> None:
    """One conversation. Says nothing more where the parent goes away before its image is whole."""
    told.write(READY)
    told.flush()
    head = asked.read(REQUEST.size)
    if len(head) < REQUEST.size:
        return
    form, length = REQUEST.unpack(head)
    image = asked.read(length)
    if len(image) == length:
        width, height, pixels = pixels_of(FORMATS[form], image)
        told.write(ANSWER.pack(width, height) + pixels)
        told.flush()


def pixels_of(form: str, image: bytes) -> tuple[int, int, bytes]:
    """Width, height and RGB pixels, made to fit the screen. Raises whatever the library raises, ValueError for size."""
    from PIL import Image

    with Image.open(io.BytesIO(image), formats=(form,)) as opened:
        if opened.width * opened.height > MAX_PIXELS:
            raise ValueError("more pixels than a portrait has")
        picture = opened.convert("RGB")
    picture.thumbnail((SCREEN_SIDE, SCREEN_SIDE))
    return picture.width, picture.height, picture.tobytes()


def confine() -> None:
    """Give up memory, time, files and sockets beyond what one image needs.

    Windows has no such limits for a process to lay on itself: there the parent's deadline is what holds.
    """
    if sys.platform != "win32":
        import resource

        cpu = int(time.process_time()) + 1 + _CPU_SECONDS
        for limit, most in (
            (resource.RLIMIT_AS, _MEMORY),
            (resource.RLIMIT_CPU, cpu),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_NOFILE, 0),
        ):
            resource.setrlimit(limit, (most, most))


def _load() -> None:
    """Load what decoding needs by doing it once: after ``confine`` no file can be opened any more."""
    from PIL import Image

    for form in FORMATS:
        encoded = io.BytesIO()
        Image.new("RGB", (16, 16)).save(encoded, form)
        pixels_of(form, encoded.getvalue())


if __name__ == "__main__":
    sys.exit(main())
