"""What the verbs have in common: the parser that raises instead of ending the program, and the usual options."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NoReturn

from config.schema import DeskName, Settings
from terminal.faults import FaultError
from terminal.messages import LANGUAGES


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are FaultErrors, so that they are told like all others."""

    def error(self, message: str) -> NoReturn:
        """Raise ``usage.bad`` after printing the usage."""
        self.print_usage(sys.stderr)
        raise FaultError("usage.bad", message)


def add_language(parser: argparse.ArgumentParser) -> None:
    """``--lang vi|en``; ``output.language_of`` reads it wherever it stands."""
    parser.add_argument("--lang", choices=LANGUAGES, help="language of messages (default: the system's)")


def add_json(parser: argparse.ArgumentParser) -> None:
    """``--json``."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def add_config(parser: argparse.ArgumentParser) -> None:
    """``--config FILE``."""
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="the site's file (default: TRAM_CONFIG, then the usual folders)"
    )


def settings_of(args: argparse.Namespace, desk: DeskName | None = None) -> Settings:
    """The settings that ``--config`` leads to. Raises ConfigError."""
    from config.load import load

    return load(args.config, desk)
