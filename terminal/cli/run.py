"""``tram run``: the terminal of one desk, until its window is closed."""

from __future__ import annotations

import argparse
import logging

from terminal.cli.arguments import add_config, settings_of
from terminal.cli.ending import closing, leave

HELP = "serve people at this desk"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--profile", choices=("reception", "gate", "police"), help="desk (default: the site's file)")
    add_config(parser)


def run(args: argparse.Namespace) -> int:
    """Build, start, run, stop."""
    from terminal.boot import build

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    terminal = build(settings_of(args, args.profile))
    try:
        with closing(terminal.face):
            code = terminal.face.run(terminal.engine.start)
    finally:
        terminal.engine.stop()
        terminal.close()
    return leave(code)
