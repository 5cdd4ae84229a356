"""What watching idle card readers costs: processor time and wake-ups a second, without readers, with two and sixteen.

The real pcscd with vpcd; each of its driver's libraries has two slots, so sixteen readers are eight copies.
"""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from parts.folders import short_folder
from parts.results import Row, report

from drivers.simulator import daemon
from drivers.simulator.daemon import PcscDaemon

SECONDS = 20.0


class Crowd(PcscDaemon):
    """A private daemon with so many readers."""

    def __init__(self, folder: Path, readers: int) -> None:
        super().__init__(folder)
        self._readers, self._home = readers, folder

    def _configure(self, readers: bool) -> Path:
        configuration = super()._configure(readers and self._readers > 0)
        with (configuration / "vpcd.conf").open("a", encoding="ascii") as entries:
            for number in range(1, self._readers // 2):
                library = shutil.copy(Path(daemon.driver()).resolve(), self._home / f"libvpcd{number}.so")
                port, _ = daemon.two_free_ports()
                entries.write(daemon.reader_entry(f"{daemon.READER} {number}", port, str(library)))
        return configuration

    @property
    def process(self) -> int:
        """Its number."""
        if self._process is None:
            raise RuntimeError("the daemon does not run")
        return self._process.pid


def _processor(process: int | str) -> float:
    """Seconds of processor time of a process so far."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _wake_ups() -> int:
    """How often the threads of this process that live now went to sleep of their own accord."""
    found = 0
    for status in Path("/proc/self/task").glob("*/status"):
        lines = status.read_text(encoding="ascii").splitlines()
        found += sum(int(line.split()[1]) for line in lines if line.startswith("voluntary"))
    return found


def _idle(readers: int) -> Row:
    from drivers.pcsc import build
    from terminal.ports import ReaderOptions

    with short_folder() as folder:
        crowd = Crowd(folder, readers)
        os.symlink(crowd.socket_path, _SOCKET)
        crowd.start()
        driver = build(ReaderOptions())
        driver.start(lambda _event: None)
        time.sleep(2.0)
        found = len(driver.readers())
        own, theirs, woken, began = time.process_time(), _processor(crowd.process), _wake_ups(), time.monotonic()
        time.sleep(SECONDS)
        took = time.monotonic() - began
        row: Row = {
            "readers": found,
            "terminal ms/s": (time.process_time() - own) * 1000 / took,
            "pcscd ms/s": (_processor(crowd.process) - theirs) * 1000 / took,
            "wake-ups/s": (_wake_ups() - woken) / took,
        }
        driver.stop()
        crowd.stop()
        _SOCKET.unlink()
    return row


with short_folder() as lasting:
    # libpcsclite reads the address once a process; each run's daemon is found through this link.
    _SOCKET = lasting / "pcscd.comm"
    os.environ[daemon.SOCKET_VARIABLE] = str(_SOCKET)
    report("readers", [_idle(readers) for readers in (0, 2, 16)], {})
