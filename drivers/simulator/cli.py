"""``tram chip``: lay a simulated citizen card on a virtual reader of the PC/SC daemon.

The card, its issuer and its owner are invented, so CAN and MRZ are printed; everything is labelled SIMULATED.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from drivers.simulator.chip import Chip
from drivers.simulator.faults import ChipFault
from drivers.simulator.issuer.authority import Authority
from drivers.simulator.issuer.zones import zone_lines
from drivers.simulator.layers import Flaw
from drivers.simulator.personalise import mrz_zone, personalise
from drivers.simulator.presented import Handling, PresentedCard
from drivers.simulator.profiles import PROFILES, Profile
from drivers.simulator.vpcd import HOST, PORT, VpcdCard
from terminal.faults import FaultError, file_fault

HELP = "run a simulated citizen card on a virtual reader (vpcd); SIMULATED, for tests and demos"

_SEED = b"TRAM SIMULATED ISSUER, PUBLIC KEY MATERIAL"
"""Published on purpose: a card made today is signed by the same root as one made tomorrow. It protects nothing."""

_MEASURES = {ChipFault.LIFTED: 20, ChipFault.SLOW: 15, ChipFault.SILENT: 0}
_REMEDY = (
    "install with 'apt-get install pcscd vsmartcard-vpcd', start with 'systemctl start pcscd' or 'pcscd --foreground'"
)
_LONGEST_PORT = 65_535


def configure(parser: argparse.ArgumentParser) -> None:
    """The verb's options."""
    parser.add_argument("--profile", choices=list(PROFILES), metavar="NAME", help="which document; left out: list them")
    parser.add_argument(
        "--vpcd",
        type=_address,
        default=(HOST, PORT),
        metavar="HOST:PORT",
        help=f"virtual reader (default {HOST}:{PORT})",
    )
    faults = [fault.value for fault in ChipFault]
    parser.add_argument("--fault", choices=faults, metavar="NAME", help=", ".join(faults))
    parser.add_argument(
        "--fault-arg",
        type=_measure,
        metavar="N",
        help="lifted: after N APDUs (20); silent: after N APDUs (0); slow: N ms for each APDU (15)",
    )
    parser.add_argument("--quirk", metavar="NAME", help="what the chip does in its own way; 'tram chip' lists them")
    parser.add_argument("--csca", type=Path, metavar="FILE", help="where to write the root certificate to trust (DER)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Answer until Ctrl-C, SIGTERM, or until the card was lifted; without a profile, list them. Raises FaultError."""
    if args.profile is None:
        if args.fault or args.quirk or args.fault_arg is not None:
            raise FaultError("usage.bad", "--profile: which document? 'tram chip' alone lists them")
        return _list(as_json=args.json)
    authority = Authority(_SEED)
    profile, handling = _chosen(args)
    contents = personalise(profile.person, profile.make, authority)
    csca = _write(args.csca or _default_file(), authority.root)
    host, port = args.vpcd
    flaw = _flaw(args.quirk)
    card = PresentedCard(Chip(contents) if flaw is None else flaw.chip(contents, authority), handling)
    virtual = VpcdCard(card, host, port)
    with _stop_signals() as stopped:
        try:
            virtual.place()
        except OSError as error:
            detail = f"nothing answers at {host}:{port}; is pcscd with vpcd running? {_REMEDY}"
            raise FaultError("reader.service", detail) from error
        shown = _Card(args.profile, profile, csca, f"{host}:{port}", args.fault, args.quirk, contents.pin)
        _announce(shown, as_json=args.json)
        return _serve(virtual, card, stopped)


def _list(*, as_json: bool) -> int:
    from drivers.simulator.flaws import FLAWS

    if as_json:
        rows = [{"profile": name, "what": profile.what} for name, profile in PROFILES.items()]
        ways = [{"quirk": name, "source": flaw.source, "what": flaw.what} for name, flaw in FLAWS.items()]
        print(json.dumps({"simulated": True, "profiles": rows, "quirks": ways}, ensure_ascii=False))
        return 0
    width = max(map(len, (*PROFILES, *FLAWS)))
    for name, profile in PROFILES.items():
        print(f"{name:{width}}  {profile.what}")
    print("\n--quirk:")
    for name, flaw in FLAWS.items():
        print(f"{name:{width}}  {flaw.source}: {flaw.what}")
    return 0


def _flaw(name: str | None) -> Flaw | None:
    """The quirk of that name. Raises FaultError ``usage.bad``."""
    if name is None:
        return None
    from drivers.simulator.flaws import FLAWS

    if name not in FLAWS:
        raise FaultError("usage.bad", "no such quirk; 'tram chip' without --profile lists them")
    return FLAWS[name]


@contextlib.contextmanager
def _stop_signals() -> Iterator[threading.Event]:
    """Set by Ctrl-C and SIGTERM while inside."""
    stopped = threading.Event()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: stopped.set()) for number in numbers]
    try:
        yield stopped
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _serve(virtual: VpcdCard, card: PresentedCard, stopped: threading.Event) -> int:
    while not stopped.is_set():
        # In slices: on Windows a signal does not wake a wait.
        if virtual.wait(0.2):
            break
    lost = not stopped.is_set() and not card.gone
    virtual.remove()
    if lost:
        raise FaultError("reader.service", f"the virtual reader hung up; is pcscd still running? {_REMEDY}")
    return 0


@dataclass(frozen=True, slots=True)
class _Card:
    name: str
    profile: Profile
    csca: Path
    vpcd: str
    fault: str | None
    quirk: str | None
    pin: str | None

    def lines(self) -> list[str]:
        """What a person needs to open and to trust the card."""
        zone = zone_lines(mrz_zone(self.profile.person, self.profile.make))
        wrong = [f", {kind}: {name}" for kind, name in (("fault", self.fault), ("quirk", self.quirk)) if name]
        return [
            f"SIMULATED card {self.name!r} on {self.vpcd}" + "".join(wrong),
            f"  CAN     {self.profile.person.id_number.can}",
            *([f"  PIN     {self.pin}"] if self.pin else []),
            f"  ID      {self.profile.person.id_number.digits}",
            *(f"  MRZ {number}   {line}" for number, line in enumerate(zone, 1)),
            f"  CSCA    {self.csca}",
            f"  SHA-256 {_fingerprint(self.csca)}",
            "  SIMULATED issuer with published keys: never accept it outside tests. Ctrl-C takes the card away.",
        ]

    def to_json(self) -> dict[str, object]:
        """The same as one object."""
        return {
            "simulated": True,
            "profile": self.name,
            "fault": self.fault,
            "quirk": self.quirk,
            "vpcd": self.vpcd,
            "can": self.profile.person.id_number.can,
            "pin": self.pin,
            "id": self.profile.person.id_number.digits,
            "mrz": zone_lines(mrz_zone(self.profile.person, self.profile.make)),
            "csca": {"file": str(self.csca), "sha256": _fingerprint(self.csca)},
        }


def _announce(card: _Card, *, as_json: bool) -> None:
    print(json.dumps(card.to_json()) if as_json else "\n".join(card.lines()), flush=True)


def _chosen(args: argparse.Namespace) -> tuple[Profile, Handling | None]:
    profile = PROFILES[args.profile]
    if args.fault is None:
        if args.fault_arg is not None:
            raise FaultError("usage.bad", "--fault-arg belongs to --fault lifted, silent or slow")
        return profile, None
    fault = ChipFault(args.fault)
    if fault.made_in:
        return profile.with_fault(fault), None
    return profile, Handling(fault, _MEASURES[fault] if args.fault_arg is None else args.fault_arg)


def _write(file: Path, root: bytes) -> Path:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(root)
    except OSError as error:
        raise file_fault(f"--csca {file}", error) from error
    return file.resolve()


def _default_file() -> Path:
    import platformdirs

    return platformdirs.user_data_path("tram", appauthor=False) / "simulator" / "csca-simulated.der"


def _fingerprint(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) <= _LONGEST_PORT:
        raise argparse.ArgumentTypeError("HOST:PORT is required, such as 127.0.0.1:35963")
    return host, int(port)


def _measure(text: str) -> int:
    if not text.isdecimal() or int(text) > 60_000:
        raise argparse.ArgumentTypeError("a number from 0 to 60000 is required")
    return int(text)
