"""The command line on the real smart-card service: a simulated card is laid on a virtual reader and read."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from drivers.simulator.people import PEOPLE
from tests.pcscd import PcscDaemon

SECONDS = 40
GENUINE = dict.fromkeys(("signature", "hashes", "issuer", "chip", "validity"), "successful")


@dataclass(frozen=True)
class Card:
    """A card that a ``tram chip`` holds on the first virtual reader."""

    told: Any
    reader: str
    config: Path
    process: subprocess.Popen[str]


@dataclass(frozen=True)
class Done:
    """How a verb ended and what it printed."""

    code: int
    shown: Any
    text: str


def tram(*arguments: object) -> Done:
    """Run ``tram … --json`` in a process of its own."""
    command = [sys.executable, "-m", "terminal", *map(str, arguments), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=SECONDS, check=False)
    assert done.stdout, done.stderr
    return Done(done.returncode, json.loads(done.stdout), done.stdout + done.stderr)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site's file whose trust store is the test's own."""
    file = tmp_path / "terminal.toml"
    file.write_text('[trust]\ndirectory = "trust"\n[journal]\npath = "journal.sqlite"\n', "utf-8")
    return file


Lay = Callable[..., Card]


@pytest.fixture
def lay(pcscd: PcscDaemon, site: Path, tmp_path: Path) -> Iterator[Lay]:
    """Lay a card on the reader, and accept its issuer; it is taken off at the end."""
    running: list[subprocess.Popen[str]] = []

    def lay(*arguments: str) -> Card:
        where = ["--vpcd", f"127.0.0.1:{pcscd.port}", "--csca", str(tmp_path / "csca.der"), "--json"]
        command = [sys.executable, "-m", "terminal", "chip", *where, *arguments]
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8"))
        assert running[-1].stdout is not None
        told = json.loads(running[-1].stdout.readline())
        csca = told["csca"]
        added = tram("trust", "add", csca["file"], "--fingerprint", csca["sha256"], "--config", site)
        assert added.code == 0
        return Card(told, pcscd.names[0], site, running[-1])

    yield lay
    ends = []
    for process in running:
        with process:
            if process.poll() is None:
                process.terminate()
            ends.append(process.wait(10.0))
    pcscd.wait_until_empty()
    assert ends == [0] * len(running)


def read(card: Card, *arguments: str) -> Done:
    return tram("read", "--reader", card.reader, "--config", card.config, *arguments)


def test_a_card_on_the_reader_is_listed_opened_in_every_way_and_proven(lay: Lay) -> None:
    card = lay("--profile", "cccd-2024")
    listed = tram("readers")
    assert listed.code == 0
    rows = {row["name"]: (row["present"], bool(row["atr"]), row["simulated"]) for row in listed.shown["readers"]}
    assert rows[card.reader] == (True, True, True)

    zone = " ".join(card.told["mrz"])
    ways = (("--can", card.told["can"]), ("--id", card.told["id"]), ("--mrz", zone))
    for way, key in ways:
        done = read(card, way, key)
        assert (done.code, done.shown["checks"], done.shown["issuer"]) == (0, GENUINE, "trusted")
        assert done.shown["access"] == ("PACE-MRZ" if way == "--mrz" else "PACE-CAN")
        assert {"CARD_ACCESS", "SOD", "DG1", "DG2", "DG13", "DG14", "DG15", "COM"} == done.shown["files"].keys()
        assert done.shown["simulated"] is True
        assert done.shown["document"]["id_number"] == "003 185 ••••••"
        for secret in (card.told["can"], card.told["id"], PEOPLE["expired"].name):
            assert secret not in done.text


def test_a_wrong_number_is_refused_and_the_right_one_still_opens(lay: Lay) -> None:
    card = lay("--profile", "cccd-2024")
    refused = read(card, "--can", "000000")
    assert (refused.code, refused.shown["error"]["code"]) == (1, "card.locked")
    assert read(card, "--can", card.told["can"], "--no-photo").code == 0


def test_a_cloned_card_fails_its_proof(lay: Lay) -> None:
    clone = lay("--profile", "cccd-2024", "--fault", "cloned")
    done = read(clone, "--can", clone.told["can"])
    assert (done.code, done.shown["checks"]) == (1, GENUINE | {"chip": "failed"})
    assert "DG2" not in done.shown["files"]


def test_a_card_without_pace_is_opened_by_its_mrz(lay: Lay) -> None:
    card = lay("--profile", "bac-only")
    done = read(card, "--mrz", "".join(card.told["mrz"]), "--block", "223")
    assert (done.code, done.shown["access"], done.shown["checks"]) == (0, "BAC", GENUINE)


def test_a_card_that_is_lifted_during_the_read_is_lost(lay: Lay) -> None:
    card = lay("--profile", "cccd-2024", "--fault", "lifted", "--fault-arg", "12")
    done = read(card, "--can", card.told["can"])
    assert (done.code, done.shown["error"]["code"]) == (3, "card.lost")
    assert card.process.wait(10.0) == 0


def test_an_empty_reader_is_waited_for_and_then_said_so(pcscd: PcscDaemon, site: Path) -> None:
    done = tram("read", "--reader", pcscd.names[0], "--can", "123450", "--wait", "0.5", "--config", site)
    assert (done.code, done.shown["error"]["code"]) == (3, "card.silent")


def test_a_service_that_is_off_is_told_by_readers_and_by_read(pcscd: PcscDaemon, site: Path) -> None:
    pcscd.stop()
    assert tram("readers").shown["error"]["code"] == "reader.service"
    done = tram("read", "--can", "123450", "--wait", "0.5", "--config", site)
    assert (done.code, done.shown["error"]["code"]) == (3, "reader.service")
