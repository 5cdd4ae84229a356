"""The thread on which a hub and its upstream server exchange, again and again."""

from __future__ import annotations

import logging
import random
import threading
import traceback
from collections.abc import Callable

from backend.engine.errors import BusyError
from backend.hub.upstream import RefusedError, UpstreamError

EVERY = 3.0
"""Seconds between two exchanges while the upstream server answers."""

LONGEST = 60.0
"""Seconds at most until the next try while it does not."""

_log = logging.getLogger(__name__)

Wait = Callable[[float], bool]
"""Waits so many seconds; whether it is time to end."""


class Turns:
    """Calls ``exchange`` until `stop`. ``wait`` is for tests; the usual one ends at once when it is time to."""

    def __init__(self, exchange: Callable[[], None], wait: Wait | None = None) -> None:
        self._exchange = exchange
        self._ending = threading.Event()
        self._wait: Wait = wait or self._ending.wait
        self._thread = threading.Thread(target=self._run, name="hub-exchange", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, seconds: float | None = None) -> None:
        """Finish the exchange that is under way; what it does not finish is done after the next start."""
        self._ending.set()
        self._thread.join(seconds)

    def _run(self) -> None:
        pause = EVERY
        while not self._ending.is_set():
            pause = EVERY if self._once() else min(2 * pause, LONGEST)
            # Hubs that lost the same server must not all come back in the same second.
            if self._wait(pause * random.uniform(0.8, 1.0)):  # noqa: S311 - no secret
                return

    def _once(self) -> bool:
        try:
            self._exchange()
        except RefusedError as error:
            _log.error("the upstream server refuses this hub: %s", error)
        except UpstreamError as error:
            _log.warning("the upstream server is out of reach: %s", error)
        except BusyError:
            _log.warning("the hub's own database was busy")
        except Exception as error:  # noqa: BLE001 - a hub that never exchanges again would know less and less, unseen
            at = "".join(traceback.format_tb(error.__traceback__))  # without its words, which may hold what was sent
            _log.error("an exchange failed: %s\n%s", type(error).__name__, at)
        else:
            return True
        return False
