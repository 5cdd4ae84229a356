"""Live bursts from a fixed seed: a card comes in and trembles, the lens hunts for its focus, a mirrored lamp moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from drivers.frames import GreyArray
from parts import qr_optics as optics
from parts.qr_frames import payloads
from parts.qr_optics import Floats, Pose, Random

SEED = 20_261_123
BURSTS, FRAMES = 32, 16
APART = 1 / 15
"""Seconds from one frame to the next."""


@dataclass(frozen=True, slots=True)
class Burst:
    """Sixteen pictures of one card, as a camera takes them."""

    payload: bytes
    pictures: tuple[GreyArray, ...]


def bursts() -> Iterator[Burst]:
    """All bursts, in a fixed order, one at a time."""
    random = np.random.default_rng(SEED)
    texts = payloads(random)
    for number in range(BURSTS):
        payload = texts[number % len(texts)]
        card, desk = optics.drawing(payload, random, level="ML"[number % 2]), optics.desk(random)
        yield Burst(payload, tuple(_pictures(card, desk, random)))


def _pictures(card: Floats, desk: Floats, random: Random) -> Iterator[GreyArray]:
    module, tilt, turn = random.uniform(1.75, 3.2), random.uniform(0, 35), random.uniform(-25, 25)
    came_from, light = random.uniform(-1, 1, 2) * (500, 250), np.float32(random.uniform(0.35, 1.0))
    at = came_from
    blur, hunts = random.uniform(0.35, 1.2), random.uniform(0.3, 0.9)
    mirrored, shine = random.uniform(-1, 1, 2) * 25 * module, random.uniform(0, 9) * module
    for number in range(FRAMES):
        before, at = at, came_from * np.exp(-number / 2.2) + random.normal(0, 3.0, 2)
        moved = at - before if number else np.zeros(2)
        pose = Pose(module * (1 + 0.02 * number / FRAMES), turn + random.normal(0, 1), tilt, float(at[0]), float(at[1]))
        picture = optics.placed(card, pose, desk)
        # The shutter is open for a third of the time between two frames.
        length = float(np.hypot(*moved)) / 3
        if length > 0.5:
            picture = optics.moved(picture, min(length, 40.0), float(np.arctan2(moved[1], moved[0])))
        focus = abs(np.cos(hunts * number)) * np.exp(-number / 9) * blur * 1.6 + 0.55 * blur
        picture = optics.out_of_focus(picture, focus * module)
        mirrored = mirrored + random.normal(0, 4 * module, 2)
        if shine > module:
            spot = (optics.WIDTH / 2 + at[0] + mirrored[0], optics.HEIGHT / 2 + at[1] + mirrored[1])
            picture = optics.glare(picture, shine, (float(spot[0]), float(spot[1])))
        yield optics.compressed(optics.sensed(picture * light, random, 5.0), 70)
