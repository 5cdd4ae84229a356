"""The site's account with the gateway, and the member of staff who is asking."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from config.errors import ConfigError, Problem
from config.schema import BhytSettings
from config.secrets import read_private, read_secret
from crypto.errors import MalformedError
from crypto.id_number import IdNumber
from terminal.faults import FaultError

_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Account:
    """The facility's account. ``password``: its MD5 in hex, which is all that the gateway ever gets of it."""

    user: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Staff:
    """Who asks; the gateway keeps a list of them for each facility (CV 1923/2024)."""

    name: str = field(repr=False)
    id_number: IdNumber


def account(site: BhytSettings) -> Account:
    """The account of the settings. Raises ConfigError where its password cannot be read."""
    password = read_secret("bhyt-password", "bhyt.password_file", site.password_file).value
    digest = hashlib.md5(password.encode("ascii"), usedforsecurity=False).hexdigest()
    return Account(site.user, digest.upper() if site.digest == "upper" else digest)


def staff(file: Path) -> Staff:
    """Who asks now: the file is read for each question, since people take turns at a desk.

    Raises FaultError ``secrets.exposed`` where others may read or change it, ``net.staff`` where it names nobody.
    """
    try:
        found = tomllib.loads(read_private(file, "bhyt.staff_file").decode("utf-8"))
        name, number = found["name"], found["id_number"]
        if set(found) != {"name", "id_number"} or not _is_name(name) or not isinstance(number, str):
            raise FaultError("net.staff", "the staff file names nobody")
        return Staff(name, IdNumber(number))
    except ConfigError as error:
        exposed = error.problem is Problem.EXPOSED_SECRET
        raise FaultError("secrets.exposed" if exposed else "net.staff", "bhyt.staff_file") from None
    except (ValueError, KeyError, RecursionError, MalformedError):
        # Without the parser's words: they may quote what stands there.
        raise FaultError("net.staff", "the staff file names nobody") from None


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value.strip() != "" and len(value) <= _LONGEST_NAME and value.isprintable()
