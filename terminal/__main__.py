"""``tram``: one sub-command (verb) a call. Only the chosen verb's module is imported, which keeps the start short."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from config.errors import ConfigError
from terminal import registry
from terminal.cli import output
from terminal.cli.arguments import USAGE, Parser, take_language
from terminal.faults import CATALOGUE, FaultError, file_fault
from terminal.proof import photo_worker

_INTERRUPTED = 130
_PIPE_CLOSED = 141


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says: 0 done, 1 refused or failed check, 2 usage or configuration, 3 device or network.

    Every error is told in the user's language with its remedy; 130 after Ctrl-C, 141 when the reader of our output
    has gone.
    """
    arguments = sys.argv[1:] if argv is None else list(argv)
    if arguments == [photo_worker.ARGUMENT]:
        return photo_worker.main()
    if sys.stdout is None:  # closed by whoever started this
        _deafen()
    try:
        code = _answer(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        _deafen()
        return _PIPE_CLOSED
    except OSError as error:  # the output's own, such as a full disk under it
        _deafen()
        language = _language_of(arguments)
        return output.fail(output.report_of(file_fault("stdout", error), language), language, as_json=False)
    return code


def _answer(arguments: list[str]) -> int:
    _speak_unicode()
    language = _language_of(arguments)
    as_json = "--json" in arguments
    try:
        return _run(take_language(arguments)[1], language)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        raise
    except (FaultError, ConfigError) as error:
        return output.fail(output.report_of(error, language), language, as_json=as_json)
    except Exception as error:  # noqa: BLE001 - the last stop: a person never sees a traceback, the log keeps it
        return output.fail(output.ErrorReport(CATALOGUE["internal"], _keep(error)), language, as_json=as_json)


def _run(arguments: Sequence[str], language: str) -> int:
    top = Parser(prog="tram", add_help=False, usage=USAGE)
    top.add_argument("-h", "--help", action="store_true", help="show this message")
    top.add_argument("--version", action="store_true", help="show the version")
    top.add_argument("verb", nargs=argparse.REMAINDER, help="what to do")
    given = top.parse_args(arguments)
    if given.version:
        return _print_version()
    if given.help:
        return _print_overview(top)
    if not given.verb:
        top.error("a verb is required: " + ", ".join(registry.verbs()))
    return _run_verb(given.verb[0], given.verb[1:], language)


def _run_verb(name: str, arguments: Sequence[str], language: str) -> int:
    registry.check_rooms()
    if name not in registry.verbs():
        raise FaultError("usage.bad", f"{name!r}: " + ", ".join(registry.verbs()))
    module = registry.verb(name)
    parser = Parser(prog=f"tram {name}", description=module.HELP)
    module.configure(parser)
    try:
        args = parser.parse_args(arguments)
    except SystemExit as stop:  # argparse ends the program after --help
        return int(stop.code or 0)
    args.lang = language
    return int(module.run(args))


def _deafen() -> None:
    """Whoever read our output has gone; what is still buffered must not raise once more at the very end."""
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - open until the process ends


def _print_version() -> int:
    from importlib.metadata import version

    print("tram", version("tram-terminal"))
    return 0


def _print_overview(top: argparse.ArgumentParser) -> int:
    print(top.format_usage(), end="")
    for name in registry.verbs():
        print(f"  {name:<10}{_help_of(name)}")
    return 0


def _help_of(name: str) -> str:
    try:
        return str(registry.verb(name).HELP)
    except FaultError as error:
        return f"({error.fault.code})"


def _speak_unicode() -> None:
    """Vietnamese on every console: Windows gives pipes an old code page."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")


def _language_of(arguments: Sequence[str]) -> str:
    """What ``--lang`` asks for, else what the environment or the system says."""
    try:
        asked = take_language(arguments)[0]
    except FaultError:  # told where the arguments are taken apart
        asked = None
    return asked or output.language_of(os.environ, _system_language())


def _system_language() -> str | None:
    """What Windows is set to (``Vietnamese_Vietnam``), where no LANG says it."""
    import locale

    return locale.getlocale()[0]


def _keep(error: Exception) -> str:
    """Keep the unexpected error in the log; the short name under which it stands there."""
    import secrets

    import platformdirs

    from terminal.cli.crash import keep

    name = secrets.token_hex(4)
    try:
        file = keep(platformdirs.user_log_path("tram", appauthor=False), name, datetime.now(UTC), error)
    except OSError as refused:
        return f"{name} ({type(error).__name__}; log: {type(refused).__name__})"
    return f"{name} ({file})"


if __name__ == "__main__":
    sys.exit(main())
