"""Codes on a line of bytes: the same whatever the chunks, of any byte, never without bound."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.codes.sniff import MAX_SIZE
from drivers.scanners.framing import LONG_QUIET, LONGEST, QUIET, Framing

CARD = "003090123450||NGUYỄN VĂN THỬ NGHIỆM|20111990|Nam|Số 1, Phố Mẫu|15072021".encode()
BINARY = b"\xd2\x84\x43\r\x00\n\xff\r\n\x01"
LINE_ENDS = (b"\r", b"\n", b"\r\n")


def sent(framing: Framing, *bursts: bytes, silence: float = LONG_QUIET) -> list[bytes]:
    """The codes of these bursts, each followed by silence."""
    codes: list[bytes] = []
    for burst in bursts:
        codes += framing.feed(burst)
        codes += framing.quiet(silence)
    return codes


def test_the_longest_code_is_the_one_that_can_be_told_apart() -> None:
    assert LONGEST == MAX_SIZE


# Ends ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line_end", LINE_ENDS)
def test_a_line_end_and_a_short_silence_end_a_code(line_end: bytes) -> None:
    framing = Framing()
    assert framing.feed(CARD + line_end) == []
    assert list(framing.quiet(QUIET / 2)) == []
    assert list(framing.quiet(QUIET)) == [CARD]


def test_without_a_line_end_only_a_long_silence_ends_a_code() -> None:
    framing = Framing()
    framing.feed(CARD[:50])
    assert list(framing.quiet(LONG_QUIET * 0.9)) == []
    framing.feed(CARD[50:])
    assert list(framing.quiet(LONG_QUIET)) == [CARD]


def test_a_tab_ends_a_code_and_divides_none() -> None:
    framing = Framing()
    framing.feed(b"one\ttwo\t")
    assert list(framing.quiet(QUIET)) == [b"one\ttwo"]


def test_silence_alone_is_no_code() -> None:
    assert sent(Framing(), b"", b"\r\n", b"\r\n\r\n") == []


@pytest.mark.parametrize("line_end", LINE_ENDS)
def test_two_codes_in_one_burst_are_two(line_end: bytes) -> None:
    assert sent(Framing(), CARD + line_end + b"ticket" + line_end) == [CARD, b"ticket"]


def test_a_text_of_many_lines_is_one_code_when_the_scanner_ends_codes_otherwise() -> None:
    note = b"BEGIN\r\nline\nEND"
    assert sent(Framing(), note + b"\r") == [note]
    assert sent(Framing(), note) == [note]


@pytest.mark.parametrize("line_end", LINE_ENDS)
def test_a_binary_code_keeps_every_byte(line_end: bytes) -> None:
    assert sent(Framing(), BINARY + line_end) == [BINARY]
    assert sent(Framing(), BINARY) == [BINARY]


# Prefix and suffix ---------------------------------------------------------------------------------------------------


def test_a_configured_suffix_ends_a_code_at_once() -> None:
    framing = Framing(suffix=b"##")
    assert framing.feed(BINARY + b"##" + CARD + b"#") == [BINARY]
    assert framing.feed(b"#\r\nnext##") == [CARD, b"next"]


def test_a_suffix_that_never_comes_is_replaced_by_silence() -> None:
    assert sent(Framing(suffix=b"##"), CARD + b"\r", CARD) == [CARD, CARD]


@pytest.mark.parametrize("line_end", LINE_ENDS)
def test_a_line_end_as_the_suffix_does_not_cut_a_binary_code(line_end: bytes) -> None:
    assert sent(Framing(suffix=line_end), BINARY + line_end) == [BINARY]


@pytest.mark.parametrize("before", [b"<<", b"]Q1<<"])
def test_a_prefix_is_taken_away_also_behind_an_aim_identifier(before: bytes) -> None:
    assert sent(Framing(prefix=b"<<"), before + CARD + b"\r") == [CARD]


def test_a_prefix_is_taken_away_from_each_code_of_a_burst_and_only_in_front() -> None:
    assert sent(Framing(prefix=b"<"), b"<one\r<two<\r") == [b"one", b"two<"]


def test_an_aim_identifier_stays_for_those_who_tell_codes_apart() -> None:
    assert sent(Framing(), b"]Q1text\r") == [b"]Q1text"]


# Limits --------------------------------------------------------------------------------------------------------------


def test_the_longest_code_passes_and_a_longer_one_does_not() -> None:
    framing = Framing()
    assert sent(framing, b"a" * LONGEST + b"\r") == [b"a" * LONGEST]
    assert sent(framing, b"a" * (LONGEST + 1) + b"\r") == []
    assert framing.thrown_away == 1


@pytest.mark.parametrize("suffix", [b"", b"##"])
def test_a_megabyte_without_an_end_is_thrown_away_and_the_next_code_is_read(suffix: bytes) -> None:
    framing = Framing(suffix=suffix)
    chunk = b"x" * 4096
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(256):
            assert framing.feed(chunk) == []
        assert tracemalloc.get_traced_memory()[1] - before < 64 * 1024
    finally:
        tracemalloc.stop()
    assert framing.feed(CARD + b"\r") == []
    assert list(framing.quiet(LONG_QUIET)) == []
    assert sent(framing, CARD + b"\r") == [CARD]
    assert framing.thrown_away == 1


@pytest.mark.parametrize("line_end", LINE_ENDS)
def test_a_thousand_codes_without_a_silence_are_read(line_end: bytes) -> None:
    codes = [b"%04d " % number + CARD for number in range(1000)]
    assert sent(Framing(), line_end.join([*codes, b""])) == codes


def test_a_line_end_that_a_full_memory_would_halve_stays_whole() -> None:
    codes = [b"a" * 2047, b"b" * 2046, b"c" * 2046, b"d" * 2046, b"e"]
    raw = b"".join(code + b"\r\n" for code in codes)
    assert raw[8191:8193] == b"\r\n"
    assert sent(Framing(), raw) == codes


def test_an_interrupted_code_is_forgotten() -> None:
    framing = Framing()
    framing.feed(CARD[:30])
    framing.clear()
    assert sent(framing, b"whole\r") == [b"whole"]


# Anything on the line ------------------------------------------------------------------------------------------------


BYTES = st.one_of(
    st.binary(max_size=60),
    st.lists(st.sampled_from([b"\r", b"\n", b"\t", b"##", b"#", b"<<", b"]Q1", b"a", "ễ".encode(), b"\xff", CARD])).map(
        b"".join
    ),
    st.sampled_from([b"a" * 4090, b"\r" * 5000, (CARD + b"\r\n") * 90, b"\xfe" * 9000]),
)
MARKS = st.sampled_from([b"", b"<<", b"##", b"\r", b"\r\n", b"\t", b"#\r"])


@given(bursts=st.lists(BYTES, max_size=4), prefix=MARKS, suffix=MARKS, data=st.data())
def test_the_codes_do_not_depend_on_the_chunks(
    bursts: Sequence[bytes], prefix: bytes, suffix: bytes, data: st.DataObject
) -> None:
    whole, pieces = Framing(prefix, suffix), Framing(prefix, suffix)
    for burst in bursts:
        cuts = sorted(data.draw(st.lists(st.integers(0, len(burst)), max_size=5)))
        expected = [*whole.feed(burst), *whole.quiet(LONG_QUIET)]
        found: list[bytes] = []
        for start, end in zip([0, *cuts], [*cuts, len(burst)], strict=True):
            found += pieces.feed(burst[start:end])
        assert [*found, *pieces.quiet(LONG_QUIET)] == expected
        assert all(0 < len(code) <= LONGEST for code in expected)


@given(codes=st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1).map(str.encode), max_size=5))
def test_codes_of_text_come_out_as_they_went_in(codes: Sequence[bytes]) -> None:
    assert sent(Framing(), b"".join(code + b"\r\n" for code in codes)) == list(codes)


@given(front=st.binary(max_size=80), back=st.binary(max_size=80).filter(lambda back: not back.endswith(b"\r")))
def test_a_binary_code_comes_out_as_it_went_in(front: bytes, back: bytes) -> None:
    code = front + b"\0" + back
    assert sent(Framing(), code + b"\r\n") == [code]
