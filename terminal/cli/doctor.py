"""``tram doctor``: is this computer ready to serve? Every part is asked through its port; nobody's data is shown."""

from __future__ import annotations

import argparse
import platform
from collections.abc import Callable, Iterator
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from config.errors import ConfigError
from config.schema import Settings
from terminal.checks.program import check_fonts, check_rooms, check_words
from terminal.checks.proof import check_tickets, check_trust
from terminal.checks.records import check_disk, check_journal, check_secrets
from terminal.checks.server import check_backend
from terminal.cli.arguments import add_config, add_json, settings_of
from terminal.cli.checkup import check_camera, check_readers
from terminal.cli.output import print_json, report_of
from terminal.clock import SystemClock
from terminal.faults import FaultError
from terminal.health import Finding, HealthReport, Subject, faulty, fine, judge_clock
from terminal.messages import say
from terminal.model import Message

HELP = "check whether this computer is ready to serve"

_NOT_READY = 1


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--profile", choices=("reception", "gate", "police"), help="desk (default: the site's file)")
    add_config(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print the findings; 0 ready, 1 limited or not working."""
    report = HealthReport(tuple(_findings(args)))
    if args.json:
        print_json({"ready": report.ready, "findings": [_as_json(found, args.lang) for found in report.findings]})
    else:
        for found in report.findings:
            _print(found, args.lang)
        print(say(Message("cli.doctor.ready" if report.ready else "cli.doctor.not_ready"), args.lang))
    return 0 if report.ready else _NOT_READY


def _findings(args: argparse.Namespace) -> Iterator[Finding]:
    yield fine(Subject.PROGRAM, "program", **_versions())
    yield _guarded(Subject.ROOMS, check_rooms, args.lang)
    settings, finding = _settings(args)
    yield finding
    if settings is not None:
        yield from _parts(settings, args.lang)
    yield _guarded(Subject.WORDS, check_words, args.lang)
    yield _guarded(Subject.FONTS, check_fonts, args.lang)


def _parts(settings: Settings, language: str) -> Iterator[Finding]:
    clock = SystemClock()
    times: list[datetime] = []
    yield _guarded(Subject.READER, lambda: check_readers(settings), language)
    yield _guarded(Subject.CAMERA, lambda: check_camera(settings), language)
    yield _guarded(Subject.BACKEND, lambda: check_backend(settings, times.append), language)
    yield judge_clock(clock.now(), times[0] if times else None)
    yield _guarded(Subject.TRUST, lambda: check_trust(settings, clock.now()), language)
    yield _guarded(Subject.TICKETS, lambda: check_tickets(settings), language)
    yield _guarded(Subject.JOURNAL, lambda: check_journal(settings.journal.path), language)
    yield _guarded(Subject.DISK, lambda: check_disk(settings.journal.path), language)
    yield _guarded(Subject.SECRETS, lambda: check_secrets(settings), language)


def _guarded(subject: Subject, check: Callable[[], Finding], language: str) -> Finding:
    """The check's finding, also when the check itself breaks off: the others are still wanted."""
    try:
        return check()
    except FaultError as error:
        return faulty(subject, error.fault.code, without_home(error.detail))
    except ConfigError as error:
        report = report_of(error, language)
        return faulty(subject, report.fault.code, without_home(report.detail))
    except Exception as error:  # noqa: BLE001 - a broken library must not keep the other findings from the reader
        return faulty(subject, "internal", type(error).__name__)


def _settings(args: argparse.Namespace) -> tuple[Settings | None, Finding]:
    """The settings, also when they lack what serving needs, and the finding about them."""
    from config.rules import check_complete

    settings = None
    try:
        settings = settings_of(args, args.profile)
        check_complete(settings, None)
    except ConfigError as error:
        report = report_of(error, args.lang)
        return settings, faulty(Subject.CONFIG, report.fault.code, without_home(report.detail))
    return settings, fine(Subject.CONFIG, "config", desk=settings.desk)


def _versions() -> dict[str, str]:
    system = f"{platform.system()} {platform.release()}"
    return {"version": version("tram-terminal"), "python": platform.python_version(), "system": system}


def without_home(text: str) -> str:
    """``text`` without the user's name in the paths of his home."""
    return text.replace(str(Path.home()), "~")


def _as_json(found: Finding, language: str) -> dict[str, object]:
    return {
        "subject": found.subject.value,
        "condition": found.condition.value,
        "text": say(found.text, language),
        "remedy": say(found.remedy, language) if found.remedy else None,
        "fault": found.fault,
        "detail": found.detail,
    }


def _print(found: Finding, language: str) -> None:
    condition = say(Message(f"cli.doctor.{found.condition.value}"), language)
    subject = say(Message(f"cli.doctor.subject_{found.subject.value}"), language)
    detail = f" ({found.detail})" if found.detail else ""
    print(f"[{condition}] {subject}: {say(found.text, language)}{detail}")
    if found.remedy:
        print(f"    {say(Message('cli.label.todo'), language)}: {say(found.remedy, language)}")
