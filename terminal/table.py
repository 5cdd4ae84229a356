"""The demo's ports: a table of invented people's cards, codes and tickets, and the virtual readers it lays them on.

Found through the entry points ``tram.table`` and ``tram.virtual_readers``; no site configuration can name either.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from terminal.ports import CardReader, Face


@dataclass(frozen=True, slots=True)
class Exhibit:
    """Something on the demo table: whose it is and what happens with it. ``code`` is one stable word.

    ``card`` is False for what can only be shown to the camera.
    """

    code: str
    who: str
    what: str
    card: bool = True


class VirtualReaders(Protocol):
    """A PC/SC daemon of the demo's own with virtual readers. ``start(folder: Path) -> VirtualReaders`` is its entry
    point (``tram.virtual_readers``); it raises FaultError ``reader.service`` where there can be none."""

    @property
    def address(self) -> tuple[str, int]:
        """Where the first virtual reader waits for a card."""
        ...

    def stop(self) -> None:
        """End the daemon."""
        ...


@dataclass(frozen=True, slots=True)
class TableOptions:
    """``pictures``: the folder that the camera looks at. ``upstream``: the backend's URL behind the network cable.
    ``vpcd``: where the PC/SC daemon's virtual reader listens; without it the table brings a reader of its own.
    ``tickets``: signed ticket texts by exhibit code."""

    pictures: Path
    upstream: str
    vpcd: tuple[str, int] | None = None
    tickets: tuple[tuple[str, str], ...] = ()


class Table(Protocol):
    """The demo's table of invented people's cards, codes and tickets.

    ``build(options: TableOptions) -> Table``. It is the only way to make doubles act; no site configuration names one.
    """

    @property
    def network_url(self) -> str:
        """The terminal's end of the network cable."""
        ...

    @property
    def reader(self) -> CardReader | None:
        """The in-process reader, when there is no PC/SC daemon to attach to."""
        ...

    @property
    def issuer(self) -> bytes:
        """The invented issuer's root certificate (CSCA), DER, for the demo's trust store."""
        ...

    def exhibits(self) -> Sequence[Exhibit]:
        """All that lies on the table."""
        ...

    def show_code(self, code: str) -> None:
        """Hold the exhibit's QR in front of the camera."""
        ...

    def place(self, code: str) -> None:
        """Lay the exhibit's card on the reader."""
        ...

    def lift(self, *, after_apdus: int | None = None) -> None:
        """Take the card off, now or after so many more APDUs."""
        ...

    def cut_network(self, cut: bool) -> None:
        """Pull (or plug) the network between terminal and backend."""
        ...

    def close(self) -> None:
        """Clear the table."""
        ...


@runtime_checkable
class TableFace(Face, Protocol):
    """A face that can show the demo's table beside its own screen, for a person to present exhibits with."""

    def add_table(self, table: Table, switch_desk: Callable[[str], None]) -> None:
        """Show the table; main thread, before ``run``.

        ``switch_desk`` is called with a desk's value, on a thread of the table's own, after the face has turned to it.
        """
        ...

    def turn_to(self, desk: str) -> None:
        """Show what follows as that desk shows it (a desk's value); callable from any thread."""
        ...
