"""Three terminals, a hub and a server, 2,000 visitors and a few fraudsters, and links that are cut twenty times."""

from __future__ import annotations

import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import repeat
from pathlib import Path

import pytest

from backend import keys
from config.load import load
from drivers.backends.reference_sync import build as peer_of
from terminal.offline.outbox import Outbox
from terminal.parts import backend_options
from terminal.records.device_key import device_key
from terminal.records.sealed import open_sealed, sealed_key
from tests.day.course import OFFLINE, SLOW, STRETCHES, Course, Light
from tests.day.ledger import (
    Ledger,
    check_chains,
    check_conflicts,
    check_counters,
    check_lights,
    check_uses,
    frauds,
)
from tests.day.proxy import Way
from tests.day.site import HUB, TERMINALS, Site, until
from tests.day.visitors import Amounts, Planner, Who

SEED = 5

_HUB_OWES = (
    "SELECT (SELECT count(*) FROM hub_line WHERE seq > coalesce((SELECT seq FROM hub_relay WHERE device = ?), 0))"
    " + (SELECT count(*) FROM line l LEFT JOIN hub_relay r USING (device)"
    " WHERE l.signature IS NOT NULL AND l.seq > coalesce(r.seq, 0))"
    " + (SELECT count(*) FROM scan s LEFT JOIN hub_scan h ON h.device = s.device AND h.scan_id = s.scan_id"
    " AND h.what = 'passage' WHERE h.device IS NULL AND s.reason = 'ok' AND s.reference LIKE 'R-%')"
    " + (SELECT count(*) FROM annulment a LEFT JOIN hub_scan h ON h.device = a.device AND h.scan_id = a.scan_id"
    " AND h.what = 'annulment' WHERE h.device IS NULL AND a.result <> 'too_late')"
)
"""Lines that the hub has not handed on, its own and others', and what it decided that is no line yet."""


@pytest.mark.timeout(400)  # on a busy computer; alone it takes less than a minute
def test_after_a_day_with_twenty_cuts_the_ledger_is_what_the_lights_showed(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    amounts = Amounts()
    with Site(tmp_path) as site:
        begins = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
        day = Planner(SEED, begins, keys.load_signing_key(site.key), STRETCHES, OFFLINE, SLOW).plan(amounts)
        site.open(day)
        began = time.monotonic()
        course = Course(site, day, SEED)
        course.play()
        played = time.monotonic()
        until("every line is with the server", lambda: not any(map(_waits, range(len(TERMINALS)), repeat(site))))
        until("the hub owes nothing", lambda: site.hub_count(_HUB_OWES, HUB) == 0)
        settled = time.monotonic()
        ledger = Ledger(tmp_path / "server" / "tram.sqlite")
        before = ledger.everything()
        _hand_over_again(site, ledger)
        assert ledger.everything() == before
        assert [site.standing(gate)["tasks"] for gate in range(len(TERMINALS))] == [0] * len(TERMINALS)
    for gate in range(len(TERMINALS)):
        with closing(_outbox(gate, site)) as outbox:
            assert outbox.verify() > 0
    lights = course.lights
    check_chains(ledger)
    unseen = check_lights(ledger, lights, [visit.ticket for _, visit in course.dark])
    check_uses(ledger, lights)
    check_conflicts(ledger)
    check_counters(ledger, lights, unseen)
    sources = Counter(light.source or "nobody asked" for light in lights)
    assert (course.cuts, amounts.people, len(lights)) == (20, 2000, sum(1 for _ in day.visits()))
    assert sources.keys() >= {"online", "hub", "local"}
    assert {row["kind"] for row in ledger.conflicts} == {"duplicate_entry", "revoked_before_entry"}
    assert all(sum(cable.cuts[way] for cable in site.cut_short()) for way in (Way.TORN, Way.SWALLOWED))
    figures = {
        "visitors": amounts.people,
        "lights": len(lights),
        "lights by source": dict(sources.most_common()),
        "conflicts": dict(Counter(row["kind"] for row in ledger.conflicts)),
        "fraud: tried, let in, of them by a terminal alone": {who.value: found for who, *found in frauds(lights)},
        "honest and refused": dict(_turned_away(lights).most_common()),
        "terminals killed, passages without a light": [course.kills, len(unseen)],
        "ms to a light, median and p95": _times(lights),
        "seconds of the day, and until all was told": [round(played - began, 1), round(settled - played, 1)],
    }
    for name, value in figures.items():
        record_property(name, value)
        sys.stdout.write(f"{name}: {value}\n")


def _turned_away(lights: Sequence[Light]) -> Counter[str]:
    refused = [light for light in lights if light.visit.who is Who.HONEST and not light.green]
    return Counter(f"{light.reason} by {light.source}" for light in refused)


def _times(lights: Sequence[Light]) -> list[float]:
    times = [light.ms for light in lights]
    return [round(time, 1) for time in (statistics.median(times), statistics.quantiles(times, n=20)[-1])]


def _outbox(gate: int, site: Site) -> Outbox:
    """What a terminal has on its disk."""
    folder = site.folder / TERMINALS[gate]
    key = sealed_key(folder / "offline.key")
    return Outbox(open_sealed(folder / "offline.sqlite3", key), key)


def _waits(gate: int, site: Site) -> bool:
    with closing(_outbox(gate, site)) as outbox:
        return bool(outbox.pending(1, held=True))


def _hand_over_again(site: Site, ledger: Ledger) -> None:
    """Every line of every terminal, as the server has it, once more."""
    for name in TERMINALS:
        settings = load(site.folder / name / "terminal.toml", environ={})
        peer = peer_of(backend_options(settings), device_key(settings.journal.device_key).sign)
        lines = ledger.lines().get(name, [])
        for begin in range(0, len(lines), 500):
            answers = peer.upload(lines[begin : begin + 500], 20)
            assert {answer.result for answer in answers} == {"known"}
