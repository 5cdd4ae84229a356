"""The reference server's ledger in a process of its own, on a socket: what a terminal's lines meet behind HTTP.

``FOLDER TICKETS``: sells so many tickets, prints its port, and answers each list of lines until it is hung up.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Listener
from pathlib import Path

from backend.engine.opening import open_store
from backend.tickets import journal, selling
from backend.tickets.lines import Writer
from backend.tickets.sold import SoldTicket
from crypto.tickets.rules import Product
from terminal.syncing import LineAnswer

EVENT = "hoi-mau"


def main(folder: Path, tickets: int) -> None:
    """Answer until nobody asks."""
    store = open_store(f"sqlite:///{folder / 'backend.sqlite'}")
    now = datetime.now(UTC)
    until = now + timedelta(days=2)
    sold = [SoldTicket(EVENT, f"T{n}", "day", 1, now - timedelta(days=2), until) for n in range(1, tickets + 1)]
    with store.transaction() as db:
        selling.put_product(db, Product(EVENT, "day", "người lớn"), now)
        selling.add_tickets(db, sold, now)
    with Listener(("127.0.0.1", 0), authkey=b"bench") as listener:
        sys.stdout.write(f"{listener.address[1]}\n")
        sys.stdout.flush()
        with listener.accept() as wire:
            while (lines := wire.recv()) is not None:
                with store.transaction() as db:
                    answers = journal.upload(db, Writer("bench"), lines, datetime.now(UTC)).answers
                wire.send([LineAnswer(one.seq, one.result, one.reason, one.conflict) for one in answers])
    store.close()


main(Path(sys.argv[1]), int(sys.argv[2]))
