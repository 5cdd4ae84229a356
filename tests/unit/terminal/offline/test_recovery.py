"""A damaged ledger starts anew, and what can still be read goes with it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from crypto.tickets.body import LineBody, LineKind
from crypto.tickets.line import START
from terminal.faults import FaultError
from terminal.offline.outbox import Outbox
from terminal.offline.recovery import open_outbox
from terminal.records.sealed import SealedKey, open_sealed
from terminal.syncing import LineAnswer
from tests.unit.terminal.offline.ledger import KEY, Ledger, anew


def filled(path: Path, count: int = 5, done: int = 2) -> None:
    with Ledger(path) as ledger:
        ledger.admit(count)
        ledger.outbox.confirmed([LineAnswer(seq, "kept") for seq in range(1, done + 1)])


def opened(path: Path, key: SealedKey = KEY) -> Outbox:
    return open_outbox(path, key, anew)


def bodies(outbox: Outbox) -> list[LineBody]:
    return [LineBody.from_text(line.body) for line in outbox.pending(1000)]


def change(path: Path, statement: str) -> None:
    with open_sealed(path, KEY) as store, store.writing() as db:
        db.execute(statement)


def aside(path: Path) -> list[str]:
    return sorted(file.name.rpartition("-")[0] for file in path.parent.iterdir() if ".damaged-" in file.name)


def test_a_sound_ledger_is_only_opened(tmp_path: Path) -> None:
    filled(tmp_path / "s")
    outbox = opened(tmp_path / "s")
    assert outbox.verify() == 5
    assert outbox.anew_at() is None
    outbox.close()
    assert aside(tmp_path / "s") == []


@pytest.mark.parametrize(
    ("statement", "why", "saved", "tasks"),
    [
        ("UPDATE line SET body = replace(body, 'T4', 'T9') WHERE seq = 4", "broken after 3", ["s-3", "s-5"], [4]),
        ("UPDATE line SET body = 'x' WHERE seq = 4", "broken after 3", ["s-3", "s-5"], [4]),
        ("DELETE FROM line WHERE seq = 5", "broken after 4", ["s-3", "s-4"], []),
        ("DELETE FROM line WHERE seq = 2", "broken after 1", ["s-3", "s-4", "s-5"], []),
        ("DROP TABLE ledger", "", ["s-3", "s-4", "s-5"], []),
    ],
)
def test_what_still_proves_itself_goes_on_and_the_rest_is_a_task(
    tmp_path: Path, statement: str, why: str, saved: list[str], tasks: list[int]
) -> None:
    path = tmp_path / "s"
    filled(path)
    change(path, statement)
    outbox = opened(path)
    first, *events = bodies(outbox)
    assert first.kind is LineKind.ANEW
    assert why in (first.reason or "")
    assert [event.scan_id for event in events] == saved
    assert [task.seq for task in outbox.tasks()] == tasks
    head = outbox.pending(1)[0]
    assert head.prev == START
    assert head.seq > 5
    assert outbox.verify() == len(saved) + 1
    assert aside(path) == ["s.damaged"]
    outbox.close()
    again = opened(path)  # and it stays sound
    assert bodies(again)[0] == first
    again.close()
    assert aside(path) == ["s.damaged"]


def test_another_key_sets_the_store_aside_unread(tmp_path: Path) -> None:
    filled(tmp_path / "s")
    whole = (tmp_path / "s").read_bytes()
    other = SealedKey(b"z" * 32)
    outbox = opened(tmp_path / "s", other)
    assert [event.kind for event in bodies(outbox)] == [LineKind.ANEW]
    outbox.close()
    (kept,) = [file for file in tmp_path.iterdir() if ".damaged-" in file.name]
    assert kept.read_bytes() == whole


def test_tasks_survive(tmp_path: Path) -> None:
    with Ledger(tmp_path / "s") as ledger:
        ledger.admit(2)
        ledger.outbox.confirmed([LineAnswer(1, "refused", "malformed")])
    change(tmp_path / "s", "DELETE FROM line WHERE seq = 2")
    outbox = opened(tmp_path / "s")
    assert [(task.seq, task.reason) for task in outbox.tasks()] == [(1, "malformed")]
    outbox.close()


def test_a_store_that_cannot_be_read_now_is_not_damaged(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    with pytest.raises(FaultError) as caught:
        opened(tmp_path / "s")
    assert caught.value.fault.code == "offline.write"
    assert aside(tmp_path / "s") == []


class PowerOffError(Exception):
    """Everything stops here."""


def test_a_crash_at_any_step_of_the_recovery_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = 0

    def dying_after(count: int, real: Callable[..., Path]) -> Callable[..., Path]:
        def replace(self: Path, target: Path) -> Path:
            nonlocal steps
            if steps == count:
                raise PowerOffError
            steps += 1
            return real(self, target)

        return replace

    filled(tmp_path / "whole" / "s")
    change(tmp_path / "whole" / "s", "DELETE FROM line WHERE seq = 1")
    real = Path.replace
    for count in range(3):
        folder = tmp_path / str(count)
        shutil.copytree(tmp_path / "whole", folder)
        steps = 0
        monkeypatch.setattr(Path, "replace", dying_after(count, real))
        with pytest.raises(PowerOffError):
            opened(folder / "s")
        monkeypatch.undo()
        outbox = opened(folder / "s")
        assert [event.scan_id for event in bodies(outbox)] == ["anew", "s-3", "s-4", "s-5"]
        outbox.close()
        assert aside(folder / "s") == ["s.damaged"]
