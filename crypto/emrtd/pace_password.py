"""The passwords of PACE, and what a chip's status words say about them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from crypto.emrtd import keys
from crypto.errors import AccessRefusedError, MalformedError, Refusal

_MRZ = 1
_CAN = 2
_PIN = 3
_CAN_FORM = re.compile(r"[0-9]{6}")
# ISO/IEC 8859-1 without its control characters: five digits of a transport PIN, six of a PIN, longer ones elsewhere.
_PIN_FORM = re.compile(r"[\x20-\x7e\xa0-\xff]{4,16}")

_SW_DEACTIVATED = frozenset({0x6283, 0x6984})
_SW_BLOCKED = 0x6983
_SW_SECURITY_STATUS = 0x6982
_TRIES = 0x63C


@dataclass(frozen=True, slots=True)
class Password:
    """What the chip is opened with, and the number by which it is told which kind that is (§4.4.4.1, tag 83)."""

    reference: int
    secret: bytes = field(repr=False)

    @classmethod
    def can(cls, digits: str) -> Password:
        """The six-digit card access number; raises MalformedError."""
        if not _CAN_FORM.fullmatch(digits):
            raise MalformedError("card access number: exactly six digits are required")
        return cls(_CAN, digits.encode("ascii"))

    @classmethod
    def mrz(cls, mrz_information: str) -> Password:
        """Document number, birth and expiry of the MRZ, each with its check digit."""
        return cls(_MRZ, keys.document_seed(mrz_information))

    @classmethod
    def pin(cls, characters: str) -> Password:
        """The holder's secret number: 4 to 16 characters of ISO/IEC 8859-1 (BSI TR-03110-3 §D.2.1.4).

        Doc 9303 itself knows MRZ and CAN only. Raises MalformedError.
        """
        if not _PIN_FORM.fullmatch(characters):
            raise MalformedError("PIN: 4 to 16 characters are required")
        return cls(_PIN, characters.encode("latin-1"))

    @property
    def counted(self) -> bool:
        """Whether wrong tries use it up: the last one before the end must not be spent on a guess."""
        return self.reference == _PIN


def tries_left(sw: int) -> int | None:
    """How many tries are left, where ``sw`` tells it (63Cx)."""
    return sw & 0xF if sw >> 4 == _TRIES else None


def check_before(password: Password, sw: int) -> None:
    """Judge the status of MSE:Set AT (BSI TR-03110-3 §B.11.1); raises AccessRefusedError when a try is not to be made.

    Earlier failures (63Cx) are no reason to stop, save that a suspended PIN would be lost for good with the next one.
    """
    left = tries_left(sw)
    if sw in _SW_DEACTIVATED:
        raise AccessRefusedError("PACE: this password is deactivated", None, Refusal.DEACTIVATED)
    if sw == _SW_BLOCKED or left == 0:
        raise AccessRefusedError("PACE: this password is blocked", 0, Refusal.BLOCKED)
    if left == 1 and password.counted:
        raise AccessRefusedError("PACE: this password is suspended until the CAN was given", 1, Refusal.SUSPENDED)


def check_after(password: Password, sw: int) -> None:
    """Judge the status of the last GENERAL AUTHENTICATE (§B.1); raises AccessRefusedError for a word on the password.

    Any other status is left to the caller.
    """
    check_before(password, sw)
    if sw >> 8 == _TRIES >> 4 or sw == _SW_SECURITY_STATUS:
        raise AccessRefusedError("PACE: the chip refuses this password", tries_left(sw))
