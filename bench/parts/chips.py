"""Simulated chips in processes of their own, so that their arithmetic is not counted as the terminal's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from crypto.trust.certificate import Certificate
from crypto.trust.store import TrustStore
from parts.folders import CHILDREN
from terminal.proof.reading import Tools


@dataclass(frozen=True, slots=True)
class RunningChip:
    """A simulated card in a process of its own: its access number and its issuer's root certificate (DER)."""

    can: str
    root: bytes


@contextmanager
def chip_process(profile: str, port: int, folder: Path, *more: str) -> Iterator[RunningChip]:
    """``tram chip`` on the virtual reader that listens at ``port``, until the end."""
    csca = folder / f"csca-{port}.der"
    arguments = ["--profile", profile, "--vpcd", f"127.0.0.1:{port}", "--csca", str(csca), "--json", *more]
    with subprocess.Popen(
        [sys.executable, "-m", "terminal", "chip", *arguments], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            yield RunningChip(said["can"], csca.read_bytes())
        finally:
            process.terminate()


def tools_trusting(folder: Path, roots: Sequence[bytes], clock: Callable[[], float]) -> Tools:
    """What a chip read needs, with ``roots`` (DER) as the accepted issuers."""
    store = TrustStore.open(folder / "trust")
    for root in dict.fromkeys(roots):
        store.add(root, Certificate.parse(root).fingerprint, "bench (SIMULATED)", datetime.now(UTC))
    return Tools(store, lambda: datetime.now(UTC), clock, os.urandom)


class PipedChip:
    """A ``drivers.simulator.presented.CardSide`` whose chip runs in a process of its own (children/chip_on_pipe.py)."""

    def __init__(self, profile: str) -> None:
        command = [sys.executable, str(CHILDREN / "chip_on_pipe.py"), profile]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.atr, self.root = self._receive(), self._receive()

    def reset(self) -> None:
        """Power-on."""
        self._send(b"")

    def transmit(self, raw: bytes) -> bytes:
        """The response APDU to a command APDU."""
        self._send(raw)
        return self._receive()

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def _send(self, message: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(len(message).to_bytes(4, "big") + message)
        self._process.stdin.flush()

    def _receive(self) -> bytes:
        assert self._process.stdout is not None
        return self._process.stdout.read(int.from_bytes(self._process.stdout.read(4), "big"))
