"""A PC/SC daemon of one's own with virtual readers (vpcd), for the demo and the tests; the machine's own is left alone.

libpcsclite reads PCSCLITE_CSOCK_NAME once a process, so the variable is set before anything opens a context; every
start of the daemon uses that same socket, and children inherit it. vpcd binds every address without authentication:
for a demo or a test only, never for a desk.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import threading
from pathlib import Path

from terminal.faults import FaultError

SOCKET_VARIABLE = "PCSCLITE_CSOCK_NAME"
READER = "Virtual PCD"
_DRIVERS = ("/usr/lib/pcsc/drivers/serial/libifdvpcd.so", "/usr/local/lib/pcsc/drivers/serial/libifdvpcd.so")
_INSTALL = "install them with: apt-get install pcscd vsmartcard-vpcd util-linux"
_STARTED = 5.0


class DaemonMissingError(Exception):
    """The daemon cannot run here; the text says what to install, or what it said."""


def start(folder: Path) -> PcscDaemon:
    """A running daemon that this process and its children talk to from now on (entry point ``tram.virtual_readers``).

    Raises FaultError ``reader.service`` where it cannot run.
    """
    daemon = PcscDaemon(folder)
    try:
        daemon.start()
    except (DaemonMissingError, OSError) as error:
        raise FaultError("reader.service", str(error).splitlines()[0]) from error
    os.environ.update(daemon.environment)
    return daemon


class PcscDaemon:
    """One private daemon with up to two virtual readers (a vpcd driver library serves two slots)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._run = folder / "run"
        self._process: subprocess.Popen[bytes] | None = None
        self.ports = two_free_ports()
        self.names: tuple[str, ...] = ()

    @property
    def socket_path(self) -> Path:
        """Where clients find the daemon; the same over all restarts."""
        return socket_path(self._folder)

    @property
    def address(self) -> tuple[str, int]:
        """Where the first virtual reader waits for a card."""
        return "127.0.0.1", self.port

    @property
    def environment(self) -> dict[str, str]:
        """What a child process needs to talk to this daemon."""
        return {SOCKET_VARIABLE: str(self.socket_path)}

    @property
    def port(self) -> int:
        """The first reader's vpcd port; the second reader's is the next."""
        return self.ports[0]

    def start(self, *, readers: bool = True) -> None:
        """Start the daemon, with its two virtual readers or with none, and wait until it answers."""
        if self._process is not None:
            raise DaemonMissingError("the daemon runs already")
        command = self._command(self._configure(readers))
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603 - our own script
        self._wait_until_ready()
        self.names = (f"{READER} 00 00", f"{READER} 00 01") if readers else ()

    def stop(self) -> None:
        """End the daemon as a service manager does."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the daemon as a crash does: its socket stays behind."""
        self._end(getattr(signal, "SIGKILL", signal.SIGTERM))

    def restart(self, *, readers: bool = True) -> None:
        """A new daemon at the same address."""
        self.stop()
        self.start(readers=readers)

    def _end(self, number: int) -> None:
        if self._process is None:
            return
        self._process.send_signal(number)
        try:
            self._process.wait(5.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
        self.names = ()

    def _command(self, configuration: Path) -> list[str]:
        """What starts the daemon, in surroundings of its own."""
        # The daemon ends with whoever started it, also when that was killed.
        command = [_program("setpriv"), "--pdeathsig", "TERM", "unshare", *([] if _is_root() else ["-r"]), "-m"]
        # /run/pcscd is compiled into the daemon and need not exist: the whole of /run is covered, for the daemon alone.
        script = 'mount --bind "$1" /run && exec "$2" --foreground -c "$3"'
        return [*command, "sh", "-c", script, "pcscd", str(self._run), _program("pcscd"), str(configuration)]

    def _configure(self, readers: bool) -> Path:
        (self._run / "pcscd").mkdir(parents=True, exist_ok=True)
        for left_behind in (self._run / "pcscd").iterdir():
            left_behind.unlink()
        configuration = self._folder / "reader.conf.d"
        configuration.mkdir(exist_ok=True)
        entry = configuration / "vpcd.conf"
        entry.write_text(reader_entry(READER, self.port, driver()) if readers else "", encoding="ascii")
        return configuration

    def _wait_until_ready(self) -> None:
        waiting = threading.Event()
        for _ in range(int(_STARTED / 0.01)):
            if self._process is None or self._process.poll() is not None:
                break
            with socket.socket(getattr(socket, "AF_UNIX", socket.AF_INET)) as probe:
                if probe.connect_ex(str(self.socket_path)) == 0:
                    return
            waiting.wait(0.01)
        log = (self._folder / "log").read_text(encoding="utf-8", errors="replace")
        self.kill()
        raise DaemonMissingError(f"the private pcscd did not start; {_INSTALL}; it said:\n{log}")


def socket_path(folder: Path) -> Path:
    """Where clients find the daemon that lives in ``folder``."""
    return folder / "run" / "pcscd" / "pcscd.comm"


def reader_entry(name: str, port: int, library: str) -> str:
    """The daemon's configuration of a reader with two slots, at ``port`` and the next."""
    lines = [f'FRIENDLYNAME "{name}"', f"DEVICENAME /dev/null:{port:#x}", f"LIBPATH {library}", f"CHANNELID {port:#x}"]
    return "\n".join(lines) + "\n"


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        raise DaemonMissingError(f"{name} is missing; {_INSTALL}")
    return found


def driver() -> str:
    """The library of vpcd; DaemonMissingError where it is not installed."""
    for path in _DRIVERS:
        if Path(path).exists():
            return path
    raise DaemonMissingError(f"the vpcd reader driver is missing; {_INSTALL}")


def two_free_ports() -> tuple[int, int]:
    """Two ports in a row that nobody holds."""
    # Below the range from which the system serves outgoing connections; not `random`, which the order plugin seeds.
    while True:
        first = 12_000 + secrets.randbelow(18_000)
        with socket.socket() as one, socket.socket() as two:
            if _binds(one, first) and _binds(two, first + 1):
                return first, first + 1


def _binds(endpoint: socket.socket, port: int) -> bool:
    try:
        endpoint.bind(("0.0.0.0", port))  # noqa: S104 - vpcd itself binds every address
    except OSError:
        return False
    return True


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
