"""Camera pictures of QR codes, good and bad, made from a fixed seed."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import zxingcpp

from drivers.frames import GreyArray
from drivers.simulator.people import PEOPLE

SEED = 20_261_122
WIDTH, HEIGHT = 1280, 720
EMPTY = 20

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Frame:
    """A grey 720p picture, how it was spoilt, and the bytes in it (None: an empty desk)."""

    condition: str
    picture: GreyArray
    payload: bytes | None


def payloads() -> list[bytes]:
    """Texts as cards carry them, a long number, and the letters of a signed ticket."""
    random = np.random.default_rng(SEED)
    cards = [PEOPLE[name].card_qr() for name in ("insured", "expired", "uninsured")]
    letters = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:", dtype=np.uint8)
    return [*cards, bytes(random.choice(letters, 180)), bytes(random.choice(letters[:10], 60))]


def drawn(payload: bytes, module: float, turn: float, tilt: float) -> GreyArray:
    """The code with ``module`` pixels a module on a light card, turned by degrees and tilted by a share."""
    # As bytes where it is not ASCII: cards carry bare UTF-8, and a text may be given a character set's mark instead.
    content = payload.decode() if payload.isascii() else payload
    symbol = zxingcpp.create_barcode(content, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    code = np.array(symbol.to_image(scale=8), dtype=np.uint8)
    side = code.shape[0] * module / 8
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], dtype=np.float32) * side / 2
    corners[:2, 0] *= 1 - tilt
    angle = np.deg2rad(turn)
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]], dtype=np.float32)
    target = (corners @ rotation + np.array([WIDTH, HEIGHT], dtype=np.float32) / 2).astype(np.float32)
    edge = code.shape[0]
    source = np.array([[0, 0], [edge, 0], [edge, edge], [0, edge]], dtype=np.float32)
    warp = cv2.getPerspectiveTransform(source, target)
    shrunk = cv2.GaussianBlur(code, (0, 0), 8 / module / 3)  # what a lens does before the sensor samples
    picture = cv2.warpPerspective(shrunk, warp, (WIDTH, HEIGHT), borderValue=225, flags=cv2.INTER_LINEAR)
    return picture.astype(np.uint8)


def frames() -> list[Frame]:
    """All frames, in a fixed order."""
    random = np.random.default_rng(SEED)
    found = []
    for payload in payloads():
        for module in (3.0, 2.4, 2.0, 1.65, 1.4):
            turn = float(random.uniform(-20, 20))
            plain = drawn(payload, module, turn, 0.0)
            found.append(Frame(f"{module} px a module", _seen(plain, random), payload))
        for level in (1, 2, 3):
            sharp = drawn(payload, 3.2, float(random.uniform(-20, 20)), 0.0)
            found.append(
                Frame("out of focus", _seen(cv2.GaussianBlur(sharp, (0, 0), 0.7 + 0.3 * level), random), payload)
            )
            streak = np.full((1, 1 + 2 * level), 1 / (1 + 2 * level), dtype=np.float32)
            found.append(Frame("moved", _seen(cv2.filter2D(sharp, -1, streak), random), payload))
            found.append(Frame("dim", _seen((sharp * (0.5 / level)).astype(np.uint8), random, 5.0), payload))
            tilted = drawn(payload, 3.2, float(random.uniform(-20, 20)), 0.12 * level)
            found.append(Frame("tilted", _seen(tilted, random), payload))
            found.append(Frame("glare", _seen(_glare(sharp, 0.06 * level, random), random), payload))
        found.append(Frame("light on dark", _seen(255 - drawn(payload, 3.2, 4.0, 0.0), random), payload))
    desk = np.full((HEIGHT, WIDTH), 150)
    return found + [Frame("empty", _seen(desk, random, 12.0), None) for _ in range(EMPTY)]


def _seen(picture: npt.NDArray[np.generic], random: np.random.Generator, noise: float = 3.0) -> GreyArray:
    light = np.linspace(1.0, 0.8, WIDTH, dtype=np.float32)
    lit: Floats = picture.astype(np.float32) * light + random.normal(0.0, noise, picture.shape).astype(np.float32)
    return np.clip(lit, 0, 255).astype(np.uint8)


def _glare(picture: GreyArray, share: float, random: np.random.Generator) -> Floats:
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    x, y = WIDTH / 2 + random.uniform(-30, 30), HEIGHT / 2 + random.uniform(-30, 30)
    size = 250 * share
    spot = 255 * np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * size * size))
    bright: Floats = np.minimum(picture + spot, 255).astype(np.float32)
    return bright
