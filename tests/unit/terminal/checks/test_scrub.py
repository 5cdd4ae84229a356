"""What goes out of a text, and what stays."""

from __future__ import annotations

import getpass
import platform
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.checks.scrub import scrubber

HOMES = "/".join(["", "home"])


@pytest.fixture
def scrub(monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setattr(getpass, "getuser", lambda: "nguyenvanan")
    monkeypatch.setattr(platform, "node", lambda: "pc-le-thi-b.benhvien.example")
    monkeypatch.setattr(Path, "home", lambda: Path("/srv/people/nguyenvanan"))
    return scrubber(["s3cret-token"])


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("/srv/people/nguyenvanan/tram/terminal.toml: journal.path", "~/tram/terminal.toml: journal.path"),
        (f"{HOMES}/tranthic/keys/a.pem", "~/keys/a.pem"),
        ("C:" + r"\Users\tranthic\tram.toml", r"~\tram.toml"),
        ("C:" + r"\Users\Tran Thi C\tram.toml is broken", r"~\tram.toml is broken"),
        ("owned by NguyenVanAn", "owned by •••"),
        ("pc-le-thi-b.benhvien.example refused", "••• refused"),
        ("host pc-le-thi-b", "host •••"),
        ("Bearer s3cret-token", "Bearer •••"),
        ("ACS ACR1252 [Serial RR123-456] 00 00", "ACS ACR1252 ••• 00 00"),
        ("ACS ACR122U PICC Interface (RR464-012345) 00 00", "ACS ACR122U PICC Interface ••• 00 00"),
        ("HID Global OMNIKEY 5022 Smart Card Reader 0 S/N: AB12CD", "HID Global OMNIKEY 5022 Smart Card Reader 0 •••"),
        ("/dev/serial/by-id/usb-Honeywell_1400g_19123B47C1-if00", "/dev/serial/by-id/•••"),
        ("https://an:pw@example.org: timed out", "https://example.org: timed out"),
        ("sent to an.nguyen@example.org", "sent to •••"),
        ("003090123450 refused", "••• refused"),
        ("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", "•••"),
        ("d41d8cd98f00b204e9800998ecf8427e", "•••"),
    ],
)
def test_people_computers_serials_and_secrets_go(scrub: object, text: str, clean: str) -> None:
    assert callable(scrub)
    assert scrub(text) == clean


@pytest.mark.parametrize(
    "text",
    [
        "ACS ACR1252 Dual Reader PICC 0",
        "Virtual PCD 00 00",
        "x86_64, 4 × CPU, 3936 MB",
        "tram 0.1.0, Python 3.11.2, Linux 6.1.0",
        "/dev/ttyUSB0 (dialout)",
        "tcp:192.0.2.7:9100",
        "10800 s",
        "establish context: 8010001D",
        "run: sudo systemctl enable --now pcscd.socket",
        "run: sudo usermod -aG dialout $USER",
        "Danh sách thu hồi thiếu hoặc cũ",
        "NewConnectionError",
        "Honeywell Voyager 1400g: keyboard",
    ],
)
def test_facts_of_devices_stay(scrub: object, text: str) -> None:
    assert callable(scrub)
    assert scrub(text) == text


def test_a_computer_without_a_user_or_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr(getpass, "getuser", nobody)
    monkeypatch.setattr(platform, "node", lambda: "")
    assert scrubber()("disk is full") == "disk is full"


@given(st.text(alphabet="abcdefXYZ0123456789-", min_size=3, max_size=40), st.text(max_size=20), st.text(max_size=20))
def test_a_secret_never_comes_through(secret: str, before: str, after: str) -> None:
    clean = scrubber([secret])(f"{before} {secret} {after}")
    if secret not in before and secret not in after:
        assert secret not in clean
