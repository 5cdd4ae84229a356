"""Label printers that speak ZPL, as they print wristbands and badges, on whatever line they hang.

The slip goes out as a picture, like a receipt. A printer that answers is asked before whether it has labels, and
afterwards until nothing waits in it any more; one that only listens, or keeps silent because its labels have run out,
is believed when it took everything.
"""

from __future__ import annotations

from drivers.printers.addresses import opener_of
from drivers.printers.host_status import HOW_ARE_YOU, HostStatus, check_status, host_status
from drivers.printers.talk import SpokenPrinter, Talk
from terminal.outputs import PrinterOptions, Slip

_ANSWER_SECONDS = 0.6
_MOST_HEARD = 1024
"""Bytes of an answer that are looked at; the longest has 82."""


class Zpl:
    """The manners of label printers (`drivers.printers.talk.Manners`)."""

    def commands(self, slip: Slip, dots: int) -> bytes:
        """One label."""
        from drivers.printers.labels import label_commands
        from drivers.printers.layout import picture_of

        return label_commands(picture_of(slip, dots))

    def ask(self, talk: Talk) -> bool:
        """The host status."""
        return self._status(talk) is not None

    def send(self, talk: Talk, data: bytes, *, answers: bool) -> None:
        """And wait until nothing is left to print."""
        talk.write(data)
        if not answers:
            talk.finish()
            return
        while (status := self._status(talk)) is None or status.waiting:
            if talk.left() <= 0:
                raise TimeoutError

    @staticmethod
    def _status(talk: Talk) -> HostStatus | None:
        heard = bytearray()

        def whole(portion: bytes) -> HostStatus | None:
            heard.extend(portion)
            del heard[:-_MOST_HEARD]
            return host_status(bytes(heard))

        talk.write(HOW_ARE_YOU)
        status = talk.hear(whole, _ANSWER_SECONDS)
        if status is not None:
            check_status(status)
        return status


def build(options: PrinterOptions) -> SpokenPrinter:
    """The entry point ``tram.printer``. Raises FaultError ``config.invalid`` for no address, ``install.missing``."""
    return SpokenPrinter(options, opener_of(options), Zpl)
