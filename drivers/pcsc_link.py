"""The conversation with one card over PC/SC, under a watchdog of its own.

pcsc-lite knows no time-out for an APDU and neither interface can abort one, so every call into the card runs on a
`Lane`: a silent card costs its time-out, never the thread.
"""

from __future__ import annotations

import logging
import os
import threading

from smartcard import scard

from crypto.errors import CancelledError, CardLostError
from drivers.device import Lane, StuckError
from terminal.faults import FaultError

_log = logging.getLogger(__name__)

VIRTUAL = "Virtual PCD"
"""What readers of the vpcd driver are called: a double answers, never a card."""

_PROTOCOLS = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
_TRY_AGAIN = 0.1
_TRIES = 10

# Windows ends its smart card service together with the last reader.
_NO_SERVICE = "reader.absent" if os.name == "nt" else "reader.service"

_MUTE = frozenset(
    {
        scard.SCARD_W_UNRESPONSIVE_CARD,
        scard.SCARD_W_UNSUPPORTED_CARD,
        scard.SCARD_W_UNPOWERED_CARD,
        scard.SCARD_E_PROTO_MISMATCH,
    }
)


def failed(code: int) -> bool:
    """Whether a PC/SC call did not do what it should."""
    return bool(code != scard.SCARD_S_SUCCESS)


def same(code: int, other: int) -> bool:
    """Whether two PC/SC codes are the same, however the binding signs them."""
    return (code ^ other) & 0xFFFFFFFF == 0


def open_context() -> int:
    """A new PC/SC context; FaultError ``reader.service`` (on Windows ``reader.absent``) when nobody gives one."""
    code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    if failed(code):
        raise FaultError(_NO_SERVICE, f"establish context: {code & 0xFFFFFFFF:08X}")
    return int(context)


class _Connection:
    """A context and a card handle; every method but ``give_up`` runs on the lane."""

    def __init__(self, reader: str) -> None:
        self._reader = reader
        self._context: int | None = None
        self._card: int | None = None
        self._protocol = 0
        self._refusal = FaultError("reader.busy")
        self._given_up = threading.Event()

    def give_up(self) -> None:
        """Nobody waits any longer; stop trying. From any thread."""
        self._given_up.set()

    def connect(self) -> bytes:
        """The card's answer to reset."""
        self._context = open_context()
        self._take(self._context)
        code, _, _, _, atr = scard.SCardStatus(self._card)
        if failed(code):
            raise CardLostError(f"status: {code & 0xFFFFFFFF:08X}")
        return bytes(atr)

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
        if any(same(code, mute) for mute in _MUTE):
            self._refusal = FaultError("card.silent", f"connect: {code & 0xFFFFFFFF:08X}")
            return False
        if failed(code):
            raise CardLostError(f"connect: {code & 0xFFFFFFFF:08X}")
        self._card, self._protocol = card, protocol
        return True

    def _have_to_itself(self) -> None:
        # Nobody may speak in between: another program's SELECT would end secure messaging.
        code = scard.SCardBeginTransaction(self._card)
        if failed(code):
            raise CardLostError(f"transaction: {code & 0xFFFFFFFF:08X}")

    def transmit(self, command: bytes) -> bytes:
        """One APDU."""
        pci = scard.SCARD_PCI_T0 if self._protocol == scard.SCARD_PROTOCOL_T0 else scard.SCARD_PCI_T1
        code, response = scard.SCardTransmit(self._card, pci, list(command))
        if failed(code):
            raise CardLostError(f"transmit: {code & 0xFFFFFFFF:08X}")
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
                _log.debug("disconnect: %08X", code & 0xFFFFFFFF)
        if self._context is not None:
            scard.SCardReleaseContext(self._context)


class LostLink:
    """A `terminal.ports.CardLink` to a card that is gone already."""

    reader = ""
    atr = b""
    simulated = False

    def transceive(self, command: bytes) -> bytes:  # noqa: ARG002 - nobody is there to hear it
        """Always CardLostError."""
        raise CardLostError("the card was gone before its turn")


class PcscLink:
    """A `terminal.ports.CardLink`. ``connect`` never raises: what went wrong is said by the first APDU.

    ``transceive`` raises CardLostError, CancelledError, and FaultError ``card.silent`` (no answer within
    ``apdu_timeout`` seconds) or ``reader.busy`` (another program does not let go of the card). ``in_use`` says that
    another program had the card open beforehand: then it, not the card, is to blame for a connect that hangs.
    """

    def __init__(self, reader: str, cancel: threading.Event, apdu_timeout: float, *, in_use: bool = False) -> None:
        self.reader = reader
        self.atr = b""
        self.simulated = reader.startswith(VIRTUAL)
        self._cancel = cancel
        self._timeout = apdu_timeout
        self._in_use = in_use
        self._connection = _Connection(reader)
        self._lane = Lane("dev-pcsc-card", self._connection.release)
        self._broken: Exception | None = None
        self._stopped = False

    def connect(self) -> None:
        """Take the card."""
        try:
            self.atr = self._lane.call(self._connection.connect, self._timeout + _TRIES * _TRY_AGAIN)
        except StuckError:
            self._connection.give_up()
            self._broken = FaultError("reader.busy" if self._in_use else "card.silent", "connect overran")
        except (CardLostError, FaultError) as error:
            self._broken = error

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
        except CardLostError as error:
            self._broken = error
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
