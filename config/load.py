"""Settings from three layers: defaults, the desk's profile, the site's file; each may repeat only what differs.

The site's file is the one given, or named by ``TRAM_CONFIG``, or ``tram/terminal.toml`` in the user's or the
computer's configuration folder. Everything is strict: a wrong file ends in one ConfigError that names file and key.
"""

from __future__ import annotations

import os
import re
import tomllib
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from config.errors import ConfigError, Problem
from config.keys import allowed, is_path, known_keys, sections
from config.rules import check_agreement, refuse_doubles
from config.schema import DeskName, Settings

SITE_VARIABLE = "TRAM_CONFIG"
_MAX_SIZE = 1 << 20


@dataclass(frozen=True, slots=True)
class _Layer:
    """One file's values by full key; ``file`` is None for what ships with the program."""

    file: Path | None
    values: Mapping[str, object]


def load(site: Path | None = None, desk: DeskName | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """The checked settings of this terminal; ``desk`` overrides what the site's file says. Raises ConfigError."""
    file = site_file(site, os.environ if environ is None else environ)
    defaults = _shipped("defaults.toml")
    own = _Layer(file, _flat(file, _parse(file, _read(file)))) if file else _Layer(None, {})
    if file:
        refuse_doubles(own.values, file)
    chosen = desk or _desk_of(own, defaults)
    layers = (defaults, _shipped(f"profiles/{chosen}.toml"), own)
    merged = {key: value for layer in layers for key, value in _placed(layer).items()} | {"desk": chosen}
    settings = _convert(_with_computer(merged), own)
    check_agreement(settings, file)
    return settings


def site_file(site: Path | None, environ: Mapping[str, str]) -> Path | None:
    """Which file speaks for this site, or None where there is none yet. Raises ConfigError when a named one is gone."""
    named = site or (Path(environ[SITE_VARIABLE]) if environ.get(SITE_VARIABLE) else None)
    if named is not None:
        if not named.is_file():
            raise ConfigError(named, "", Problem.MISSING_FILE)
        return named.absolute()
    import platformdirs

    folders = (
        platformdirs.user_config_path("tram", appauthor=False),
        platformdirs.site_config_path("tram", appauthor=False),
    )
    return next((folder / "terminal.toml" for folder in folders if (folder / "terminal.toml").is_file()), None)


def _shipped(name: str) -> _Layer:
    text = resources.files("config").joinpath(name).read_text("utf-8")
    return _Layer(None, _flat(None, tomllib.loads(text)))


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            raw = stream.read(_MAX_SIZE + 1)
    except OSError as error:
        raise ConfigError(file, "", Problem.UNREADABLE) from error
    if len(raw) > _MAX_SIZE:
        raise ConfigError(file, "", Problem.UNREADABLE, f"≤ {_MAX_SIZE} bytes")
    return raw


def _parse(file: Path, raw: bytes) -> Mapping[str, object]:
    try:
        # Editors on Windows write a byte order mark, which TOML itself does not know.
        return tomllib.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ConfigError(file, "", Problem.NOT_TOML, "UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        # Only the place: the parser's own sentence may quote what stands there.
        place = re.search(r"line \d+, column \d+", str(error))
        raise ConfigError(file, place.group() if place else "", Problem.NOT_TOML) from None
    except (RecursionError, ValueError):
        raise ConfigError(file, "", Problem.NOT_TOML) from None


def _flat(file: Path | None, tree: Mapping[str, object]) -> dict[str, object]:
    """Every value by full key. Raises ConfigError for a key that nobody knows."""
    flat: dict[str, object] = {}
    for name, value in tree.items():
        if name not in sections():
            flat[name] = value
        elif isinstance(value, Mapping):
            flat |= {f"{name}.{key}": inner for key, inner in value.items()}
        else:
            raise ConfigError(file, name, Problem.NOT_ALLOWED, f"[{name}]")
    for key in flat:
        if key not in known_keys():
            raise ConfigError(file, _one_line(key), Problem.UNKNOWN_KEY, ", ".join(_siblings(key)))
    return flat


def _siblings(key: str) -> list[str]:
    """What could have stood where ``key`` stands."""
    section, dot, _ = key.partition(".")
    if dot:
        return sorted(known for known in known_keys() if known.startswith(f"{section}."))
    return sorted({known.partition(".")[0] for known in known_keys()})


def _one_line(key: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in key[:80])


def _desk_of(own: _Layer, defaults: _Layer) -> DeskName:
    found = own.values.get("desk", defaults.values["desk"])
    names: tuple[DeskName, ...] = typing.get_args(DeskName)
    for name in names:
        if name == found:
            return name
    raise ConfigError(own.file, "desk", Problem.NOT_ALLOWED, allowed(known_keys()["desk"]))


def _placed(layer: _Layer) -> dict[str, object]:
    """The layer's values, its relative paths taken from the folder of the file that names them."""
    base = layer.file.parent if layer.file else Path()
    values = dict(layer.values)
    for key, value in layer.values.items():
        if is_path(known_keys()[key]) and isinstance(value, str) and value:
            values[key] = base / _home(value, layer.file, key)
    return values


def _home(value: str, file: Path | None, key: str) -> Path:
    if "\0" in value:
        raise ConfigError(file, key, Problem.NOT_ALLOWED, allowed(known_keys()[key]))
    try:
        return Path(value).expanduser()
    except RuntimeError:
        raise ConfigError(file, key, Problem.NOT_ALLOWED, "~/…") from None


def _with_computer(values: Mapping[str, object]) -> dict[str, object]:
    """The values with what was left empty filled in from this computer: its data folder and its name."""
    import platform

    import platformdirs

    data = platformdirs.user_data_path("tram", appauthor=False)
    name = re.sub(r"[^A-Za-z0-9.-]", "-", platform.node()).strip(".-")[:64]
    filling: dict[str, object] = {
        "device": name or "terminal",
        "trust.directory": data / "trust",
        "trust.tickets": data / "ticket-keys",
        "journal.path": data / "journal.sqlite3",
        "journal.key_file": _beside(values["journal.path"] or data / "journal.sqlite3", "site.key"),
        "journal.device_key": _beside(values["journal.path"] or data / "journal.sqlite3", "device.key"),
        "offline.path": data / "offline.sqlite3",
        "offline.key_file": _beside(values["offline.path"] or data / "offline.sqlite3", "offline.key"),
        "bhyt.password_file": None,
        "bhyt.staff_file": None,
        "handover.token_file": _beside(values["journal.path"] or data / "journal.sqlite3", "desk-api.token"),
        "handover.folder": None,
        "backend.token_file": None,
        "backend.ca_file": None,
        "voice.clips": None,
    }
    return {key: filling[key] if value == "" and key in filling else value for key, value in values.items()}


def _beside(file: object, name: str) -> object:
    """Where a key lies when nobody says so; a path of another kind is refused later, by its own key."""
    return file.parent / name if isinstance(file, Path) else file


def _convert(values: Mapping[str, object], own: _Layer) -> Settings:
    import msgspec

    tree: dict[str, object] = {key: value for key, value in values.items() if "." not in key}
    for section in sections():
        inside = {key.partition(".")[2]: value for key, value in values.items() if key.startswith(f"{section}.")}
        tree[section] = inside
    try:
        return msgspec.convert(tree, Settings, strict=True, dec_hook=_decode_path)
    except msgspec.ValidationError as error:
        where = re.search(r"at `\$\.([^`\[]*)", str(error))
        key = where.group(1) if where else ""
        raise ConfigError(own.file, key, Problem.NOT_ALLOWED, allowed(known_keys().get(key))) from None


def _decode_path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, Path):
        return value
    raise TypeError("a path is written as text")
