"""``tram proof`` and ``tram tasks``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto.codes.proof import issue
from crypto.codes.ticket import public_half
from terminal.messages import say
from terminal.model import Eligibility, EligibilityAnswer, Message
from terminal.ports import EligibilityQuestion
from terminal.rechecks import Rechecks
from terminal.records.device_key import device_key
from terminal.records.sealed import open_sealed, sealed_key
from tests.desk import FakeBackend
from tests.fake_clock import FakeClock
from tests.machine import worlds
from tests.unit.crypto.codes.test_proof import WHOLE
from tests.unit.terminal.cli.conftest import Tram

Lines = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def site(home: Path) -> Path:
    """A reception's file; what it keeps lies beside it."""
    file = home / "terminal.toml"
    file.write_text(
        'desk = "reception"\n[journal]\npath = "journal.sqlite3"\n[offline]\npath = "offline.sqlite3"\n', "utf-8"
    )
    return file


def test_a_record_of_this_terminal_is_proven(site: Path, tram: Tram, lines: Lines) -> None:
    text = issue(WHOLE, device_key(site.parent / "device.key"))
    code, said = tram("proof", "verify", text, "--config", site)
    assert (code, said["proven"], said["state"], said["device"]) == (0, True, "degraded_eligible", "quay-3")
    code, shown = lines("proof", "verify", text, "--config", site, "--lang", "vi")
    assert code == 0
    assert shown[:2] == ["Bản ghi đúng, chữ ký đúng", "  at: 22/11/2026 15:30:00"]


def test_another_terminal_s_record_is_proven_with_its_key(site: Path, tram: Tram, lines: Lines, tmp_path: Path) -> None:
    other = Ed25519PrivateKey.generate()
    text = issue(WHOLE, other)
    assert tram("proof", "verify", text, "--config", site) == (1, {"proven": False, "why": "unknown_key"})
    key = tmp_path / "other.pem"
    key.write_bytes(public_half(other).to_pem())
    assert tram("proof", "verify", text, "--key", key)[0] == 0


def test_the_key_that_is_printed_is_the_one_to_verify_with(
    site: Path, tram: Tram, lines: Lines, tmp_path: Path
) -> None:
    code, shown = lines("proof", "key", "--config", site)
    assert code == 0
    key = tmp_path / "own.pem"
    key.write_text("\n".join(shown) + "\n", "ascii")
    text = issue(WHOLE, device_key(site.parent / "device.key"))
    assert tram("proof", "verify", text, "--key", key)[0] == 0


def test_what_is_no_record_is_said_to_be_none(site: Path, tram: Tram) -> None:
    assert tram("proof", "verify", "TRAM:X", "--config", site) == (1, {"proven": False, "why": "no_record"})


def test_a_key_file_that_is_none_is_named(site: Path, tram: Tram, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("no key", "ascii")
    assert tram("proof", "verify", "TRAMP:X", "--key", wrong)[1]["error"]["code"] == "file.unusable"
    assert tram("proof", "verify", "TRAMP:X", "--key", tmp_path / "none")[1]["error"]["code"] == "file.unusable"


def test_tasks_are_listed_and_struck_off(site: Path, tram: Tram, lines: Lines) -> None:
    clock = FakeClock()
    backend = FakeBackend(worlds.cover_answer(Eligibility.NOT_ELIGIBLE))

    def note(_question: EligibilityQuestion, _answer: EligibilityAnswer, _differs: bool) -> None:
        """The journal is not what is tried here."""

    with open_sealed(site.parent / "offline.sqlite3", sealed_key(site.parent / "offline.key")) as store:
        rechecks = Rechecks(store, backend, clock, 1.0, note)
        number = worlds.person().id_number
        rechecks.keep(EligibilityQuestion("v-1", clock.now(), number), None, 1)
        rechecks.turn(lambda _event: None)
    code, said = tram("tasks", "list", "--config", site)
    assert code == 0
    (task,) = said["tasks"]
    assert (task["kind"], task["found"], task["scan_id"]) == ("differs", "not_eligible", "v-1")
    code, shown = lines("tasks", "list", "--config", site, "--lang", "en")
    assert code == 0
    assert "the later answer differs: not asked → not insured" in shown[0]
    assert shown[-1] == "1 to clear up"
    assert lines("tasks", "done", task["number"], "--config", site) == (0, [])
    assert lines("tasks", "done", task["number"], "--config", site)[0] == 1
    assert tram("tasks", "list", "--config", site) == (0, {"tasks": []})


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("state", [*(one.value for one in Eligibility), "nothing"])
def test_every_state_of_a_task_has_words(state: str, language: str) -> None:
    assert say(Message(f"cli.tasks.state.{state}"), language)


def test_a_terminal_that_kept_nothing_says_so(site: Path, tram: Tram) -> None:
    assert tram("tasks", "list", "--config", site)[1]["error"]["code"] == "usage.bad"
