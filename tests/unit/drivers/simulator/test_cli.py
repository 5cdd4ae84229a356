from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crypto.emrtd.mrz import parse_mrz
from drivers.simulator import cli
from drivers.simulator.flaws import FLAWS
from drivers.simulator.profiles import PROFILES
from terminal.faults import FaultError


@pytest.fixture
def vpcd() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20.0)
        yield listener


@contextlib.contextmanager
def chip(vpcd: socket.socket, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], socket.socket]]:
    command = [sys.executable, "-m", "terminal", "chip", "--vpcd", f"127.0.0.1:{vpcd.getsockname()[1]}", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            line, _ = vpcd.accept()
            with line:
                line.settimeout(5.0)
                yield process, line
        finally:
            if process.poll() is None:
                process.kill()


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(exit_on_error=False)
    cli.configure(parser)
    return parser.parse_args(arguments)


def test_json_tells_what_opens_and_what_proves_the_card(vpcd: socket.socket, tmp_path: Path) -> None:
    csca = tmp_path / "made" / "csca.der"
    with chip(vpcd, "--profile", "cccd-2021", "--csca", str(csca), "--json") as (process, line):
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        line.sendall(b"\x00\x01\x04")
        assert line.recv(2) == b"\x00\x0d"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10.0) == 0
    assert told["simulated"] is True
    assert (told["profile"], told["can"], told["fault"]) == ("cccd-2021", "123450", None)
    number = parse_mrz("".join(told["mrz"])).id_number
    assert number is not None
    assert number.can == told["can"]
    assert told["csca"] == {"file": str(csca), "sha256": hashlib.sha256(csca.read_bytes()).hexdigest()}


class Hand(threading.Thread):
    """Plays the reader's part against a card that runs on the main thread."""

    def __init__(self, vpcd: socket.socket, act: Callable[[socket.socket], None]) -> None:
        super().__init__(daemon=True)
        self._vpcd, self._act = vpcd, act
        self.start()

    def run(self) -> None:
        line, _ = self._vpcd.accept()
        with line:
            line.settimeout(10.0)
            # The answer to reset shows that the card is placed; what it prints comes after that.
            line.sendall(b"\x00\x01\x04")
            line.recv(64)
            self._act(line)
            while line.recv(64):
                continue


def on(vpcd: socket.socket) -> str:
    return f"127.0.0.1:{vpcd.getsockname()[1]}"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_signal_takes_the_card_away(
    vpcd: socket.socket, tmp_path: Path, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    before = signal.getsignal(number)
    hand = Hand(vpcd, lambda _line: os.kill(os.getpid(), number))
    csca = tmp_path / "csca.der"
    args = parsed("--profile", "ec-aa", "--vpcd", on(vpcd), "--csca", str(csca), "--fault", "slow")
    assert cli.run(args) == 0
    hand.join(10.0)
    assert not hand.is_alive()
    assert signal.getsignal(number) is before
    told = capsys.readouterr().out
    assert told.startswith(f"SIMULATED card 'ec-aa' on {on(vpcd)}, fault: slow\n")
    for word in ("123450", "IDVNM0901234506003090123450<<9", "9011207M3011205VNM<<<<<<<<<<<0", str(csca)):
        assert word in told


def test_card_lifted_by_fault_ends_the_program(vpcd: socket.socket, tmp_path: Path) -> None:
    Hand(vpcd, lambda line: line.sendall(bytes.fromhex("0007 00A4020C02011C")))
    lifted = ("--fault", "lifted", "--fault-arg", "1")
    assert cli.run(parsed("--profile", "ec-aa", "--vpcd", on(vpcd), "--csca", str(tmp_path / "c"), *lifted)) == 0


def test_fault_of_the_card_itself_is_made_in(vpcd: socket.socket, tmp_path: Path) -> None:
    Hand(vpcd, lambda _line: os.kill(os.getpid(), signal.SIGTERM))
    args = parsed("--profile", "ec-aa", "--vpcd", on(vpcd), "--csca", str(tmp_path / "c"), "--fault", "altered-dg13")
    assert cli.run(args) == 0


def test_chip_with_a_quirk_says_so_and_has_it(
    vpcd: socket.socket, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers: list[bytes] = []

    def ask(line: socket.socket) -> None:
        line.sendall(bytes.fromhex("0007 00A4020C02011C"))
        answers.append(line.recv(64))
        os.kill(os.getpid(), signal.SIGTERM)

    Hand(vpcd, ask)
    args = parsed("--profile", "ec-aa", "--vpcd", on(vpcd), "--csca", str(tmp_path / "c"), "--quirk", "always-6f00")
    assert cli.run(args) == 0
    assert answers == [bytes.fromhex("0002 6F00")]
    assert capsys.readouterr().out.startswith(f"SIMULATED card 'ec-aa' on {on(vpcd)}, quirk: always-6f00\n")


@pytest.mark.parametrize("given", [("--quirk", "always-6f00"), ("--fault", "cloned"), ("--fault-arg", "3")])
def test_a_fault_or_quirk_without_a_document_is_a_usage_error(given: tuple[str, str]) -> None:
    with pytest.raises(FaultError, match=r"usage\.bad"):
        cli.run(parsed(*given))


def test_a_chip_with_a_pin_tells_it(vpcd: socket.socket, tmp_path: Path) -> None:
    for form, wanted in ((("--json",), '"pin": "054321"'), ((), "  PIN     054321")):
        with chip(vpcd, "--profile", "icao-pin", "--csca", str(tmp_path / "c"), *form) as (process, _line):
            process.send_signal(signal.SIGTERM)
            told, _ = process.communicate(timeout=10.0)
            assert wanted in told


def test_unknown_quirk_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(FaultError) as refusal:
        cli.run(parsed("--profile", "ec-aa", "--csca", str(tmp_path / "c"), "--quirk", "moody"))
    assert refusal.value.fault.code == "usage.bad"


def test_reader_that_hangs_up_is_a_device_fault(vpcd: socket.socket, tmp_path: Path) -> None:
    Hand(vpcd, lambda line: line.shutdown(socket.SHUT_RDWR))
    with pytest.raises(FaultError) as refusal:
        cli.run(parsed("--profile", "ec-aa", "--vpcd", on(vpcd), "--csca", str(tmp_path / "c"), "--json"))
    assert (refusal.value.fault.exit_code, "pcscd" in refusal.value.detail) == (3, True)


def test_absent_reader_names_the_remedy(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(FaultError) as refusal:
            cli.run(parsed("--profile", "ec-aa", "--vpcd", address, "--csca", str(tmp_path / "csca.der")))
    assert refusal.value.fault.exit_code == 3
    assert "pcscd --foreground" in refusal.value.detail


def test_csca_that_cannot_be_written_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FaultError) as refusal:
        cli.run(parsed("--profile", "ec-aa", "--csca", str(tmp_path / "file" / "csca.der")))
    assert (refusal.value.fault.exit_code, "--csca" in refusal.value.detail) == (2, True)


def test_measure_without_its_fault_is_a_usage_error() -> None:
    with pytest.raises(FaultError) as refusal:
        cli.run(parsed("--profile", "ec-aa", "--fault-arg", "3"))
    assert refusal.value.fault.code == "usage.bad"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--profile", "nobody"],
        ["--profile", "insured", "--fault", "tired"],
        ["--profile", "insured", "--fault-arg", "-1"],
        ["--profile", "insured", "--vpcd", "35963"],
        ["--profile", "insured", "--vpcd", "localhost:0"],
        ["--profile", "insured", "--vpcd", "localhost:x"],
    ],
)
def test_nonsense_on_the_command_line_is_refused(arguments: list[str]) -> None:
    with pytest.raises(argparse.ArgumentError):
        parsed(*arguments)


def test_all_faults_can_be_asked_for() -> None:
    for name in ("cloned", "altered-dg13", "altered-sod", "unknown-issuer", "wrong-can", "lifted", "slow", "silent"):
        assert parsed("--profile", "insured", "--fault", name).fault == name


def root_written_to(file: Path) -> bytes:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        args = parsed("--profile", "ec-aa", "--vpcd", f"127.0.0.1:{taken.getsockname()[1]}", "--csca", str(file))
        with pytest.raises(FaultError):
            cli.run(args)
    return file.read_bytes()


def test_root_of_tomorrow_is_the_root_of_today(tmp_path: Path) -> None:
    assert root_written_to(tmp_path / "one") == root_written_to(tmp_path / "two")


def test_default_file_lies_in_the_user_s_own_folder() -> None:
    assert cli._default_file().parts[-2:] == ("simulator", "csca-simulated.der")
    assert os.path.isabs(cli._default_file())


def test_profiles_are_listed_with_what_they_are_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(parsed()) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[len(PROFILES) : len(PROFILES) + 2] == ["", "--quirk:"]
    assert [line.split()[0] for line in lines[len(PROFILES) + 2 :]] == list(FLAWS)
    assert "icao-im" in {line.split()[0] for line in lines[: len(PROFILES)]}
    assert cli.run(parsed("--json")) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["simulated"] is True
    assert [row["profile"] for row in told["profiles"]] == list(PROFILES)
    assert [row["quirk"] for row in told["quirks"]] == list(FLAWS)
