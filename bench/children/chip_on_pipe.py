"""A simulated chip in a process of its own, at the end of a pipe, so that its arithmetic takes no time of the reader's.

On standard input and output: four bytes of length, then a command APDU or its answer; length 0 is a reset. It begins
by sending its answer to reset and its issuer's root certificate.
"""

from __future__ import annotations

import sys

from drivers.simulator.chip import Chip
from drivers.simulator.issuer.authority import Authority
from drivers.simulator.personalise import personalise
from drivers.simulator.profiles import PROFILES


def _send(message: bytes) -> None:
    sys.stdout.buffer.write(len(message).to_bytes(4, "big") + message)
    sys.stdout.buffer.flush()


def main(name: str) -> None:
    """Answer until the pipe is closed."""
    profile, authority = PROFILES[name], Authority(b"bench")
    chip = Chip(personalise(profile.person, profile.make, authority))
    _send(chip.atr)
    _send(authority.root)
    while header := sys.stdin.buffer.read(4):
        command = sys.stdin.buffer.read(int.from_bytes(header, "big"))
        if command:
            _send(chip.transmit(command))
        else:
            chip.reset()


main(sys.argv[1])
