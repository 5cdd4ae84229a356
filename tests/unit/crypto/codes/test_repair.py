from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.codes.repair import Damage, mend

_SOURCE = "Nguyễn Đo Ơ"


@pytest.mark.parametrize(
    ("seen", "damage"),
    [
        ("Nguy022501870133n 01960144o 01980160", Damage.DECIMAL_BYTES),
        (_SOURCE.encode().decode("latin-1"), Damage.MOJIBAKE),
        ("Nguyß╗àn ─Éo ╞á", Damage.MOJIBAKE),
        ("Nguy&#7877;n &#x110;o &#416;", Damage.ESCAPED),
        ("Nguy%E1%BB%85n %C4%90o %C6%A0", Damage.ESCAPED),
    ],
)
def test_damage_seen_at_counters_is_undone(seen: str, damage: Damage) -> None:
    mended = mend((seen, "Nam"))
    assert (mended.texts, mended.damage) == ((_SOURCE, "Nam"), damage)


def test_code_page_1252_gives_its_free_places_as_control_characters() -> None:
    typed = "".join(
        chr(b) if b in {0x81, 0x8D, 0x8F, 0x90, 0x9D} else bytes([b]).decode("cp1252") for b in _SOURCE.encode()
    )
    assert mend((typed,)).texts == (_SOURCE,)


@pytest.mark.parametrize(
    ("seen", "damage"),
    [
        ("Nguy7877n 272o 416", Damage.DIGITS_IN_NAME),
        ("Nguy02250187n", Damage.DIGITS_IN_NAME),
        ("Nguyá»…n Ä…o Æ…", Damage.LETTERS_LOST),
        ("Nguyn", Damage.LETTERS_LOST),
        ("Nguy%E1%BBn", Damage.DIGITS_IN_NAME),
        ("Nguy\N{REPLACEMENT CHARACTER}n Đo", Damage.LETTERS_LOST),
        ("Nguy?n Đo", Damage.LETTERS_LOST),
        ("Nguyễn\tĐo\x00", Damage.LETTERS_LOST),
        ("", Damage.LETTERS_LOST),
    ],
)
def test_what_has_no_certain_origin_is_given_up(seen: str, damage: Damage) -> None:
    mended = mend((seen, "Nam"))
    assert (mended.texts, mended.damage) == (None, damage)


@pytest.mark.parametrize("clean", ["Nguyễn Văn Thử", "LÊ VÂN ÂN", "Y Thử Hơ'Mẫu", "Đo Ñuôl", "Lê–Đo"])
def test_clean_names_pass_unchanged(clean: str) -> None:
    mended = mend((clean, "Nữ"))
    assert (mended.texts, mended.damage) == ((clean, "Nữ"), None)


def test_figures_in_a_clean_address_are_no_typed_bytes() -> None:
    assert mend(("Lê Đo", "Số 01950128, Đà Nẵng")).texts == ("Lê Đo", "Số 01950128, Đà Nẵng")
    assert mend(("Lê Đo", "Đà Nẵng %C3%A0")).texts is None


def test_a_house_number_that_reads_as_a_typed_byte_is_not_repaired() -> None:
    assert mend(("Nguy022501870133n", "So 0195")).texts is None


@given(st.text(alphabet="ăâđêôơưĂÂĐÊÔƠƯáạảãàaebcnh ", min_size=1, max_size=40))
def test_a_repair_gives_the_text_that_was_damaged(text: str) -> None:
    plain = " ".join(text.split())
    for seen in (text.encode().decode("latin-1"), "".join(f"%{b:02X}" for b in text.encode())):
        assert mend((seen,)).texts in (None, (plain,))


@given(st.lists(st.text(max_size=80), min_size=1, max_size=5))
def test_any_texts_are_mended_or_given_up(texts: list[str]) -> None:
    mended = mend(tuple(texts))
    assert mended.texts is None or len(mended.texts) == len(texts)
