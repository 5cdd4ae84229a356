from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.backend.hub.house import House


@pytest.fixture
def house(tmp_path: Path, sqlite_template: Path) -> Iterator[House]:
    built = House(tmp_path, sqlite_template)
    yield built
    built.close()
