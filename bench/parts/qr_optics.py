"""What happens to a code on its way to the sensor: paper and hand, light, lens, screen, compression.

Pictures are 720p, grey, float32 from 0 to 255. Nothing here reads a clock or draws numbers of its own: the random
generator is passed in.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import zxingcpp

WIDTH, HEIGHT = 1280, 720

Floats = npt.NDArray[np.float32]
Random = np.random.Generator

_DETAIL = 8
"""Pixels of the drawing for one module of the code."""

_MARGIN = 10
"""Modules of card around the code."""

_INK, _PAPER = 30.0, 215.0


@dataclass(frozen=True, slots=True)
class Pose:
    """How the card is held: ``module`` pixels a module at its middle, turned and tilted by degrees, off the middle by
    pixels. ``curved``: degrees of a cylinder that the card's width covers."""

    module: float
    turn: float = 0.0
    tilt: float = 0.0
    across: float = 0.0
    down: float = 0.0
    curved: float = 0.0


def drawing(payload: bytes, random: Random, *, dark_mode: bool = False, level: str = "M") -> Floats:
    """A card with the payload's code in its middle and lines of print above and below, 8 pixels a module."""
    # As bytes where it is not ASCII: cards carry bare UTF-8, and a text may be given a character set's mark instead.
    content = payload.decode() if payload.isascii() else payload
    symbol = zxingcpp.create_barcode(content, zxingcpp.BarcodeFormat.QRCode, ec_level=level)
    code = np.array(symbol.to_image(scale=_DETAIL), dtype=np.uint8)
    margin = _MARGIN * _DETAIL
    card = np.full((code.shape[0] + 2 * margin, code.shape[1] + 2 * margin), 255, dtype=np.uint8)
    for line in (margin // 3, margin * 4 // 5, card.shape[0] - margin // 3, card.shape[0] - margin // 12):
        words = "".join(chr(int(letter)) for letter in random.integers(65, 91, 40))
        cv2.putText(card, words, (8, line), cv2.FONT_HERSHEY_SIMPLEX, 0.9, 0, 2, cv2.LINE_AA)
    card[margin:-margin, margin:-margin] = code
    light = 255 - card if dark_mode else card
    return as_floats(_INK + light * np.float32((_PAPER - _INK) / 255))


def placed(card: Floats, pose: Pose, desk: Floats) -> Floats:
    """The card lying on the desk as the camera sees it, with what an ideal lens blurs before the sensor samples."""
    if pose.curved:
        card = _bent(card, pose.curved)
    soft = cv2.GaussianBlur(card, (0, 0), max(0.3, 0.4 * _DETAIL / pose.module))
    warp = _projection(card.shape, pose)
    seen = cv2.warpPerspective(soft, warp, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)
    where = cv2.warpPerspective(np.ones_like(card), warp, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)
    return as_floats(desk * (1 - where) + seen)


def desk(random: Random) -> Floats:
    """A wooden table with things lying about, out of focus."""
    rough = random.standard_normal((9, 16), dtype=np.float32) * 18 + 110
    table = cv2.resize(rough, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    for _ in range(4):
        x, y = int(random.integers(0, WIDTH)), int(random.integers(0, HEIGHT))
        wide, high = (int(size) for size in random.integers(60, 300, 2))
        cv2.rectangle(table, (x, y), (x + wide, y + high), float(random.integers(30, 230)), -1)
    return as_floats(cv2.GaussianBlur(table, (0, 0), 2.0))


def sensed(picture: Floats, random: Random, noise: float = 3.0) -> npt.NDArray[np.uint8]:
    """What the sensor makes of it: light that falls off to one side, and noise."""
    light = np.linspace(1.0, 0.85, WIDTH, dtype=np.float32)
    # The same rows of grain in another order: as good as new ones to a decoder, and drawn in a tenth of the time.
    grain = random.standard_normal((HEIGHT // 8, WIDTH), dtype=np.float32)[random.integers(0, HEIGHT // 8, HEIGHT)]
    seen: npt.NDArray[np.uint8] = np.clip(picture * light + grain * np.float32(noise), 0, 255).astype(np.uint8)
    return seen


# What goes wrong -----------------------------------------------------------------------------------------------------


def moved(picture: Floats, length: float, angle: float) -> Floats:
    """A hand that moves by ``length`` pixels while the shutter is open."""
    reach = max(1, round(length / 2 + 1))
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), dtype=np.float32)
    for step in np.linspace(-length / 2, length / 2, 32):
        _spread(kernel, reach + step * np.cos(angle), reach + step * np.sin(angle))
    return as_floats(cv2.filter2D(picture, -1, kernel / kernel.sum()))


def out_of_focus(picture: Floats, across: float) -> Floats:
    """A lens that spreads each point over a disc of so many pixels."""
    reach = max(1, int(np.ceil(across / 2)))
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    disc = np.clip(across / 2 + 0.5 - np.hypot(rows, columns), 0, 1)
    return as_floats(cv2.filter2D(picture, -1, disc / disc.sum()))


def glare(picture: Floats, radius: float, at: tuple[float, float]) -> Floats:
    """A lamp mirrored in the lamination: all white within ``radius`` pixels, fading around it."""
    reach = int(4 * radius) + 1
    left, top = max(0, int(at[0]) - reach), max(0, int(at[1]) - reach)
    lit = picture.copy()
    part = lit[top : max(0, int(at[1]) + reach), left : max(0, int(at[0]) + reach)]
    rows, columns = np.ogrid[: part.shape[0], : part.shape[1]]
    away = (rows + np.float32(top - at[1])) ** 2 + (columns + np.float32(left - at[0])) ** 2
    np.minimum(part + 330 * np.exp(away * np.float32(-0.6 / radius**2)), 255, out=part)
    return lit


def shaded(picture: Floats, at: float, angle: float, depth: float) -> Floats:
    """The hard edge of a shadow that leaves so much of the light, ``at`` pixels from the middle."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    side = (columns - WIDTH / 2) * np.cos(angle) + (rows - HEIGHT / 2) * np.sin(angle) - at
    return as_floats(picture * (1 - (1 - depth) * np.clip(side / 3 + 0.5, 0, 1)))


def on_a_screen(picture: Floats, period: float, strength: float) -> Floats:
    """A phone: its pixels beat against the sensor's, the light bleeds, and refreshing leaves bands."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    beat = np.sin(2 * np.pi * (columns + 0.07 * rows) / period) * np.sin(2 * np.pi * (rows - 0.05 * columns) / period)
    bands = np.sin(2 * np.pi * rows / 170)
    bloom = cv2.GaussianBlur(picture, (0, 0), 6.0)
    mixed = picture * (1 - 0.3 * strength) + bloom * (0.3 * strength)
    return as_floats(mixed * (1 + strength * (0.25 * beat + 0.2 * bands)))


def compressed(picture: npt.NDArray[np.uint8], quality: int) -> npt.NDArray[np.uint8]:
    """What JPEG leaves of it."""
    raw = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(raw, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)


def covered(card: Floats, share: float, random: Random) -> Floats:
    """A thumb over an edge of the code, over that share of it."""
    side = card.shape[0] - 2 * _MARGIN * _DETAIL
    radius = side * np.sqrt(2 * share / np.pi)
    middle = card.shape[0] / 2
    # Over the bottom or the right edge, where no finder pattern is hidden.
    along = middle + random.uniform(-0.25, 0.05) * side
    at = (along, middle + side / 2) if random.random() < 0.5 else (middle + side / 2, along)
    hand = card.copy()
    cv2.circle(hand, (int(at[0]), int(at[1])), int(radius), 120.0, -1, cv2.LINE_AA)
    return hand


def worn(card: Floats, share: float, random: Random) -> Floats:
    """Ink that has rubbed off in patches and scratches, and faded elsewhere."""
    patches = random.standard_normal([edge // 10 for edge in card.shape], dtype=np.float32)
    patches = as_floats(cv2.resize(patches, card.shape[::-1], interpolation=cv2.INTER_CUBIC))
    rubbed = patches > np.quantile(patches[::4, ::4], 1 - share)
    faded = card + (np.float32(_PAPER) - card) * np.float32(min(0.6, 2.5 * share))
    old = np.where(rubbed, np.float32(_PAPER - 10), faded).astype(np.float32)
    for _ in range(int(60 * share)):
        ends = random.integers(0, card.shape[0], 4)
        cv2.line(old, (int(ends[0]), int(ends[1])), (int(ends[2]), int(ends[3])), _PAPER, 3, cv2.LINE_AA)
    return old


def as_floats(picture: npt.NDArray[np.generic] | cv2.typing.MatLike) -> Floats:
    """The picture in this module's type."""
    return np.asarray(picture).astype(np.float32, copy=False)


def _projection(shape: tuple[int, ...], pose: Pose) -> Floats:
    """From the drawing to the picture: turned in its plane, tilted about an upright axis, seen through a lens."""
    side = max(shape) * pose.module / _DETAIL
    turn, tilt = np.deg2rad(pose.turn), np.deg2rad(pose.tilt)
    far = 3.0 * side
    corners = []
    for x, y in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)):
        wide, high = x * shape[1] * pose.module / _DETAIL, y * shape[0] * pose.module / _DETAIL
        turned = (wide * np.cos(turn) - high * np.sin(turn), wide * np.sin(turn) + high * np.cos(turn))
        near = far / (far + turned[0] * np.sin(tilt))
        corners.append((turned[0] * np.cos(tilt) * near, turned[1] * near))
    target = np.array(corners, dtype=np.float32) + np.array(
        [WIDTH / 2 + pose.across, HEIGHT / 2 + pose.down], dtype=np.float32
    )
    source = np.array([[0, 0], [shape[1], 0], [shape[1], shape[0]], [0, shape[0]]], dtype=np.float32)
    return as_floats(cv2.getPerspectiveTransform(source, target))


def _bent(card: Floats, degrees: float) -> Floats:
    """The card around an upright cylinder, seen from the front: narrower towards its sides, on its own paper."""
    wide = card.shape[1]
    radius = wide / np.deg2rad(degrees)
    seen = np.arange(wide, dtype=np.float32) - wide / 2
    reach = radius * np.sin(np.deg2rad(degrees) / 2)
    along = radius * np.arcsin(np.clip(seen / radius, -1, 1)) + wide / 2
    columns = np.where(np.abs(seen) <= reach, along, -1).astype(np.float32)
    rows = np.arange(card.shape[0], dtype=np.float32)
    grid = np.meshgrid(columns, rows)
    light = (0.6 + 0.4 * np.cos(np.clip(seen / radius, -1, 1) * np.pi / 2)).astype(np.float32)
    bent = cv2.remap(card, grid[0], grid[1], cv2.INTER_LINEAR, borderValue=_PAPER)
    return as_floats(bent * light)


def _spread(kernel: Floats, x: float, y: float) -> None:
    left, top = int(np.floor(x)), int(np.floor(y))
    for column, across in ((left, 1 - (x - left)), (left + 1, x - left)):
        for row, down in ((top, 1 - (y - top)), (top + 1, y - top)):
            if 0 <= row < kernel.shape[0] and 0 <= column < kernel.shape[1]:
                kernel[row, column] += across * down
