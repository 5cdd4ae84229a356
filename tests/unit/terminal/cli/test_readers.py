"""``tram readers``."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from terminal import registry
from terminal.faults import FaultError
from terminal.ports import ReaderInfo
from tests.unit.terminal.cli.conftest import Tram

Have = Callable[..., None]


@pytest.fixture
def have(monkeypatch: pytest.MonkeyPatch) -> Have:
    """Have these readers, or this fault."""

    def have(*found: ReaderInfo, fault: str | None = None) -> None:
        class Readers:
            def readers(self) -> tuple[ReaderInfo, ...]:
                if fault:
                    raise FaultError(fault)
                return found

        monkeypatch.setattr(registry, "reader", lambda name: lambda options: Readers())

    return have


REAL = ReaderInfo("ACS ACR1252 0", True, "3B80800101", False)
VIRTUAL = ReaderInfo("Virtual PCD 00 00", False, "", True, contact=True)


def test_readers_are_listed_as_json(tram: Tram, have: Have) -> None:
    have(REAL, VIRTUAL)
    assert tram("readers") == (
        0,
        {
            "readers": [
                {"name": "ACS ACR1252 0", "present": True, "atr": "3B80800101", "simulated": False, "contact": False},
                {"name": "Virtual PCD 00 00", "present": False, "atr": "", "simulated": True, "contact": True},
            ]
        },
    )


def test_readers_are_listed_for_people(lines: Callable[..., object], have: Have) -> None:
    have(REAL, VIRTUAL)
    assert lines("readers", "--lang", "vi") == (
        0,
        ["ACS ACR1252 0: có thẻ", "Virtual PCD 00 00 [mô phỏng]: chưa có thẻ"],
    )


def test_no_reader_names_the_remedy(tram: Tram, lines: Callable[..., object], have: Have) -> None:
    have()
    assert tram("readers") == (0, {"readers": []})
    code, shown = lines("readers")  # type: ignore[misc]
    assert code == 0
    assert "USB" in shown[0]


def test_a_service_that_is_off_is_a_device_fault(tram: Tram, have: Have) -> None:
    have(fault="reader.service")
    code, shown = tram("readers")
    assert (code, shown["error"]["code"]) == (3, "reader.service")
