"""Secrets from where the operating system keeps them: a systemd credential, or a file of the terminal's user alone."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from config.errors import ConfigError, Problem

CREDENTIALS_VARIABLE = "CREDENTIALS_DIRECTORY"
"""Set by systemd for a service with LoadCredential= or SetCredential= (systemd.exec(5), "Credentials")."""

_MAX_SIZE = 4096


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret that neither ``repr`` nor ``str`` shows; ``value`` is for the one call that needs it."""

    value: str = field(repr=False)

    def __str__(self) -> str:
        return "Secret(…)"


def read_secret(name: str, key: str, file: Path | None, environ: Mapping[str, str] | None = None) -> Secret:
    """The secret in ``file``, else the systemd credential ``name``; ``key`` is the configuration key to name in errors.

    One line of printable ASCII, at most 4096 bytes. Raises ConfigError: NEEDED when there is none, EXPOSED_SECRET when
    other users may read the file (POSIX; on Windows the file inherits its folder's rights), BAD_SECRET otherwise.
    """
    if file is not None:
        return Secret(_one_line(_read(file, key, private=True), file, key))
    folder = (os.environ if environ is None else environ).get(CREDENTIALS_VARIABLE)
    if not folder or not (Path(folder) / name).is_file():
        raise ConfigError(None, key, Problem.NEEDED)
    credential = Path(folder) / name
    return Secret(_one_line(_read(credential, key, private=False), credential, key))


def read_private(file: Path, key: str) -> bytes:
    """What stands in a file that only the terminal's user may read, at most 4096 bytes.

    Raises ConfigError: EXPOSED_SECRET, BAD_SECRET for a longer one, UNREADABLE.
    """
    raw = _read(file, key, private=True)
    if len(raw) > _MAX_SIZE:
        raise ConfigError(file, key, Problem.BAD_SECRET)
    return raw


def _read(file: Path, key: str, *, private: bool) -> bytes:
    try:
        with file.open("rb") as stream:
            # Asked of the open file, so that nobody can swap it between the question and the reading.
            if private and is_exposed(os.fstat(stream.fileno())):
                raise ConfigError(file, key, Problem.EXPOSED_SECRET, "chmod 600")
            return stream.read(_MAX_SIZE + 1)
    except OSError as error:
        raise ConfigError(file, key, Problem.UNREADABLE) from error


def is_exposed(status: os.stat_result) -> bool:
    """Whether users other than the owner may read or change the file; the owner must be this user or root."""
    if sys.platform != "win32":
        return bool(status.st_mode & (stat.S_IRWXG | stat.S_IRWXO)) or status.st_uid not in (0, os.geteuid())
    else:  # noqa: RET505 (the form that lets a type checker follow each platform)
        return False


def _one_line(raw: bytes, file: Path, key: str) -> str:
    line = raw.rstrip(b"\r\n")
    if not line or len(raw) > _MAX_SIZE or not all(0x21 <= byte <= 0x7E for byte in line):
        raise ConfigError(file, key, Problem.BAD_SECRET)
    return line.decode("ascii")
