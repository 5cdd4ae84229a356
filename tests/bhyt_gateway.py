"""The simulated social security gateway as a running server, and the driver that asks it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from backend.doubles.bhyt import Gateway, Secrets, create_app
from backend.doubles.bhyt_people import People, Person
from backend.server import LOOPBACK, AnnouncingServer, listen
from config.schema import BhytSettings
from crypto.civil import PartialDate
from crypto.id_number import IdNumber
from drivers.backends.bhyt import BhytBackend, build
from terminal.ports import BackendOptions, EligibilityQuestion

NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
PEOPLE = People.read()
ACCOUNT = Secrets("01000_MAU", "mat-khau-bi-mat-cua-bai-thu", "ma-chuyen-tiep-bi-mat-cua-bai-thu")


class Hands:
    """The double's clock, and its pauses: nobody waits longer than a test does."""

    def __init__(self) -> None:
        self.now = NOW
        self.asked: list[float] = []
        self.ended = threading.Event()

    def clock(self) -> datetime:
        return self.now

    async def pause(self, seconds: float) -> None:
        self.asked.append(seconds)
        while not self.ended.is_set():
            await asyncio.sleep(0.02)


@dataclass(frozen=True)
class Running:
    """A double that answers at ``url``."""

    url: str
    gateway: Gateway
    hands: Hands


@contextmanager
def running() -> Iterator[Running]:
    """One that answers until the end of the block."""
    hands, listening = Hands(), threading.Event()
    gateway = Gateway(PEOPLE, ACCOUNT, hands.clock, hands.pause)
    with listen(0) as listener:
        server = AnnouncingServer(create_app(gateway), listening.set, date_header=False)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        assert listening.wait(20)
        try:
            yield Running(f"http://{LOOPBACK}:{listener.getsockname()[1]}", gateway, hands)
        finally:
            hands.ended.set()
            server.should_exit = True
            thread.join(20)
        assert not thread.is_alive()


def private(file: Path, text: str) -> Path:
    """A file with this text that only its owner may read."""
    file.touch(0o600)
    file.write_text(text, "utf-8")
    return file


def staff_file(folder: Path) -> Path:
    """Who of the invented staff asks."""
    number, name = next(iter(PEOPLE.staff.items()))
    return private(folder / "staff.toml", f'name = "{name}"\nid_number = "{number}"\n')


def settings(folder: Path, via: str = "direct", digest: str = "upper") -> BhytSettings:
    """The section of a site with the double's account."""
    return BhytSettings(
        via=via,  # type: ignore[arg-type]  # one of two words
        user=ACCOUNT.user,
        password_file=private(folder / "password", ACCOUNT.password + "\n"),
        staff_file=staff_file(folder),
        digest=digest,  # type: ignore[arg-type]  # one of two words
    )


def driver(url: str, folder: Path, via: str = "direct", digest: str = "upper") -> BhytBackend:
    """The driver as the terminal builds it."""
    token = ACCOUNT.relay_token if via == "hospital" else ""
    whole = f"{url}/relay" if via == "hospital" else url
    return build(BackendOptions(whole, token, "quay-1", site=settings(folder, via, digest)))


def question(person: Person, **other: object) -> EligibilityQuestion:
    """The right question about an invented person, but for ``other``."""
    day, month, year = (int(part) for part in person.born.split("/"))
    asked = {"id_number": IdNumber(person.id_number), "name": person.name, "born": PartialDate(year, month, day)}
    return EligibilityQuestion("v-1", NOW, **(asked | other))  # type: ignore[arg-type]  # by field


def person(code: str = "000", fault: str = "") -> Person:
    """The invented person who brings that about."""
    return next(one for one in PEOPLE.persons if (one.code, one.fault) == (code, fault))
