"""``tram backend serve --hub`` as a process of its own."""

from __future__ import annotations

import base64
import json
import signal
import subprocess
from pathlib import Path

import requests

from backend.server import LOOPBACK
from tests.unit.backend.hub.house import EVENT, House
from tests.unit.backend.processes import command


def _enrolled(folder: Path, house: House) -> Path:
    """The files that ``tram enrol`` writes."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    from tests.unit.backend.calls import KEYS
    from tests.unit.backend.hub.house import HUB_KEY

    folder.mkdir()
    marks = base64.b64encode(KEYS.marks).decode()
    told = {"device": "hub-1", "role": "hub", "event": EVENT, "gate": None, "server_key": marks, "snapshot_key": marks}
    key = HUB_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    files = {
        "backend.token": house.tokens["hub-1"].encode(),
        "enrolment.json": json.dumps(told).encode(),
        "device.key": key,
    }
    for name, content in files.items():
        (folder / name).touch(0o600)
        (folder / name).write_bytes(content)
    return folder / "backend.token"


def test_a_hub_answers_gates_and_nothing_else_and_ends_orderly(house: House, tmp_path: Path) -> None:
    house.sell("T-1")
    token = _enrolled(tmp_path / "enrolled", house)
    with house.wan():
        upstream = f"http://{LOOPBACK}:{house.port}"
        arguments = command(
            "backend.serve", "serve", "--hub", "--upstream", upstream, "--token-file", str(token), "--json"
        )
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                said = json.loads(process.stdout.readline())
                assert (said["hub"], said["event"]) == ("hub-1", EVENT)
                assert requests.get(f"{said['url']}/v1/health", timeout=20).status_code == 200
                assert requests.post(f"{said['url']}/v1/eligibility", json={}, timeout=20).json()["error"] == "not_here"
                process.send_signal(signal.SIGTERM)
                out, err = process.communicate(timeout=20)
                assert (process.returncode, out, err) == (0, "", "")
            finally:
                process.kill()
    assert (token.with_name("hub.sqlite")).is_file()
