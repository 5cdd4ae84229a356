"""What every screen needs to know to show itself: desk, language, colours, and where presses go."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from terminal.clock import VIETNAM_TIME
from terminal.messages import say, words
from terminal.model import Message
from terminal.ports import Inbox
from terminal.view import Desk
from ui.palette import Theme


@dataclass(frozen=True, slots=True)
class Stage:
    """The setting a screen plays in; a new one is made when the language, the desk or the window's size changes.

    ``compact``: the window is low (1024 x 600), so staff screens move closer together.
    """

    desk: Desk
    place: str
    language: str
    theme: Theme
    post: Inbox = field(repr=False)
    demo: bool = False
    compact: bool = False

    @property
    def public(self) -> bool:
        """Whether strangers see this screen: bigger text and targets, nobody's name."""
        return self.desk is Desk.GATE

    def say(self, key: str, **params: str) -> str:
        """The words for a key."""
        return say(Message.of(key, **params), self.language)

    def say_known(self, key: str, otherwise: str) -> str:
        """The words for a key that another system chose; ``otherwise`` where there are none."""
        return self.say(key) if key in words(self.language) else otherwise

    def tell(self, message: Message | None) -> str:
        """The words for a message; empty for none."""
        return "" if message is None else say(message, self.language)


def day(value: date) -> str:
    """A date as printed in Vietnam."""
    return f"{value:%d/%m/%Y}"


def clock_time(value: datetime) -> str:
    """The time of day in Vietnam."""
    return f"{value.astimezone(VIETNAM_TIME):%H:%M}"
