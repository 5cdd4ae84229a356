"""Every ink can be read on its ground, and yes and no differ without colour."""

from __future__ import annotations

from typing import get_args, get_type_hints

import pytest
from PySide6.QtWidgets import QApplication

from config.schema import FaceSettings
from ui.palette import HIGH, NORMAL, Theme, contrast, theme_named
from ui.theme import style_sheet


def test_contrast_is_the_published_ratio() -> None:
    # WCAG 2.2, "contrast ratio": black on white is 21; #777777 on white is the well-known near miss of 4.48.
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize(("theme", "least"), [(NORMAL, 4.5), (HIGH, 7.0)], ids=["normal", "high"])
def test_every_pair_can_be_read(theme: Theme, least: float) -> None:
    weak = [f"{name} {pair.contrast:.2f}" for name, pair in theme.pairs() if pair.contrast < least]
    assert weak == []


@pytest.mark.parametrize("theme", [NORMAL, HIGH], ids=["normal", "high"])
def test_yes_and_no_differ_in_lightness(theme: Theme) -> None:
    assert contrast(theme.allow.ground, theme.stop.ground) >= 1.2
    assert contrast(NORMAL.allow.ground, NORMAL.stop.ground) == pytest.approx(2.47, abs=0.05)


@pytest.mark.parametrize("theme", [NORMAL, HIGH], ids=["normal", "high"])
def test_the_ring_of_the_keyboard_is_seen(theme: Theme) -> None:
    for name in ("page", "panel", "button"):
        ground = dict(theme.pairs())[name].ground
        assert contrast(theme.focus, ground) >= 3.0, name


def test_the_ring_on_the_main_button_is_seen() -> None:
    for theme in (NORMAL, HIGH):
        assert contrast(theme.page.ink, theme.accent.ground) >= 1.5


def test_a_theme_has_a_name() -> None:
    assert theme_named("high_contrast") is HIGH
    for name in get_args(get_type_hints(FaceSettings)["theme"]):
        assert theme_named(name).name == name
    with pytest.raises(ValueError, match="sunny"):
        theme_named("sunny")


@pytest.mark.parametrize("theme", [NORMAL, HIGH], ids=["normal", "high"])
def test_the_style_sheet_is_filled_and_understood(app: QApplication, theme: Theme) -> None:
    sheet = style_sheet(theme)
    assert "$" not in sheet
    assert theme.stop.ground in sheet
