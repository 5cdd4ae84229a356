"""The command line's backend as a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

_RUN = (
    "import argparse, importlib, sys;"
    "verb = importlib.import_module(sys.argv[1]); parser = argparse.ArgumentParser(); verb.configure(parser);"
    "sys.exit(verb.run(parser.parse_args(sys.argv[2:])))"
)


def command(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", _RUN, module, *arguments]


def serving(database: Path, *more: str) -> AbstractContextManager[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A running server over a file and what it said when it was ready."""
    return running(f"sqlite:///{database}", *more)


@contextmanager
def running(url: str, *more: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A running server and what it said when it was ready."""
    arguments = command("backend.serve", "serve", "--db", url, "--json", *more)
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()
