"""The day's course: stretches with whole links and twenty with cut ones in turn, and who serves whom meanwhile."""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

from tests.day.proxy import Way
from tests.day.site import TERMINALS, Program, Site
from tests.day.visitors import Day, Visit

_ALL = (0, 1, 2)
_LATEST = 0.03
"""Seconds after a code was shown until which a terminal is killed: about what serving somebody takes."""

W, R, H, T, S = Way.WHOLE, Way.REFUSED, Way.HUNG, Way.TORN, Way.SWALLOWED


@dataclass(frozen=True, slots=True)
class Cut:
    """What is cut: the terminals' links to the server and to the hub (``gates``: whose), the hub's to the server.
    ``dies``: what is killed meanwhile, and started again."""

    what: str
    server: Way = W
    hub: Way = W
    uplink: Way = W
    gates: tuple[int, ...] = _ALL
    dies: Literal["", "server", "hub", "terminal"] = ""


CUTS = (
    Cut("the server is away for all", server=R, uplink=R),
    Cut("the hub is away", hub=R),
    Cut("server and hub are away", server=R, hub=R, uplink=R),
    Cut("the first gate is alone", server=R, hub=R, gates=(0,)),
    Cut("the server acts and nobody hears it", server=S),
    Cut("the server hangs for all", server=H, uplink=H),
    Cut("the server's answers break off", server=T),
    Cut("server and hub hang", server=H, hub=H, uplink=H),
    Cut("the second gate is alone, its links hang", server=H, hub=H, gates=(1,)),
    Cut("server away, the hub acts and nobody hears it", server=R, hub=S, uplink=R),
    Cut("server away, the hub's answers break off", server=R, hub=T, uplink=R),
    Cut("the server is killed and started again", dies="server"),
    Cut("server away, the hub is killed and started again", server=R, uplink=R, dies="hub"),
    Cut("all are away, the first terminal is killed", server=R, hub=R, uplink=R, gates=_ALL, dies="terminal"),
    Cut("all are away once more", server=R, hub=R, uplink=R),
    Cut("the hub is away, the server acts and nobody hears it", server=S, hub=R),
    Cut("the exit is alone", server=R, hub=R, gates=(2,)),
    Cut("server away, the second terminal is killed", server=R, uplink=R, dies="terminal"),
    Cut("the hub alone has lost the server", uplink=R),
    Cut("the server acts for the hub, which hears nothing", uplink=S, server=R),
)
STRETCHES = 2 * len(CUTS) + 1
KILLED = {13: 0, 17: 1}
"""Which terminal dies in which cut."""

OFFLINE = tuple(2 * number + 1 for number, cut in enumerate(CUTS) if {cut.server, cut.hub} == {R} and cut.gates == _ALL)
"""The stretches in which both entries are cut off from everybody, and from each other."""

SLOW = tuple(2 * number + 1 for number, cut in enumerate(CUTS) if H in (cut.server, cut.hub))
"""Those in which a server or hub hangs."""


@dataclass(frozen=True, slots=True)
class Light:
    """What somebody saw at a gate. ``source``: who decided, None where nobody was asked; ``ms``: since the code was
    shown."""

    visit: Visit
    device: str
    scan: str
    outcome: str
    title: str
    source: str | None
    reason: str | None
    people: int
    ms: float

    @property
    def green(self) -> bool:
        """Whether they were let through."""
        return self.outcome == "allow"


class Course:
    """Plays a day at a site. ``lights`` is what everybody saw; ``cuts``: how many there were; ``kills``: of
    terminals, with the visitors who then stood before a dark one."""

    def __init__(self, site: Site, day: Day, seed: int) -> None:
        self._site, self._day = site, day
        self._chance = random.Random(seed)
        self._lock = threading.Lock()
        self.lights: list[Light] = []
        self.dark: list[tuple[str, Visit]] = []
        self.cuts = self.kills = 0

    def play(self) -> None:
        """From the first stretch to the last."""
        with ThreadPoolExecutor(len(TERMINALS), thread_name_prefix="gate") as pool:
            for number in range(STRETCHES):
                cut, at = divmod(number, 2)
                if at:
                    self._cut(CUTS[cut])
                self._site.news(self._day, number)
                killed = KILLED.get(cut) if at else None
                list(pool.map(self._serve, _ALL, self._day.stretches[number], [gate == killed for gate in _ALL]))
                if at:
                    self._restore(CUTS[cut])

    def _cut(self, cut: Cut) -> None:
        self.cuts += 1
        self._set(cut, cut.server, cut.hub, cut.uplink)
        if cut.dies == "server":
            self._end(self._site.server)
        elif cut.dies == "hub":
            self._end(self._site.hub)

    def _restore(self, cut: Cut) -> None:
        if cut.dies == "server":
            self._site.restart_server()
        elif cut.dies == "hub":
            self._site.restart_hub()
        self._set(cut, W, W, W)

    def _set(self, cut: Cut, server: Way, hub: Way, uplink: Way) -> None:
        for gate in cut.gates:
            self._site.cables[gate].server.set(server)
            self._site.cables[gate].hub.set(hub)
        self._site.hub_cable.set(uplink)

    @staticmethod
    def _end(program: Program | None) -> None:
        assert program is not None
        program.kill()
        program.let_go()

    def _serve(self, gate: int, visits: Sequence[Visit], dies: bool) -> None:
        """Everybody who comes to a gate; in the middle of one of them it may be killed."""
        for place, visit in enumerate(visits):
            if dies and place == len(visits) // 2:
                self._serve_and_die(gate, visit)
            else:
                self._keep(gate, visit, self._shown(gate, visit).hear())

    def _shown(self, gate: int, visit: Visit) -> Program:
        program = self._site.terminals[gate]
        assert program is not None
        program.say({"n": visit.n, "show": visit.code, "walks": visit.walks})
        return program

    def _serve_and_die(self, gate: int, visit: Visit) -> None:
        program = self._shown(gate, visit)
        light = None
        with contextlib.suppress(TimeoutError):
            light = program.hear(self._chance.random() * _LATEST)
        program.kill()
        light = light or program.hear()
        program.let_go()
        self.kills += 1
        self._site.start_terminal(gate)
        if light is None:
            self.dark.append((TERMINALS[gate], visit))
            light = self._shown(gate, visit).hear()
        self._keep(gate, visit, light)

    def _keep(self, gate: int, visit: Visit, said: dict[str, Any] | None) -> None:
        assert said is not None, f"{TERMINALS[gate]} ended: see its log"
        assert said["n"] == visit.n, said
        with self._lock:
            self.lights.append(
                Light(
                    visit,
                    TERMINALS[gate],
                    said["scan"],
                    said["outcome"],
                    said["title"],
                    said["source"],
                    said["reason"],
                    said["people"] or 1,
                    said["ms"],
                )
            )
