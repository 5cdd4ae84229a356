"""The state diagram of docs/state-machine.md, drawn from the session's table: ``python -m terminal.flow.diagram``."""

from __future__ import annotations

import sys

from terminal.events import Button, Timer
from terminal.flow.rows import Trigger
from terminal.flow.session import TABLE


def mermaid() -> str:
    """A Mermaid state diagram: one arrow for each pair of states, labelled with what may cause it."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for (screen, trigger), line in TABLE.items():
        for target in line.leads_to:
            if target is not screen:
                arrows.setdefault((screen.value, target.value), []).append(_label(trigger))
    lines = ["stateDiagram-v2", "    [*] --> starting"]
    lines += [f"    {start} --> {end}: {', '.join(dict.fromkeys(labels))}" for (start, end), labels in arrows.items()]
    return "\n".join(lines) + "\n"


def page() -> str:
    """The whole page, with a table of every row."""
    rows = [
        f"| {screen.value} | {_label(trigger)} | {', '.join(target.value for target in line.leads_to)} |"
        for (screen, trigger), line in TABLE.items()
    ]
    return "\n".join(
        [
            "# The session's states",
            "",
            "Drawn by `python -m terminal.flow.diagram` from the table in `terminal/flow/session.py`; a test fails",
            "when this page and the table differ. An event that has no row in a state changes nothing there.",
            "",
            "```mermaid",
            mermaid().rstrip(),
            "```",
            "",
            "| in | on | leads to one of |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def _label(trigger: Trigger) -> str:
    if isinstance(trigger, Button):
        return f"button {trigger.value}"
    if isinstance(trigger, Timer):
        return f"clock {trigger.value}"
    return trigger.__name__


if __name__ == "__main__":
    sys.stdout.write(page())
