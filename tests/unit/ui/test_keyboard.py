"""Whose keys they are: a scanner's or a person's."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.ports import KeyboardOptions
from ui.keyboard import LONGEST, REPEAT_AFTER, Heard, Repeats, Stroke, Typing

GAP = 0.035
FAST = 0.004
CARD = "003090123450|012345678|NGUYN VN TH|20111990|Nam|S 1|15072021"


class Desk:
    """A keyboard with a clock, and what came out."""

    def __init__(self, prefix: str = "", suffix: str = "") -> None:
        self.typing = Typing(KeyboardOptions(prefix, suffix, GAP))
        self.now = 100.0
        self.held = 0
        self.typed = 0
        self.codes: list[str] = []

    def press(self, *strokes: Stroke, after: float = FAST) -> None:
        for stroke in strokes:
            self._wait(after)
            self._follow(self.typing.press(stroke, self.now))
            self.held = 0 if self.typing.scanning else self.held + 1

    def type(self, text: str, after: float = FAST) -> None:
        self.press(*(Stroke(sign) for sign in text), after=after)

    def rest(self) -> None:
        self._wait(1.0)

    def _wait(self, seconds: float) -> None:
        patience = self.typing.patience
        if patience is not None and seconds > patience:
            self._follow(self.typing.quiet())
        self.now += seconds

    def _follow(self, heard: Heard) -> None:
        if heard.typed:
            self.typed, self.held = self.typed + self.held, 0
        if heard.code is not None:
            self.codes.append(heard.code)


def test_a_card_typed_by_a_scanner_is_one_code_and_no_key() -> None:
    desk = Desk()
    desk.type(CARD + "\r")
    desk.rest()
    assert (desk.codes, desk.typed) == ([CARD], 0)


@pytest.mark.parametrize("after", [0.05, 0.2, 3.0])
def test_a_person_s_keys_are_all_given_back(after: float) -> None:
    desk = Desk()
    desk.type("003090123450\r", after)
    desk.rest()
    assert (desk.codes, desk.typed) == ([], 13)


@pytest.mark.parametrize("text", ["1", "12", "12\r", "123"])
def test_fewer_than_four_quick_keys_are_a_person_s(text: str) -> None:
    desk = Desk()
    desk.type(text)
    desk.rest()
    assert (desk.codes, desk.typed) == ([], len(text))


def test_a_key_is_held_back_for_one_gap() -> None:
    desk = Desk()
    desk.type("5")
    assert desk.typing.patience == GAP


def test_the_fourth_quick_key_is_a_scanner_s() -> None:
    desk = Desk()
    desk.type("123")
    assert not desk.typing.scanning
    desk.type("4")
    assert desk.typing.scanning


@pytest.mark.parametrize(("after", "codes"), [(GAP - 0.001, ["123456"]), (GAP + 0.001, [])])
def test_the_gap_decides(after: float, codes: list[str]) -> None:
    desk = Desk()
    desk.type("123456", after)
    desk.rest()
    assert desk.codes == codes


def test_a_wider_gap_can_be_configured() -> None:
    typing = Typing(KeyboardOptions(gap=0.1))
    for at in range(6):
        typing.press(Stroke("7"), at * 0.09)
    assert typing.quiet().code == "777777"


def test_a_person_who_typed_just_before_keeps_that_key() -> None:
    desk = Desk()
    desk.type("9")
    desk.type("0", 0.05)
    desk.type("03090123450\r")
    desk.rest()
    assert (desk.codes, desk.typed) == (["003090123450"], 1)


def test_a_scanner_may_pause_once_it_is_known() -> None:
    desk = Desk()
    desk.type("0030")
    desk.type("9", 2.5 * GAP)
    desk.type("0123450")
    desk.rest()
    assert desk.codes == ["003090123450"]


def test_keys_after_the_pause_that_ends_a_code_are_a_person_s() -> None:
    desk = Desk()
    desk.type("003090123450")
    desk.type("77", 0.3)
    desk.rest()
    assert (desk.codes, desk.typed) == (["003090123450"], 2)


def test_a_code_without_line_end_ends_by_itself_and_one_with_it_sooner() -> None:
    desk = Desk()
    desk.type("0030")
    assert desk.typing.patience == pytest.approx(3 * GAP)
    desk.type("\r")
    assert desk.typing.patience == GAP


def test_late_keys_end_a_code_even_when_nobody_said_that_it_was_quiet() -> None:
    typing = Typing(KeyboardOptions(gap=GAP))
    for at in range(5):
        assert typing.press(Stroke("7"), at * FAST) == Heard()
    assert typing.press(Stroke("1"), 1.0) == Heard(code="77777")
    assert typing.press(Stroke("2"), 2.0) == Heard(typed=True)


def test_line_ends_and_tabs_inside_a_code_belong_to_it() -> None:
    desk = Desk()
    desk.type("BEGIN\rN:1\tA\r\r")
    desk.rest()
    assert desk.codes == ["BEGIN\rN:1\tA"]


def test_what_a_code_holds_is_kept() -> None:
    desk = Desk()
    desk.type("a\0b\x1dc\x1bd +=")
    desk.rest()
    assert desk.codes == ["a\0b\x1dc\x1bd +="]


def test_keys_that_type_nothing_are_taken_and_say_nothing() -> None:
    desk = Desk()
    desk.press(Stroke("1"), Stroke("", "F5"), Stroke("2"), Stroke(""), Stroke("", "Esc"), Stroke("3"))
    desk.rest()
    assert (desk.codes, desk.typed) == (["123"], 0)


def test_keys_without_any_text_are_no_code() -> None:
    desk = Desk()
    desk.press(*[Stroke("", "F5")] * 8)
    desk.rest()
    assert (desk.codes, desk.typed) == ([], 0)


# Prefix and suffix ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prefix", "suffix", "typed"),
    [
        ("~", "", "~0030901\r"),
        ("", "#", "0030901#\r"),
        ("AB", "YZ", "AB0030901YZ"),
        ("TRAM>", "", "TRAM>0030901"),
        ("\x02", "\x03", "\x020030901\x03"),
        ("<Tab>", "<Enter>", "\t0030901\r"),
        ("~", "\r\n", "~0030901\r"),
    ],
)
def test_prefix_and_suffix_are_taken_off(prefix: str, suffix: str, typed: str) -> None:
    desk = Desk(prefix, suffix)
    desk.type(typed)
    desk.rest()
    assert (desk.codes, desk.typed) == (["0030901"], 0)


def test_a_prefix_may_be_a_key_that_types_nothing() -> None:
    desk = Desk("<F9>", "<F10>")
    desk.press(Stroke("", "F9"), *map(Stroke, "0030901"), Stroke("", "F10"), Stroke("\r"))
    desk.rest()
    assert desk.codes == ["0030901"]


def test_angle_brackets_around_no_key_are_characters() -> None:
    desk = Desk("<ID>")
    desk.type("<ID>0030901")
    desk.rest()
    assert desk.codes == ["0030901"]


def test_the_kind_of_code_may_stand_before_the_prefix() -> None:
    desk = Desk("~")
    desk.type("]Q1~0030901")
    desk.rest()
    assert desk.codes == ["]Q10030901"]


@pytest.mark.parametrize("typed", ["0030901\r", "0~030901#", "~0030901"])
def test_what_comes_without_prefix_or_suffix_is_no_code_and_reaches_nobody(
    typed: str, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk("~", "#")
    with caplog.at_level(logging.WARNING):
        desk.type(typed)
        desk.rest()
    assert (desk.codes, desk.typed) == ([], 0)
    assert [record.message for record in caplog.records] == [
        "keyboard scanner: a code without the prefix or suffix that is configured is dropped"
    ]


def test_a_person_may_type_the_prefix() -> None:
    desk = Desk("~")
    desk.type("~")
    desk.rest()
    desk.type("~12")
    desk.rest()
    assert (desk.codes, desk.typed) == ([], 4)


# Alt and the keypad --------------------------------------------------------------------------------------------------


def test_a_character_composed_of_figures_replaces_them() -> None:
    desk = Desk()
    desk.type("Nguy7")
    for figures, character in (("0225", "á"), ("0187", "»"), ("0133", "…")):
        desk.press(*(Stroke(figure, alt_digit=True) for figure in figures))
        desk.press(Stroke(character, composed=True))
    desk.type("n")
    desk.rest()
    assert desk.codes == ["Nguy7á»…n"]


def test_figures_that_nothing_composed_stay() -> None:
    desk = Desk()
    desk.type("Nguy")
    desk.press(*(Stroke(figure, alt_digit=True) for figure in "".join(("0225", "0187", "0133"))))
    desk.type("n")
    desk.rest()
    assert desk.codes == ["Nguy022501870133n"]


def test_halves_of_a_character_are_put_together_and_lone_ones_replaced() -> None:
    desk = Desk()
    desk.type("abc\ud83d\ude00\ud83d")
    desk.rest()
    assert desk.codes == ["abc\U0001f600\N{REPLACEMENT CHARACTER}"]


# Floods --------------------------------------------------------------------------------------------------------------


def test_the_longest_code_is_taken() -> None:
    desk = Desk()
    desk.type("1" * LONGEST)
    desk.rest()
    assert desk.codes == ["1" * LONGEST]


def test_keys_without_end_are_dropped_with_one_line_and_without_growing(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    with caplog.at_level(logging.WARNING):
        desk.type("1" * (4 * LONGEST))
        assert len(desk.typing._keys) <= LONGEST
        desk.rest()
        desk.type("0030901\r")
        desk.rest()
    assert (desk.codes, desk.typed) == (["0030901"], 0)
    assert len(caplog.records) == 1


@given(st.lists(st.tuples(st.sampled_from("01|\r\tNa~#"), st.floats(0, 0.2)), max_size=80), st.sampled_from(["", "~"]))
def test_every_key_is_a_person_s_or_a_scanner_s(keys: list[tuple[str, float]], prefix: str) -> None:
    desk = Desk(prefix)
    runs: list[int] = []
    for sign, after in keys:
        before = desk.typed
        desk.type(sign, after)
        runs.append(desk.typed - before)
    desk.rest()
    assert desk.typed + sum(map(len, desk.codes)) <= len(keys)
    assert all(run < 4 for run in runs)
    if all(after > GAP for _, after in keys):
        assert (desk.typed, desk.codes) == (len(keys), [])


# Repeats -------------------------------------------------------------------------------------------------------------


def test_the_same_code_is_told_once_in_five_seconds_and_others_at_once() -> None:
    repeats = Repeats()
    assert repeats.is_new(b"a", 10.0)
    assert not repeats.is_new(b"a", 10.0 + REPEAT_AFTER - 0.1)
    assert repeats.is_new(b"b", 10.2)
    assert repeats.is_new(b"a", 10.0 + REPEAT_AFTER)


def test_only_the_latest_codes_are_remembered_and_none_in_clear() -> None:
    repeats = Repeats()
    for number in range(1000):
        repeats.is_new(b"%d" % number, 10.0)
    assert len(repeats._told) == 64
    assert b"999" not in repeats._told
