"""What the verbs have in common: the parser that raises instead of ending the program, and the usual options."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from crypto.errors import ProofError
from terminal.faults import FaultError
from terminal.messages import LANGUAGES

if TYPE_CHECKING:
    from config.schema import DeskName, Settings
    from crypto.trust.store import TrustStore

USAGE = "tram [--lang vi|en] [--help] [--version] VERB [argument ...]"


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are FaultErrors, so that they are told like all others."""

    def error(self, message: str) -> NoReturn:
        """Raise ``usage.bad`` after printing the usage."""
        self.print_usage(sys.stderr)
        raise FaultError("usage.bad", message)


def take_language(arguments: Sequence[str]) -> tuple[str | None, list[str]]:
    """What ``--lang`` asks for, and the other arguments: it may stand anywhere. Raises FaultError ``usage.bad``."""
    parser = Parser(prog="tram", add_help=False, allow_abbrev=False, usage=USAGE)
    parser.add_argument("--lang", choices=LANGUAGES)
    found, rest = parser.parse_known_args(list(arguments))
    return found.lang, rest


def add_json(parser: argparse.ArgumentParser) -> None:
    """``--json``."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def add_config(parser: argparse.ArgumentParser) -> None:
    """``--config FILE``."""
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="the site's file (default: TRAM_CONFIG, then the usual folders)"
    )


def add_trust(parser: argparse.ArgumentParser) -> None:
    """``--trust FILE_OR_DIR``, which may be repeated."""
    parser.add_argument(
        "--trust",
        type=Path,
        action="append",
        default=[],
        metavar="FILE_OR_DIR",
        help="issuer certificate(s) to accept for this run, instead of the trust store; may be repeated",
    )


def trust_of(args: argparse.Namespace) -> TrustStore:
    """The issuers that ``--trust`` names, else the configured store's. Raises FaultError ``trust.unreadable``."""
    from crypto.trust.store import TrustStore
    from terminal.proof.trusted import open_trust

    if not args.trust:
        return open_trust(settings_of(args).trust)
    try:
        return TrustStore.load_files(args.trust)
    except ProofError as error:
        raise FaultError("trust.unreadable", f"--trust: {error}") from error
    except OSError as error:
        raise FaultError("trust.unreadable", f"--trust {error.filename}: {error.strerror}") from error


def settings_of(args: argparse.Namespace, desk: DeskName | None = None) -> Settings:
    """The settings that ``--config`` leads to. Raises ConfigError."""
    from config.load import load

    return load(args.config, desk)
