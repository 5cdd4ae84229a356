"""The 12-digit personal ID number (số định danh cá nhân; Law 26/2023/QH15 Art. 12: exactly 12 digits).

Its last six digits are the chip's card access number (PACE password), so they are never shown or logged.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from crypto.errors import MalformedError

_FORM = re.compile(r"[0-9]{12}")


@dataclass(frozen=True, slots=True)
class IdNumber:
    """A well-formed ID number; ``repr`` and ``str`` hide it."""

    digits: str = field(repr=False)

    def __post_init__(self) -> None:
        if not _FORM.fullmatch(self.digits):
            raise MalformedError("ID number: exactly 12 digits are required")

    def __str__(self) -> str:
        return self.masked

    @property
    def masked(self) -> str:
        """What a staff screen may show: ``003 187 ••••••``."""
        return f"{self.digits[:3]} {self.digits[3:6]} ••••••"

    @property
    def can(self) -> str:
        """The card access number: the last six digits, leading zeros kept."""
        return self.digits[6:]

    @property
    def document_number(self) -> str:
        """The nine digits that the MRZ carries as document number: the last nine."""
        return self.digits[3:]
