"""Floods a whole terminal through every input, ten seconds each, and looks at its window, its memory and its journal.

The window's event loop is asked every 10 ms how late it is (children/watched_desk.py); after each flood a good ticket
or card is presented, and the time to its painted answer is the recovery.
"""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from parts.admissions import Balance
from parts.codes import citizen, every_kind
from parts.counter import Counter, Make, counter
from parts.folders import disk_folder
from parts.results import Cell, Row, report, spread
from parts.videos import eight_k_video, noise_video
from parts.xkeys import REPORT, keys_of

from crypto.codes.ticket import Form
from drivers.simulator.hand import PAUSE
from drivers.simulator.people import PEOPLE
from drivers.simulator.pictures import draw_code
from drivers.simulator.presented import CardSide, PresentedCard
from drivers.simulator.vpcd import VpcdCard

SECONDS = 10.0
TARGET_LATE_MS, TARGET_RECOVERY = 50.0, 5.0
BEYOND = "10,000 keys at once"
"""For comparison only: no keyboard does that, so no target is set for it."""

PATIENCE = 30.0
TRY_AGAIN = 1.2
"""Seconds after which a person presents a ticket or code once more."""

KEYS = 10_000
CODES_A_SECOND = 1000
_STEP = 0.01


@dataclass(frozen=True, slots=True)
class Flooded:
    """What one flood did: how much was poured in, lateness in ms, recovery in s (None: never), growth in MB."""

    name: str
    poured: str
    late: list[float]
    recovery: float | None
    growth: float
    cpu: float
    threads: int
    handles: int
    errors: int


Pour = Callable[[Counter], str]
"""Floods for SECONDS and says how much it was."""

Prove = Callable[[Counter], float | None]
"""Presents something good until it is answered; the seconds that took."""


def flooded(at: Counter, name: str, pour: Pour, prove: Prove) -> Flooded:
    """One flood, and how the terminal came out of it."""
    if prove(at) is None:
        raise RuntimeError(f"{name}: nothing is answered even before the flood")
    errors = int(at.program.ask("memory")["errors"])
    before = at.program.footprint()
    at.program.ask("lateness")
    began = time.monotonic()
    poured = pour(at)
    spent = time.monotonic() - began
    late = at.program.ask("lateness")["lateness"]
    cpu = at.program.footprint().cpu - before.cpu
    recovery = prove(at)
    after_memory = at.program.ask("memory")
    after = at.program.footprint()
    return Flooded(
        name=name,
        poured=poured,
        late=late,
        recovery=recovery,
        growth=after.private - before.private,
        cpu=100 * cpu / spent,
        threads=after.threads - before.threads,
        handles=after.handles - before.handles,
        errors=int(after_memory["errors"]) - errors,
    )


# Good things -------------------------------------------------------------------------------------------------------


def _until(right: Callable[[], bool], act: Callable[[], None]) -> float | None:
    began = time.monotonic()
    tried = float("-inf")
    while time.monotonic() - began < PATIENCE:
        if time.monotonic() - tried >= TRY_AGAIN:
            tried = time.monotonic()
            act()
        if right():
            return time.monotonic() - began
        time.sleep(_STEP)
    return None


def ticket_by(present: Callable[[Counter, bytes], None]) -> Prove:
    """A good ticket, a new one for each proof."""

    def prove(at: Counter) -> float | None:
        ticket, began = at.tickets.pop(), time.monotonic()

        def admitted() -> bool:
            now = at.program.now
            return bool(now["outcome"] == "allow" and now["at"] > began)

        return _until(admitted, lambda: present(at, ticket))

    return prove


def card(at: Counter) -> float | None:
    """An insured person at the reception, who does what the screen says; a clerk ends what failed."""
    began, answered, tried = time.monotonic(), -1.0, 0.0
    while time.monotonic() - began < PATIENCE:
        now = at.program.now
        if now["outcome"] == "allow" and now["at"] > began:
            spent = time.monotonic() - began
            at.hand.lift()
            _done(at)
            return spent
        if now["at"] != answered or (now["screen"] == "idle" and time.monotonic() - tried > TRY_AGAIN):
            answered, tried = now["at"], time.monotonic()
            _do_as_told(at, now["screen"])
        time.sleep(_STEP)
    return None


def _do_as_told(at: Counter, screen: str) -> None:
    if screen == "idle":
        _scan(at, PEOPLE["insured"].card_qr())
    elif screen in ("place_card", "retry"):
        at.hand.place(at.card("insured"))
    elif screen in ("ask_number", "result"):
        at.hand.lift()
        _done(at)


def _done(at: Counter) -> None:
    at.program.ask("press done")


def _scan(at: Counter, payload: bytes) -> None:
    at.line.send(b"\r\n" + payload + b"\r\n")


# Floods ------------------------------------------------------------------------------------------------------------


def _paced(seconds: float) -> Iterator[int]:
    """Counts, one each hundredth of a second."""
    began = time.monotonic()
    for number in itertools.count():
        wait = began + number * _STEP - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        if time.monotonic() - began > seconds:
            return
        yield number


def codes_a_second(at: Counter) -> str:
    """A thousand different codes a second over the serial line: half of them forged tickets."""
    forged = at.tickets[0][:-4]
    lost = sent = 0
    number = 0
    for _ in _paced(SECONDS):
        for _ in range(int(CODES_A_SECOND * _STEP)):
            number += 1
            code = forged + b"%04d" % (number % 10_000) if number % 2 else citizen(number)
            taken = at.line.send(code + b"\r\n")
            sent, lost = sent + (taken > 0), lost + (taken == 0)
    return f"{sent} codes, {lost} not taken by the line"


def endless_line(at: Counter) -> str:
    """A line without an end: a megabyte and more, as fast as the line takes it."""
    taken = 0
    for number in _paced(SECONDS):
        taken += at.line.send(b"0123456789ABCDE|" * 256 if number % 2 else bytes(range(14, 255)) * 16)
    return f"{taken / 1e6:.1f} MB"


def every_code(at: Counter) -> str:
    """A QR of every kind, over the scanner and as a picture, six a second each."""
    kinds = every_kind(at.tickets[0], at.tickets[1])
    pictures = [draw_code(payload) for name, payload in kinds.items() if name not in {"huge", "good ticket"}]
    shown: Path | None = None
    count = 0
    for number in _paced(SECONDS):
        if number % 16 == 0:
            payloads = [payload for name, payload in kinds.items() if name != "good ticket"]
            _scan(at, payloads[count % len(payloads)])
            if shown is not None:
                shown.unlink()
            shown = at.show(pictures[count % len(pictures)])
            count += 1
    if shown is not None:
        shown.unlink()
    return f"{count} codes of {len(kinds)} kinds, each twice"


def wait_and_see(_at: Counter) -> str:
    """The camera itself is the flood."""
    time.sleep(SECONDS)
    return "the camera"


class _Asked:
    """A chip that tells when the reader first asked for it."""

    def __init__(self, chip: CardSide) -> None:
        self._chip = chip
        self.asked = threading.Event()

    @property
    def atr(self) -> bytes:
        """The answer to reset."""
        self.asked.set()
        return self._chip.atr

    def reset(self) -> None:
        """Power-on."""
        self._chip.reset()

    def transmit(self, raw: bytes) -> bytes:
        """The response APDU to a command APDU."""
        return self._chip.transmit(raw)


def cards_in_and_out(at: Counter) -> str:
    """Cards on the reader, and off as soon as it asked for them or a little later, without a hand's pause."""
    count, end = 0, time.monotonic() + SECONDS
    while time.monotonic() < end:
        chip = _Asked(at.chip("insured" if count % 2 else "expired"))
        placed = VpcdCard(PresentedCard(chip), *at.reader)
        placed.place()
        # The virtual reader takes up a card when it next looks, every 0.4 s; one that left before waits in its queue.
        chip.asked.wait(2.0)
        time.sleep(0.1 * (count % 5))
        placed.remove()
        count += 1
    time.sleep(PAUSE)  # the daemon overlooks a card that comes sooner after one that was torn away in mid-sentence
    return f"{count} cards"


def _keys(at: Counter) -> str:
    """Ten thousand: forged tickets, then a code without an end."""
    ticket = at.tickets[0].decode("ascii")
    return ("".join(f"{ticket[:-4]}{number:04}\n" for number in range(40)) + "X" * KEYS)[:KEYS]


def keys_of_a_scanner(at: Counter) -> str:
    """Ten thousand keys, as fast as a keyboard on USB can report them."""
    return _pressed(_keys(at), REPORT)


def keys_at_once(at: Counter) -> str:
    """Ten thousand keys as fast as the X server takes them, which no keyboard does; then silence."""
    return _pressed(_keys(at), 0)


def _pressed(text: str, wait: int) -> str:
    began = time.monotonic()
    with keys_of(os.environ["DISPLAY"]) as keyboard:
        keyboard.type(text, wait)
    spent = time.monotonic() - began
    time.sleep(max(0.0, SECONDS - spent))
    return f"{KEYS} keys in {spent:.1f} s"


def _type(_at: Counter, ticket: bytes) -> None:
    with keys_of(os.environ["DISPLAY"]) as keyboard:
        keyboard.type(ticket.decode("ascii") + "\n")


# The runs ----------------------------------------------------------------------------------------------------------

_KEYBOARD = '[scanner]\ndriver = "keyboard"'


def runs(folder: Path) -> Iterator[tuple[Make, list[tuple[str, Pour, Prove]]]]:
    """Which counter is flooded with what."""
    scanned = ticket_by(_scan)
    yield (
        Make("gate", tickets=60),
        [
            ("nothing", wait_and_see, scanned),
            ("1,000 codes a second", codes_a_second, scanned),
            ("a line without an end", endless_line, scanned),
            ("QR of every kind", every_code, scanned),
        ],
    )
    yield (
        Make("gate", tickets=20, video=noise_video(folder / "noise.avi")),
        [("a camera of noise", wait_and_see, scanned)],
    )
    yield (
        Make("gate", tickets=20, video=eight_k_video(folder / "8k.avi")),
        [("a camera at 8K", wait_and_see, scanned)],
    )
    yield Make("reception"), [("cards on and off", cards_in_and_out, card)]
    yield (
        Make("gate", tickets=20, more=(_KEYBOARD,), form=Form.BASE32),
        [
            ("10,000 keys of a scanner", keys_of_a_scanner, ticket_by(_type)),
            (BEYOND, keys_at_once, ticket_by(_type)),
        ],
    )


def row_of(found: Flooded) -> Row:
    """One flood as a row of the table."""
    late = spread(found.late)
    recovered = found.recovery is not None and found.recovery <= TARGET_RECOVERY
    met = "yes" if late.p95 <= TARGET_LATE_MS and recovered else "NO"
    return {
        "flood": found.name,
        "poured": found.poured,
        "late p50 ms": late.p50,
        "late p95 ms": late.p95,
        "late most ms": late.most,
        "recovery s": found.recovery,
        "growth MB": found.growth,
        "threads": found.threads,
        "handles": found.handles,
        "CPU %": found.cpu,
        "errors": found.errors,
        "met": met if found.name != BEYOND else "no target",
    }


def main() -> None:
    """Every flood in turn."""
    found: list[Flooded] = []
    balances: list[Balance] = []
    with ExitStack() as stack:
        folder = stack.enter_context(disk_folder())
        for make, floods in runs(folder):
            with counter(make) as at:
                found += [flooded(at, *flood) for flood in floods]
                balances.append(at.admissions.balance())
    rows = [row_of(each) for each in found]
    notes: dict[str, Cell] = {
        "targets": f"late p95 <= {TARGET_LATE_MS:.0f} ms, recovery <= {TARGET_RECOVERY:.0f} s",
        "all met": str(all(row["met"] != "NO" for row in rows)),
        "yeses of the backend / of the terminal": f"{_sum(balances, 'given')} / {_sum(balances, 'allowed')}",
        "exactly once": str(all(balance.exactly_once for balance in balances)),
        "journal entries": _sum(balances, "entries"),
    }
    report("flood", rows, {}, notes)


def _sum(balances: list[Balance], name: str) -> int:
    return sum(int(getattr(balance, name)) for balance in balances)


if __name__ == "__main__":
    main()
