"""What the session's table is made of: one row for each state and thing that may happen in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, cast

from terminal.events import Button, Event, Timer
from terminal.flow.moves import Move
from terminal.flow.recognise import Recognised
from terminal.flow.rules import Rules
from terminal.flow.states import State
from terminal.view import Screen

E = TypeVar("E")
Input = Event | Recognised
Trigger = type | Button | Timer
Handler = Callable[[State, Input, Rules], Move]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: in ``screen``, on ``trigger``, do ``handler``; ``leads_to`` is all it may lead to."""

    screen: Screen
    trigger: Trigger
    handler: Handler
    leads_to: tuple[Screen, ...]


def row(
    screen: Screen, trigger: type[E] | Button | Timer, handler: Callable[[State, E, Rules], Move], *leads_to: Screen
) -> Row:
    """The row of a handler that knows its own kind of event."""
    return Row(screen, trigger, cast(Handler, handler), leads_to)
