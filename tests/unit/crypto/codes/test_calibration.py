"""The calibration text through everything that can happen to it: what is told is what happened."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.codes.calibration import Advice, Calibration, InputMethod, Letters, calibration_payload, diagnose
from crypto.codes.layouts import MISMATCHES, Mismatch
from tests.unit.crypto.codes import damages
from tests.unit.crypto.codes.damages import Damaging

TEXT = calibration_payload().decode()
FROM_US = [mismatch for mismatch in MISMATCHES if mismatch.scanner == "us"]
WITH_FIGURES = [mismatch for mismatch in MISMATCHES if mismatch.scanner != "vn"]

LETTERS: dict[str, tuple[Damaging, Letters]] = {
    "whole": (lambda text: text, Letters.WHOLE),
    "NFD": (damages.nfd, Letters.DECOMPOSED),
    "decimal bytes": (damages.decimal_bytes, Letters.DECIMAL_BYTES),
    "code points": (damages.code_points, Letters.CODE_POINTS),
    "cp1252": (damages.mojibake("cp1252"), Letters.MOJIBAKE),
    "cp1258": (damages.mojibake("cp1258"), Letters.MOJIBAKE),
    "cp437": (damages.mojibake("cp437"), Letters.MOJIBAKE),
    "latin-1": (damages.mojibake("latin-1"), Letters.MOJIBAKE),
    "entities": (damages.entities, Letters.ESCAPED),
    "stripped": (damages.stripped, Letters.STRIPPED),
    "swallowed": (damages.swallowed, Letters.SWALLOWED),
    "question marks": (damages.question_marks, Letters.SWALLOWED),
    "other": (lambda text: text.replace("ễ", "ê"), Letters.OTHER),
}


def test_the_text_holds_what_layouts_and_input_methods_change() -> None:
    assert set("0123456789|$%*+-./: '") <= set(TEXT)
    assert {sign for sign in TEXT if not sign.isascii()} == set("ễĐđƠưẠ")
    assert set("ABCDEFGHIJKLMNOPQRSTUVXYZabcdefghijklmnopqrstuvwxyz") <= set(TEXT)
    assert len(calibration_payload()) == 107


def test_what_arrives_as_it_was_needs_a_line_end_at_most() -> None:
    assert diagnose(TEXT + "\r") == Calibration(recognised=True, line_end="\r", advice=(Advice.SERIAL_BETTER,))
    assert diagnose(TEXT).advice == (Advice.SERIAL_BETTER, Advice.LINE_END)


@pytest.mark.parametrize(("damage", "letters"), LETTERS.values(), ids=LETTERS.keys())
def test_each_damage_of_letters_is_told(damage: Damaging, letters: Letters) -> None:
    found = diagnose(damage(TEXT) + "\r")
    assert (found.recognised, found.letters, found.layout, found.caps_lock) == (True, letters, None, False)
    lost = letters in {Letters.CODE_POINTS, Letters.STRIPPED, Letters.SWALLOWED, Letters.OTHER}
    assert found.advice == ((Advice.SERIAL,) if lost else (Advice.SERIAL_BETTER,))


@pytest.mark.parametrize("mismatch", WITH_FIGURES, ids=lambda mismatch: f"{mismatch.scanner}-{mismatch.computer}")
@pytest.mark.parametrize("damage", [damages.swallowed, damages.decimal_bytes])
def test_each_layout_is_told(mismatch: Mismatch, damage: Damaging) -> None:
    found = diagnose(mismatch.typed(damage(TEXT)) + "\r")
    assert found.layout == mismatch
    assert Advice.LAYOUT in found.advice


@pytest.mark.parametrize("mismatch", FROM_US, ids=lambda mismatch: mismatch.computer)
def test_a_dead_key_may_leave_its_sign_or_take_the_space(mismatch: Mismatch) -> None:
    for left in ("", "´"):
        keys, apostrophe, rest = TEXT.partition("'")
        typed = mismatch.typed(keys) + (mismatch.typed(apostrophe) or left) + mismatch.typed(rest)
        assert diagnose(typed).layout == mismatch


@pytest.mark.parametrize("caps", [damages.caps_lock, damages.caps_lock_on_keys])
def test_caps_lock_is_told(caps: Damaging) -> None:
    found = diagnose(caps(TEXT) + "\r")
    assert (found.caps_lock, found.letters) == (True, Letters.WHOLE)
    assert found.advice == (Advice.CAPS_LOCK, Advice.SERIAL_BETTER)


@pytest.mark.parametrize(
    ("change", "method"),
    [(damages.telex, InputMethod.TELEX), (damages.vni, InputMethod.VNI),
     (lambda text: text.replace("dd", "d"), InputMethod.OTHER)],
)  # fmt: skip
def test_an_input_method_is_told(change: Damaging, method: InputMethod) -> None:
    found = diagnose(change(damages.swallowed(TEXT)) + "\r")
    assert (found.method, found.letters) == (method, Letters.SWALLOWED)
    assert found.advice == (Advice.INPUT_METHOD, Advice.SERIAL)


@pytest.mark.parametrize("mismatch", [None, *FROM_US], ids=lambda mismatch: mismatch and mismatch.computer)
def test_prefix_suffix_and_aim_identifier_are_told_as_they_arrive(mismatch: Mismatch | None) -> None:
    typed = mismatch.typed if mismatch else str
    found = diagnose(typed("]Q1$" + TEXT + "#") + "\r\r")
    assert (found.prefix, found.suffix, found.line_end, found.aim) == (typed("$"), typed("#"), "\r\r", "]Q1")
    found = diagnose("old text\r" + typed("A]Q3" + TEXT))
    assert (found.prefix, found.suffix, found.line_end, found.aim) == (typed("A"), "", "", "]Q3")


def test_the_second_of_two_scans_counts() -> None:
    assert diagnose(f"a{TEXT}\rb{TEXT}\t").prefix == "b"


def test_bytes_of_a_scanner_on_a_cable() -> None:
    raw = calibration_payload()
    assert diagnose(raw + b"\r").advice == (Advice.NOTHING,)
    assert diagnose(b"\x02" + raw + b"\x03\r").prefix == "\x02"
    other = diagnose("|".join(raw.decode().split("|")).encode("cp1258", "replace") + b"\r")
    assert (other.letters, other.advice) == (Letters.NOT_UTF8, (Advice.UTF8,))
    assert diagnose(raw.decode("latin-1").encode() + b"\r").advice == (Advice.UTF8,)


@pytest.mark.parametrize("text", ["", TEXT[:-1], TEXT[5:], "x" * 17 + TEXT, TEXT + "x" * 17, "x" * 2000 + TEXT])
def test_what_is_not_the_text_is_not_recognised(text: str) -> None:
    assert diagnose(text) == Calibration(recognised=False)


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_anything_is_diagnosed(received: str | bytes) -> None:
    assert diagnose(received).advice


@given(st.text("0123456789|ễ ", max_size=40), st.integers(0, 105), st.integers(0, 10))
def test_any_change_of_the_text_is_diagnosed(put: str, at: int, less: int) -> None:
    assert diagnose(TEXT[:at] + put + TEXT[at + less :]).advice


def test_what_stood_around_the_text_is_not_in_the_repr() -> None:
    assert "secret" not in repr(diagnose("secret" + TEXT + "secret"))
