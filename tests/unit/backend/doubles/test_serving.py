"""The double of a FHIR payer as a process."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
from pathlib import Path

from tests.unit.backend.processes import command


def test_as_fhir_is_the_payer_and_not_the_reference_server(tmp_path: Path) -> None:
    arguments = command(
        "backend.serve", "serve", "--as", "fhir", "--db", f"sqlite:///{tmp_path / 'f.sqlite'}", "--json"
    )
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        finally:
            process.kill()
    assert said["simulated"] is True
    assert said["insurer"]
    assert stat.S_IMODE(os.stat(said["token_file"]).st_mode) == 0o600
