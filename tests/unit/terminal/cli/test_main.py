"""The door of the command line: verbs, languages, errors and their exit codes."""

from __future__ import annotations

import argparse
import json
import os
import runpy
import subprocess
import sys
from datetime import UTC
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from config.errors import ConfigError, Problem
from terminal import __main__ as door
from terminal import registry
from terminal.cli import crash, output
from terminal.cli.arguments import take_language
from terminal.faults import CATALOGUE, FaultError
from terminal.messages import LANGUAGES, say
from terminal.model import Message


class Verb(ModuleType):
    """A verb that does what the test says."""

    HELP = "does what the test says"

    def __init__(self, outcome: int | BaseException = 0) -> None:
        super().__init__("verb")
        self.outcome = outcome
        self.seen: argparse.Namespace | None = None

    def configure(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file")
        parser.add_argument("--json", action="store_true")

    def run(self, args: argparse.Namespace) -> int:
        self.seen = args
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome


@pytest.fixture
def verb(monkeypatch: pytest.MonkeyPatch) -> Verb:
    module = Verb()
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(registry, "verbs", lambda: ("act", "other"))
    monkeypatch.setattr(registry, "verb", lambda _: module)
    return module


def test_a_verb_gets_its_arguments_and_its_number_is_the_exit_code(verb: Verb) -> None:
    verb.outcome = 1
    assert door.main(["act", "a.png", "--lang", "vi"]) == 1
    assert verb.seen is not None
    assert (verb.seen.file, verb.seen.lang) == ("a.png", "vi")


@pytest.mark.parametrize("arguments", [["--lang=vi", "act"], ["--lang", "vi", "act"], ["act", "--lang", "vi"]])
def test_an_error_says_what_happened_what_to_do_and_who_acts(
    verb: Verb, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    verb.outcome = FaultError("reader.service", "pcscd")
    assert door.main([*arguments, "f"]) == 3
    shown = capsys.readouterr()
    fault = CATALOGUE["reader.service"]
    assert shown.out == ""
    assert shown.err.splitlines() == [
        say(fault.title, "vi"),
        f"  Việc cần làm: {say(fault.remedy, 'vi')}",
        "  Người xử lý: Không cần ai, máy tự khắc phục",
        "  Chi tiết: pcscd",
    ]


def test_with_json_an_error_is_one_object(verb: Verb, capsys: pytest.CaptureFixture[str]) -> None:
    verb.outcome = FaultError("net.down")
    assert door.main(["act", "f", "--json"]) == 3
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["code"], error["who"]) == ("net.down", "machine")
    assert error["title"] == say(CATALOGUE["net.down"].title, "en")
    assert error["remedy"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError(Path("t.toml"), "times.reading", Problem.NOT_ALLOWED, "3 … 60"), "config.invalid"),
        (ConfigError(Path("t.toml"), "reader.driver", Problem.DOUBLE), "config.double"),
        (ConfigError(Path("t.toml"), "", Problem.MISSING_FILE), "config.missing"),
    ],
)
def test_a_wrong_configuration_names_file_key_and_what_is_allowed(
    verb: Verb, capsys: pytest.CaptureFixture[str], error: ConfigError, code: str
) -> None:
    verb.outcome = error
    assert door.main(["act", "f", "--json"]) == 2
    shown = json.loads(capsys.readouterr().out)["error"]
    assert shown["code"] == code
    assert shown["detail"].startswith("t.toml: " + (f"{error.path}: " if error.path else ""))
    assert error.allowed in shown["detail"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["act"],
        ["act", "f", "--colour"],
        ["fly"],
        [],
        ["--colour"],
        ["--lang", "fr", "act", "f"],
        ["act", "f", "--lang"],
    ],
)
def test_a_command_that_is_not_understood_ends_with_2(
    verb: Verb, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert door.main(arguments) == 2
    shown = capsys.readouterr()
    assert say(CATALOGUE["usage.bad"].title, "en") in shown.err
    assert verb.seen is None
    assert door.main([*arguments, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "usage.bad"


def test_an_unknown_verb_is_answered_with_the_known_ones(verb: Verb, capsys: pytest.CaptureFixture[str]) -> None:
    door.main(["fly"])
    assert "'fly': act, other" in capsys.readouterr().err


def test_ctrl_c_is_quiet(verb: Verb, capsys: pytest.CaptureFixture[str]) -> None:
    verb.outcome = KeyboardInterrupt()
    assert door.main(["act", "f"]) == 130
    assert capsys.readouterr() == ("", "")


def test_the_unexpected_goes_to_the_log_and_only_its_short_name_to_the_person(
    verb: Verb, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platformdirs.user_log_path", lambda *_, **__: tmp_path / "log")
    verb.outcome = RuntimeError("003090123450")
    assert door.main(["act", "f"]) == CATALOGUE["internal"].exit_code
    shown = capsys.readouterr()
    log = (tmp_path / "log" / "crash.log").read_text("utf-8")
    assert "Traceback" not in shown.err
    assert "RuntimeError" not in shown.err
    assert log.split()[1] in shown.err
    assert "builtins.RuntimeError" in log
    assert 'test_main.py", line' in log
    assert "003090123450" not in shown.err + log
    assert (tmp_path / "log" / "crash.log").stat().st_mode & 0o077 == 0


def test_a_log_that_cannot_be_written_is_said_so(
    verb: Verb, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "log").write_text("")
    monkeypatch.setattr("platformdirs.user_log_path", lambda *_, **__: tmp_path / "log")
    verb.outcome = ValueError("x")
    assert door.main(["act", "f"]) == 3
    assert "(ValueError; log: FileExistsError)" in capsys.readouterr().err


def test_a_long_log_is_put_aside_and_causes_are_kept(tmp_path: Path) -> None:
    from datetime import datetime

    (tmp_path / "crash.log").write_bytes(b"x" * ((1 << 20) + 1))
    error, inner = ValueError("outer"), OSError("inner")
    error.__cause__, inner.__context__ = inner, error
    crash.keep(tmp_path, "abcd", datetime(2026, 1, 1, tzinfo=UTC), error)
    log = (tmp_path / "crash.log").read_text("utf-8")
    assert log.startswith("2026-01-01T00:00:00+00:00 abcd builtins.ValueError")
    assert "caused by builtins.OSError" in log
    assert (tmp_path / "crash.old").stat().st_size > 1 << 20


def test_help_lists_every_verb_even_one_that_cannot_be_loaded(
    verb: Verb, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(name: str) -> ModuleType:
        if name == "other":
            raise FaultError("install.missing")
        return verb

    monkeypatch.setattr(registry, "verb", load)
    assert door.main(["--help"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "  act       does what the test says",
        "  other     (install.missing)",
    ]


def test_a_verbs_own_help_ends_well(verb: Verb, capsys: pytest.CaptureFixture[str]) -> None:
    assert door.main(["act", "--help"]) == 0
    assert "does what the test says" in capsys.readouterr().out


def test_the_version_is_that_of_the_distribution(capsys: pytest.CaptureFixture[str]) -> None:
    assert door.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("tram 0.")


def test_the_arguments_of_the_process_are_the_default(verb: Verb, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["tram", "act", "own"])
    assert door.main() == 0
    assert verb.seen is not None
    assert verb.seen.file == "own"


def test_a_shadowed_package_stops_every_verb(verb: Verb, monkeypatch: pytest.MonkeyPatch) -> None:
    def shadowed() -> None:
        raise FaultError("install.shadowed")

    monkeypatch.setattr(registry, "check_rooms", shadowed)
    assert door.main(["act", "f"]) == 2
    assert verb.seen is None


@pytest.mark.parametrize(
    ("environ", "system", "language"),
    [
        ({}, None, "en"),
        ({}, "Vietnamese_Vietnam", "vi"),
        ({"LANG": "vi_VN.UTF-8"}, None, "vi"),
        ({"LANG": "vi_VN.UTF-8", "LC_ALL": "C"}, None, "en"),
        ({"LANG": "C", "LC_MESSAGES": "vi"}, None, "vi"),
        ({"LANG": "en_US", "LC_ALL": ""}, "Vietnamese_Vietnam", "en"),
    ],
)
def test_the_language_is_that_of_the_environment_then_of_the_system(
    environ: dict[str, str], system: str | None, language: str
) -> None:
    assert output.language_of(environ, system) == language


@pytest.mark.parametrize(
    ("arguments", "language", "rest"),
    [
        (["act", "f"], None, ["act", "f"]),
        (["--lang", "vi", "act", "--json"], "vi", ["act", "--json"]),
        (["trust", "list", "--lang=en", "--x", "--", "y"], "en", ["trust", "list", "--x", "--", "y"]),
        (["act", "--la", "vi"], None, ["act", "--la", "vi"]),
    ],
)
def test_the_language_may_be_asked_for_anywhere(arguments: list[str], language: str | None, rest: list[str]) -> None:
    assert take_language(arguments) == (language, rest)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_problem_and_every_who_has_words(language: str) -> None:
    for problem in Problem:
        assert say(Message.of(f"cli.config.{problem.value}", allowed="1 … 2"), language)
    for fault in CATALOGUE.values():
        assert output.ErrorReport(fault, "").lines(language)


def test_json_is_ascii_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    value: dict[str, Any] = {"text": "Nguyễn\n\ud800"}
    output.print_json(value)
    shown = capsys.readouterr().out
    assert shown.isascii()
    assert shown.count("\n") == 1
    assert json.loads(shown) == value


def test_python_m_terminal_is_the_same(
    verb: Verb, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["tram", "act", "own"])
    verb.outcome = 1
    with pytest.raises(SystemExit) as stopped:
        runpy.run_path(door.__file__, run_name="__main__")
    assert stopped.value.code == 1


def test_a_stream_that_has_no_encoding_of_its_own_is_left_alone(verb: Verb, monkeypatch: pytest.MonkeyPatch) -> None:
    class Bare:
        def write(self, text: str) -> int:
            return len(text)

    monkeypatch.setattr(sys, "stderr", Bare())
    verb.outcome = FaultError("net.down")
    assert door.main(["act", "f"]) == 3


def test_only_the_chosen_verb_is_imported() -> None:
    code = (
        "import sys; from terminal.__main__ import main; main(['trust', '--help']);"
        "heavy = {'cv2', 'PySide6', 'requests', 'smartcard', 'numpy', 'fastapi', 'sqlalchemy', 'cryptography'};"
        "print(sorted(heavy & set(sys.modules)), 'terminal.cli.verify' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[] False"


def test_a_closed_pipe_ends_the_program_without_a_word() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run(
        [sys.executable, "-m", "terminal", "trust", "list", "--json"],
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (141, b"")
