"""How many frames each QR decoder reads and what a frame costs it, with a code in view and without.

The frames are made here from a fixed seed: codes of invented cards, letters and figures under seven conditions,
and empty desks. A code counts as read only when its bytes are exactly the ones that were drawn.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import cv2
import zxingcpp
from parts.qr_frames import HEIGHT, SEED, WIDTH, Frame, frames
from parts.results import Row, report, spread
from pyzbar import pyzbar

from drivers.decoders import build_zxing
from drivers.frames import GreyArray, frame_of, middle

LOOKS = 6
"""What the camera gives a still picture: every combination of settings that change from frame to frame."""

Decode = Callable[[GreyArray], set[bytes]]


def ours(looks: int, *, whole: bool) -> Decode:
    """The camera's decoder, given ``looks`` looks at the frame or at its middle 60 %."""
    decoder = build_zxing()

    def decode(picture: GreyArray) -> set[bytes]:
        frame = frame_of(picture if whole else middle(picture))
        for _ in range(looks):
            if codes := decoder.decode(frame):
                return {code.payload for code in codes}
        return set()

    return decode


def _zxing(picture: GreyArray) -> set[bytes]:
    return {code.bytes for code in zxingcpp.read_barcodes(picture)}


def _zxing_qr(picture: GreyArray) -> set[bytes]:
    formats = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    return {code.bytes for code in zxingcpp.read_barcodes(picture, formats=formats)}


def _pyzbar(picture: GreyArray) -> set[bytes]:
    return {bytes(code.data) for code in pyzbar.decode(picture, symbols=[pyzbar.ZBarSymbol.QRCODE])}


def _opencv(detector: cv2.QRCodeDetectorAruco) -> Decode:
    def decode(picture: GreyArray) -> set[bytes]:
        try:
            return {detector.detectAndDecode(picture)[0].encode()} - {b""}
        except cv2.error:  # its way of saying that it does not know a mode of encoding
            return set()

    return decode


def measured(name: str, decode: Decode, pictures: Sequence[Frame]) -> tuple[Row, dict[str, int]]:
    """The row of one decoder, and its hits by condition."""
    times: dict[str, list[float]] = {"hit": [], "missed": [], "empty": []}
    hits, wrong = dict[str, int](), 0
    for frame in pictures:
        began = time.perf_counter()
        texts = decode(frame.picture)
        spent = (time.perf_counter() - began) * 1000
        hit = frame.payload is not None and frame.payload in texts
        hits[frame.condition] = hits.get(frame.condition, 0) + hit
        wrong += len(texts - {frame.payload})
        times["hit" if hit else "empty" if frame.payload is None else "missed"].append(spent)
    codes = sum(frame.payload is not None for frame in pictures)
    read = sum(hits.values())
    row: Row = {"decoder": name, "read": read, "of": codes, "%": 100 * read / codes, "wrong": wrong}
    for kind, spans in times.items():
        row[f"ms {kind} p50"] = spread(spans).p50 if spans else None
        row[f"ms {kind} p95"] = spread(spans).p95 if spans else None
    return row, hits


def main() -> None:
    """Every decoder on the same frames."""
    pictures = frames()
    decoders: dict[str, Decode] = {
        "ours, one look, middle 60 %": ours(1, whole=False),
        "ours, one look, whole frame": ours(1, whole=True),
        f"ours, still picture, up to {LOOKS} looks": ours(LOOKS, whole=True),
        "zxing-cpp defaults": _zxing,
        "zxing-cpp defaults, QR only": _zxing_qr,
        "pyzbar": _pyzbar,
        "OpenCV QRCodeDetectorAruco": _opencv(cv2.QRCodeDetectorAruco()),
    }
    rows, by_condition = [], {}
    for name, decode in decoders.items():
        decode(pictures[0].picture)
        row, by_condition[name] = measured(name, decode, pictures)
        rows.append(row)
    for condition in dict.fromkeys(frame.condition for frame in pictures if frame.payload):
        of = sum(frame.condition == condition for frame in pictures)
        print(f"  {condition:<18} of {of:2}: " + " / ".join(str(hits[condition]) for hits in by_condition.values()))
    mine = rows[1]
    ratios = {
        f"{other['decoder']} / ours, one look, whole frame: {what}": float(other[what] or 0) / float(mine[what] or 1)
        for other in rows[3:]
        for what in ("read", "ms hit p50")
    }
    report("decoders", rows, ratios, {"seed": SEED, "frames": len(pictures), "size": f"{WIDTH}x{HEIGHT}"})


if __name__ == "__main__":
    main()
