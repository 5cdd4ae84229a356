"""A desk whose every part is a double, for ``tram doctor``."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from drivers.simulator.issuer.authority import Authority
from terminal import registry
from terminal.events import Device, DeviceUp, Event
from terminal.faults import FaultError
from terminal.ports import GreyFrame, Health, ReaderInfo
from tests.unit.terminal.cli.conftest import Tram

Doctor = Callable[..., tuple[int, dict[str, dict[str, Any]]]]


class Part:
    """Every device of a desk in one, working unless told otherwise."""

    def __init__(self) -> None:
        self.found: list[ReaderInfo] = [ReaderInfo("ACS 0", False, "", False)]
        self.events: list[Event] = [DeviceUp(Device.CAMERA, "0")]
        self.fault: str | None = None
        self.time = datetime.now(UTC)
        self.stopped = 0
        self.token = ""

    def readers(self) -> list[ReaderInfo]:
        return self.found

    def start(self, inbox: Callable[[Event], None], frames: object = None) -> None:
        for event in self.events:
            inbox(event)
        if callable(frames):
            for _ in range(6):
                frames(GreyFrame(64, 64, (bytes(8) + bytes([255]) * 8) * 256))

    def stop(self) -> None:
        self.stopped += 1

    def health(self, deadline: float) -> Health:
        assert deadline == 4.0
        if self.fault:
            raise FaultError(self.fault)
        return Health("1", self.time)


@pytest.fixture
def part(monkeypatch: pytest.MonkeyPatch) -> Part:
    part = Part()

    def backend(options: Any) -> Part:
        part.token = options.token
        return part

    monkeypatch.setattr(registry, "reader", lambda name: lambda options: part)
    monkeypatch.setattr(registry, "codes", lambda name: lambda options, decoder: part)
    monkeypatch.setattr(registry, "decoder", lambda name: lambda: name)
    monkeypatch.setattr(registry, "backend", lambda name: backend)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(0, 0, 5 << 30))
    return part


@pytest.fixture
def site(home: Path) -> Path:
    """A reception that is set up in full: address, token and one accepted issuer."""
    (home / "token").write_text("tok-1\n")
    (home / "token").chmod(0o600)
    file = home / "terminal.toml"
    file.write_text('[backend]\nurl = "https://example.org"\ntoken_file = "token"\n[trust]\ndirectory = "csca"\n')
    (home / "root.der").write_bytes(Authority(b"doctor").root)
    return file


@pytest.fixture
def doctor(site: Path, tram: Tram, part: Part) -> Doctor:
    """Run the verb on the full site: exit code and findings by subject."""
    root = site.parent / "root.der"
    code, _ = tram(
        "trust", "add", root, "--fingerprint", sha256(root.read_bytes()).hexdigest(), "--store", site.parent / "csca"
    )
    assert code == 0

    def run(*arguments: object) -> tuple[int, dict[str, dict[str, Any]]]:
        code, shown = tram("doctor", "--config", site, *arguments)
        assert shown["ready"] == (code == 0)
        return code, {finding["subject"]: finding for finding in shown["findings"]}

    return run
