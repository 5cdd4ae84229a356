"""What a server told this device when it enrolled: a file beside the token, ``enrolment.json``."""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

from config.secrets import is_exposed
from terminal.faults import FaultError, file_fault

FILE = "enrolment.json"
TOKEN_FILE = "backend.token"  # noqa: S105 - a file name

_KEY = 32
_MOST = 8192

DeviceRole = Literal["terminal", "hub", "supervisor", "seller"]


@dataclass(frozen=True, slots=True)
class Enrolment:
    """How the server knows this device. ``server_key``: its raw Ed25519 public key, with which snapshots are signed.

    ``snapshot_key``: the key of ticket marks in snapshots (crypto.tickets.record); None where the role needs none.
    """

    device: str
    role: DeviceRole
    event: str | None
    gate: str | None
    server_key: bytes = field(repr=False)
    snapshot_key: bytes | None = field(repr=False)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    device: str
    role: DeviceRole
    event: str | None
    gate: str | None
    server_key: str
    snapshot_key: str | None


def enrolment_beside(token_file: Path) -> Enrolment:
    """The enrolment that came with the token in ``token_file``.

    Raises FaultError ``enrol.missing`` when this device never enrolled, ``secrets.exposed`` when other users may read
    the file, ``file.unusable`` when it cannot be read or is none.
    """
    path = token_file.with_name(FILE)
    try:
        with path.open("rb") as stream:
            exposed = is_exposed(os.fstat(stream.fileno()))
            raw = stream.read(_MOST + 1)
    except FileNotFoundError:
        raise FaultError("enrol.missing", str(path)) from None
    except OSError as error:
        raise file_fault(path, error) from error
    if exposed:
        raise FaultError("secrets.exposed", str(path))
    try:
        return enrolment_of(raw)
    except ValueError:
        raise FaultError("file.unusable", f"{path}: no enrolment") from None


def enrolment_of(raw: bytes) -> Enrolment:
    """The enrolment that JSON holds. Raises ValueError."""
    if len(raw) > _MOST:
        raise ValueError("too long")
    try:
        found = msgspec.json.decode(raw, type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # Without the library's words: they may quote what stands there.
        raise ValueError("no enrolment") from None
    marks = None if found.snapshot_key is None else key_of(found.snapshot_key)
    return Enrolment(found.device, found.role, found.event, found.gate, key_of(found.server_key), marks)


def key_of(text: str) -> bytes:
    """32 bytes in base64. Raises ValueError."""
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None
    if len(raw) != _KEY:
        raise ValueError("not 32 bytes")
    return raw


def keep(token_file: Path, token: str, enrolment: Enrolment) -> None:
    """Write the token and, beside it, the enrolment; for their owner alone, over older ones. Raises FaultError."""
    marks = None if enrolment.snapshot_key is None else _text(enrolment.snapshot_key)
    content = {
        "device": enrolment.device,
        "role": enrolment.role,
        "event": enrolment.event,
        "gate": enrolment.gate,
        "server_key": _text(enrolment.server_key),
        "snapshot_key": marks,
    }
    put(token_file.with_name(FILE), (json.dumps(content, indent=1) + "\n").encode())
    put(token_file, f"{token}\n".encode("ascii"))


def put(path: Path, content: bytes) -> None:
    """A whole file for its owner alone, or the one before. Raises FaultError ``file.unusable``, ``usage.bad``."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")  # mode 0600
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            Path(draft).replace(path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                Path(draft).unlink()
    except OSError as error:
        raise file_fault(path, error) from error


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
