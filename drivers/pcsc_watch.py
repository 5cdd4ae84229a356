"""The watch over all readers: one PC/SC context on a thread of its own, one look after the other.

Its calls wait inside the service, and a service that hangs keeps them for ever: nobody waits for this thread longer
than he wants to. pyscard's own card monitor would end for good when the service restarts.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from smartcard import scard

from drivers.pcsc_codes import WINDOWS, open_context, require, same, unplugged
from drivers.pcsc_names import chosen
from terminal.faults import FaultError

_log = logging.getLogger(__name__)

_HOT_PLUG = "\\\\?PnP?\\Notification"
_POLL_MS = 500
"""How long one wait for changes lasts: a service that tells of no new readers is asked that often."""

_BREATH = 0.02
"""Seconds between two looks that found something: a reader that cannot make up its mind costs no more than that."""

_HUNG = 3.0
"""Seconds beyond one wait after which a service that does not come back counts as hanging."""

_AT_ONCE = 10 if WINDOWS else 16
"""How many readers one call can watch, the hot-plug name among them (MAXIMUM_SMARTCARD_READERS in winsmcrd.h,
PCSCLITE_MAX_READERS_CONTEXTS in pcsclite.h); where there are more they are asked in turn."""

_NOT_THERE = scard.SCARD_STATE_IGNORE | scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Slot:
    """One reader at one look: PC/SC's event state, and the answer to reset of the card that lies there."""

    event: int = scard.SCARD_STATE_UNAWARE
    atr: bytes = b""

    @property
    def card(self) -> bool:
        """Whether a card lies there."""
        return bool(self.event & scard.SCARD_STATE_PRESENT)

    @property
    def count(self) -> int:
        """How often cards came and went."""
        return self.event >> 16


Look = Mapping[str, Slot]
"""The readers there are, by name."""


class Watch:
    """Tells, by ``tell`` and on its own thread, of every look that differs from the one before, and once of its end."""

    def __init__(self, wanted: str, tell: Callable[[Watch, Look | FaultError], None]) -> None:
        self._wanted = wanted
        self._tell = tell
        self._ended = threading.Event()
        self._began = time.monotonic()
        self._told: Look | None = None
        self._thread = threading.Thread(target=self._run, name="dev-pcsc-watch", daemon=True)
        self._thread.start()

    @property
    def hangs(self) -> bool:
        """Whether the service keeps the call that runs now for too long."""
        return time.monotonic() - self._began > _POLL_MS / 1000 + _HUNG

    def end(self, wait: float) -> bool:
        """Ask the watch to end; whether it did within ``wait`` seconds."""
        self._ended.set()
        self._thread.join(wait)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            context = open_context()
            try:
                self._look_on(context)
            finally:
                scard.SCardReleaseContext(context)
        except FaultError as error:
            self._tell(self, error)
        except Exception as error:  # noqa: BLE001 - a defect here must not end the desk's reading for good
            _log.error("the watch over the readers ended with %s", type(error).__name__)
            self._tell(self, FaultError("internal", type(error).__name__))

    def _look_on(self, context: int) -> None:
        known: dict[str, Slot] = {}
        hot_plug = (_HOT_PLUG,) if _tells_of_new_readers(context) else ()
        while not self._ended.is_set():
            self._began = time.monotonic()
            names = list_readers(context)
            asked = (*hot_plug, *names) if len(names) < _AT_ONCE else names
            known = {name: known.get(name, Slot()) for name in asked}
            if all(known[name] != Slot() for name in names):
                self._show(known)
            if self._wait(context, known):
                self._show(known)

    def _wait(self, context: int, known: dict[str, Slot]) -> bool:
        """Wait for changes and note them; whether there were any."""
        if 0 < len(known) <= _AT_ONCE:
            changed = self._ask(context, known, _POLL_MS)
        else:
            names = list(known)
            groups = [names[first : first + _AT_ONCE] for first in range(0, len(names), _AT_ONCE)]
            news = [self._ask(context, known, 0, group) for group in groups]
            changed = any(news)
            self._ended.wait(0.0 if changed else _POLL_MS / 1000)
        self._ended.wait(_BREATH if changed else 0.0)
        return changed

    def _ask(self, context: int, known: dict[str, Slot], wait_ms: int, names: Sequence[str] = ()) -> bool:
        asked = [(name, known[name].event) for name in names or known]
        code, states = scard.SCardGetStatusChange(context, wait_ms, asked)
        if same(code, scard.SCARD_E_TIMEOUT):
            return False
        if not unplugged(code):
            require(code, "wait for cards")
            known.update((name, Slot(event & ~scard.SCARD_STATE_CHANGED, bytes(atr))) for name, event, atr in states)
        return True

    def _show(self, known: Look) -> None:
        there = [name for name, slot in known.items() if name != _HOT_PLUG and not slot.event & _NOT_THERE]
        look = {name: known[name] for name in chosen(there, self._wanted)}
        if look != self._told and not self._ended.is_set():
            self._told = look
            self._tell(self, look)


def list_readers(context: int) -> list[str]:
    """The names of all readers there are. Raises FaultError."""
    code, names = scard.SCardListReaders(context, [])
    if same(code, scard.SCARD_E_NO_READERS_AVAILABLE):
        return []
    require(code, "list readers")
    return list(names)


def _tells_of_new_readers(context: int) -> bool:
    code, _ = scard.SCardGetStatusChange(context, 0, [(_HOT_PLUG, scard.SCARD_STATE_UNAWARE)])
    return not unplugged(code)
