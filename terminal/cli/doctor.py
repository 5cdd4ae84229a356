"""``tram doctor``: is this computer ready to serve? Every part is asked through its port; nobody's data is shown."""

from __future__ import annotations

import argparse
import logging
import platform
import sys
import time
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from config.errors import ConfigError
from config.schema import Settings
from terminal.checks.check import side_by_side
from terminal.cli.arguments import add_config, add_json, settings_of
from terminal.cli.checkup import in_order, with_settings, without_settings
from terminal.cli.output import print_json, report_of
from terminal.cli.progress import StatusLine
from terminal.clock import Clock, SystemClock
from terminal.faults import CATALOGUE
from terminal.health import Finding, HealthReport, Subject, faulty, fine
from terminal.messages import say
from terminal.model import Message

HELP = "check whether this computer is ready to serve"

_NOT_READY = 1
_TELL_AFTER = 1.0


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--profile", choices=("reception", "gate", "police"), help="desk (default: the site's file)")
    parser.add_argument("--report", type=Path, metavar="FILE", help="also write a report for whoever helps from afar")
    add_config(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print the findings; 0 ready, 1 limited or not working. Raises FaultError when the report cannot be written."""
    if args.report:
        from terminal.evidence.private_file import check_new

        check_new(args.report)
    # What a driver would write into the desk's log is a finding here; without a handler it would stand between them.
    logging.getLogger("drivers").addHandler(logging.NullHandler())
    clock = SystemClock()
    settings, report = examine(args, clock)
    if args.report:
        _write(args.report, report, settings, clock.now())
    if args.json:
        print_json({"ready": report.ready, "findings": [_as_json(found, args.lang) for found in report.findings]})
        return 0 if report.ready else _NOT_READY
    print("\n".join(shown(report, args.lang)))
    if args.report:
        print(say(Message.of("cli.doctor.report", file=str(args.report)), args.lang))
    return 0 if report.ready else _NOT_READY


def examine(args: argparse.Namespace, clock: Clock) -> tuple[Settings | None, HealthReport]:
    """What ``args`` lead to, None where they lead nowhere, and everything that was found."""
    settings, configured = _settings(args)
    return settings, HealthReport(_findings(settings, configured, clock, args.lang))


def shown(report: HealthReport, language: str) -> list[str]:
    """The lines for people: a few for each finding, the sum of it in the last one."""
    rows = [row for found in report.findings for row in _lines(found, language)]
    return [*rows, say(Message("cli.doctor.ready" if report.ready else "cli.doctor.not_ready"), language)]


def _findings(settings: Settings | None, configured: Finding, clock: Clock, language: str) -> tuple[Finding, ...]:
    program = fine(Subject.PROGRAM, "program", **_versions())
    times: list[datetime] = []
    checks = without_settings()
    if settings is not None:
        checks += with_settings(settings, clock, times)
    begun = time.monotonic()
    with StatusLine(sys.stderr) as line:

        def waiting(subjects: tuple[Subject, ...]) -> None:
            if time.monotonic() - begun >= _TELL_AFTER:
                names = ", ".join(say(Message(f"cli.doctor.subject_{one.value}"), language) for one in subjects)
                line.show(say(Message.of("cli.doctor.waiting", names=names), language))

        found = side_by_side(checks, waiting)
    return in_order((program, configured, *found), clock, times if settings is not None else [])


def _settings(args: argparse.Namespace) -> tuple[Settings | None, Finding]:
    """The settings, also when they lack what serving needs, and the finding about them."""
    settings = None
    try:
        from config.rules import check_complete

        settings = settings_of(args, args.profile)
        check_complete(settings, None)
    except ConfigError as error:
        report = report_of(error, args.lang)
        return settings, faulty(Subject.CONFIG, report.fault.code, report.detail)
    except ImportError as error:
        return None, faulty(Subject.CONFIG, "install.missing", error.name or "")
    return settings, fine(Subject.CONFIG, "config", desk=settings.desk)


def _versions() -> dict[str, str]:
    system = f"{platform.system()} {platform.release()}"
    return {"version": version("tram-terminal"), "python": platform.python_version(), "system": system}


def _write(file: Path, report: HealthReport, settings: Settings | None, now: datetime) -> None:
    from terminal.checks.report import compose
    from terminal.evidence.private_file import write_new

    write_new(file, compose(report, settings, _versions(), now))


def without_home(text: str) -> str:
    """``text`` without the user's name in the paths of his home."""
    return text.replace(str(Path.home()), "~")


def _as_json(found: Finding, language: str) -> dict[str, object]:
    return {
        "subject": found.subject.value,
        "condition": found.condition.value,
        "text": say(found.text, language),
        "remedy": say(found.remedy, language) if found.remedy else None,
        "how": say(found.how, language) if found.how else None,
        "who": CATALOGUE[found.fault].who.value if found.fault else None,
        "fault": found.fault,
        "detail": without_home(found.detail),
    }


def _lines(found: Finding, language: str) -> list[str]:
    condition = say(Message(f"cli.doctor.{found.condition.value}"), language)
    subject = say(Message(f"cli.doctor.subject_{found.subject.value}"), language)
    detail = f" ({without_home(found.detail)})" if found.detail else ""
    rows = [f"[{condition}] {subject}: {say(found.text, language)}{detail}"]
    below = [("todo", found.remedy), ("how", found.how)]
    if found.fault:
        below.append(("who", Message(f"cli.who.{CATALOGUE[found.fault].who.value}")))
    rows += [
        f"    {say(Message(f'cli.label.{name}'), language)}: {say(text, language)}" for name, text in below if text
    ]
    return rows
