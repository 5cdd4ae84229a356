"""``tram gate``."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers.simulator.gate import SimulatedBoard, SimulatedGate
from terminal import registry
from terminal.__main__ import main
from terminal.outputs import GateOptions
from tests.gate_peers.relay_board import RelayBoard
from tests.unit.terminal.cli.conftest import Tram

Lines = Callable[..., tuple[int, list[str]]]

SITE = """
desk = "gate"

[gate]
driver = "{driver}"
address = "{address}"
output = 1
input = {input}
seconds = 1
fails = "{fails}"
"""


class Bench:
    """A simulated board, and helpers that act once its output stands as they wait for."""

    def __init__(self) -> None:
        self.board = SimulatedBoard()
        self.options: list[GateOptions] = []
        self._helpers: list[threading.Thread] = []

    def build(self, options: GateOptions) -> SimulatedGate:
        self.options.append(options)
        return SimulatedGate(options, self.board)

    def once(self, energised: bool, act: Callable[[], None]) -> None:
        def help() -> None:
            if self.board.wait_until(energised):
                act()

        self._helpers.append(threading.Thread(target=help))
        self._helpers[-1].start()

    def close(self) -> None:
        for helper in self._helpers:
            helper.join(10.0)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    bench = Bench()
    monkeypatch.setattr(registry, "gate", lambda name: {"modbus": bench.build}[name])
    yield bench
    bench.close()


def site(home: Path, driver: str = "modbus", address: str = "tcp:127.0.0.1:1", input: int = 0, **more: str) -> Path:
    file = home / "terminal.toml"
    file.write_text(SITE.format(driver=driver, address=address, input=input, **({"fails": "shut"} | more)), "utf-8")
    return file


def test_open_says_that_somebody_went_through(home: Path, tram: Tram, bench: Bench) -> None:
    bench.once(True, bench.board.turn)
    code, told = tram("gate", "open", "--config", site(home))
    assert (code, told["told"], told["gate"]) == (
        0,
        "turned",
        {"driver": "modbus", "address": "tcp:127.0.0.1:1", "tells": True},
    )
    assert bench.options == [GateOptions("tcp:127.0.0.1:1", 1, 0, 1.0, "shut", 1, 9600)]
    assert not bench.board.energised


def test_open_says_that_nobody_did(home: Path, lines: Lines, bench: Bench) -> None:
    code, said = lines("gate", "open", "--config", site(home), "--lang", "vi")
    assert (code, len(said)) == (1, 1)
    assert said[0].startswith("Không ai qua trong 1.")


def test_open_without_a_contact_only_opens(home: Path, tram: Tram, bench: Bench) -> None:
    code, told = tram("gate", "open", "--config", site(home, input=-1))
    assert (code, told["told"], told["gate"]["tells"]) == (0, "untold", False)


def test_test_wants_one_turn_and_then_none(home: Path, tram: Tram, bench: Bench) -> None:
    bench.once(True, bench.board.turn)
    code, told = tram("gate", "test", "--config", site(home))
    assert code == 0
    assert [(step["step"], step["told"], step["ok"]) for step in told["steps"]] == [
        ("walk", "turned", True),
        ("stay", "blocked", True),
    ]


def test_test_finds_a_contact_that_tells_nothing(home: Path, lines: Lines, bench: Bench) -> None:
    code, said = lines("gate", "test", "--config", site(home))
    assert code == 1
    assert said[0] == "Go through the gate now"
    assert said[-1] == "Not as it should be: see troubleshooting in docs/gates.md"


@pytest.mark.parametrize(("fails", "word"), [("shut", "rests shut"), ("open", "rests open")])
def test_release_switches_the_output_off(home: Path, lines: Lines, bench: Bench, fails: str, word: str) -> None:
    bench.board.drive(True)
    code, said = lines("gate", "release", "--config", site(home, fails=fails))
    assert code == 0
    assert word in said[0]
    assert not bench.board.energised


def _end(capsys: pytest.CaptureFixture[str], *arguments: object) -> list[str]:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    assert ended.value.code == 128 + signal.SIGTERM
    return capsys.readouterr().out.splitlines()


def _terminate() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def test_hold_stays_open_until_it_is_ended(home: Path, bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.once(True, _terminate)
    said = _end(capsys, "gate", "hold", "--config", site(home))
    assert said == ["The gate is open to everybody; Ctrl+C ends this"]
    assert not bench.board.energised


def test_hold_outlasts_the_cable(home: Path, bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    def pull() -> None:
        bench.board.unplug()
        assert bench.board.wait_until_called()
        bench.board.plug()
        bench.once(True, _terminate)

    bench.once(True, pull)
    said = _end(capsys, "gate", "hold", "--config", site(home))
    assert said[:2] == ["The gate is open to everybody; Ctrl+C ends this", "Gate board not found"]


def test_watch_prints_every_turn(home: Path, bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    def turn() -> None:
        bench.board.turn()
        for _ in range(3):
            assert bench.board.wait_until_called()
        _terminate()

    bench.once(True, turn)
    said = _end(capsys, "gate", "watch", "--config", site(home, fails="open"))
    assert said[0] == "Watching the contact; Ctrl+C ends this"
    assert [line.split(" ", 1)[1] for line in said[1:]] == ["the gate turned"]


def test_watch_needs_a_contact(home: Path, lines: Lines, bench: Bench) -> None:
    code, said = lines("gate", "watch", "--config", site(home, input=-1))
    assert code == 2
    assert any("gate.input" in line for line in said)


def test_a_site_without_a_gate_is_told(home: Path, tram: Tram) -> None:
    code, told = tram("gate", "open")
    assert (code, told["error"]["code"], told["error"]["detail"]) == (2, "config.invalid", 'gate.driver: "none"')


def test_a_board_that_is_not_there_is_told(home: Path, tram: Tram, bench: Bench) -> None:
    bench.board.unplug()
    code, told = tram("gate", "test", "--config", site(home))
    assert (code, told["error"]["code"]) == (3, "gate.absent")


def test_a_board_that_goes_away_is_told(home: Path, tram: Tram, bench: Bench) -> None:
    bench.once(True, bench.board.unplug)
    code, told = tram("gate", "open", "--config", site(home))
    assert (code, told["error"]["code"]) == (3, "gate.absent")


def test_a_port_that_the_terminal_holds_is_denied(home: Path, tmp_path: Path, tram: Tram) -> None:
    import serial

    board = RelayBoard(tmp_path / "ttyUSB0")
    try:
        with serial.Serial(str(board.port.path), exclusive=True):
            told: Any
            code, told = tram("gate", "open", "--config", site(home, "relay", str(board.port.path), -1))
        assert (code, told["error"]["code"]) == (3, "gate.denied")
        assert not board.relays[1].changes
    finally:
        board.port.close()
