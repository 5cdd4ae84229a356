"""How many frames each QR decoder reads and what a frame costs it, with a code in view and without; then live bursts.

The frames are made here from fixed seeds (parts/qr_frames.py, parts/qr_bursts.py). A code counts as read only when its
bytes are exactly the ones that were drawn; any other text is wrong. All decoders see a frame one after the other before
the next is made, so that all of them share whatever else the machine is doing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import cv2
import zxingcpp
from parts import qr_bursts, qr_frames
from parts.qr_bursts import APART, Burst
from parts.qr_frames import Frame
from parts.qr_optics import HEIGHT, WIDTH
from parts.results import Cell, Row, median, report, spread
from pyzbar import pyzbar

from drivers.decoders import build_zbar, build_zxing
from drivers.frames import GreyArray, frame_of, middle
from drivers.looks import FULL_EVERY

LOOKS = 12
"""What the camera gives a code that is held still for 0.6 s: every combination of what changes from look to look."""

SLOWER = 4.0
"""A PC of the oldest kind that the program supports, against this machine."""

Decode = Callable[[GreyArray], set[bytes]]


@dataclass(slots=True)
class Tally:
    """What one decoder did: milliseconds by what came of a frame, hits by condition, and texts that were wrong."""

    name: str
    times: dict[str, list[float]] = field(default_factory=lambda: {"hit": [], "missed": [], "empty": []})
    hits: set[int] = field(default_factory=set)
    by_condition: dict[str, int] = field(default_factory=dict)
    wrong: int = 0

    def look(self, number: int, frame: Frame, decode: Decode) -> bool:
        """One timed look at a frame; whether it was read."""
        began = time.perf_counter()
        texts = decode(frame.picture)
        spent = (time.perf_counter() - began) * 1000
        hit = frame.payload is not None and frame.payload in texts
        self.times["hit" if hit else "empty" if frame.payload is None else "missed"].append(spent)
        self.wrong += len(texts - {frame.payload})
        if hit and number not in self.hits:
            self.hits.add(number)
            self.by_condition[frame.condition] = self.by_condition.get(frame.condition, 0) + 1
        return hit

    def all_times(self) -> list[float]:
        """Of every look, hit or not."""
        return [spent for spans in self.times.values() for spent in spans]

    def row(self, codes: int) -> Row:
        """The line of the table."""
        row: Row = {"decoder": self.name, "read": len(self.hits), "of": codes, "%": 100 * len(self.hits) / codes}
        row["wrong"] = self.wrong
        for kind, spans in [*self.times.items(), ("all", self.all_times())]:
            row[f"ms {kind} mean"] = sum(spans) / len(spans) if spans else None
            row[f"ms {kind} p95"] = spread(spans).p95 if spans else None
        return row


class Ours:
    """The camera's decoder as the camera uses it: now the guide box, now the full frame."""

    def __init__(self) -> None:
        self._decoder = build_zxing()

    def full(self, picture: GreyArray) -> set[bytes]:
        """A look at everything."""
        return {code.payload for code in self._decoder.decode(frame_of(picture))}

    def box(self, picture: GreyArray) -> set[bytes]:
        """A look at the middle 60 %."""
        return self.full(middle(picture))

    def look(self, number: int) -> Decode:
        """What the camera does with this frame of a row."""
        return self.full if number % FULL_EVERY == 0 else self.box


def _zxing(picture: GreyArray) -> set[bytes]:
    formats = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    return {code.bytes for code in zxingcpp.read_barcodes(picture, formats=formats)}


def _pyzbar(picture: GreyArray) -> set[bytes]:
    return {bytes(code.data) for code in pyzbar.decode(picture, symbols=[pyzbar.ZBarSymbol.QRCODE])}


def _raw_zbar() -> Decode:
    decoder = build_zbar()
    return lambda picture: {code.payload for code in decoder.decode(frame_of(picture))}


def _opencv() -> Decode:
    detector = cv2.QRCodeDetectorAruco()

    def decode(picture: GreyArray) -> set[bytes]:
        try:
            return {detector.detectAndDecode(picture)[0].encode()} - {b""}
        except cv2.error:  # its way of saying that it does not know a mode of encoding
            return set()

    return decode


# Single frames -------------------------------------------------------------------------------------------------------


def singles() -> tuple[list[Tally], Tally, Tally, int]:
    """Every decoder on the same frames: the rows of the table; ours by guide box and by full frame; how many codes."""
    peers: dict[str, Decode] = {
        "zxing-cpp defaults": _zxing,
        "raw zbar": _raw_zbar(),
        "pyzbar": _pyzbar,
        "OpenCV QRCodeDetectorAruco": _opencv(),
    }
    tallies = {name: Tally(name) for name in peers}
    still, box, full = Tally(f"ours, held still ({LOOKS} looks)"), Tally("ours, guide box"), Tally("ours, full frame")
    codes = 0
    for number, frame in enumerate(qr_frames.frames()):
        codes += frame.payload is not None
        for name, decode in peers.items():
            if number == 0:
                decode(frame.picture)
            tallies[name].look(number, frame, decode)
        _ours(number, frame, still, box, full)
    return [still, box, full, *tallies.values()], box, full, codes


def _ours(number: int, frame: Frame, still: Tally, box: Tally, full: Tally) -> None:
    """All looks of one kind, then the camera's mixture until it has read the code, each with a decoder of its own."""
    for tally, whole in ((box, False), (full, True)):
        ours = Ours()
        for _ in range(LOOKS // 2):
            tally.look(number, frame, ours.full if whole else ours.box)
    ours = Ours()
    for look in range(LOOKS):
        if still.look(number, frame, ours.look(look)):
            break


# Bursts --------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Live:
    """What one decoder made of the bursts: seconds to the text of each burst (None: never), and frames read."""

    name: str
    seconds: list[float | None] = field(default_factory=list)
    slowed: list[float | None] = field(default_factory=list)
    frames: int = 0

    def add(self, burst: Burst, fresh: Callable[[], Callable[[int], Decode]]) -> None:
        """Play a burst twice: every frame in turn, and in real time on a PC that is so much slower."""
        look = fresh()
        read = [burst.payload in look(number)(picture) for number, picture in enumerate(burst.pictures)]
        self.frames += sum(read)
        self.seconds.append(_real_time(burst, fresh(), 1.0))
        self.slowed.append(_real_time(burst, fresh(), SLOWER))

    def row(self) -> Row:
        """The line of the table; the medians are over the bursts that were read."""
        row: Row = {"live": self.name, "bursts": _count(self.seconds), "frames": self.frames}
        row["ms to text"] = 1000 * median([seconds for seconds in self.seconds if seconds is not None])
        row[f"bursts, {SLOWER:g} x slower"] = _count(self.slowed)
        row["ms to text, slower"] = 1000 * median([seconds for seconds in self.slowed if seconds is not None])
        return row


def _real_time(burst: Burst, look: Callable[[int], Decode], slower: float) -> float | None:
    """Seconds from the first frame to the text. While the decoder is busy frames pass it by."""
    free, looks = 0.0, 0
    for number, picture in enumerate(burst.pictures):
        arrives = number * APART
        if arrives < free:
            continue
        began = time.perf_counter()
        texts = look(looks)(picture)
        free, looks = arrives + (time.perf_counter() - began) * slower, looks + 1
        if burst.payload in texts:
            return free
    return None


def _count(seconds: Sequence[float | None]) -> int:
    return sum(one is not None for one in seconds)


def live() -> list[Live]:
    """Ours and zxing-cpp's defaults on the same bursts."""
    ours, defaults = Live("ours, as the camera looks"), Live("zxing-cpp defaults")
    for burst in qr_bursts.bursts():
        ours.add(burst, lambda: Ours().look)
        defaults.add(burst, lambda: lambda _number: _zxing)
    return [ours, defaults]


def _both(mine: Sequence[float | None], theirs: Sequence[float | None]) -> tuple[float, float]:
    """Median milliseconds to the text, over the bursts that both read."""
    pairs = [(one, two) for one, two in zip(mine, theirs, strict=True) if one is not None and two is not None]
    return 1000 * median([one for one, _ in pairs]), 1000 * median([two for _, two in pairs])


# The targets ---------------------------------------------------------------------------------------------------------


def targets(tallies: Sequence[Tally], box: Tally, full: Tally, bursts: Sequence[Live]) -> dict[str, Cell]:
    """What was to be reached, what was, and whether."""
    still, zxing, zbar = tallies[0], tallies[3], tallies[4]
    boxes, fulls = box.all_times(), full.all_times()
    mine, theirs = bursts
    lost, wrong = len(zxing.hits - still.hits), still.wrong + box.wrong + full.wrong
    more, times_zbar = 100 * (len(still.hits) / len(zxing.hits) - 1), len(still.hits) / len(zbar.hits)
    usual, slowed = _both(mine.seconds, theirs.seconds), _both(mine.slowed, theirs.slowed)
    read, slow_read = (
        100 * (_count(ours) / max(1, _count(other)) - 1)
        for ours, other in ((mine.seconds, theirs.seconds), (mine.slowed, theirs.slowed))
    )
    box_mean, box_p95, full_mean = sum(boxes) / len(boxes), spread(boxes).p95, sum(fulls) / len(fulls)
    return {
        "1 frames that zxing-cpp's defaults read and ours do not (0)": _verdict(lost, lost == 0),
        "1 more than zxing-cpp's defaults (>= 6 %)": _verdict(more, more >= 6),
        "1 times what raw zbar reads (>= 1.45)": _verdict(times_zbar, times_zbar >= 1.45),
        "1 wrong texts (0)": _verdict(wrong, wrong == 0),
        "2 guide box, mean ms (<= 3.5)": _verdict(box_mean, box_mean <= 3.5),
        "2 guide box, p95 ms (<= 9)": _verdict(box_p95, box_p95 <= 9),
        "2 full frame, mean ms (<= 7)": _verdict(full_mean, full_mean <= 7),
        "3 more bursts read (>= 5 %)": _verdict(read, read >= 5),
        "3 more bursts read, 4 x slower (>= 5 %)": _verdict(slow_read, slow_read >= 5),
        "3 median ms to text, ours - defaults (<= 0)": _verdict(usual[0] - usual[1], usual[0] <= usual[1]),
        "3 the same, 4 x slower (<= 0)": _verdict(slowed[0] - slowed[1], slowed[0] <= slowed[1]),
    }


def _verdict(value: float, met: bool) -> str:
    return f"{value:.3g}: {'met' if met else 'MISSED'}"


def main() -> None:
    """Every decoder on the same frames, the two in question on the same bursts, and the targets."""
    tallies, box, full, codes = singles()
    conditions = dict.fromkeys(name for tally in tallies for name in tally.by_condition)
    for condition in conditions:
        counts = " / ".join(f"{tally.by_condition.get(condition, 0):3}" for tally in tallies)
        print(f"  {condition:<14} {counts}")
    bursts = live()
    notes = targets(tallies, box, full, bursts)
    notes |= {"seeds": f"{qr_frames.SEED}, {qr_bursts.SEED}", "size": f"{WIDTH}x{HEIGHT}", "codes": codes}
    rows = [*(tally.row(codes) for tally in tallies), *(one.row() for one in bursts)]
    zxing = tallies[3]
    ratios = {f"{tally.name} / zxing-cpp defaults: read": len(tally.hits) / len(zxing.hits) for tally in tallies}
    report("decoders", rows, ratios, notes)


if __name__ == "__main__":
    main()
