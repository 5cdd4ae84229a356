"""Reports of HID scanners, joined to codes; descriptors of any scanner, and of none."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.scanners.framing import LONG_QUIET, LONGEST
from drivers.scanners.hid_descriptor import Layout, layout_of
from drivers.scanners.hid_reports import Joining
from tests.hid_devices import HONEYWELL, NEWLAND, honeywell_reports, newland_reports

CARD = "003090123450||NGUYỄN VĂN THỬ NGHIỆM|20111990|Nam|Số 1, Phố Mẫu|15072021".encode()
BINARY = b"\xd2\x84\x43\r\x00\n\xff" * 20
REPORTS = {"honeywell": (HONEYWELL, honeywell_reports), "newland": (NEWLAND, newland_reports)}


def joined(joining: Joining, reports: Sequence[bytes]) -> list[bytes]:
    return [code for report in reports for code in joining.feed(report)]


@pytest.fixture(params=[(maker, known) for maker in REPORTS for known in (True, False)], ids=str)
def scanner(request: pytest.FixtureRequest) -> tuple[Layout | None, Callable[[bytes], list[bytes]]]:
    """A maker's reports, with its descriptor and without."""
    maker, known = request.param
    descriptor, reports = REPORTS[maker]
    return (layout_of(descriptor) if known else None), reports


Scanner = tuple[Layout | None, Callable[[bytes], list[bytes]]]


@pytest.mark.parametrize("code", [b"1", CARD, BINARY, b"x" * 56, b"x" * 112, b"y" * LONGEST], ids=len)
def test_reports_are_joined_to_the_code(scanner: Scanner, code: bytes) -> None:
    layout, reports = scanner
    joining = Joining(layout)
    assert joined(joining, reports(code)) == [code]
    assert joined(joining, reports(code) + reports(b"next")) == [code, b"next"]


def test_what_never_ends_is_kept_in_little_memory_and_seen_off(scanner: Scanner) -> None:
    layout, reports = scanner
    joining, (endless, *_, last) = Joining(layout), reports(b"x" * LONGEST)
    tracemalloc.start()
    try:
        assert joined(joining, [endless] * 5_000) == []
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 100_000
    assert joined(joining, [last, *reports(b"next")]) == [b"next"]


def test_the_example_of_a_manual_is_read() -> None:
    """Access-IS LSR118 product manual, appendix B.1.1: 60 bytes in two reports."""
    first = b"\x02\x38]Q0" + b"M1GATHERGOOD/MICHAEL YABCDEF LHRDURAK 3542 052Y003D23  ".ljust(56) + b"s\0\x01"
    second = b"\x02\x04]Q0" + b" 100".ljust(56, b"\0") + b"s\0\0"
    for layout in (layout_of(HONEYWELL), None):
        assert joined(Joining(layout), [first]) == []
        (code,) = joined(Joining(layout), [first, second])
        assert code.startswith(b"M1GATHERGOOD/MICHAEL")
        assert code.endswith(b" 100")
        assert len(code) == 60


def test_an_identifier_within_the_data_stays_for_those_who_tell_codes_apart() -> None:
    assert joined(Joining(None), newland_reports(b"]Q1text")) == [b"]Q1text"]


def test_a_descriptor_says_where_the_fields_stand() -> None:
    assert layout_of(HONEYWELL) == Layout(2, data=5, size=56, count=1, more=(63, 1))
    assert layout_of(NEWLAND) == Layout(2, data=2, size=56, count=1, more=(63, 1))


def test_a_report_without_number_and_count_ends_where_its_padding_begins() -> None:
    descriptor = bytes.fromhex("058c0902a1017508953009fe82020175019501 09ff8102 95078103c0".replace(" ", ""))
    layout = layout_of(descriptor)
    assert layout == Layout(0, data=0, size=48, count=None, more=(48, 1))
    reports = [CARD[:48] + b"\x01", CARD[48:].ljust(48, b"\0") + b"\0"]
    assert joined(Joining(layout), reports) == [CARD]


def test_globals_that_are_kept_and_taken_back_count() -> None:
    """Push and pop (HID 1.11, section 6.2.2.7) around a field of another size."""
    descriptor = bytes.fromhex("058c0902a101750895010902a4751095048102b48102953809fe820201c0")
    assert layout_of(descriptor) == Layout(0, data=9, size=56, count=None, more=None)


def test_prefix_and_suffix_are_taken_away() -> None:
    joining = Joining(layout_of(HONEYWELL), b"<<", b"##")
    assert joined(joining, honeywell_reports(b"<<" + CARD + b"##")) == [CARD]


# Wrong and endless ---------------------------------------------------------------------------------------------------


def test_reports_of_other_kinds_are_passed_over(scanner: Scanner) -> None:
    layout, reports = scanner
    first, *others = reports(CARD)
    assert joined(Joining(layout), [first, b"\x04" + bytes(63), b"", *others]) == [CARD]


def test_a_code_with_a_report_that_contradicts_itself_is_dropped(scanner: Scanner) -> None:
    layout, reports = scanner
    joining = Joining(layout)
    first, second = reports(CARD)
    assert joined(joining, [first, second[:1] + b"\x39" + second[2:]]) == []
    assert joined(joining, reports(CARD)) == [CARD]


def test_a_code_that_never_ends_is_thrown_away_and_the_next_is_read(scanner: Scanner) -> None:
    layout, reports = scanner
    joining = Joining(layout)
    (full,) = reports(b"x" * 56)
    endless = [full[:63] + b"\x01"] * 2000
    assert joined(joining, [*endless, full]) == []
    assert joined(joining, reports(CARD)) == [CARD]


def test_a_last_report_that_announces_another_is_ended_by_silence(scanner: Scanner) -> None:
    layout, reports = scanner
    joining = Joining(layout)
    (full,) = reports(b"x" * 56)
    assert joined(joining, [full[:63] + b"\x01"]) == []
    assert list(joining.quiet(LONG_QUIET / 2)) == []
    assert list(joining.quiet(LONG_QUIET)) == [b"x" * 56]
    assert list(joining.quiet(LONG_QUIET)) == []


@given(reports=st.lists(st.one_of(st.binary(max_size=70), st.binary(min_size=63, max_size=63).map(b"\x02".__add__))))
def test_any_reports_give_codes_of_allowed_length_or_nothing(reports: Sequence[bytes]) -> None:
    for layout in (None, layout_of(HONEYWELL), layout_of(NEWLAND)):
        joining = Joining(layout)
        codes = [*joined(joining, reports), *joining.quiet(LONG_QUIET)]
        assert all(0 < len(code) <= LONGEST for code in codes)


@given(
    st.one_of(
        st.binary(max_size=200),
        st.tuples(st.integers(0, len(HONEYWELL)), st.binary(max_size=8)).map(
            lambda cut: HONEYWELL[: cut[0]] + cut[1] + HONEYWELL[cut[0] :]
        ),
    ),
    st.binary(max_size=80),
)
def test_any_descriptor_gives_a_layout_that_any_report_can_meet(descriptor: bytes, report: bytes) -> None:
    layout = layout_of(descriptor)
    if layout is not None:
        assert layout.size > 0
        assert layout.length <= 1025
    for code in Joining(layout).feed(report):
        assert code


def test_an_endless_field_is_no_layout() -> None:
    assert layout_of(bytes.fromhex("058c7508 96ffff 09fe 8102".replace(" ", ""))) is None
    assert layout_of(b"\xfe") is None
    assert layout_of(b"\xfe\x02\x00ab" + HONEYWELL) == layout_of(HONEYWELL)
