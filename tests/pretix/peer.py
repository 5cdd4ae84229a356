"""The pretix server that packaging/pretix_lane.sh started: where it is, what was seeded, and how a device joins it."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

STARTS_WITHIN = 60.0


@dataclass(frozen=True)
class Peer:
    """A running server. ``seeded`` is what tests/pretix/seed.py told, ``tokens`` those of the devices in it."""

    url: str
    seeded: dict[str, Any]
    tokens: dict[str, str] = field(repr=False)

    def post(self, path: str, body: object, device: str = "gate_1") -> requests.Response:
        """A call past this project's client: what another device, or one that was offline, would send."""
        headers = {"Authorization": f"Device {self.tokens[device]}"}
        return requests.post(f"{self.url}{path}", json=body, headers=headers, timeout=30)

    def get(self, path: str, device: str = "gate_1") -> requests.Response:
        """The same for reading."""
        headers = {"Authorization": f"Device {self.tokens[device]}"}
        return requests.get(f"{self.url}{path}", headers=headers, timeout=30)

    @classmethod
    def join(cls) -> Peer:
        """Wait for the server that the environment names, and trade in each device's one-time code."""
        url = os.environ["TRAM_PRETIX_URL"]
        seeded = json.loads(Path(os.environ["TRAM_PRETIX_SEEDED"]).read_text("utf-8"))
        _wait(url)
        return cls(url, seeded, {name: _token(url, code) for name, code in seeded["codes"].items()})


def _wait(url: str) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until:
        try:
            requests.get(f"{url}/api/v1/version", timeout=STARTS_WITHIN)
        except requests.ConnectionError:
            time.sleep(0.2)
        else:
            return
    raise TimeoutError(f"no pretix at {url}")


def _token(url: str, code: str) -> str:
    told = {
        "token": code,
        "hardware_brand": "Trạm",
        "hardware_model": "lane",
        "software_brand": "Trạm",
        "software_version": "0",
    }
    answer = requests.post(f"{url}/api/v1/device/initialize", json=told, timeout=30)
    answer.raise_for_status()
    return str(answer.json()["api_token"])


def main() -> None:
    """For the benchmark: one line of JSON as soon as the server answers."""
    peer = Peer.join()
    tickets = Path(os.environ["TRAM_PRETIX_SEEDED"]).with_name("tickets.txt")
    tickets.write_text("\n".join(peer.seeded["crowd"]) + "\n", "utf-8")
    json.dump(
        {
            "url": peer.url,
            "token": peer.tokens["gate_1"],
            "organizer": peer.seeded["organizer"],
            "checkin_list": peer.seeded["lists"]["entry"],
            "tickets": str(tickets),
        },
        sys.stdout,
    )
    sys.stdout.write("\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
