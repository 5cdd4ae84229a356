"""A terminal whose disk is full: ``python -m tests.machine.offline_disk FOLDER BYTES``; prints a light a line."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from terminal.faults import FaultError
from tests.machine.offline_desk import OfflineDesk


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


def main() -> None:
    """Admits until that is not possible, then once more when there is room again."""
    desk = OfflineDesk(Path(sys.argv[1]))
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), most))
    number = 0
    try:
        while number < 10_000:
            number += 1
            desk.admit(f"s-{number}")
            say(f"light s-{number}")
    except FaultError as error:
        say(error.fault.code)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    desk.admit("s-after")
    say("light s-after")
    desk.close()


if __name__ == "__main__":
    main()
