"""A file drop: each result as JSON and as fields of the check-in table, in a folder that the hospital's system reads.

A file is there whole or not at all; its name holds the visit, never a person. Fetching and deleting is the reader's.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
import tempfile
import time
from pathlib import Path

from drivers.device import Lane, StuckError
from drivers.handover.courier import Courier
from terminal.clock import Clock
from terminal.faults import FaultError
from terminal.handing import Handed, as_json, check_in
from terminal.outputs import HandOverOptions

WITHIN = 5.0
"""Seconds for the two files of a result."""

MOST_FILES = 200
OLDEST = 86_400.0
"""More files than that, or one that has lain for so many seconds, show that nobody fetches them."""

_DRAFT = ".tram-"
_OURS = re.compile(r"tram-[A-Za-z0-9._-]+\.(json|xml)")
_MODE = 0o640
"""For the terminal's user, and the group of the folder, in which the hospital's program is."""

_DENIED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})


def build(options: HandOverOptions, clock: Clock) -> FileDrop:
    """The file drop in ``options.folder``. Raises FaultError ``config.invalid``."""
    if options.folder is None:
        raise FaultError("config.invalid", "handover.folder")
    return FileDrop(options.folder, clock, options.keep)


class FileDrop(Courier):
    """A `terminal.outputs.HandOver` into a folder."""

    def __init__(self, folder: Path, clock: Clock, keep: float) -> None:
        super().__init__("folder", self._put, clock, keep, WITHIN)
        self._folder = folder

    def check(self) -> None:
        """The folder is there, is not for everybody, takes a file, and is emptied by somebody."""
        lane = Lane("dev-handover-check", _nothing)
        try:
            lane.call(self._examine, WITHIN)
        except StuckError:
            raise FaultError("handover.silent", "the folder does not answer") from None
        finally:
            lane.close()

    def _examine(self) -> None:
        try:
            self._check_rights()
            with tempfile.TemporaryFile(dir=self._folder) as draft:
                draft.write(bytes(4096))
                draft.flush()
                os.fsync(draft.fileno())
            piled = _piled(self._folder)
        except OSError as error:
            raise _fault_of(error) from error
        if piled:
            raise FaultError("handover.piled", piled)

    def _put(self, handed: Handed) -> None:
        """Both files; the JSON last, so that whoever sees it finds the other one too."""
        name = f"tram-{re.sub(r'[^A-Za-z0-9._-]', '_', handed.visit)}"
        try:
            self._check_rights()
            _write(self._folder / f"{name}.xml", as_xml(handed).encode())
            _write(self._folder / f"{name}.json", as_json(handed).encode() + b"\n")
            _flush(self._folder)
        except OSError as error:
            raise _fault_of(error) from error

    def _check_rights(self) -> None:
        """Raises FaultError ``handover.denied`` where every user of this computer may read results, or add some."""
        if sys.platform != "win32" and self._folder.stat().st_mode & stat.S_IRWXO:
            raise FaultError("handover.denied", "the folder is open to everybody: chmod o-rwx")


def as_xml(handed: Handed) -> str:
    """The known fields of the check-in table as one ``TRANG_THAI_KCB``, to be completed and signed by the reader.

    What no table of XML0 has stands in attributes, so that a simulated or degraded result is none by mistake.
    """
    from xml.sax.saxutils import escape, quoteattr

    marks = f"visit={quoteattr(handed.visit)} simulated={_flag(handed.simulated)} degraded={_flag(handed.degraded)}"
    rows = (f"  <{name}>{escape(value)}</{name}>\n" for name, value in check_in(handed).items())
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return f"{head}<TRANG_THAI_KCB {marks}>\n{''.join(rows)}</TRANG_THAI_KCB>\n"


def _flag(value: bool) -> str:
    return '"true"' if value else '"false"'


def _write(path: Path, content: bytes) -> None:
    """Beside, flushed, then renamed: a reader sees the old file, the new one or none, and never a part."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=_DRAFT)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(draft).chmod(_MODE)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _flush(folder: Path) -> None:
    """The renaming itself, where folders can be flushed."""
    if sys.platform != "win32":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _piled(folder: Path) -> str:
    """Which files show that nobody fetches them; "" for none."""
    with os.scandir(folder) as entries:
        ages = [time.time() - entry.stat().st_mtime for entry in entries if _OURS.fullmatch(entry.name)]
    if len(ages) > MOST_FILES:
        return f"{len(ages)} files"
    hours = max(ages, default=0.0) / 3600
    return f"the oldest {hours:.0f} h" if hours * 3600 > OLDEST else ""


def _fault_of(error: OSError) -> FaultError:
    if error.errno in _FULL:
        return FaultError("handover.full", type(error).__name__)
    code = "handover.denied" if error.errno in _DENIED else "handover.absent"
    return FaultError(code, errno.errorcode.get(error.errno or 0, type(error).__name__))


def _nothing() -> None:
    """Nothing is held open between two files."""
