"""What counts as movement, and what does not."""

from __future__ import annotations

import numpy as np
import pytest

from drivers.frames import GreyArray
from drivers.pace import Movement
from tests.qr_pictures import qr_picture

RANDOM = np.random.default_rng(7)
DESK = np.clip(np.linspace(40, 160, 1920) + RANDOM.normal(0, 2, (1080, 1920)), 0, 255)


def seen(scene: np.ndarray[tuple[int, ...], np.dtype[np.float64]], noise: float = 6.0) -> GreyArray:
    return np.clip(scene + RANDOM.normal(0, noise, scene.shape), 0, 255).astype(np.uint8)


@pytest.fixture
def movement() -> Movement:
    movement = Movement()
    for _ in range(5):
        movement.in_picture(seen(DESK))
    return movement


def test_the_first_picture_is_a_movement() -> None:
    assert Movement().in_picture(seen(DESK))


def test_noise_is_none(movement: Movement) -> None:
    assert not any(movement.in_picture(seen(DESK, 10.0)) for _ in range(10))


def test_a_lamp_that_is_switched_on_is_none(movement: Movement) -> None:
    assert not movement.in_picture(seen(DESK + 40))


def test_a_small_code_held_up_is_one(movement: Movement) -> None:
    scene = DESK.copy()
    scene[500:600, 900:1000] = np.kron(RANDOM.integers(0, 2, (25, 25)) * 200, np.ones((4, 4)))
    assert movement.in_picture(seen(scene))


def test_a_code_in_the_place_of_another_is_one() -> None:
    first, second = (qr_picture(text * 3, module=6).astype(float) for text in (b"the first ticket", b"the second one"))
    movement = Movement()
    for _ in range(10):
        movement.in_picture(seen(first))
    assert movement.in_picture(seen(second))


def test_a_camera_that_changes_its_size_begins_anew(movement: Movement) -> None:
    assert movement.in_picture(seen(DESK[:480, :640]))


@pytest.mark.parametrize("shape", [(1, 1), (3, 2000), (2000, 3), (4, 4)])
def test_tiny_pictures_do_no_harm(shape: tuple[int, int]) -> None:
    movement = Movement()
    assert movement.in_picture(np.zeros(shape, dtype=np.uint8))
    assert not movement.in_picture(np.zeros(shape, dtype=np.uint8))
