"""What counts as movement, and what does not."""

from __future__ import annotations

import numpy as np
import pytest

from drivers.frames import GreyArray
from drivers.pace import Movement
from tests.qr_pictures import qr_picture

Scene = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
DESK: Scene = np.linspace(40, 160, 1280) + np.zeros((720, 1))


def seen(scene: Scene, seed: int, noise: float = 6.0) -> GreyArray:
    grain = np.random.default_rng(seed).standard_normal(scene.shape, dtype=np.float32) * noise
    return np.clip(scene + grain, 0, 255).astype(np.uint8)


@pytest.fixture
def movement() -> Movement:
    movement = Movement()
    for seed in range(5):
        movement.in_picture(seen(DESK, seed))
    return movement


def test_the_first_picture_is_a_movement() -> None:
    assert Movement().in_picture(seen(DESK, 1))


def test_noise_is_none(movement: Movement) -> None:
    assert not any(movement.in_picture(seen(DESK, seed, 8.0)) for seed in range(10, 20))


def test_a_lamp_that_is_switched_on_is_none(movement: Movement) -> None:
    assert not movement.in_picture(seen(DESK + 40, 10))


def test_a_small_code_held_up_is_one(movement: Movement) -> None:
    scene = DESK.copy()
    scene[300:400, 600:700] = np.kron(np.random.default_rng(3).integers(0, 2, (25, 25)) * 200, np.ones((4, 4)))
    assert movement.in_picture(seen(scene, 10))


def test_a_code_in_the_place_of_another_is_one() -> None:
    first, second = (qr_picture(text * 3, module=6).astype(float) for text in (b"the first ticket", b"the second one"))
    movement = Movement()
    for seed in range(10):
        movement.in_picture(seen(first, seed))
    assert movement.in_picture(seen(second, 10))


def test_a_camera_that_changes_its_size_begins_anew(movement: Movement) -> None:
    assert movement.in_picture(seen(DESK[:480, :600], 10))


@pytest.mark.parametrize("shape", [(1, 1), (3, 2000), (2000, 3), (4, 4)])
def test_tiny_pictures_do_no_harm(shape: tuple[int, int]) -> None:
    movement = Movement()
    assert movement.in_picture(np.zeros(shape, dtype=np.uint8))
    assert not movement.in_picture(np.zeros(shape, dtype=np.uint8))
