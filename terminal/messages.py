"""Words for message keys, in Vietnamese and English, from ``words/vi.toml`` and ``words/en.toml``.

Both files hold the same keys (a test compares them); the window, the console and the manual read the same words.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from importlib import resources

from terminal.model import Message

LANGUAGES = ("vi", "en")


@functools.cache
def words(language: str) -> Mapping[str, str]:
    """All texts of one language by flat key (``fault.card.lost.title``)."""
    text = (resources.files("terminal") / "words" / f"{language}.toml").read_text("utf-8")
    return dict(_flatten("", tomllib.loads(text)))


def _flatten(prefix: str, node: Mapping[str, object]) -> list[tuple[str, str]]:
    flat: list[tuple[str, str]] = []
    for key, value in node.items():
        if isinstance(value, Mapping):
            flat += _flatten(f"{prefix}{key}.", value)
        else:
            flat.append((prefix + key, str(value)))
    return flat


def say(message: Message, language: str) -> str:
    """The sentence, its parameters filled in. Raises KeyError for a key without words: a defect, not an input."""
    return words(language)[message.key].format_map(dict(message.params))
