"""Who imports whom, and what a computer without POSIX can still import."""

from __future__ import annotations

import configparser
import importlib
import os
import subprocess
import sys

import pytest

from tests.house.rooms import ROOMS, ROOT, modules

POSIX_ONLY = (
    "_curses",
    "_posixshmem",
    "crypt",
    "curses",
    "fcntl",
    "grp",
    "nis",
    "ossaudiodev",
    "pty",
    "pwd",
    "readline",
    "resource",
    "spwd",
    "syslog",
    "termios",
    "tty",
)
"""Modules of the standard library that Windows does not have (docs.python.org, availability: Unix)."""

_WITHOUT_POSIX = """
import importlib, sys

HIDDEN, WANTED = (text.split(",") for text in sys.argv[1:])
PLATFORM = sys.platform


class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in HIDDEN:
            raise ModuleNotFoundError(f"no module {name} on this platform", name=name)


for name in HIDDEN:
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Absent())
try:
    importlib.import_module(HIDDEN[0])
except ModuleNotFoundError:
    pass
else:
    sys.exit("the hook hides nothing")
failed = []
for name in WANTED:
    try:
        importlib.import_module(name)
    except Exception as error:
        failed.append(f"{name}: {type(error).__name__}: {error}")
assert sys.platform == PLATFORM
sys.exit("\\n".join(failed) or 0)
"""


def _entry_points() -> list[tuple[str, str, str]]:
    setup = configparser.ConfigParser(interpolation=None)
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    lines = [
        (group, line) for group, text in setup["options.entry_points"].items() for line in text.strip().splitlines()
    ]
    parted = ((group, line.partition("=")) for group, line in lines)
    return [(group, name.strip(), target.strip()) for group, (name, _, target) in parted]


def _run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environ, timeout=100)


def test_every_arrow_between_the_rooms_points_down() -> None:
    checked = _run(
        "import sys\nfrom importlinter.cli import lint_imports\n"
        "sys.exit(lint_imports(config_filename='setup.cfg', no_cache=True))"
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert " 0 broken" in checked.stdout


def test_every_module_can_be_imported_where_posix_modules_are_missing() -> None:
    # Alembic runs env.py inside a migration; nobody imports it.
    wanted = [name for name in modules(*ROOMS) if name != "backend.engine.migrations.env"]
    imported = _run(_WITHOUT_POSIX, ",".join(POSIX_ONLY), ",".join(wanted))
    assert imported.returncode == 0, imported.stderr


def test_the_list_of_modules_is_the_whole_house() -> None:
    found = modules(*ROOMS)
    assert {"terminal.flow.session", "drivers.pcsc", "ui.shell", "crypto.emrtd.pace", "config.load"} <= set(found)
    sources = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    assert len(found) == len(sources)


@pytest.mark.parametrize(("group", "name", "target"), _entry_points(), ids=lambda text: str(text))
def test_every_entry_point_leads_somewhere(group: str, name: str, target: str) -> None:
    module, _, attribute = target.partition(":")
    found = importlib.import_module(module)
    assert not attribute or callable(getattr(found, attribute)), (group, name)


def test_every_verb_can_be_configured_and_run() -> None:
    for group, name, target in _entry_points():
        if group == "tram.verb":
            verb = importlib.import_module(target)
            assert verb.HELP, name
            assert callable(verb.configure), name
            assert callable(verb.run), name


def test_starting_the_command_line_loads_no_heavy_library() -> None:
    heavy = ("PySide6", "cv2", "requests", "fastapi", "sqlalchemy", "smartcard", "numpy", "asn1crypto", "PIL")
    told = _run(f"import sys, terminal.__main__\nprint([name for name in {heavy!r} if name in sys.modules])")
    assert told.stdout.strip() == "[]", told.stdout + told.stderr


def test_the_way_to_the_first_screen_loads_nothing_heavy() -> None:
    """An old computer's cold start: what the first card needs is loaded once the idle screen is there."""
    program = (
        "import sys, terminal.__main__, terminal.boot, terminal.cli.run;"
        "print(' '.join(sorted({name.split('.')[0] for name in sys.modules} & set(sys.argv[1:]))))"
    )
    heavy = ("cryptography", "ecdsa", "asn1crypto", "PIL", "requests", "cv2", "numpy", "fastapi", "sqlalchemy")
    done = subprocess.run([sys.executable, "-c", program, *heavy], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
