"""Named colours with the ground each ink was tested on (WCAG 2.2, 1.4.3: 4.5 to 1; the high-contrast theme: 7 to 1)."""

from __future__ import annotations

from dataclasses import dataclass, fields


def _luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` (WCAG 2.2, glossary)."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours ``#rrggbb``, 1 to 21."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@dataclass(frozen=True, slots=True)
class Pair:
    """An ink and the ground it stands on."""

    ink: str
    ground: str

    @property
    def contrast(self) -> float:
        """Their ratio."""
        return contrast(self.ink, self.ground)


@dataclass(frozen=True, slots=True)
class Theme:
    """All colours of one theme. A widget's ``tone`` names a pair's ink, its ``ground`` a pair's ground.

    ``edge`` outlines panels, ``focus`` rings what the keyboard is on, ``pulse`` is the border of a yes with a note.
    """

    name: str
    bar: Pair
    bar_muted: Pair
    bar_warn: Pair
    pill: Pair
    page: Pair
    page_muted: Pair
    panel: Pair
    panel_muted: Pair
    panel_good: Pair
    panel_bad: Pair
    panel_warn: Pair
    accent: Pair
    button: Pair
    button_off: Pair
    notice: Pair
    allow: Pair
    attention: Pair
    stop: Pair
    cannot_check: Pair
    edge: str
    focus: str
    pulse: str = "#FFCC33"

    def pairs(self) -> tuple[tuple[str, Pair], ...]:
        """Every pair by its name."""
        named = ((item.name, getattr(self, item.name)) for item in fields(self))
        return tuple((name, pair) for name, pair in named if isinstance(pair, Pair))


_INK = "#10151C"
_WHITE = "#FFFFFF"
_YELLOW = "#FFCC33"

NORMAL = Theme(
    name="normal",
    bar=Pair(_WHITE, _INK),
    bar_muted=Pair("#B9C3D0", _INK),
    bar_warn=Pair(_YELLOW, _INK),
    pill=Pair(_INK, _YELLOW),
    page=Pair(_INK, "#EEF1F5"),
    page_muted=Pair("#414B59", "#EEF1F5"),
    panel=Pair(_INK, _WHITE),
    panel_muted=Pair("#4A5463", _WHITE),
    panel_good=Pair("#066B4B", _WHITE),
    panel_bad=Pair("#9B111E", _WHITE),
    panel_warn=Pair("#7A4B00", _WHITE),
    accent=Pair(_WHITE, "#0B4F94"),
    button=Pair(_INK, "#DDE3EB"),
    button_off=Pair("#525C6A", "#E3E7ED"),
    notice=Pair(_INK, "#FFE9A8"),
    allow=Pair(_WHITE, "#08805A"),
    attention=Pair(_INK, _YELLOW),
    stop=Pair(_WHITE, "#6E0B12"),
    cannot_check=Pair(_WHITE, "#3A4350"),
    edge="#C9D1DB",
    focus="#0B4F94",
)

HIGH = Theme(
    name="high_contrast",
    bar=Pair(_WHITE, "#000000"),
    bar_muted=Pair("#E2E8F0", "#000000"),
    bar_warn=Pair(_YELLOW, "#000000"),
    pill=Pair("#000000", _YELLOW),
    page=Pair(_WHITE, "#000000"),
    page_muted=Pair("#E2E8F0", "#000000"),
    panel=Pair(_WHITE, "#14181E"),
    panel_muted=Pair("#D5DCE6", "#14181E"),
    panel_good=Pair("#7BE3BB", "#14181E"),
    panel_bad=Pair("#FFB3B3", "#14181E"),
    panel_warn=Pair("#FFD966", "#14181E"),
    accent=Pair("#000000", "#8CC8FF"),
    button=Pair(_WHITE, "#2B333F"),
    button_off=Pair("#C3CBD6", "#20262F"),
    notice=Pair("#000000", "#FFE9A8"),
    allow=Pair(_WHITE, "#00563B"),
    attention=Pair("#000000", _YELLOW),
    stop=Pair(_WHITE, "#6E0B12"),
    cannot_check=Pair(_WHITE, "#3A4350"),
    edge="#FFFFFF",
    focus="#8CC8FF",
)


def theme_named(name: str) -> Theme:
    """The theme of that name, one of ``face.theme`` (``normal``, ``high_contrast``). Raises ValueError for another."""
    for theme in (NORMAL, HIGH):
        if theme.name == name:
            return theme
    raise ValueError(f"no theme is called {name!r}")
