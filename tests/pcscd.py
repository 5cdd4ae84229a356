"""A PC/SC daemon of the tests' own: no test ever meets the machine's daemon or its readers.

libpcsclite reads PCSCLITE_CSOCK_NAME once per process, so the variable is set when this plugin is configured, before
any test can open a context; every start of the daemon uses that same socket. Children of the tests inherit it.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from drivers.simulator import daemon
from drivers.simulator.daemon import SOCKET_VARIABLE, socket_path

_SHIM = Path(__file__).with_name("hotplug.c")
PLUGGED = f"{daemon.READER} plugged"
"""How the names of the readers begin that ``plug`` brings."""

_INFO = f"""<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0"><dict>
<key>CFBundleExecutable</key><string>libplug.so</string>
<key>ifdCapabilities</key><string>0x00000000</string>
<key>ifdVendorID</key><array><string>0x7A6D</string></array>
<key>ifdProductID</key><array><string>0x0001</string></array>
<key>ifdFriendlyName</key><array><string>{PLUGGED}</string></array>
</dict></plist>
"""

_AS_THIRD_FILE = "import os, sys; os.dup2(int(sys.argv[1]), 3); os.execvp(sys.argv[2], sys.argv[2:])"
"""Where a service that systemd starts finds the socket."""


class PcscDaemon(daemon.PcscDaemon):
    """The private daemon, for tests: what is missing fails the test, and a card's leaving can be waited for."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._home = folder
        self._more: Sequence[str] = ()
        self._plugs: int | None = None
        self._options: Sequence[str] = ()
        self.as_always = True
        self.more_ports: Mapping[str, int] = {}

    def start(
        self, *, readers: bool = True, more: Sequence[str] = (), plugs: bool = False, options: Sequence[str] = ()
    ) -> None:
        """Start, or fail the test with what to install.

        ``more``: further readers by name, each with two slots (``more_ports`` has the first's port); with ``plugs``
        `plug` and `unplug` work, and only they bring readers; ``options`` are the daemon's own.
        """
        self._more, self._options = more, options
        self.as_always = readers and not (more or plugs or options)
        self._prepare_plugs(plugs)
        try:
            super().start(readers=readers and not plugs)
        except daemon.DaemonMissingError as error:
            pytest.fail(str(error))

    def start_at_a_knock(self) -> threading.Thread:
        """Listen in the daemon's place, as systemd does, and start it when the first client knocks.

        What is returned does so; the next use of the fixture ``pcscd`` ends the daemon.
        """
        self.as_always = False
        *command, script, name, run, program, readers = self._command(self._configure(True))
        command += [script.replace("exec", "export LISTEN_FDS=1 LISTEN_PID=$$ && exec"), name, run, program, readers]
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.socket_path))
        listener.listen()

        def start() -> None:
            with listener:
                select.select([listener], [], [], 10.0)
                number = str(listener.fileno())
                first = [sys.executable, "-c", _AS_THIRD_FILE, number, *command]
                self._process = subprocess.Popen(first, pass_fds=[listener.fileno()], stderr=subprocess.DEVNULL)

        starter = threading.Thread(target=start, name="knock", daemon=True)
        starter.start()
        return starter

    def stop(self) -> None:
        """End the daemon as a service manager does, also one that was halted."""
        self.resume()
        super().stop()

    def halt(self) -> None:
        """Let the daemon hang: it is there, and answers nobody."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def plug(self) -> int:
        """Plug a USB reader in; the port of its first slot. One at a time: they share vpcd's library."""
        port, _ = daemon.two_free_ports()
        self._say(f"add {port}")
        return port

    def unplug(self, port: int) -> None:
        """Pull that reader's plug."""
        self._say(f"remove {port}")

    @property
    def log(self) -> str:
        """What the daemons of this test said."""
        return (self._home / "log").read_text(encoding="utf-8", errors="replace")

    def _signal(self, number: int) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def _say(self, line: str) -> None:
        assert self._plugs is not None, "started without plugs"
        os.write(self._plugs, f"{line}\n".encode())

    def _configure(self, readers: bool) -> Path:
        configuration = super()._configure(readers)
        ports = {}
        with (configuration / "vpcd.conf").open("a", encoding="ascii") as entries:
            for number, name in enumerate(self._more):
                ports[name], _ = daemon.two_free_ports()
                # Two entries with one library would share its slots.
                entries.write(daemon.reader_entry(name, ports[name], str(self._copy_of_driver(str(number)))))
        self.more_ports = ports
        return configuration

    def _copy_of_driver(self, mark: str) -> Path:
        return Path(shutil.copy(Path(daemon.driver()).resolve(), self._home / f"libvpcd-{mark}.so"))

    def _command(self, configuration: Path) -> list[str]:
        *command, script, name, run, program, readers = super()._command(configuration)
        script = script.replace('-c "$3"', " ".join(('-c "$3"', *self._options)))
        if self._plugs is None:
            return [*command, script, name, run, program, readers]
        # pcscd looks for the drivers of USB readers in this folder only.
        mounted = 'mount --bind "$4/drivers" /usr/lib/pcsc/drivers && export LD_PRELOAD="$4/libudev.so" && exec'
        given = [f"TRAM_PLUGS={self._home / 'plugs'}", f"TRAM_VPCD={self._copy_of_driver('plugged')}"]
        return ["env", *given, *command, script.replace("exec", mounted), name, run, program, readers, str(self._home)]

    def _prepare_plugs(self, wanted: bool) -> None:
        if self._plugs is not None:
            os.close(self._plugs)
            self._plugs = None
        if not wanted:
            return
        bundle = self._home / "drivers" / "ifd-plug.bundle" / "Contents"
        library = bundle / "Linux" / "libplug.so"
        if not library.exists():
            library.parent.mkdir(parents=True)
            (bundle / "Info.plist").write_text(_INFO, encoding="ascii")
            os.mkfifo(self._home / "plugs")
            compiler = ["gcc", "-shared", "-fPIC", "-O1", "-I/usr/include/PCSC", str(_SHIM), "-ldl", "-o"]
            subprocess.run([*compiler, str(library)], check=True)
            subprocess.run([*compiler, str(self._home / "libudev.so"), "-DUDEV"], check=True)
        self._plugs = os.open(self._home / "plugs", os.O_RDWR | os.O_NONBLOCK)

    def wait_until_empty(self) -> None:
        """Wait until the daemon has noticed that no card lies on its readers; it looks every 0.4 s.

        After a failed APDU it may call a reader empty before that look, and would then overlook the next card: only
        the count of comings and goings, in the upper half of the state, tells. A reader whose count was spoilt by a
        failure is empty when it says so for longer than three of the daemon's looks.
        """
        from smartcard import scard

        _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        states = [(name, scard.SCARD_STATE_UNAWARE) for name in self.names]
        try:
            quiet = 0
            for _ in range(75):
                _, found = scard.SCardGetStatusChange(context, 200, states)
                present = any(event & scard.SCARD_STATE_PRESENT for _, event, _ in found)
                quiet = 0 if present else quiet + 1
                if quiet > 7 or (quiet and not any((event >> 16) % 2 for _, event, _ in found)):
                    return
                states = [(name, event & ~scard.SCARD_STATE_CHANGED) for name, event, _ in found]
        finally:
            scard.SCardReleaseContext(context)
        pytest.fail("the daemon does not notice that the card is gone")


_FOLDER = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Point this process at a daemon of its own before anything can ask for one."""
    folder = Path(tempfile.mkdtemp(prefix="tram-pcscd-"))
    config.stash[_FOLDER] = folder
    os.environ[SOCKET_VARIABLE] = str(socket_path(folder))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind."""
    shutil.rmtree(config.stash[_FOLDER], ignore_errors=True)


@pytest.fixture(scope="session")
def _pcsc_daemon(request: pytest.FixtureRequest) -> Iterator[PcscDaemon]:
    private = PcscDaemon(request.config.stash[_FOLDER])
    yield private
    private.stop()


@pytest.fixture
def pcscd(_pcsc_daemon: PcscDaemon) -> PcscDaemon:
    """The session's private daemon, running with both readers, whatever an earlier test did to it."""
    if _pcsc_daemon.names == () or not _pcsc_daemon.as_always:
        _pcsc_daemon.stop()
        _pcsc_daemon.start()
    return _pcsc_daemon
