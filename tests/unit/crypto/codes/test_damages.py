"""The cards of the sample, and random ones, through every damage: the right letters, or none."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from crypto.civil import PartialDate
from crypto.codes.citizen_id import CitizenQr, QrWarning
from crypto.codes.layouts import MISMATCHES, Mismatch, readings
from crypto.codes.repair import Damage, mend
from crypto.codes.sniff import TicketQr, sniff
from crypto.codes.ticket import Form, SignatureWrongError, Ticket, issue, public_half, verify
from tests.unit.crypto.codes import damages
from tests.unit.crypto.codes.damages import FLAGGED, LAYOUTS, MIXED, UNDONE, Damaging
from tests.unit.crypto.codes.samples import CARD_A, CARD_B, CARD_C, CARD_D, INSURANCE_NEW, INSURANCE_OLD, PAYMENT

CARDS = {"A": CARD_A, "B": CARD_B, "C": CARD_C, "D": CARD_D}
ALL = UNDONE | FLAGGED | MIXED | LAYOUTS

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
FROM_US = [mismatch for mismatch in MISMATCHES if mismatch.scanner == "us"]


def _read(text: str) -> CitizenQr | None:
    code = sniff(text.encode())
    return code if isinstance(code, CitizenQr) else None


def _right_or_none(damaged: str, text: str) -> None:
    card, (number, _, name, _, _, address, *_) = _read(damaged), text.split("|")
    if card is None:
        return
    assert card.id_number.digits == number
    assert card.name in (None, name)
    assert card.address in (None, address)
    assert card.name is not None or card.damaged


def _named(choices: dict[str, Damaging]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("damage", choices.values(), ids=choices.keys())


@pytest.mark.parametrize("text", CARDS.values(), ids=CARDS.keys())
@_named(UNDONE)
def test_damage_with_one_origin_is_undone(damage: Damaging, text: str) -> None:
    card, (number, _, name, born, _, address, issued, *_) = _read(damage(text)), text.split("|")
    assert card is not None
    assert (card.id_number.digits, card.name, card.address) == (number, name, address)
    assert card.born == PartialDate(int(born[4:]), int(born[2:4]), int(born[:2]))
    assert card.issued == date(int(issued[4:]), int(issued[2:4]), int(issued[:2]))
    assert card.sex is not None


@pytest.mark.parametrize("text", CARDS.values(), ids=CARDS.keys())
@_named(FLAGGED)
def test_damage_that_took_something_gives_no_name_and_the_right_number(damage: Damaging, text: str) -> None:
    card = _read(damage(text))
    assert card is not None
    assert (card.id_number.digits, card.name, card.damaged) == (text[:12], None, True)
    assert QrWarning.LETTERS_LOST in card.warnings


@pytest.mark.parametrize("text", CARDS.values(), ids=CARDS.keys())
@pytest.mark.parametrize("mismatch", FROM_US, ids=lambda mismatch: mismatch.computer)
def test_a_us_scanner_s_card_is_read_by_every_layout(mismatch: Mismatch, text: str) -> None:
    card = _read(mismatch.typed(damages.decimal_bytes(text)))
    assert card is not None
    assert card.id_number.digits == text[:12]
    assert card.name in (None, text.split("|")[2])
    if not mismatch.loses_apostrophes and "'" not in text:
        assert card.name == text.split("|")[2]
        assert (card.damage, card.damaged, card.warnings) == (Damage.LAYOUT, False, (QrWarning.REPAIRED,))


@pytest.mark.parametrize("text", CARDS.values(), ids=CARDS.keys())
@_named(MIXED | LAYOUTS)
def test_layouts_and_input_methods_give_the_right_letters_or_none(damage: Damaging, text: str) -> None:
    _right_or_none(damage(text), text)


def test_figures_of_the_azerty_row_are_those_of_the_card() -> None:
    azerty = next(mismatch for mismatch in FROM_US if mismatch.computer == "fr")
    assert azerty.typed("0123456789") == "à&é\"'(-è_ç"
    card = _read(azerty.typed("]Q1" + damages.swallowed(CARD_A) + "\r"))
    assert card is not None
    assert (card.id_number.digits, card.born, card.name) == ("003090123450", PartialDate(1990, 11, 20), None)


def test_a_letter_that_may_be_a_figure_s_key_is_not_taken_for_one() -> None:
    azerty = next(mismatch for mismatch in FROM_US if mismatch.computer == "fr")
    typed = "µ".join(azerty.typed(part) if part.isascii() else part for part in CARD_A.split("|"))
    card = _read(typed.replace("NGUYỄN", "PHùNG"))
    assert card is not None
    assert (card.id_number.digits, card.name, card.damaged) == ("003090123450", None, True)


@pytest.mark.parametrize("text", CARDS.values(), ids=CARDS.keys())
def test_words_without_a_vowel_tell_that_letters_are_wanting(text: str) -> None:
    card = _read(damages.latin_1_only(text))
    assert card is not None
    assert (card.id_number.digits, card.name, card.damaged) == (text[:12], None, True)


# The table of facts --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seen", "damage", "mended"),
    [
        ("Nguy022501870133n 01960144o 01980160", Damage.DECIMAL_BYTES, "Nguyễn Đo Ơ"),
        ("Nguy7877n 272o 416", Damage.DIGITS_IN_NAME, None),
        ("Nguyá»…n Ä…o Æ…", Damage.LETTERS_LOST, None),  # two bytes of it were already dots
        ("Nguyß╗àn ─Éo ╞á", Damage.MOJIBAKE, "Nguyễn Đo Ơ"),
        ("Nguy&#7877;n", Damage.ESCAPED, "Nguyễn"),
        ("Nguy%E1%BB%85n", Damage.ESCAPED, "Nguyễn"),
        (bytes.fromhex("4e67757965cc82cc836e").decode(), None, "Nguyễn"),
        ("Nguyn", Damage.LETTERS_LOST, None),
    ],
)
def test_every_kind_seen_at_a_counter(seen: str, damage: Damage | None, mended: str | None) -> None:
    found = mend((seen, "Nam"))
    assert (found.damage, found.texts) == (damage, None if mended is None else (mended, "Nam"))


# Certainty -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bar", range(6))
def test_one_dropped_bar_loses_no_letter(bar: int) -> None:
    for text in (CARD_A, CARD_C):
        parts = text.split("|")
        glued = "|".join([*parts[:bar], parts[bar] + parts[bar + 1], *parts[bar + 2 :]])
        card = _read(glued)
        assert card is not None
        assert (card.id_number.digits, card.name, card.issued is not None) == (text[:12], parts[2], True)


@pytest.mark.parametrize("end", ["", "\r", " ", "\n"], ids=["nothing", "CR", "space", "LF"])
def test_of_two_codes_that_came_as_one_nothing_of_the_second_is_the_first_s(end: str) -> None:
    card = _read(CARD_A + end + CARD_C)
    assert card is not None
    assert (card.id_number.digits, card.name, card.address, card.issued) == ("003090123450", None, None, None)
    assert card.damaged


def test_a_bar_inside_of_the_name_gives_no_half_name() -> None:
    card = _read(CARD_B.replace("Trần Thị", "Trần|Thị"))
    assert card is not None
    assert (card.id_number.digits, card.name, card.damaged) == ("003185000029", None, True)


def _low_bytes(run: str) -> str:
    """What Windows makes of Alt and a code point beyond 255."""
    return "".join(chr(ord(sign) % 256) for sign in run)


@pytest.mark.parametrize(
    "text",
    [
        "003090123450||MINH AN|20111990|Nam|Hem 01950160|15072021",
        "003090123450||Nguyn H'Lỏ|20111990|Nam|T 5, TP. Mu, C Mau|15072021",
        "003185000029||Trần Đo|05031985|N|Đà Nẵng|10092024",
        "003090123450||Trn Đo|20111990|Nam|Đà Nẵng|15072021",
        "003090123450||Trần Đo|20111990|Nam|Phng Đà|15072021",
        damages.latin_1_only("003090123450||HÀ QUỐC KỲ|20111990|Nam|Xã Hoà Bình, Hà Nội|15072021"),
        damages.caps_lock(damages.latin_1_only("003090123450||Tiến Quý|20111990|Nam|Xã Hoà Bình, Hà Nội|15072021")),
        damages.each_foreign("003090123450||Lý Vũ|20111990|Nam|Khu 3, Lào Cai|15072021", _low_bytes),
    ],
    ids=[
        "house number as a letter",
        "Telex on what was left",
        "half of a sex",
        "word of consonants",
        "in the address",
        "western letters left",
        "western letters and Caps Lock",
        "low bytes of code points",
    ],
)
def test_letters_that_may_be_wanting_bring_no_name_back(text: str) -> None:
    card = _read(text)
    assert card is not None
    assert (card.id_number.digits, card.name, card.damaged) == (text[:12], None, True)


def test_a_layout_without_a_key_for_what_arrived_is_no_reading() -> None:
    assert {mismatch.computer for mismatch, _ in readings("0|'a")} == {"it", "us"}


@pytest.mark.parametrize(
    ("name", "sex", "mended"),
    [
        ("nGUyễN vĂN", "nAM", None),
        ("nguyễn văn thử", "nAM", "NGUYỄN VĂN THỬ"),
        ("lÊ tHỊ bÉ", "nỮ", "Lê Thị Bé"),
        ("tRầN tHị", "nữ", "Trần Thị"),
        ("Trần Thị", "nữ", "Trần Thị"),
    ],
)
def test_caps_lock_is_undone_where_one_way_gives_a_name(name: str, sex: str, mended: str | None) -> None:
    found = mend((name, sex, "Hà Nội")).texts
    assert (found and found[0]) == mended


# Tickets and other codes ---------------------------------------------------------------------------------------------


def _ticket(number: str) -> Ticket:
    return Ticket("mau", number, "e", "p", 1, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))


def _signed(number: int, form: Form) -> str:
    return issue(_ticket(f"T{number}"), KEY, form)


@pytest.mark.parametrize("mismatch", MISMATCHES, ids=lambda mismatch: f"{mismatch.scanner}-{mismatch.computer}")
def test_a_base32_ticket_survives_every_layout(mismatch: Mismatch) -> None:
    for number in range(3):
        text = _signed(number, Form.BASE32)
        for typed in (text, "]Q1" + text + "\r") if mismatch.scanner == "us" else (text,):
            if len(mismatch.typed(typed)) < len(typed):
                continue  # figures that the scanner's layout has on a third level
            code = sniff(mismatch.typed(typed).encode())
            assert isinstance(code, TicketQr)
            assert verify(code.ticket, [public_half(KEY)], NOON).ticket_id == f"T{number}"


@pytest.mark.parametrize("mismatch", FROM_US, ids=lambda mismatch: mismatch.computer)
def test_a_base45_ticket_survives_every_layout_that_loses_no_sign(mismatch: Mismatch) -> None:
    for number in range(3):
        text = _signed(number, Form.BASE45)
        typed = mismatch.typed(text)
        code = sniff(typed.encode())
        if len(typed) == len(text):
            assert isinstance(code, TicketQr)
            assert verify(code.ticket, [public_half(KEY)], NOON).ticket_id == f"T{number}"
        else:
            assert not isinstance(code, CitizenQr)


def test_a_ticket_that_another_key_signed_is_none_by_any_layout() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(31) + b"\1")
    code = sniff(issue(_ticket("T1"), KEY, Form.BASE32).lower().encode())
    assert isinstance(code, TicketQr)
    forged = issue(_ticket("T1"), other, Form.BASE32)
    assert verify(code.ticket, [public_half(KEY)], NOON)
    altered = sniff((forged[:-4] + ("AAAA" if forged[-4:] != "AAAA" else "BBBB")).encode())
    if isinstance(altered, TicketQr):
        with pytest.raises(SignatureWrongError):
            verify(altered.ticket, [public_half(other)], NOON)


@pytest.mark.parametrize("mismatch", FROM_US, ids=lambda mismatch: mismatch.computer)
@pytest.mark.parametrize("text", [INSURANCE_NEW, INSURANCE_OLD, PAYMENT], ids=["new", "old", "payment"])
def test_insurance_cards_and_payments_survive_every_layout(mismatch: Mismatch, text: str) -> None:
    assert sniff(mismatch.typed(text).encode()) == sniff(text.encode())


# Any card ------------------------------------------------------------------------------------------------------------

_WORDS = (
    *("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý"),
    *("Văn", "Thị", "Hữu", "Đức", "Minh", "Ngọc", "Ánh", "Tú", "Sỹ", "Xuân", "Quý", "Uyên", "Ơn", "Ỷ", "Phước", "An"),
    *("Thuỳ", "Giang", "Khoa", "Y", "K'Brơi", "H'Lor", "Niê", "Ayun", "Rơ", "Châm", "Siu", "Kpă", "Mars"),
)
_PLACES = ("Số 12 Đường Thử, Phường Giả Định, Quận Mẫu, Hà Nội", "Thôn Mẫu, Xã Giả, Đắk Lắk", "Tổ 5, TP. Mẫu, Cà Mau",
           "Buôn Mẫu, Ea H'Leo, Gia Lai", "KP 3, TT. Giả, Phú Yên", "0196 Đường Thử 0, Đà Nẵng")  # fmt: skip

_names = st.lists(st.sampled_from(_WORDS), min_size=2, max_size=5).map(" ".join)
_cards = st.builds(
    lambda name, upper, sex, place, old: (
        f"003090123450|{old}|{name.upper() if upper else name}|20111990|{sex}|{place}|15072021"
    ),
    _names,
    st.booleans(),
    st.sampled_from(["Nam", "Nữ"]),
    st.sampled_from(_PLACES),
    st.sampled_from(["", "012345678"]),
)


@given(_cards, st.sampled_from(sorted(ALL)))
def test_no_damage_gives_a_wrong_name(text: str, damage: str) -> None:
    text = unicodedata.normalize("NFC", text)
    _right_or_none(ALL[damage](text), text)


@given(_cards, st.sampled_from(sorted(ALL)), st.sampled_from(sorted(ALL)))
def test_two_damages_give_no_wrong_number(text: str, first: str, second: str) -> None:
    card = _read(ALL[second](ALL[first](text)))
    assert card is None or card.id_number.digits == "003090123450"


@given(_cards, st.integers(0, 200), st.sampled_from(["", "||"]))
def test_a_bar_dropped_or_doubled_anywhere_gives_no_wrong_name(text: str, at: int, instead: str) -> None:
    bars = [place for place, sign in enumerate(text) if sign == "|"]
    place = bars[at % len(bars)]
    _right_or_none(text[:place] + instead + text[place + 1 :], text)
