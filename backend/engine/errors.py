"""What can become of work on the database. No text repeats a statement, a parameter or a password."""

from __future__ import annotations


class UrlError(ValueError):
    """The database URL cannot be used; the text says what is wrong with it and what to write."""


class BusyError(Exception):
    """Others held the database for too long, or it cannot be reached; nothing was changed, asking again is safe."""


class FullError(BusyError):
    """There is no space to keep an answer, so none was given; nothing was changed."""


class NewerDatabaseError(Exception):
    """The database was written by a newer version of this program; the text says what to do."""


class TryAgainError(Exception):
    """Raised by work that found the ground moved under it: undo it and do it once more on what is there now."""
