"""``tram doctor`` on a computer where libraries are missing: it says so and goes on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.house.rooms import ROOT

GROUPS: tuple[tuple[list[str], set[str]], ...] = (
    (["smartcard", "serial", "requests"], {"reader", "scanner", "backend"}),
    (["cv2", "escpos"], {"camera", "printer"}),
    (["zxingcpp"], set()),  # zbar reads the codes then
    (["platformdirs"], {"config"}),
)
"""Libraries that are missing, and the subjects that must say so: each library's own, and no other."""

_RUN = """
import io, json, os, sys
from contextlib import redirect_stdout

from terminal.cli import doctor

import argparse
class Absent:
    def __init__(self, names):
        self.names = names
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"no module {name} here", name=name)

parser = argparse.ArgumentParser()
doctor.configure(parser)
args = parser.parse_args(["--json", "--config", sys.argv[1]])
args.lang = "en"
ends = []
for names in json.loads(sys.argv[2]):
    end, begin = os.pipe()
    if os.fork() == 0:
        assert not [name for name in names if name in sys.modules], "loaded before anything was asked"
        sys.meta_path.insert(0, Absent(names))
        said = io.StringIO()
        with redirect_stdout(said):
            doctor.run(args)
        os.write(begin, said.getvalue().encode())
        os._exit(0)
    os.close(begin)
    ends.append(end)
for end in ends:
    with os.fdopen(end, encoding="utf-8") as said:
        print(json.dumps(said.read()))
"""


@pytest.fixture
def without(tmp_path: Path) -> Any:
    """Doctor's findings by subject without these libraries, for each group of them; a fork each."""
    file = tmp_path / "terminal.toml"
    (tmp_path / "pictures").mkdir()
    (tmp_path / "token").write_text("invented")
    (tmp_path / "token").chmod(0o600)
    file.write_text(
        'needs = []\n[codes]\nsource = "pictures"\n[scanner]\ndriver = "serial"\naddress = "/dev/ttyACM97"\n'
        '[printer]\ndriver = "escpos"\naddress = "tcp:127.0.0.1:9"\n'
        '[backend]\nurl = "http://127.0.0.1:9"\ntoken_file = "token"\n'
        '[journal]\npath = "journal.sqlite3"\n[trust]\ndirectory = "trust"\ntickets = "tickets"\n'
    )

    def run(groups: list[list[str]]) -> list[dict[str, dict[str, Any]]]:
        command = [sys.executable, "-c", _RUN, str(file), json.dumps(groups)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True, timeout=100)
        assert "Traceback" not in done.stderr
        reports = [json.loads(json.loads(line)) for line in done.stdout.splitlines()]
        return [{finding["subject"]: finding for finding in report["findings"]} for report in reports]

    return run


def test_a_missing_library_is_one_finding_and_the_others_are_still_told(without: Any) -> None:
    reports = without([names for names, _ in GROUPS])
    for (names, subjects), found in zip(GROUPS, reports, strict=True):
        missing = {subject for subject, one in found.items() if one["fault"] in ("install.missing", "internal")}
        assert missing == subjects, names
        assert found["program"]["condition"] == found["words"]["condition"] == "ok", names


def test_without_the_library_that_everything_stands_on_the_remedy_is_told_too() -> None:
    code = (
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'msgspec': raise ModuleNotFoundError('no msgspec', name=name)\n"
        "sys.meta_path.insert(0, Absent())\n"
        "from terminal.__main__ import main\n"
        "sys.exit(main(['doctor', '--lang', 'en']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines()[:2] == ["Installation incomplete", "  What to do: Install again with make install"]
    assert "msgspec" in done.stderr


def test_a_computer_without_any_library_still_gets_an_answer(without: Any) -> None:
    (found,) = without([[name for names, _ in GROUPS for name in names]])
    assert found["config"]["fault"] == "install.missing"
    assert found["config"]["remedy"] == "Install again with make install"
