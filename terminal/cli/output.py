"""What the command line says: lines or one JSON object, errors as what happened, what to do and who acts."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from config.errors import ConfigError, Problem
from terminal.faults import CATALOGUE, Fault, FaultError
from terminal.messages import say
from terminal.model import Message

Json = Mapping[str, object] | Sequence[object]

_PROBLEM_FAULTS = {Problem.MISSING_FILE: "config.missing", Problem.DOUBLE: "config.double"}


@dataclass(frozen=True, slots=True)
class ErrorReport:
    """An error as shown: its row of the catalogue, and where exactly, in words that are never personal."""

    fault: Fault
    detail: str

    def lines(self, language: str) -> list[str]:
        """Title, remedy, who acts and the detail, each on its line."""
        rows = [
            say(self.fault.title, language),
            *self._row("todo", say(self.fault.remedy, language), language),
            *self._row("who", say(Message(f"cli.who.{self.fault.who.value}"), language), language),
            *(self._row("detail", self.detail, language) if self.detail else ()),
        ]
        return [rows[0], *(f"  {row}" for row in rows[1:])]

    def to_json(self, language: str) -> Json:
        """The object that ``--json`` prints instead of a result."""
        return {
            "error": {
                "code": self.fault.code,
                "title": say(self.fault.title, language),
                "remedy": say(self.fault.remedy, language),
                "who": self.fault.who.value,
                "detail": self.detail,
            }
        }

    @staticmethod
    def _row(label: str, text: str, language: str) -> list[str]:
        return [f"{say(Message(f'cli.label.{label}'), language)}: {text}"]


def report_of(error: FaultError | ConfigError, language: str) -> ErrorReport:
    """The report on an expected error."""
    if isinstance(error, FaultError):
        return ErrorReport(error.fault, error.detail)
    sentence = say(Message.of(f"cli.config.{error.problem.value}", allowed=error.allowed), language)
    place = [part for part in (str(error.file or ""), error.path) if part]
    return ErrorReport(CATALOGUE[_PROBLEM_FAULTS.get(error.problem, "config.invalid")], ": ".join([*place, sentence]))


def fail(report: ErrorReport, language: str, *, as_json: bool) -> int:
    """Print the report (JSON to stdout, lines to stderr); the exit code that belongs to it."""
    if as_json:
        print_json(report.to_json(language))
    else:
        print("\n".join(report.lines(language)), file=sys.stderr)
    return report.fault.exit_code


def print_json(value: Json) -> None:
    """One JSON object on one line, in ASCII: every console and code page can carry it."""
    print(json.dumps(value, ensure_ascii=True, allow_nan=False))


def language_of(environ: Mapping[str, str], system: str | None = None) -> str:
    """``vi`` or ``en``: what the environment says (POSIX order), else the system's own setting."""
    setting = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), system or "")
    return "vi" if setting.lower().startswith("vi") else "en"
