"""``tram doctor``: every part is asked, one broken part does not hide the others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from drivers.simulator.issuer.authority import Authority
from terminal import registry
from terminal.checks import codes, program
from terminal.cli.doctor import without_home
from terminal.events import Device, DeviceDown, Step, StepEntered
from terminal.faults import FaultError
from terminal.model import Outcome
from terminal.ports import ReaderInfo
from terminal.records.entry import JournalEntry, Method
from terminal.records.journal import Journal
from terminal.view import Desk
from tests.unit.terminal.cli.conftest import Tram
from tests.unit.terminal.cli.doctor.conftest import Doctor, Part

NOW = datetime.now(UTC)


def conditions(found: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {name: finding["condition"] for name, finding in found.items() if finding["condition"] != "ok"}


def test_a_computer_set_up_in_full_is_ready(doctor: Doctor, part: Part) -> None:
    code, found = doctor()
    assert (code, conditions(found)) == (0, {})
    assert len(found) == 24
    assert (part.stopped, part.token) == (1, "tok-1")


def test_a_fresh_computer_says_what_to_do_first(tram: Tram, part: Part) -> None:
    code, shown = tram("doctor")
    found = {finding["subject"]: finding for finding in shown["findings"]}
    assert code == 1
    assert conditions(found) == {"config": "fail", "backend": "fail", "trust": "fail"}
    assert "backend.url" in found["config"]["detail"]
    assert "tram trust setup" in found["trust"]["remedy"]


@pytest.mark.parametrize(("fault", "condition"), [("net.down", "limited"), ("net.denied", "fail"), ("net.tls", "fail")])
def test_a_backend_out_of_reach_limits_and_one_that_refuses_fails(
    doctor: Doctor, part: Part, fault: str, condition: str
) -> None:
    part.fault = fault
    code, found = doctor()
    assert code == 1
    assert conditions(found) == {"backend": condition}
    assert found["backend"]["fault"] == fault


def test_a_clock_far_from_the_backends_fails(doctor: Doctor, part: Part) -> None:
    part.time = NOW + timedelta(hours=7)
    _, found = doctor()
    assert (conditions(found), found["clock"]["fault"]) == ({"clock": "fail"}, "clock.wrong")


def test_no_reader_and_no_camera_limit_a_desk_that_can_do_without(doctor: Doctor, part: Part, site: Path) -> None:
    site.write_text("needs = []\n" + site.read_text())
    part.found = []
    part.events = [StepEntered(0, Step.CONNECT), DeviceDown(Device.CAMERA, "0", "camera.absent")]
    _, found = doctor()
    assert conditions(found) == {"reader": "limited", "camera": "limited"}
    assert part.stopped == 1


def test_no_reader_and_no_camera_fail_where_they_are_needed(doctor: Doctor, part: Part, site: Path) -> None:
    site.write_text('needs = ["reader", "camera"]\n' + site.read_text())
    part.found, part.events = [], [DeviceDown(Device.CAMERA, "0", "camera.absent")]
    _, found = doctor()
    assert conditions(found) == {"reader": "fail", "camera": "fail"}


def test_a_camera_that_says_nothing_is_stuck(doctor: Doctor, part: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes, "CAMERA_SECONDS", 0.01)
    part.events = []
    assert doctor()[1]["camera"]["fault"] == "camera.stuck"
    monkeypatch.setattr(codes, "CAMERA_SECONDS", 0.0)
    assert doctor()[1]["camera"]["fault"] == "camera.stuck"


def test_a_service_that_is_off_is_told(doctor: Doctor, part: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    def off() -> list[ReaderInfo]:
        raise FaultError("reader.service", "off")

    monkeypatch.setattr(part, "readers", off)
    _, found = doctor()
    assert (found["reader"]["fault"], found["reader"]["detail"]) == ("reader.service", "off")


def test_a_police_desk_asks_no_backend(doctor: Doctor, part: Part) -> None:
    part.fault = "net.down"
    _, found = doctor("--profile", "police")
    assert found["backend"]["text"] == "not used at this desk"


def test_parts_that_are_not_used_are_in_order(tram: Tram, part: Part, home: Path) -> None:
    file = home / "t.toml"
    # Without a reader no card's issuer is asked for, and this desk, which lacks nothing but issuers, is ready.
    for device, code, inputs, proofs in (
        ("reader", 0, ("reader", "card"), ("trust", "tickets")),
        ("codes", 1, ("camera",), ("tickets",)),
    ):
        file.write_text(f'desk = "police"\nneeds = []\n[{device}]\ndriver = "none"\n')
        ended, shown = tram("doctor", "--config", file)
        unused = [f["subject"] for f in shown["findings"] if f["text"] == "not used at this desk"]
        outputs = ("gate", "printer", "voice", "handover")
        assert (ended, unused) == (code, [*inputs, "scanner", *outputs, "backend", *proofs])


def test_a_wrong_configuration_leaves_the_other_findings(tram: Tram, part: Part, home: Path) -> None:
    file = home / "t.toml"
    file.write_text("[times]\nreading = 900\n")
    code, shown = tram("doctor", "--config", file)
    assert code == 1
    assert [finding["subject"] for finding in shown["findings"]] == [
        *("program", "computer", "place", "rooms", "config", "clock", "words", "fonts")
    ]
    assert "times.reading" in shown["findings"][4]["detail"]


def test_an_exposed_token_is_told_with_its_remedy(doctor: Doctor, site: Path) -> None:
    (site.parent / "token").chmod(0o644)
    _, found = doctor("--lang", "vi")
    assert conditions(found) == {"backend": "fail", "secrets": "limited"}
    assert found["backend"]["fault"] == "secrets.exposed"
    assert "chmod 600" in found["backend"]["how"]
    assert "hãy" in found["backend"]["how"]


def test_a_broken_library_is_one_finding(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> None:
        raise OSError("libGL.so.1: cannot open shared object file")

    monkeypatch.setattr(registry, "decoder", broken)
    _, found = doctor()
    assert conditions(found) == {"camera": "fail"}
    assert (found["camera"]["fault"], found["camera"]["detail"]) == ("internal", "OSError")


def test_a_gate_without_ticket_keys_fails_and_with_a_broken_one_too(tram: Tram, part: Part, home: Path) -> None:
    file = home / "t.toml"
    file.write_text('desk = "gate"\n[trust]\ntickets = "keys"\n')
    _, shown = tram("doctor", "--config", file)
    found = {finding["subject"]: finding for finding in shown["findings"]}
    assert found["tickets"]["condition"] == "fail"
    (home / "keys").mkdir()
    (home / "keys" / "a.pem").write_text("no key")
    _, shown = tram("doctor", "--config", file)
    found = {finding["subject"]: finding for finding in shown["findings"]}
    assert found["tickets"]["fault"] == "trust.unreadable"


def test_a_damaged_trust_store_is_told(doctor: Doctor, site: Path) -> None:
    (site.parent / "csca" / "accepted.trust").write_text("{")
    assert doctor()[1]["trust"]["fault"] == "trust.unreadable"


def test_a_demanded_revocation_list_that_is_old_or_missing_is_told(
    doctor: Doctor, site: Path, tram: Tram, tmp_path: Path
) -> None:
    site.write_text(site.read_text("utf-8") + "crl_max_age_days = 90\n", "utf-8")
    _, found = doctor()
    assert found["trust"]["condition"] == "fail"
    assert found["trust"]["text"] == "Revocation list missing or old"
    today = datetime.now(UTC).replace(microsecond=0)
    for number, (days, condition) in enumerate(((400, "fail"), (3, "ok"))):
        since = today - timedelta(days=days)
        list_file = tmp_path / f"{number}.crl"
        list_file.write_bytes(
            Authority(b"doctor").crl({}, this_update=since, next_update=since + timedelta(days=30), number=number)
        )
        assert tram("trust", "crl", list_file, "--store", site.parent / "csca")[0] == 0
        assert doctor()[1]["trust"]["condition"] == condition


def test_an_existing_journal_is_proven_and_a_missing_one_not_made(doctor: Doctor, home: Path) -> None:
    path = home / "user_data_path" / "journal.sqlite3"
    assert doctor()[1]["journal"]["text"] == "will be made at first use"
    assert not path.exists()
    with Journal(path) as journal:
        journal.append(
            JournalEntry(
                when=NOW,
                session=1,
                desk=Desk.GATE,
                device="d",
                method=Method.NOTHING,
                outcome=Outcome.STOP,
                reason="a.b",
            )
        )
    assert doctor()[1]["journal"]["text"] == "1 entries, chain whole"
    path.write_bytes(b"noise" * 1000)
    assert doctor()[1]["journal"]["fault"] == "journal.damaged"


def test_a_folder_without_right_to_write_is_told(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    assert doctor()[1]["journal"]["fault"] == "journal.write"


def test_missing_words_or_fonts_are_an_incomplete_installation(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "words", lambda language: {language: ""})
    assert doctor()[1]["words"]["fault"] == "install.missing"
    monkeypatch.undo()


def test_no_fonts_are_an_incomplete_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(FaultError, match="fonts"):
        program.check_fonts()


def test_people_read_a_line_for_each_part(lines: Callable[..., tuple[int, list[str]]], part: Part) -> None:
    code, shown = lines("doctor", "--lang", "vi")
    assert code == 1
    assert shown[0].startswith("[tốt] Chương trình: tram ")
    assert any(line.startswith("[hỏng] Cấu hình: ") and "backend.url" in line for line in shown)
    assert any(line.startswith("    Việc cần làm: ") for line in shown)
    assert shown[-1].startswith("Chưa sẵn sàng")


def test_a_ready_computer_is_told_so_in_the_last_line(
    doctor: Doctor, site: Path, lines: Callable[..., tuple[int, list[str]]]
) -> None:
    assert doctor()[0] == 0
    assert lines("doctor", "--config", site)[1][-1] == "Ready to serve"


def test_the_users_name_is_cut_from_paths() -> None:
    assert without_home(f"{Path.home()}/tram/terminal.toml: place") == "~/tram/terminal.toml: place"
