"""What one fuzz target is: a parser, the errors that it documents, and the bounds that it must keep."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

SEEDS = Path(__file__).parent / "seeds"
"""Inputs to begin with, in a folder for each target."""

MOST_SECONDS = 1.0
"""Processor time that one input may take."""

MOST_GROWTH = 50 * 1024 * 1024
"""Bytes by which one input may raise the memory that the process ever held."""


class BoundError(Exception):
    """An input took more time or memory than a parser may."""


@dataclass(frozen=True, slots=True)
class Target:
    """``parser`` is ``module:function`` and is imported only when the target runs, so that it can be instrumented.

    The function takes bytes, or text when ``text`` is set, and may raise ``errors`` and nothing else. ``max_len`` is
    the longest input tried, in bytes: somewhat above the parser's own limit where that is small.
    """

    name: str
    parser: str
    errors: tuple[type[Exception], ...]
    max_len: int
    text: bool = False

    @property
    def module(self) -> str:
        """The module that holds the parser or, for a harness of several steps, the steps."""
        return self.parser.partition(":")[0]

    def load(self) -> Callable[[bytes], None]:
        """The parser as a function that returns for an accepted input and for one refused as documented.

        Whatever else comes out of it is a finding.
        """
        module, _, path = self.parser.partition(":")
        found: object = importlib.import_module(module)
        for name in path.split("."):
            found = getattr(found, name)
        parse = cast("Callable[[object], object]", found)

        def once(data: bytes) -> None:
            shape: object = data.decode("utf-8", "replace") if self.text else data
            with suppress(*self.errors):
                parse(shape)

        return once


def bounded(once: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """The same, raising BoundError for an input that took too much."""

    def checked(data: bytes) -> None:
        before, began = _peak(), time.process_time()
        once(data)
        seconds, growth = time.process_time() - began, _peak() - before
        if seconds > MOST_SECONDS:
            raise BoundError(f"{seconds:.2f} s of processor time for one input")
        if growth > MOST_GROWTH:
            raise BoundError(f"{growth // 1024 // 1024} MiB more memory for one input")

    return checked


if sys.platform == "win32":

    def _peak() -> int:
        """Not told there, where atheris does not run either."""
        return 0

else:

    def _peak() -> int:
        """The most bytes this process ever held; Linux counts KiB."""
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
