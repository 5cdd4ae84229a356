"""Opening the ledger, also one that was damaged or cut: it starts anew, and nothing that can still be read is lost.

The old files are kept beside, under another name. What no server had confirmed and still proves itself goes on in the
new store under new numbers; what does not becomes a task. At no moment does a crash leave less than before: the new
store is complete before the old one is moved away.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

from crypto.tickets.body import LineBody
from crypto.tickets.line import seal_of
from terminal.faults import FaultError
from terminal.offline import lines
from terminal.offline.head import HeadMark
from terminal.offline.outbox import Outbox, Task
from terminal.records.sealed import Sealed, SealedKey, open_sealed

_log = logging.getLogger(__name__)

NEWEST = 2000
"""Lines that are proven at each start; `Outbox.verify` proves all."""

_PENDING = "SELECT seq, body, prev, seal FROM line NOT INDEXED WHERE state IN ('pending', 'held') ORDER BY seq "
_SIDE_FILES = ("-wal", "-shm")


def open_outbox(path: Path, key: SealedKey, anew: Callable[[str], LineBody]) -> Outbox:
    """The ledger in ``path``, made when absent, its newest lines proven. A damaged one is set aside and starts anew
    with ``anew(why)``, a body of kind ANEW. Raises FaultError ``offline.write``, and ``offline.damaged`` where even
    that fails."""
    with _file_faults():
        _finish(path)
    try:
        return _proven(path, key)
    except FaultError as error:
        if error.fault.code != "offline.damaged":
            raise
        _log.error("offline.damaged: %s; the old files are kept", error.detail)
        _rebuild(path, key, anew(error.detail[:100] or error.fault.code))
        return _proven(path, key)


def _proven(path: Path, key: SealedKey) -> Outbox:
    store = open_sealed(path, key)
    try:
        outbox = Outbox(store, key)
        outbox.verify(NEWEST)
    except BaseException:
        store.close()
        raise
    return outbox


def _rebuild(path: Path, key: SealedKey, mark: LineBody) -> None:
    saved, tasks = _salvage(path, key)
    draft = path.with_name(path.name + ".draft")
    with _file_faults():
        for suffix in ("", *_SIDE_FILES):
            draft.with_name(draft.name + suffix).unlink(missing_ok=True)
    with contextlib.closing(Outbox(open_sealed(draft, key), key, HeadMark.beside(path, key))) as outbox:
        outbox.begin_anew(mark, saved, tasks)
    with _file_faults():
        draft.replace(_ready(path))
        _finish(path)


def _finish(path: Path) -> None:
    """Put a new store that is complete in the place of the old one, wherever a crash stopped that."""
    ready = _ready(path)
    if not ready.exists():
        return
    aside = f"{path.name}.damaged-{ready.stat().st_mtime_ns}"
    for suffix in ("", *_SIDE_FILES):
        old = path.with_name(path.name + suffix)
        if old.exists():
            old.replace(path.with_name(aside + suffix))
    ready.replace(path)


def _salvage(path: Path, key: SealedKey) -> tuple[list[LineBody], list[Task]]:
    """The pending lines that a damaged store still gives, from both its ends, and the tasks."""
    try:
        store = open_sealed(path, key)
    except FaultError as error:
        if error.fault.code == "offline.write":
            raise
        return [], []
    with contextlib.closing(store):
        found: dict[int, tuple[object, ...]] = {}
        _read_rows(store, _PENDING + "ASC", found)
        _read_rows(store, _PENDING + "DESC", found)
        kept: dict[int, tuple[object, ...]] = {}
        _read_rows(store, "SELECT seq, reason, body FROM task", kept)
    saved: list[LineBody] = []
    tasks = [Task(seq, str(reason), str(body)) for seq, (_, reason, body) in kept.items()]
    for seq, row in sorted(found.items()):
        try:
            saved.append(_event(row))
        except FaultError:
            tasks.append(Task(seq, "damaged", str(row[1])))
    return saved, tasks


def _event(row: tuple[object, ...]) -> LineBody:
    line = lines.line(*row)
    if line.seal != seal_of(line.prev, line.seq, line.body):
        raise FaultError("offline.damaged", f"line {line.seq} was changed")
    return lines.parsed(line.seq, line.body)


def _read_rows(store: Sealed, query: str, into: dict[int, tuple[object, ...]]) -> None:
    with contextlib.suppress(FaultError), store.reading() as db:  # as far as it can be read
        for row in db.execute(query):
            into[int(str(row[0]))] = row


def _ready(path: Path) -> Path:
    return path.with_name(path.name + ".anew")


@contextlib.contextmanager
def _file_faults() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FaultError("offline.write", type(error).__name__) from error
