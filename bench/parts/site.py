"""The file of a desk at a measured place."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def site_file(folder: Path, desk: str, *more: str, camera: Path | str | None = None, looks: bool = True) -> Path:
    """A site's file in ``folder`` with everything it names; the camera is a folder with a picture without a code.

    Such a picture is looked for codes all the time, as an idle camera's are. ``camera``: another source; ``looks``
    False: there is no camera.
    """
    import cv2

    pictures = folder / "pictures"
    for new in (pictures, folder / "trust", folder / "tickets"):
        new.mkdir(exist_ok=True)
    empty = np.random.default_rng(1).normal(120, 8, (1080, 1920)).clip(0, 255).astype(np.uint8)
    cv2.imwrite(str(pictures / "desk.png"), empty)
    rows = [
        f'desk = "{desk}"\ndevice = "bench"\nplace = "Bench"',
        f'[codes]\nsource = "{camera or pictures}"' if looks else '[codes]\ndriver = "none"',
        f'[trust]\ndirectory = "{folder / "trust"}"\ntickets = "{folder / "tickets"}"',
        f'[journal]\npath = "{folder / "journal.sqlite"}"',
        *more,
    ]
    file = folder / "site.toml"
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return file
