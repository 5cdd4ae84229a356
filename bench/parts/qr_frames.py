"""Camera pictures of QR codes, from easy to hopeless, and pictures without one; made from a fixed seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from drivers.frames import GreyArray
from drivers.simulator.people import PEOPLE
from parts import qr_optics as optics
from parts.qr_optics import Floats, Pose, Random

SEED = 20_261_122
SEVERITIES = (1, 2, 3, 4, 5)
CODES_EACH = 6
"""Pictures for each severity of each condition."""

EMPTY = 60


@dataclass(frozen=True, slots=True)
class Frame:
    """A grey 720p picture, how and how badly (1 to 5) it was spoilt, and the bytes in it (None: no code)."""

    condition: str
    severity: int
    picture: GreyArray
    payload: bytes | None


@dataclass(frozen=True, slots=True)
class _Shot:
    """One picture in the making."""

    payload: bytes
    random: Random
    pose: Pose
    level: int

    def step(self, *values: float) -> float:
        """The value of this severity."""
        return values[self.level - 1]

    def card(self, *, dark_mode: bool = False) -> Floats:
        """The card as it was printed."""
        return optics.drawing(self.payload, self.random, dark_mode=dark_mode, level="L" if self.level % 2 else "M")

    def plain(self, card: Floats | None = None, pose: Pose | None = None) -> Floats:
        """The card on the desk in good light."""
        return optics.placed(self.card() if card is None else card, pose or self.pose, optics.desk(self.random))

    def taken(self, picture: Floats, noise: float = 3.0) -> GreyArray:
        """What the sensor makes of it."""
        return optics.sensed(picture, self.random, noise)

    @property
    def middle(self) -> tuple[float, float]:
        """Where on the code something happens, in pixels of the picture."""
        reach = 15 * self.pose.module
        across, down = self.random.uniform(-reach, reach, 2)
        return (optics.WIDTH / 2 + self.pose.across + across, optics.HEIGHT / 2 + self.pose.down + down)


def payloads(random: Random) -> list[bytes]:
    """What a desk meets: texts of ID cards, an insurance card's length in bytes, signed tickets, a number."""
    cards = [person.card_qr() for person in list(PEOPLE.values())[:6]]
    letters = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:", dtype=np.uint8)
    hexes = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
    insurance = [b"0030000001|" + bytes(random.choice(hexes, size)) for size in (190, 230)]
    tickets = [bytes(random.choice(letters, size)) for size in (215, 227)]
    return [*cards, *insurance, *tickets, bytes(random.choice(letters[:10], 60))]


def frames() -> Iterator[Frame]:
    """All frames, in a fixed order, one at a time: together they fill half a gigabyte."""
    random = np.random.default_rng(SEED)
    texts = payloads(random)
    number = 0
    for condition, spoil in _CONDITIONS.items():
        for level in SEVERITIES:
            for _ in range(CODES_EACH * (3 if condition == "mixed" else 1)):
                pose = _held(random)
                shot = _Shot(texts[number % len(texts)], random, pose, level)
                number += 1
                yield Frame(condition, level, spoil(shot), shot.payload)
    for _ in range(EMPTY):
        yield Frame("no code", 1, _without_code(random), None)


def _held(random: Random) -> Pose:
    """How people hold a card: 20 to 30 cm from a camera, so at 2.2 to 3.4 pixels a module, near the middle."""
    across, down = (float(off) for off in random.uniform(-60, 60, 2))
    return Pose(float(random.uniform(2.2, 3.4)), float(random.uniform(-25, 25)), across=across, down=down)


def _distance(shot: _Shot) -> GreyArray:
    return shot.taken(shot.plain(pose=replace(shot.pose, module=shot.step(4.2, 3.0, 2.4, 2.0, 1.65))))


def _perspective(shot: _Shot) -> GreyArray:
    return shot.taken(shot.plain(pose=replace(shot.pose, tilt=shot.step(22, 34, 45, 54, 63))))


def _motion(shot: _Shot) -> GreyArray:
    length = shot.step(0.5, 0.9, 1.25, 1.6, 2.0) * shot.pose.module
    return shot.taken(optics.moved(shot.plain(), length, shot.random.uniform(0, np.pi)))


def _defocus(shot: _Shot) -> GreyArray:
    return shot.taken(optics.out_of_focus(shot.plain(), shot.step(0.8, 1.2, 1.6, 2.0, 2.5) * shot.pose.module))


def _glare(shot: _Shot) -> GreyArray:
    side = 50 * shot.pose.module
    radius = side * np.sqrt(shot.step(0.03, 0.06, 0.10, 0.16, 0.24) / np.pi)
    return shot.taken(optics.glare(shot.plain(), radius, shot.middle))


def _low_light(shot: _Shot) -> GreyArray:
    light = np.float32(shot.step(0.35, 0.25, 0.18, 0.12, 0.08))
    return shot.taken(shot.plain() * light, shot.step(4, 6, 8, 9, 10))


def _phone(shot: _Shot) -> GreyArray:
    strength = shot.step(0.25, 0.45, 0.6, 0.75, 0.9)
    return shot.taken(optics.on_a_screen(shot.plain(), shot.random.uniform(2.2, 5.0), strength))


def _jpeg(shot: _Shot) -> GreyArray:
    return optics.compressed(shot.taken(shot.plain()), int(shot.step(45, 30, 20, 12, 8)))


def _finger(shot: _Shot) -> GreyArray:
    card = optics.covered(shot.card(), shot.step(0.01, 0.025, 0.045, 0.07, 0.11), shot.random)
    return shot.taken(shot.plain(card))


def _rotation(shot: _Shot) -> GreyArray:
    pose = replace(shot.pose, turn=float(shot.random.uniform(0, 360)), module=shot.step(3.6, 3.0, 2.5, 2.2, 1.9))
    return shot.taken(shot.plain(pose=pose))


def _curved(shot: _Shot) -> GreyArray:
    return shot.taken(shot.plain(pose=replace(shot.pose, turn=0.0, curved=shot.step(30, 60, 90, 120, 150))))


def _shadow(shot: _Shot) -> GreyArray:
    depth = shot.step(0.7, 0.6, 0.5, 0.4, 0.3)
    edge = shot.random.uniform(-40, 40), shot.random.uniform(0, 2 * np.pi)
    return shot.taken(optics.shaded(shot.plain(), *edge, depth))


def _worn(shot: _Shot) -> GreyArray:
    return shot.taken(shot.plain(optics.worn(shot.card(), shot.step(0.008, 0.015, 0.025, 0.04, 0.06), shot.random)))


def _dark_mode(shot: _Shot) -> GreyArray:
    return shot.taken(shot.plain(shot.card(dark_mode=True)))


def _mixed(shot: _Shot) -> GreyArray:
    """A little of everything at once."""
    random = shot.random
    pose = replace(
        shot.pose,
        module=shot.step(3.4, 3.1, 2.8, 2.5, 2.2),
        tilt=float(random.uniform(0, shot.step(10, 15, 20, 25, 30))),
        curved=float(random.uniform(0, shot.step(10, 20, 30, 40, 50))),
    )
    picture = shot.plain(optics.worn(shot.card(), shot.step(0.005, 0.01, 0.015, 0.02, 0.03), random), pose)
    picture = optics.moved(picture, shot.step(0.2, 0.35, 0.5, 0.65, 0.8) * pose.module, random.uniform(0, np.pi))
    picture = optics.out_of_focus(picture, shot.step(0.4, 0.55, 0.7, 0.85, 1.0) * pose.module)
    light = np.float32(shot.step(0.9, 0.75, 0.6, 0.5, 0.4))
    return optics.compressed(shot.taken(picture * light, shot.step(3, 3, 4, 4, 5)), int(shot.step(80, 70, 60, 50, 40)))


_CONDITIONS: dict[str, Callable[[_Shot], GreyArray]] = {
    "distance": _distance,
    "perspective": _perspective,
    "motion": _motion,
    "defocus": _defocus,
    "glare": _glare,
    "low light": _low_light,
    "phone screen": _phone,
    "JPEG": _jpeg,
    "finger": _finger,
    "any rotation": _rotation,
    "curved paper": _curved,
    "hard shadow": _shadow,
    "worn print": _worn,
    "dark mode": _dark_mode,
    "mixed": _mixed,
}


def _without_code(random: Random) -> GreyArray:
    """A desk with papers, a page of print, a checked cloth, or nothing but noise."""
    picture = optics.desk(random)
    kind = int(random.integers(0, 4))
    if kind == 0:
        picture = optics.as_floats(np.full_like(picture, 150))
    if kind == 1:
        page = optics.drawing(b"-", random)
        page[page.shape[0] // 4 : -page.shape[0] // 4] = 215
        picture = optics.placed(page, Pose(9.0, float(random.uniform(-20, 20))), picture)
    if kind == 2:
        checks = np.kron(random.integers(0, 2, (60, 107)), np.ones((12, 12)))[: optics.HEIGHT, : optics.WIDTH]
        picture = optics.as_floats(40 + 170 * checks)
    return optics.sensed(picture, random, float(random.choice([3.0, 12.0])))
