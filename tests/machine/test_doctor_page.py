"""docs/doctor.md against a fresh run: the right remedy for each fault, made with the real parts."""

from __future__ import annotations

from pathlib import Path

from tests import doctor_page
from tests.doctor_faults import SCENARIOS
from tests.house.rooms import ROOT
from tests.pcscd import PcscDaemon


def test_the_page_shows_what_doctor_says_of_every_fault(pcscd: PcscDaemon) -> None:
    assert (ROOT / "docs" / "doctor.md").read_text("utf-8") == doctor_page.page(pcscd)


def test_the_page_shows_a_desk_without_devices_one_with_virtual_ones_and_more_than_eight_faults() -> None:
    whole = [scenario.title for scenario in SCENARIOS if scenario.whole]
    assert whole == ["Without devices", "With virtual devices", "With virtual devices, a ticket gate"]
    assert len({scenario.found for scenario in SCENARIOS if scenario.found}) >= 8
    page = (ROOT / "docs" / "doctor.md").read_text("utf-8")
    assert [scenario.title for scenario in SCENARIOS if f"\n## {scenario.title}\n" not in page] == []
    assert page.count("\nReady to serve\n") == page.count("\nSẵn sàng phục vụ\n") == 2


def test_what_differs_between_computers_is_replaced_and_the_rest_stays() -> None:
    said = ["[ok] Computer: x86_64, 2 × CPU, 811 MB", "[ok] Disk: 7 MB free", "[ok] x: /x/a b/c (10799 s)", "719 câu"]
    assert doctor_page.settled(said, Path("/x/a b")) == [
        "[ok] Computer: MACHINE, 4 × CPU, 4096 MB",
        "[ok] Disk: 50000 MB free",
        "[ok] x: ~/c (10800 s)",
        "700 câu",
    ]
