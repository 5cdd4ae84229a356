"""A million tickets at the server: imported from a CSV file, and built into the signed snapshot that terminals get.

The file is imported by what ``tram ticket import`` calls, into a durable SQLite database; the snapshot is built by what
``GET /v1/snapshot`` calls, the database's own query included. What a terminal makes of the file is ``offline``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from parts.folders import disk_folder
from parts.results import report

from backend.engine.opening import open_store
from backend.engine.store import Store
from backend.keys import ServerKeys, new_server_keys
from backend.tickets import csv_file, selling, snapshots
from backend.tickets.sold import SoldTicket
from crypto.id_number import IdNumber
from crypto.tickets.record import Marks
from crypto.tickets.rules import Product

TICKETS = 1_000_000
EVERY_CARD = 100
EVENT = "hoi-mau"


def main() -> None:
    """Import, build twice (the second time from a warm database), and a small import beside."""
    keys = new_server_keys()
    with disk_folder() as folder, closing(open_store(f"sqlite:///{folder / 'b.sqlite'}")) as store:
        file = folder / "tickets.csv"
        write(file)
        rows = [timed("imported from CSV", lambda: load(store, file, keys))]
        target = folder / "snapshot"
        for step in ("snapshot built and signed", "the same once more"):
            rows.append(timed(step, lambda: build(store, target, keys)))
        size = target.stat().st_size
    raw = TICKETS * 31
    ratios = {"size / bare records": size / raw, "built / 15 s": float(str(rows[1]["s"])) / 15}
    report("snapshot", rows, ratios, {"MB": round(size / 1e6, 2), "tickets": TICKETS, "cards": TICKETS // EVERY_CARD})


def write(file: Path) -> None:
    """The seller's file; every hundredth ticket is bound to a card."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        stream.write("ticket,product,valid_from,valid_to,id_number\r\n")
        for number in range(TICKETS):
            card = "" if number % EVERY_CARD else f"003{number:09}"
            stream.write(f"T{number:09},{'ve-ngay' if number % 3 else 'the-nam'},2026-11-22,2026-11-23,{card}\r\n")


def load(store: Store, file: Path, keys: ServerKeys) -> None:
    """Put the file's tickets on sale, in one transaction."""
    now = datetime.now(UTC)

    def rows() -> Iterator[tuple[SoldTicket, IdNumber | None]]:
        return ((row.ticket, row.id_number) for row in csv_file.read(file, EVENT))

    with store.transaction() as db:
        selling.put_product(db, Product(EVENT, "ve-ngay", "người lớn"), now)
        selling.put_product(db, Product(EVENT, "the-nam", "người lớn", per_day=1, reentry=True), now)
        selling.load(db, rows(), Marks(keys.marks), now)


def build(store: Store, target: Path, keys: ServerKeys) -> None:
    """The snapshot, from the database to the file."""
    with store.transaction() as db, target.open("wb") as stream:
        assert snapshots.build(db, EVENT, datetime.now(UTC), keys, stream) == TICKETS


def timed(step: str, work: Callable[[], None]) -> dict[str, str | int | float | None]:
    """A row of what ``work`` costs."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return {
        "step": step,
        "s": round(time.perf_counter() - wall, 2),
        "CPU s": round(time.process_time() - cpu, 2),
    }


if __name__ == "__main__":
    main()
