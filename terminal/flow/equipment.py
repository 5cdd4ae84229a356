"""The desk's devices as the engine drives them: sources of codes, the gate, the printer, the voice.

Everything here runs on the engine's thread and waits for nothing; what takes time is done by others, who post events.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from typing import TYPE_CHECKING

from terminal.events import (
    AnnulFailed,
    Annulled,
    Device,
    DeviceDown,
    DeviceUp,
    Event,
    GateBlocked,
    GateTurned,
    PrintFailed,
    SlipPrinted,
)
from terminal.faults import CATALOGUE, FaultError
from terminal.flow import effects as to
from terminal.flow.passages import Passages
from terminal.ports import FrameSink
from terminal.traces import describe

if TYPE_CHECKING:
    from terminal.flow.desk import Desk
    from terminal.flow.jobs import AskWork

log = logging.getLogger(__name__)

PRINTER = "printer"
"""The printer's name in DeviceUp and DeviceDown."""

_LOOK_AGAIN = 4.0
"""Seconds until a printer that could not print is looked at again: nothing else tells that it is back."""

Later = Callable[[float, Callable[[], None]], None]
"""Calls something on the engine's thread after so many seconds."""


class Equipment:
    """What one desk has beside its reader and its face. ``post`` takes events, ``net`` runs what waits for others."""

    def __init__(
        self, desk: Desk, ask: AskWork | None, post: Callable[[Event], None], net: ThreadPoolExecutor, later: Later
    ) -> None:
        self._desk = desk
        self._ask = ask
        self._post = post
        self._net = net
        self._later = later
        self._passages = Passages()
        self._prints = ThreadPoolExecutor(max_workers=1, thread_name_prefix="print") if desk.slips else None
        self._looking_again = False
        self._printer_told: str | None = None

    def start(self, frames: FrameSink) -> None:
        """Start every device."""
        for source in self._desk.codes:
            source.start(self._post, frames)
        if self._desk.gate:
            self._desk.gate.start(self._post)
        if self._prints:
            self._prints.submit(self._check_printer)

    def stop(self) -> None:
        """Stop every device, also when one of them fails at it; the gate is left standing as the site wants it."""
        with ExitStack() as stops:  # the last that is put in is the first that is done
            if self._desk.speech:
                stops.callback(self._desk.speech.stop)
            if self._prints:
                stops.callback(self._prints.shutdown, wait=False, cancel_futures=True)
            for source in self._desk.codes:
                stops.callback(source.stop)
            if self._desk.gate:
                stops.callback(self._desk.gate.stop)

    def look(self, on: bool) -> None:
        """Let the sources of codes look, or not."""
        for source in self._desk.codes:
            source.pause(not on)

    # The gate --------------------------------------------------------------------------------------------------------

    def open_gate(self, passage: str, effect: to.OpenGate) -> None:
        """Let one person through."""
        if self._desk.gate is None:
            return
        if self._desk.gate.tells:
            self._passages.begin(passage, effect.use)
        self._desk.gate.open(passage)

    def hold_gate(self, effect: to.HoldGate) -> None:
        """Open for everybody, or no longer."""
        if self._desk.gate is not None:
            self._desk.gate.hold("open" if effect.open else "shut")

    def ticket_of(self, passage: str) -> str | None:
        """The id of the ticket that was redeemed for a passage."""
        use = self._passages.use(passage)
        return use.ticket.ticket_id if use and use.ticket else None

    def annul(self, passage: str, now: datetime) -> None:
        """Give the ticket's use back; an admission by hand has nothing to give back."""
        use = self._passages.use(passage)
        if use is None or self._ask is None:
            self._passages.end(passage)
            return
        self._net.submit(self._ask.annul, passage, use.ticket, now)

    def heard(self, event: Event, now: Callable[[], datetime]) -> bool:
        """Whether the session need not be told: an entry was given back, or that failed and is tried again."""
        if isinstance(event, Annulled):
            self._passages.end(event.passage)
            return True
        if not isinstance(event, AnnulFailed):
            return False
        wait = self._passages.next_try(event.passage) if CATALOGUE[event.fault].retriable else None
        if wait is None:
            return False
        self._later(wait, lambda: self.annul(event.passage, now()))
        return True

    def done_with(self, event: Event) -> None:
        """The session was told and the journal knows the ticket: a passage that ended so is forgotten. A printer that
        failed is looked at again."""
        if isinstance(event, DeviceDown) and event.device is Device.PRINTER and not self._looking_again:
            self._looking_again = True
            self._later(_LOOK_AGAIN, self._look_again)
        if isinstance(event, GateTurned | AnnulFailed) or (
            isinstance(event, GateBlocked) and event.fault == "gate.absent"
        ):
            self._passages.end(event.passage)

    # Printer and voice -----------------------------------------------------------------------------------------------

    def print_slip(self, effect: to.PrintSlip) -> None:
        """Print on the printing thread."""
        if self._prints is None:
            self._post(PrintFailed(effect.session, "printer.absent"))
        else:
            self._prints.submit(self._print, effect)

    def _print(self, effect: to.PrintSlip) -> None:
        fault = self._printer_fault(lambda: self._desk.slips.print(effect) if self._desk.slips else None)
        self._post(PrintFailed(effect.session, fault) if fault else SlipPrinted(effect.session))

    def _look_again(self) -> None:
        self._looking_again = False
        if self._prints is not None:
            self._prints.submit(self._check_printer)

    def _check_printer(self) -> None:
        self._printer_fault(lambda: self._desk.slips.check() if self._desk.slips else None)

    def _printer_fault(self, work: Callable[[], None]) -> str | None:
        """Do it; the fault's code when it failed. What the printer is like now is told either way."""
        simulated = self._desk.slips.simulated if self._desk.slips else False
        try:
            work()
        except FaultError as error:
            code = error.fault.code
            if code != self._printer_told:
                log.warning("printer: %s", error)
        except Exception as error:  # noqa: BLE001 - a slip that cannot be printed must not end the printing thread
            log.error("printer: %s", describe(error))
            code = "printer.failed"
        else:
            self._printer_told = None
            self._post(DeviceUp(Device.PRINTER, PRINTER, simulated))
            return None
        self._printer_told = code
        self._post(DeviceDown(Device.PRINTER, PRINTER, code))
        return code

    def say(self, effect: to.Say) -> None:
        """Speak, unless this desk is mute."""
        if self._desk.speech:
            self._desk.speech.say(effect.message)
