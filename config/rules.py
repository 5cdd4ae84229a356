"""What holds between keys, and what a site may never name."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from urllib.parse import SplitResult, urlsplit

from config.errors import ConfigError, Problem
from config.schema import Demand, DeskName, Need, Settings

_DOUBLES = ("sim", "script", "mock")

_CORE: Mapping[DeskName, frozenset[Demand]] = MappingProxyType(
    {
        "reception": frozenset({"eligibility"}),
        "gate": frozenset({"ticket"}),
        "police": frozenset({"signature", "hashes"}),
    }
)
"""What no site may leave out: without it the desk's green screen would say something that nobody checked."""


def refuse_doubles(keys: Mapping[str, object], file: Path) -> None:
    """Raise ConfigError when a ``driver`` of ``keys`` (by full name) is a double: a real desk never runs on one."""
    for path, value in keys.items():
        if path.endswith(".driver") and isinstance(value, str):
            name = value.strip().lower()
            if name.startswith(_DOUBLES) or "simulat" in name:
                raise ConfigError(file, path, Problem.DOUBLE)


def check_agreement(settings: Settings, file: Path | None) -> None:
    """Raise ConfigError when two keys contradict each other."""
    times, backend = settings.times, settings.backend
    results = (times.result_allow, times.result_attention, times.result_stop, times.result_cannot)
    _hold(times.slow < times.reading, file, "times.slow", "< times.reading")
    _hold(times.warn < min(results) or times.warn == 0, file, "times.warn", "0 | < times.result_…")
    _hold(backend.connect <= backend.total, file, "backend.connect", "≤ backend.total")
    _check_devices(settings, file)
    core = _CORE[settings.desk]
    _hold(core <= set(settings.demands), file, "demands", ", ".join(f'"{name}"' for name in sorted(core)))
    asks = {"eligibility", "ticket"} & set(settings.demands)
    _hold(not asks or backend.driver != "none", file, "demands", 'backend.driver ≠ "none"')
    for path, url in (("backend.url", backend.url), ("backend.hub", backend.hub)):
        if url:
            _check_url(url, path, file)
    _check_backend(settings, file)
    _check_hand_over(settings, file)


def _check_backend(settings: Settings, file: Path | None) -> None:
    """Each kind of server answers about people or about tickets, the reference server about both."""
    backend, gate = settings.backend, settings.desk == "gate"
    about: Mapping[str, str] = {"bhyt": '"reception" | "police"', "fhir": '"reception" | "police"', "pretix": '"gate"'}
    if backend.driver in about:
        _hold(gate == (backend.driver == "pretix"), file, "backend.driver", f"desk = {about[backend.driver]}")
    _hold(not backend.hub or backend.driver == "reference", file, "backend.hub", 'backend.driver = "reference"')
    _hold(not backend.cards or gate, file, "backend.cards", 'desk = "gate" | false')
    if backend.driver == "pretix":
        _hold(backend.tickets == "any", file, "backend.tickets", '"any"')
        _hold(not backend.cards, file, "backend.cards", "false")


def _check_hand_over(settings: Settings, file: Path | None) -> None:
    given = settings.handover
    used = given.api or given.folder is not None or given.hl7
    _hold(not used or settings.desk == "reception", file, "handover", 'desk = "reception"')
    for origin in given.origins:
        _hold(_is_origin(origin), file, "handover.origins", "https://HOST[:PORT] | http://127.0.0.1[:PORT]")


def _is_origin(text: str) -> bool:
    """Scheme, host and port and nothing more, as browsers send it."""
    parts = urlsplit(text)
    try:
        plain = _is_plain(parts) and not parts.path
    except ValueError:
        return False
    return plain and (parts.scheme == "https" or (parts.scheme == "http" and _is_here(parts.hostname)))


def _check_devices(settings: Settings, file: Path | None) -> None:
    drivers: dict[Need, tuple[str, str]] = {
        "reader": ("reader", settings.reader.driver),
        "camera": ("codes", settings.codes.driver),
        "scanner": ("scanner", settings.scanner.driver),
        "gate": ("gate", settings.gate.driver),
        "printer": ("printer", settings.printer.driver),
    }
    for need in settings.needs:
        section, driver = drivers[need]
        _hold(driver != "none", file, "needs", f'{section}.driver ≠ "none"')
    inputs = {driver for _, driver in (drivers["reader"], drivers["camera"], drivers["scanner"])}
    _hold(inputs != {"none"}, file, "reader.driver", 'reader | codes | scanner: driver ≠ "none"')
    gate, printer, voice = settings.gate, settings.printer, settings.voice
    if gate.driver != "none":
        _hold(settings.desk == "gate", file, "gate.driver", 'desk = "gate" | "none"')
        # Whether people are locked in or the till is left open is nothing that a program may assume.
        _hold(gate.fails != "", file, "gate.fails", '"shut" | "open"')
        _hold(gate.address != "", file, "gate.address", '"…"')
        _hold(gate.input != gate.output or gate.driver != "gpio", file, "gate.input", "≠ gate.output")
    _hold(printer.driver not in ("escpos", "zpl") or printer.address != "", file, "printer.address", '"…"')
    _hold(voice.driver != "clips" or voice.clips is not None, file, "voice.clips", '"…"')


def check_complete(settings: Settings, file: Path | None) -> None:
    """Raise ConfigError when something is missing that only this site can know: needed before serving people."""
    if settings.backend.driver == "none":
        return
    needed = {"backend.url": settings.backend.url}
    if settings.desk == "gate":
        needed |= {"backend.event": settings.backend.event, "backend.gate": settings.backend.gate}
    needed |= _needed_by_driver(settings)
    for path, value in needed.items():
        if not value:
            raise ConfigError(file, path, Problem.NEEDED)


def _needed_by_driver(settings: Settings) -> dict[str, str]:
    bhyt, pretix, fhir = settings.bhyt, settings.pretix, settings.fhir
    if settings.backend.driver == "bhyt" and bhyt.via == "direct":
        files = {"bhyt.password_file": bhyt.password_file, "bhyt.staff_file": bhyt.staff_file}
        return {"bhyt.user": bhyt.user} | {path: str(file or "") for path, file in files.items()}
    if settings.backend.driver == "pretix":
        return {"pretix.organizer": pretix.organizer, "pretix.checkin_list": str(pretix.checkin_list or "")}
    if settings.backend.driver == "fhir":
        return {"fhir.insurer": fhir.insurer, "fhir.provider": fhir.provider, "fhir.id_system": fhir.id_system}
    return {}


def _hold(fine: bool, file: Path | None, path: str, allowed: str) -> None:
    if not fine:
        raise ConfigError(file, path, Problem.CONTRADICTION, allowed)


def _check_url(url: str, path: str, file: Path | None) -> None:
    if not is_server_url(url):
        raise ConfigError(file, path, Problem.NOT_ALLOWED, "https://HOST[:PORT] | http://127.0.0.1[:PORT]")


def is_server_url(url: str) -> bool:
    """Whether a server may be asked there: https, or http that does not leave this computer; no user, no query."""
    try:
        parts = urlsplit(url)
        return _is_plain(parts) and (parts.scheme == "https" or (parts.scheme == "http" and _is_here(parts.hostname)))
    except ValueError:
        return False


def _is_plain(parts: SplitResult) -> bool:
    """A host and perhaps a port and path: a user name or a query could carry a secret into a log."""
    _ = parts.port  # raises ValueError for a port that is none
    return bool(parts.hostname) and "@" not in parts.netloc and not parts.query and not parts.fragment


def _is_here(host: str | None) -> bool:
    """Whether the token would stay on this computer without TLS."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False
