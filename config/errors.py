"""What can be wrong with a site's configuration."""

from __future__ import annotations

from enum import Enum
from pathlib import Path


class Problem(Enum):
    """The kinds of mistakes; the value is a stable word that the command line has sentences for."""

    MISSING_FILE = "missing_file"
    UNREADABLE = "unreadable"
    NOT_TOML = "not_toml"
    UNKNOWN_KEY = "unknown_key"
    NOT_ALLOWED = "not_allowed"
    CONTRADICTION = "contradiction"
    DOUBLE = "double"
    NEEDED = "needed"
    EXPOSED_SECRET = "exposed_secret"  # noqa: S105 (the name of a mistake, not a secret)
    BAD_SECRET = "bad_secret"  # noqa: S105


class ConfigError(Exception):
    """A configuration that cannot be used: which file, which key (``times.reading``), what is wrong, what is allowed.

    It never carries the value that was found, since that may be a secret in the wrong place.
    """

    def __init__(self, file: Path | None, path: str, problem: Problem, allowed: str = "") -> None:
        place = ": ".join(part for part in (str(file) if file else "", path) if part)
        tail = f" (allowed: {allowed})" if allowed else ""
        super().__init__(f"{place}: {problem.value.replace('_', ' ')}{tail}")
        self.file = file
        self.path = path
        self.problem = problem
        self.allowed = allowed
