"""One timed read of a chip: all files of the comparison, all proofs."""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass

from crypto.emrtd.lds import Ef
from crypto.emrtd.passive_auth import SecurityObject
from drivers.simulator.issuer.faces import DG2_SIZE
from terminal.model import CheckName, Word
from terminal.ports import CardLink, CardReader
from terminal.proof.access import ChipAccess
from terminal.proof.habits import Habits
from terminal.proof.reading import ChipConversation, Tools

FILES = {Ef.CARD_ACCESS, Ef.COM, Ef.SOD, Ef.DG1, Ef.DG2, Ef.DG13, Ef.DG14, Ef.DG15}
PROVEN = {CheckName.SIGNATURE, CheckName.HASHES, CheckName.ISSUER, CheckName.CHIP}


@dataclass(frozen=True, slots=True)
class Once:
    """One read; times in milliseconds. ``connect`` is what passes before the first command."""

    apdus: int
    decision_apdus: int
    octets: int
    connect: float
    decision: float
    total: float
    decision_cpu: float
    cpu: float
    habits: Habits


def read_once(reader: CardReader, card: str, can: str, tools: Tools, block: int, habits: Habits | None = None) -> Once:
    """One read of all of ``card``, of whose kind ``habits`` are known.

    Raises what the read raised, and AssertionError for a failed check.
    """
    ended: queue.SimpleQueue[Once | Exception] = queue.SimpleQueue()
    submitted = time.perf_counter()

    def job(link: CardLink) -> None:
        try:
            ended.put(_timed(link, can, tools, block, habits, submitted))
        except Exception as error:  # noqa: BLE001 - raised on the main thread
            ended.put(error)

    reader.submit(card, job, threading.Event())
    found = ended.get(timeout=60)
    if isinstance(found, Exception):
        raise found
    return found


def _timed(link: CardLink, can: str, tools: Tools, block: int, habits: Habits | None, submitted: float) -> Once:
    began, cpu = time.perf_counter(), time.process_time()
    talk = ChipConversation(link.transceive, tools, block, habits=habits)
    reading = talk.identify(ChipAccess(can), simulated=link.simulated)
    decided, decided_cpu, decision_apdus = time.perf_counter(), time.process_time(), talk.metrics.apdus
    photo = talk.read_photo()
    assert photo is not None
    assert len(photo) == DG2_SIZE
    SecurityObject.parse(talk.files[Ef.SOD]).verify_file(2, photo)
    talk.read_rest()
    ended, spent = time.perf_counter(), time.process_time() - cpu
    assert set(talk.files) == FILES
    assert {check.name for check in reading.checks if check.word is Word.SUCCESSFUL} >= PROVEN
    connect, decision, total, decision_cpu, full_cpu = (
        1000 * span for span in (began - submitted, decided - began, ended - began, decided_cpu - cpu, spent)
    )
    return Once(
        apdus=talk.metrics.apdus,
        decision_apdus=decision_apdus,
        octets=talk.metrics.bytes,
        connect=connect,
        decision=decision,
        total=total,
        decision_cpu=decision_cpu,
        cpu=full_cpu,
        habits=talk.habits,
    )
