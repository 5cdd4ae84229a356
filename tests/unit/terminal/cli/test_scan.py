"""``tram scan``: what it prints of what was found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from terminal import registry
from terminal.cli.scan import kind_of
from terminal.faults import FaultError
from terminal.ports import DecodedCode, Decoder
from tests.unit.terminal.cli.conftest import Tram

CARD = "003090123450||NGUYỄN VĂN THỬ NGHIỆM|20111990|Nam|Tổ 1, Xã Mẫu|15072021".encode()


@pytest.fixture
def camera(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Pictures whose bytes are the code in them; ``broken`` files are no pictures."""

    def scan_file(path: Path, decoder: object) -> list[DecodedCode]:
        assert decoder == "zxing"
        raw = path.read_bytes()
        if raw == b"broken":
            raise FaultError("code.unreadable")
        if raw == b"denied":
            raise FaultError("camera.absent")
        return [DecodedCode(raw)] if raw else []

    monkeypatch.setattr(registry, "scan", lambda name: scan_file)
    monkeypatch.setattr(registry, "decoder", lambda name: lambda: name)
    return tmp_path


def picture(folder: Path, name: str, payload: bytes) -> Path:
    file = folder / name
    file.write_bytes(payload)
    return file


def test_codes_come_with_text_bytes_and_kind(tram: Tram, camera: Path) -> None:
    first, second = picture(camera, "a.png", CARD), picture(camera, "b.png", b"\xff\x00")
    code, shown = tram("scan", first, second)
    assert code == 0
    assert [image["file"] for image in shown["images"]] == [str(first), str(second)]
    assert all(image["ms"] >= 0 for image in shown["images"])
    assert shown["images"][0]["codes"] == [{"text": CARD.decode(), "hex": CARD.hex(), "kind": "card"}]
    assert shown["images"][1]["codes"] == [{"text": "�\x00", "hex": "ff00", "kind": "unknown"}]


@pytest.mark.parametrize("payload", [b"", b"broken"])
def test_a_picture_without_code_makes_it_1(tram: Tram, camera: Path, payload: bytes) -> None:
    code, shown = tram("scan", picture(camera, "a.png", CARD), picture(camera, "b.png", payload))
    assert code == 1
    assert shown["images"][1]["codes"] == []


def test_people_read_one_line_a_code(lines: Callable[..., object], camera: Path) -> None:
    link, nothing = picture(camera, "a.png", b"https://example.org/\x1b[2J"), picture(camera, "b.png", b"")
    code, shown = lines("scan", link, nothing, "--lang", "vi")  # type: ignore[misc]
    assert code == 1
    assert shown == [f"{link}: link: https://example.org/�[2J", f"{nothing}: Không đọc được mã"]


def test_a_missing_file_is_said_before_anything_is_decoded(tram: Tram, camera: Path) -> None:
    code, shown = tram("scan", picture(camera, "a.png", CARD), camera / "gone.png")
    assert (code, shown["error"]["code"]) == (2, "usage.bad")
    assert shown["error"]["detail"] == str(camera / "gone.png")


def test_another_fault_is_told(tram: Tram, camera: Path) -> None:
    code, shown = tram("scan", picture(camera, "a.png", b"denied"))
    assert (code, shown["error"]["code"]) == (3, "camera.absent")


def test_a_missing_decoder_library_is_named(tram: Tram, camera: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def build() -> Decoder:
        raise ImportError("no zxing", name="zxingcpp")

    monkeypatch.setattr(registry, "decoder", lambda name: build)
    code, shown = tram("scan", picture(camera, "a.png", CARD))
    assert (code, shown["error"]["code"]) == (2, "install.missing")
    assert "zxingcpp" in shown["error"]["detail"]


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        (CARD, "card"),
        (b"https://example.org/x", "link"),
        (b"hello", "unknown"),
        (b"003090123450|a|b|c|d|e|\xff", "damaged"),
        (b"", "unknown"),
    ],
)
def test_every_code_has_a_kind(payload: bytes, kind: str) -> None:
    assert kind_of(payload) == kind
