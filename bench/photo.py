"""From the placed card to the photo: decoded here, in a process started with the card, and in one that waits ready.

The chip computes in another process; with 15 ms a command it takes as long as cards do.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from parts.chips import PipedChip, tools_trusting
from parts.folders import short_folder
from parts.results import Row, median, report, spread
from PIL import Image

from crypto.emrtd.face import parse_dg2
from crypto.emrtd.image import ImageKind
from terminal.boot import EXTENDED_BLOCK
from terminal.model import Photo
from terminal.proof import photo_worker
from terminal.proof.access import ChipAccess
from terminal.proof.photo import PhotoDecoder
from terminal.proof.png import png_of
from terminal.proof.reading import ChipConversation, Tools

PROFILE, CAN = "bench", "123450"
ROUNDS = 15
SLOW = 0.015
SETTLED = 0.5
"""Seconds that a process which was started ahead has had at least: people look at the photo before."""

KIB = 1024

Decode = Callable[[bytes], Photo]


@dataclass(frozen=True, slots=True)
class Once:
    """One read, milliseconds from its begin."""

    decision: float
    photo: float
    decoding: float


def in_process(dg2: bytes) -> Photo:
    """As the terminal did before each photo had a process of its own."""
    face = parse_dg2(dg2)
    form = "JPEG" if face.kind is ImageKind.JPEG else "JPEG2000"
    return Photo(png_of(*photo_worker.pixels_of(form, face.data)))


@dataclass(frozen=True, slots=True)
class Way:
    """How a photo is decoded; ``before`` comes before the card is placed, ``placed`` when it is."""

    name: str
    decode: Decode
    before: Callable[[], None] = lambda: None
    placed: Callable[[], None] = lambda: None


def read_once(chip: PipedChip, tools: Tools, pause: float, way: Way) -> Once:
    """Decision, then the photo, as terminal/flow/jobs.py does it."""

    def transceive(command: bytes) -> bytes:
        time.sleep(pause)
        return chip.transmit(command)

    chip.reset()
    way.before()
    began = time.perf_counter()
    way.placed()
    talk = ChipConversation(transceive, tools, EXTENDED_BLOCK)
    talk.identify(ChipAccess(CAN), simulated=True)
    decided = time.perf_counter()
    dg2 = talk.read_photo()
    assert dg2 is not None
    had = time.perf_counter()
    assert way.decode(dg2).png
    ended = time.perf_counter()
    return Once(*(1000 * span for span in (decided - began, ended - began, ended - had)))


def reads_by_way(chip: PipedChip, tools: Tools, ways: Sequence[Way]) -> dict[tuple[str, str], list[Once]]:
    """The reads by way and speed of the card: in turn, so that a busy moment hits all; the first round warms up."""
    reads: dict[tuple[str, str], list[Once]] = {}
    for number in range(-1, ROUNDS):
        for speed, pause in (("at once", 0.0), ("15 ms a command", SLOW)):
            for way in ways:
                once = read_once(chip, tools, pause, way)
                if number >= 0:
                    reads.setdefault((way.name, speed), []).append(once)
    return reads


def waiting_process(photos: PhotoDecoder) -> Row:
    """What a process that waits for its photo has taken: memory, CPU, and how long its start held up the caller."""
    called, held = [], []
    for _ in range(ROUNDS):
        photos.close()
        began = time.perf_counter()
        photos.warm()
        held.append((time.perf_counter() - began) * 1000)
        (process,) = photos._waiting
        told = process.stdout
        assert told is not None
        assert told.read(1)
        called.append((time.perf_counter() - began) * 1000)
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8").splitlines()
    sizes = {line.split(":")[0]: int(line.split()[1]) * KIB / 1e6 for line in status if line.endswith(" kB")}
    photos.close()
    start = spread(called)
    return {
        "way": "the waiting process",
        "ready ms": start.p50,
        "ready p95": start.p95,
        "start holds up ms": median(held),
        "RSS MB": sizes["VmRSS"],
        "of that private": sizes["RssAnon"],
    }


def jpeg2000(dg2: bytes) -> bytes:
    """The same portrait as JPEG 2000 in data group 2, about as large."""
    face = parse_dg2(dg2)
    out = io.BytesIO()
    Image.open(io.BytesIO(face.data)).save(
        out, "JPEG2000", quality_mode="rates", quality_layers=[28], irreversible=True
    )
    image = out.getvalue()
    before = dg2[: dg2.index(face.data)]
    return before + image + bytes(max(0, len(face.data) - len(image)))


def decoding_of(dg2: bytes, way: Way) -> list[float]:
    """Milliseconds of decoding alone."""
    times = []
    for _ in range(ROUNDS):
        way.before()
        began = time.perf_counter()
        way.decode(dg2)
        times.append((time.perf_counter() - began) * 1000)
    return times


def dg2_of(chip: PipedChip, tools: Tools) -> bytes:
    """The card's data group 2."""
    talk = ChipConversation(chip.transmit, tools, EXTENDED_BLOCK)
    chip.reset()
    talk.identify(ChipAccess(CAN), simulated=True)
    dg2 = talk.read_photo()
    assert dg2 is not None
    return dg2


def main() -> None:
    """Reads at two speeds, decoding alone, and the waiting process."""
    with short_folder() as folder, closing(PipedChip(PROFILE)) as chip, PhotoDecoder() as photos:

        def settle() -> None:
            photos.warm()
            time.sleep(SETTLED)

        here = Way("in this process", in_process)
        ready = Way("own process, ready", photos.decode, before=settle)
        tools = tools_trusting(folder, [chip.root], time.perf_counter)
        with_card = Way("own process, started with the card", photos.decode, placed=photos.warm)
        reads = reads_by_way(chip, tools, (here, with_card, ready))
        dg2 = dg2_of(chip, tools)
        forms = {"JPEG": dg2, "JPEG 2000": jpeg2000(dg2)}
        alone = {(way.name, form): decoding_of(raw, way) for form, raw in forms.items() for way in (here, ready)}
        waiting = waiting_process(photos)
    rows: list[Row] = [
        {
            "way": name,
            "card": speed,
            "decision ms": median([once.decision for once in found]),
            "photo ms": median([once.photo for once in found]),
            "of that decoding": median([once.decoding for once in found]),
        }
        for (name, speed), found in reads.items()
    ]
    rows += [
        {"way": name, "card": f"{form} alone", "of that decoding": median(ms)} for (name, form), ms in alone.items()
    ]
    rows.append(waiting)
    slow = {
        name: median([once.photo for once in found]) for (name, speed), found in reads.items() if speed != "at once"
    }
    ratios = {
        f"{name} / in this process, photo, 15 ms a command": slow[name] / slow[here.name] for name in list(slow)[1:]
    }
    report("photo", rows, ratios, {"rounds": ROUNDS, "DG2 bytes": len(dg2)})


if __name__ == "__main__":
    main()
