"""Benches on which the code-source contract is tried: a kind of source, and hands that show it a code.

A new kind of source joins the suite by adding its rig to RIGS.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from drivers.camera import build
from drivers.decoders import build_zxing
from drivers.simulator.scripted import ScriptedCodes
from terminal.ports import CodeOptions, CodeSource
from tests.qr_pictures import png, qr_picture


class Rig(Protocol):
    """One source and one hand."""

    def source(self) -> CodeSource:
        """A new source, not started; the same code is ignored for a minute."""
        ...

    def show(self, payload: bytes) -> None:
        """Hold up this code, instead of one that was held up before."""
        ...


class FolderRig:
    """The camera driver over a folder of pictures."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = 0

    def source(self) -> CodeSource:
        """The camera."""
        return build(CodeOptions(source=str(self._folder), repeat_after=60.0), build_zxing())

    def show(self, payload: bytes) -> None:
        """Put a picture into the folder."""
        for shown in self._folder.glob("*.png"):
            shown.unlink()
        self._number += 1
        part = self._folder / "picture.part"
        part.write_bytes(png(qr_picture(payload)))
        os.replace(part, self._folder / f"{self._number}.png")


class ScriptedRig:
    """The double that is told what it sees."""

    def __init__(self, _folder: Path) -> None:
        self._codes = ScriptedCodes()

    def source(self) -> CodeSource:
        """The double."""
        return self._codes

    def show(self, payload: bytes) -> None:
        """Pull the trigger."""
        self._codes.present(payload)


RIGS: Mapping[str, Callable[[Path], Rig]] = MappingProxyType({"folder": FolderRig, "scripted": ScriptedRig})
