"""The style sheet: one template, filled from a palette."""

from __future__ import annotations

from importlib import resources
from string import Template

from PySide6.QtWidgets import QWidget

from ui.palette import Theme


def style_sheet(theme: Theme) -> str:
    """The whole style sheet of a theme."""
    values = {"edge": theme.edge, "focus": theme.focus}
    rules = []
    for name, pair in theme.pairs():
        values[f"{name}_ink"], values[f"{name}_ground"] = pair.ink, pair.ground
        rules.append(f'QLabel[tone="{name}"] {{ color: {pair.ink}; }}')
        rules.append(f'QWidget[ground="{name}"] {{ background: {pair.ground}; }}')
    template = Template((resources.files("ui") / "theme.qss").read_text("utf-8"))
    return "\n".join(rules) + template.substitute(values)


def repolish(widget: QWidget) -> None:
    """Let the style sheet see that a property of the widget changed."""
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)
