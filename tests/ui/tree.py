"""A window as text: what a screen reader and a colour-blind reviewer would find in it."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

_PROPERTIES = ("tone", "ground", "mark", "gesture", "photo", "state", "main")


def tree(widget: QWidget, window: QWidget | None = None) -> list[dict[str, object]]:
    """The widgets that say something, in order; those that only lay out are left out."""
    window = window or widget
    found: list[dict[str, object]] = []
    for child in children(widget):
        if not child.isVisibleTo(window):
            continue
        entry = _entry(child)
        inner = tree(child, window)
        if inner:
            entry["children"] = inner
        if set(entry) - {"role", "enabled"} - {"children"}:
            found.append(entry)
        else:
            found += inner
    return found


def children(widget: QWidget) -> list[QWidget]:
    """Direct child widgets from top to bottom and left to right, which is how they are read."""
    found = [child for child in widget.children() if isinstance(child, QWidget) and not child.isWindow()]
    return sorted(found, key=lambda child: (child.y(), child.x()))


def _entry(widget: QWidget) -> dict[str, object]:
    interface = QAccessible.queryAccessibleInterface(widget)
    entry: dict[str, object] = {"role": interface.role().name if interface else "none"}
    if widget.accessibleName():
        entry["name"] = widget.accessibleName()
    if isinstance(widget, (QLabel, QAbstractButton)) and widget.text() and widget.objectName() != "place":
        entry["text"] = widget.text()
    for name in _PROPERTIES:
        value = widget.property(name)
        if isinstance(value, str):
            entry[name] = value
    if not widget.isEnabled():
        entry["enabled"] = False
    return entry


def every_text(widget: QWidget) -> Iterator[str]:
    """All that any widget under this one could show or say, visible or not."""
    for one in (widget, *widget.findChildren(QWidget)):
        yield one.accessibleName()
        yield one.accessibleDescription()
        yield one.toolTip()
        yield one.windowTitle()
        if isinstance(one, (QLabel, QAbstractButton)):
            yield one.text()
        for name in (*_PROPERTIES, "action", "panel", "pill"):
            yield str(one.property(name))
