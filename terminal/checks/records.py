"""Checks of what is kept: the journal, the disk under it, and who else may read what is secret."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from pathlib import Path

from config.schema import Settings
from config.secrets import is_exposed
from terminal.faults import FaultError
from terminal.health import Finding, Subject, faulty, fine, judge_disk
from terminal.records.journal import Journal

_DRAFT = 64 << 10
"""Bytes written and flushed to prove that the disk takes them: more than what fits into the last block of a file."""


def check_journal(path: Path, newest: int | None = None) -> Finding:
    """The journal takes entries and its chain (of the ``newest`` entries, or all) is whole. A journal that is not there
    yet is not made."""
    if not path.exists():
        if not os.access(existing_folder(path), os.W_OK | os.X_OK):
            raise FaultError("journal.write", "its folder cannot be written")
        return fine(Subject.JOURNAL, "journal_new")
    with Journal(path) as journal:
        journal.probe()
        return fine(Subject.JOURNAL, "journal", count=str(journal.verify(newest)))


def check_disk(path: Path) -> Finding:
    """Room where the journal is, and a disk that really takes what is written there."""
    folder = existing_folder(path)
    finding = judge_disk(shutil.disk_usage(folder).free)
    try:
        with tempfile.TemporaryFile(dir=folder) as draft:
            draft.write(bytes(_DRAFT))
            draft.flush()
            os.fsync(draft.fileno())
    except OSError as error:
        full = error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
        return faulty(Subject.DISK, "disk.full" if full else "journal.write", type(error).__name__)
    return finding


def check_secrets(settings: Settings) -> Finding:
    """Nobody else on this computer may read tokens, passwords, who asks, the site's key and the journal."""
    files = {
        "backend.token_file": settings.backend.token_file,
        "bhyt.password_file": settings.bhyt.password_file,
        "bhyt.staff_file": settings.bhyt.staff_file,
        "handover.token_file": settings.handover.token_file,
        "journal.key_file": settings.journal.key_file,
        "journal.path": settings.journal.path,
    }
    open_to_others = [key for key, file in files.items() if file is not None and _is_exposed(file)]
    if open_to_others:
        return faulty(Subject.SECRETS, "secrets.exposed", ", ".join(open_to_others), needed=False)
    return fine(Subject.SECRETS, "secrets")


def existing_folder(path: Path) -> Path:
    """The nearest folder above ``path`` that is there."""
    return next(folder for folder in path.absolute().parents if folder.is_dir())


def _is_exposed(file: Path) -> bool:
    try:
        return is_exposed(file.stat())
    except FileNotFoundError:
        return False
