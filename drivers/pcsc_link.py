"""The conversation with one card over PC/SC, under a watchdog of its own.

pcsc-lite knows no time-out for an APDU and neither interface can abort one, so every call into the card runs on a
`Lane`: a silent card costs its time-out, never the thread.
"""

from __future__ import annotations

import logging
import threading

from smartcard import scard

from crypto.errors import CancelledError, CardLostError
from drivers.device import Lane, StuckError
from drivers.pcsc_codes import card_denied, failed, mute, open_context, same, text
from drivers.pcsc_names import simulated
from terminal.faults import FaultError

_log = logging.getLogger(__name__)

_PROTOCOLS = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
_TRY_AGAIN = 0.1
_TRIES = 10

KEEP_ALIVE = 4.0
"""Seconds after which an idle card is asked for its status. Windows resets a card in a transaction after five idle
seconds (SCardBeginTransaction, remarks); any call with the card's handle begins them anew, and this one is no APDU, so
it leaves secure messaging alone."""


class _Connection:
    """A context and a card handle; every method but ``give_up`` runs on the lane.

    ``count`` is how often cards had come and gone when the card was told of: another number now is another card.
    """

    def __init__(self, reader: str, count: int | None) -> None:
        self._reader = reader
        self._count = count
        self._context: int | None = None
        self._card: int | None = None
        self._protocol = 0
        self._refusal = FaultError("reader.busy")
        self._given_up = threading.Event()
        self.in_use = False

    def give_up(self) -> None:
        """Nobody waits any longer; stop trying. From any thread."""
        self._given_up.set()

    def connect(self) -> bytes:
        """The card's answer to reset."""
        self._context = open_context()
        # Another program that had the card open beforehand, not the card, is to blame for a connect that hangs.
        in_use = scard.SCARD_STATE_INUSE | scard.SCARD_STATE_EXCLUSIVE
        self.in_use = bool(self._same_card(self._context) & in_use)
        self._take(self._context)
        self._same_card(self._context)
        code, _, _, _, atr = scard.SCardStatus(self._card)
        if failed(code):
            raise CardLostError(f"status: {text(code)}")
        return bytes(atr)

    def _same_card(self, context: int) -> int:
        """The reader's state; CardLostError when the card was exchanged since it was told of."""
        code, states = scard.SCardGetStatusChange(context, 0, [(self._reader, scard.SCARD_STATE_UNAWARE)])
        if failed(code):
            raise CardLostError(f"state: {text(code)}")
        event = int(states[0][1])
        if self._count is not None and event >> 16 != self._count:
            raise CardLostError("another card lies there")
        return event

    def _take(self, context: int) -> None:
        # Others look at a new card too (Windows itself, browser plug-ins), most only for a moment; and a card that is
        # still on its way into the field is mute at first.
        for _ in range(_TRIES):
            if self._connect(context, scard.SCARD_SHARE_EXCLUSIVE):
                return
            if self._connect(context, scard.SCARD_SHARE_SHARED):
                self._have_to_itself()
                return
            if self._given_up.wait(_TRY_AGAIN):
                break
        raise self._refusal

    def _connect(self, context: int, mode: int) -> bool:
        code, card, protocol = scard.SCardConnect(context, self._reader, mode, _PROTOCOLS)
        if same(code, scard.SCARD_E_SHARING_VIOLATION):
            self._refusal = FaultError("reader.busy")
            return False
        if mute(code):
            self._refusal = FaultError("card.silent", f"connect: {text(code)}")
            return False
        if card_denied(code):
            raise FaultError("reader.denied", f"connect: {text(code)}")
        if failed(code):
            raise CardLostError(f"connect: {text(code)}")
        self._card, self._protocol = card, protocol
        return True

    def _have_to_itself(self) -> None:
        # Nobody may speak in between: another program's SELECT would end secure messaging.
        code = scard.SCardBeginTransaction(self._card)
        if failed(code):
            raise CardLostError(f"transaction: {text(code)}")

    def keep_alive(self) -> None:
        """Let an idle card's reader know that it is still wanted; what has become of it is for the next APDU to say."""
        if self._card is not None:
            code = scard.SCardStatus(self._card)[0]
            if failed(code):
                _log.debug("keep alive: %s", text(code))

    def transmit(self, command: bytes) -> bytes:
        """One APDU."""
        pci = scard.SCARD_PCI_T0 if self._protocol == scard.SCARD_PROTOCOL_T0 else scard.SCARD_PCI_T1
        code, response = scard.SCardTransmit(self._card, pci, list(command))
        if failed(code):
            raise CardLostError(f"transmit: {text(code)}")
        # A card torn out in the middle of an APDU is reported as a success without an answer.
        if len(response) < 2:
            raise CardLostError("transmit: no status word")
        return bytes(response)

    def release(self) -> None:
        """Power the card down, so that a session's rights do not outlive it, and let everything go."""
        if self._card is not None:
            # Not SCARD_RESET_CARD: where the card is gone already, pcscd fails to reset it and then calls the reader
            # empty until the next card has come and gone.
            code = scard.SCardDisconnect(self._card, scard.SCARD_UNPOWER_CARD)
            if failed(code):
                _log.debug("disconnect: %s", text(code))
        if self._context is not None:
            scard.SCardReleaseContext(self._context)


class BrokenLink:
    """A `terminal.ports.CardLink` to a card that cannot be reached: every APDU raises ``error``."""

    reader = ""
    atr = b""
    simulated = False

    def __init__(self, error: CardLostError | FaultError) -> None:
        self._error = error

    def transceive(self, command: bytes) -> bytes:  # noqa: ARG002 - nobody is there to hear it
        """Always the error."""
        raise self._error


class PcscLink:
    """A `terminal.ports.CardLink`. ``connect`` never raises: what went wrong is said by the first APDU.

    ``transceive`` raises CardLostError, CancelledError, and FaultError ``card.silent`` (no answer within
    ``apdu_timeout`` seconds), ``reader.busy`` (another program does not let go of the card), ``reader.denied``,
    ``reader.service`` or ``internal``. ``count`` tells this card from the next one on the same reader; ``keep_alive``:
    seconds after which an idle card is asked for its status, None for never.
    """

    def __init__(
        self,
        reader: str,
        cancel: threading.Event,
        apdu_timeout: float,
        *,
        count: int | None = None,
        keep_alive: float | None = None,
    ) -> None:
        self.reader = reader
        self.atr = b""
        self.simulated = simulated(reader)
        self._cancel = cancel
        self._timeout = apdu_timeout
        self._connection = _Connection(reader, count)
        self._lane = Lane("dev-pcsc-card", self._connection.release, self._connection.keep_alive, keep_alive)
        self._broken: Exception | None = None
        self._stopped = False

    def connect(self) -> None:
        """Take the card."""
        try:
            self.atr = self._lane.call(self._connection.connect, self._timeout + _TRIES * _TRY_AGAIN)
        except StuckError:
            self._connection.give_up()
            self._broken = FaultError("reader.busy" if self._connection.in_use else "card.silent", "connect overran")
        except Exception as error:  # noqa: BLE001 - the binding's own errors too are told by the first APDU
            self._broken = _told(error)

    def transceive(self, command: bytes) -> bytes:
        """One APDU."""
        if self._cancel.is_set() or self._stopped:
            raise CancelledError
        if self._broken is not None:
            raise self._broken
        try:
            return self._lane.call(lambda: self._connection.transmit(command), self._timeout)
        except StuckError:
            self._broken = FaultError("card.silent", "an APDU overran")
        except Exception as error:  # noqa: BLE001 - the binding's own errors too are errors of this link
            self._broken = _told(error)
        if self._stopped:
            raise CancelledError
        raise self._broken

    @property
    def lost(self) -> bool:
        """Whether the card was lost, whatever the reader itself says of it."""
        return isinstance(self._broken, CardLostError)

    def interrupt(self) -> None:
        """The driver stops: end the running APDU's wait. From any thread."""
        self._stopped = True
        self._connection.give_up()
        self._lane.interrupt()

    def close(self) -> None:
        """Power the card down and let it go."""
        self._lane.close()

    def released(self, timeout: float) -> bool:
        """Whether the card was let go of within ``timeout`` seconds: a call that hangs keeps it."""
        return self._lane.wait_for_end(timeout)


def _told(error: Exception) -> Exception:
    if isinstance(error, CardLostError | FaultError):
        return error
    # Its text may hold what the card said.
    _log.error("PC/SC raised %s", type(error).__name__)
    return FaultError("internal", type(error).__name__)
