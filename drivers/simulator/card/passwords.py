"""What opens the chip: MRZ, CAN and PIN, and the tries that a PIN has (BSI TR-03110-2 §3.3, TR-03110-3 B.1)."""

from __future__ import annotations

from crypto.emrtd.keys import document_seed
from drivers.simulator.card.contents import (
    SW_AUTHENTICATION_FAILED,
    SW_BLOCKED,
    SW_CONDITIONS,
    SW_REFERENCE_UNKNOWN,
    Contents,
    RefusedError,
)

MRZ, CAN, PIN = b"\x01", b"\x02", b"\x03"
"""Password references (data object 83)."""

_TRIES = 3
_TRIES_LEFT = 0x63C0


class Passwords:
    """The passwords of one chip; the number of tries outlives power-off.

    With one try left the PIN is suspended: the CAN must open the chip before it counts again. With none it is blocked.
    """

    def __init__(self, contents: Contents) -> None:
        self._secrets = {MRZ: document_seed(contents.mrz_information), CAN: contents.can.encode("ascii")}
        if contents.pin is not None:
            self._secrets[PIN] = contents.pin.encode("ascii")
        self._tries = _TRIES
        self._resumed = False

    def power_on(self) -> None:
        """Forget that the CAN was shown."""
        self._resumed = False

    def secret(self, reference: bytes) -> bytes:
        """The password's bytes; raises RefusedError when the chip has none of that reference."""
        if reference not in self._secrets:
            raise RefusedError(SW_REFERENCE_UNKNOWN)
        return self._secrets[reference]

    def warning(self, reference: bytes) -> int | None:
        """The status word that tells of tries already used (63Cx), or None."""
        return _TRIES_LEFT | self._tries if reference == PIN and self._tries < _TRIES else None

    def require_usable(self, reference: bytes) -> None:
        """Raises RefusedError while the PIN is blocked or suspended."""
        if reference != PIN:
            return
        if self._tries == 0:
            raise RefusedError(SW_BLOCKED)
        if self._tries == 1 and not self._resumed:
            raise RefusedError(SW_CONDITIONS)

    def right(self, reference: bytes) -> None:
        """The password was shown to be known."""
        if reference == CAN:
            self._resumed = True
        elif reference == PIN:
            self._tries = _TRIES

    def wrong(self, reference: bytes) -> RefusedError:
        """The refusal of a password that was not; a PIN has one try less."""
        if reference != PIN:
            return RefusedError(SW_AUTHENTICATION_FAILED)
        self._tries -= 1
        self._resumed = False
        return RefusedError(_TRIES_LEFT | self._tries)
