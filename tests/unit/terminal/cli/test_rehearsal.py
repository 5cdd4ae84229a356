"""``tram read --script`` and ``--record``: reads that can be repeated to the byte."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config.errors import ConfigError
from config.load import load
from drivers.simulator.chip import Chip
from drivers.simulator.inprocess import SimulatedReader
from drivers.simulator.presented import PresentedCard
from terminal import registry
from terminal.cli.rehearsal import FixedClock, GivenRandom
from terminal.clock import SystemClock
from terminal.faults import FaultError
from terminal.ports import ReaderOptions
from terminal.transcript import Exchange, Transcript, parse, write
from tests import chips, transcripts
from tests.transcripts import AT, RECIPES, Recipe
from tests.unit.terminal.cli.conftest import Tram

SHORT = RECIPES[1]
by_name = pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    file = tmp_path / "root.der"
    file.write_bytes(chips.AUTHORITY.root)
    return file


def replayed(tram: Tram, recipe: Recipe, root: Path, *more: object, script: Path | None = None) -> tuple[int, Any]:
    random = transcripts.random_of(recipe.file)
    given = ("--random", random) if "--random" not in more else ()
    at = ("--at", AT.isoformat())
    return tram(
        "read", "--script", script or recipe.file, *recipe.key, *recipe.options, *at, "--trust", root, *given, *more
    )


def changed(tmp_path: Path, recipe: Recipe, change: Callable[[list[Exchange]], object]) -> Path:
    found = parse(recipe.file.read_bytes())
    exchanges = list(found.exchanges)
    change(exchanges)
    file = tmp_path / "changed.txt"
    file.write_text(write(Transcript(tuple(exchanges), found.atr)), "ascii")
    return file


# The committed transcripts -------------------------------------------------------------------------------------------


@by_name
def test_a_committed_transcript_is_what_a_fresh_read_records(recipe: Recipe) -> None:
    same = recipe.file.read_text("ascii") == transcripts.text(recipe)
    assert same, "the order or the bytes of the commands changed; on purpose? then run: python -m tests.transcripts"


def test_no_other_simulated_transcript_is_committed() -> None:
    assert {file for file in transcripts.FOLDER.glob("simulated-*")} == {recipe.file for recipe in RECIPES}


@by_name
def test_the_command_that_a_transcript_names_replays_it_as_it_stands(
    tram: Tram, monkeypatch: pytest.MonkeyPatch, recipe: Recipe
) -> None:
    monkeypatch.chdir(transcripts.FOLDER)
    line = next(line for line in recipe.file.read_text("ascii").splitlines() if "tram read" in line)
    program, *arguments = shlex.split(line.removeprefix("#").replace("HEX", transcripts.random_of(recipe.file)))
    code, shown = tram(*arguments)
    assert (program, code, shown["script"]["random_left"]) == ("tram", 0, 0)
    assert (shown["script"]["answered"], shown["issuer"]) == (shown["script"]["commands"], "trusted")


@by_name
def test_a_committed_transcript_is_replayed_to_its_end(tram: Tram, root: Path, recipe: Recipe) -> None:
    code, shown = replayed(tram, recipe, root)
    assert (code, shown["issuer"], shown["simulated"]) == (0, "trusted", True)
    assert shown["checks"] == dict.fromkeys(("signature", "hashes", "issuer", "chip", "validity"), "successful")
    count = len(parse(recipe.file.read_bytes()).exchanges)
    assert shown["script"] == {"commands": count, "answered": count, "random_left": 0}
    assert shown["apdus"] == count
    assert ("DG2" in shown["files"]) is recipe.photo


def test_all_that_the_script_says_counts_at_the_given_time(tram: Tram, root: Path) -> None:
    _, then = replayed(tram, SHORT, root, "--at", "2060-01-01T00:00:00Z")
    assert then["issuer"] == "expired"


# Differences ---------------------------------------------------------------------------------------------------------


def test_another_number_sends_another_command(tram: Tram) -> None:
    random = transcripts.random_of(SHORT.file)
    code, shown = tram("read", "--script", SHORT.file, "--can", "000000", *SHORT.options, "--random", random)
    assert (code, shown["error"]["code"]) == (1, "script.differs")


def test_a_different_command_is_told_with_its_place(tram: Tram, root: Path, tmp_path: Path) -> None:
    def flip(exchanges: list[Exchange]) -> None:
        exchange = exchanges[9]
        exchanges[9] = Exchange(exchange.command[:-2] + b"\x55" + exchange.command[-1:], exchange.response)

    code, shown = replayed(tram, SHORT, root, script=changed(tmp_path, SHORT, flip))
    assert (code, shown["error"]["code"]) == (1, "script.differs")
    assert shown["error"]["detail"].startswith("command 10: differs at byte ")


def test_a_script_that_ends_too_soon_is_a_difference(tram: Tram, root: Path, tmp_path: Path) -> None:
    script = changed(tmp_path, SHORT, lambda exchanges: exchanges.__delitem__(slice(12, None)))
    code, shown = replayed(tram, SHORT, root, script=script)
    assert (code, shown["error"]["code"]) == (1, "script.differs")
    assert shown["error"]["detail"].startswith("command 13: the script has ended")


def test_commands_that_were_not_asked_for_make_it_1(tram: Tram, root: Path, tmp_path: Path) -> None:
    extra = Exchange(bytes.fromhex("0084000008"), b"\x69\x82")
    code, shown = replayed(
        tram, SHORT, root, script=changed(tmp_path, SHORT, lambda exchanges: exchanges.append(extra))
    )
    assert code == 1
    assert shown["script"]["commands"] == shown["script"]["answered"] + 1
    assert "failed" not in shown["checks"].values()


def test_an_altered_answer_is_never_read_on_from(tram: Tram, root: Path, tmp_path: Path) -> None:
    """The terminal drops the session and opens the chip anew, which the script does not foresee."""
    exchanges = parse(SHORT.file.read_bytes()).exchanges
    at = next(i for i, exchange in enumerate(exchanges) if exchange.command[:2] == b"\x0c\xb0")

    def flip(changed: list[Exchange]) -> None:
        changed[at] = Exchange(changed[at].command, changed[at].response[:-3] + b"\x00" + changed[at].response[-2:])

    code, shown = replayed(tram, SHORT, root, script=changed(tmp_path, SHORT, flip))
    assert (code, shown["error"]["code"]) == (1, "script.differs")
    assert shown["error"]["detail"].startswith(f"command {at + 2}: differs at byte 0: expected 0C")


def test_randomness_that_runs_out_is_a_wrong_call(tram: Tram, root: Path) -> None:
    code, shown = replayed(tram, SHORT, root, "--random", "00112233")
    assert (code, shown["error"]["code"]) == (2, "usage.bad")
    assert "32 more bytes were asked for, 4 are left" in shown["error"]["detail"]


def test_randomness_that_is_left_over_is_told(tram: Tram, root: Path) -> None:
    random = transcripts.random_of(SHORT.file)
    code, shown = replayed(tram, SHORT, root, "--random", f"{random} 00 11 22")
    assert (code, shown["script"]["random_left"]) == (0, 3)


def test_no_key_material_is_ever_told(tram: Tram, root: Path, tmp_path: Path) -> None:
    random = transcripts.random_of(SHORT.file)
    for cut in range(1, len(parse(SHORT.file.read_bytes()).exchanges), 3):
        script = changed(tmp_path, SHORT, lambda exchanges, cut=cut: exchanges.__delitem__(slice(cut, None)))  # type: ignore[misc]
        _, shown = replayed(tram, SHORT, root, script=script)
        for secret in (random[:16], random[64:80], SHORT.key[1]):
            assert secret.lower() not in str(shown).lower()


# Options -------------------------------------------------------------------------------------------------------------

CAN = ("--can", "123450")
WRONG = {
    "script alone": ("--script", SHORT.file),
    "record alone": ("--record", "new.txt"),
    "time alone": ("--at", AT.isoformat()),
    "randomness alone": ("--random", "00"),
    "both": ("--script", SHORT.file, "--record", "new.txt", "--random", "00"),
    "time without offset": ("--script", SHORT.file, "--random", "00", "--at", "2026-03-04T05:00:00"),
    "no time": ("--script", SHORT.file, "--random", "00", "--at", "noon"),
    "no hex": ("--script", SHORT.file, "--random", "0"),
    "too much randomness": ("--script", SHORT.file, "--random", "00" * 65_537),
    "no such script": ("--script", "missing.txt", "--random", "00"),
    "no script": ("--script", __file__, "--random", "00"),
    "recording over a file": ("--record", SHORT.file, "--random", "00"),
    "recording nowhere": ("--record", "no/such/folder/file", "--random", "00"),
}


@pytest.mark.parametrize("arguments", WRONG.values(), ids=WRONG.keys())
def test_what_does_not_go_together_is_refused_before_any_reader(
    tram: Tram, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: tuple[object, ...]
) -> None:
    def never(_name: str) -> None:
        raise AssertionError("a reader was asked for")

    monkeypatch.setattr(registry, "reader", never)
    monkeypatch.chdir(tmp_path)
    code, shown = tram("read", *CAN, *arguments)
    assert (code, shown["error"]["code"]) == (2, "usage.bad")
    assert list(tmp_path.iterdir()) == []


def test_recording_without_given_randomness_says_why(tram: Tram) -> None:
    detail = tram("read", *CAN, "--record", "new.txt")[1]["error"]["detail"]
    assert "--random is needed" in detail


# Recording -----------------------------------------------------------------------------------------------------------


def test_what_is_recorded_can_be_replayed(
    tram: Tram, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(options: ReaderOptions) -> SimulatedReader:
        reader = SimulatedReader(options)
        reader.place(PresentedCard(Chip(chips.contents_of(SHORT.profile))))
        return reader

    monkeypatch.setattr(registry, "reader", lambda name: {"pcsc": build}[name])
    file, random = tmp_path / "card.txt", transcripts.numbers("a test")(200).hex()
    options = (*SHORT.key, *SHORT.options, "--random", random, "--at", AT.isoformat(), "--trust", root)
    code, recorded = tram("read", *options, "--record", file)
    assert code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".new-")] == []
    code, replayed = tram("read", *options, "--script", file)
    assert code == 0
    same = ("apdus", "bytes", "files", "access", "checks", "document", "script")
    assert {key: recorded[key] for key in same} == {key: replayed[key] for key in same}
    assert parse(file.read_bytes()).atr == Chip(chips.contents_of(SHORT.profile)).atr


# People --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["vi", "en"])
def test_people_are_told_that_it_was_a_replay(
    lines: Callable[..., tuple[int, list[str]]], root: Path, language: str
) -> None:
    random = transcripts.random_of(SHORT.file)
    arguments = ("--script", SHORT.file, *SHORT.key, *SHORT.options, "--at", AT.isoformat(), "--trust", root)
    _, shown = lines("read", *arguments, "--random", f"{random}00", "--lang", language)
    told = {
        "vi": ("MÔ PHỎNG", "ngẫu nhiên", "lệnh", "1 byte"),
        "en": ("SIMULATED", "Randomness", "commands", "1 bytes"),
    }
    for line, word in zip(shown, told[language], strict=False):
        assert word.upper() in line.upper()
    _, shown = lines("read", *arguments, "--random", random, "--lang", language)
    assert not any("1 byte" in line for line in shown[:4])


# Its parts -----------------------------------------------------------------------------------------------------------


def test_given_randomness_is_given_once_in_order() -> None:
    random = GivenRandom(bytes(range(10)))
    assert (random(4), random(0), random(3), random.left) == (bytes(range(4)), b"", bytes(range(4, 7)), 3)
    with pytest.raises(FaultError, match="4 more bytes were asked for, 3 are left"):
        random(4)
    assert random.left == 3


def test_a_fixed_clock_stands_still_and_still_measures() -> None:
    clock = FixedClock(AT, SystemClock())
    assert clock.now() == clock.now() == AT
    assert clock.monotonic() <= clock.monotonic()


def test_a_site_s_configuration_cannot_name_a_script(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text('[reader]\ndriver = "script"\n', "utf-8")
    with pytest.raises(ConfigError, match=r"reader\.driver"):
        load(file)
