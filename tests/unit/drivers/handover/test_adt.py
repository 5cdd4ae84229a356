"""ADT^A04 against a strict reader made from the standard, and against the hl7 library."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.civil import PartialDate, Sex
from drivers.handover.adt import check_acknowledged, control_id, message
from terminal.faults import FaultError
from terminal.model import Outcome
from tests.handed_over import AS_OF, visit
from tests.hl7_peer import Segments, parsed

_ACK = "MSH|^~\\&|HIS|A|TRAM|quay-3|20261122083005||ACK^A04|9|P|2.5\rMSA|{}|{}\r"


def test_a_visit_is_a_registration_with_everything_in_its_place() -> None:
    told = Segments(message(visit(facility="01C54", benefit="80 %", address="Số 1", reference="E-77")))
    assert told.field("MSH", 7) == told.field("EVN", 2) == "20261122083005+0700"
    assert told.components("MSH", 9) == ["ADT", "A04", "ADT_A01"]
    assert len(told.field("MSH", 10)) == 20
    assert [told.field("MSH", number) for number in (11, 12, 15, 16, 18)] == ["P", "2.5", "", "", "UNICODE UTF-8"]
    assert told.components("PID", 3, 0) == ["003090123450", "", "", "BCA", "NI"]
    assert told.components("PID", 3, 1) == ["GD4010030000001", "", "", "BHXH", "HC"]
    name = told.components("PID", 5)
    assert (name[0], name[1], name[2], name[6], name[10]) == ("NGUYỄN", "NGHIỆM", "VĂN THỬ", "L", "F")
    assert (told.field("PID", 7), told.field("PID", 8)) == ("19901120", "F")
    assert told.components("PID", 11) == ["Số 1", "", "", "", "", "VNM", "H"]
    assert told.components("PD1", 3)[9] == "01C54"
    assert (told.field("PV1", 2), told.components("PV1", 19)[0]) == ("O", "a1b2c3d4e5f6-1")
    assert told.field("IN1", 12) == "20260102"
    assert told.components("IN1", 35) == ["80 %"]
    assert told.field("IN1", 36) == "GD4010030000001"
    assert told.components("IN1", 49)[3] == "BHXH"
    assert told.observations() == {"OUTCOME": "allow", "REFERENCE": "E-77"}


def test_the_library_reads_the_same_message() -> None:
    read = parsed(message(visit()))
    assert str(read["PID.F3.R1.C1"]) == "003090123450"
    assert str(read["PID.F5.R1.C1"]) == "NGUYỄN"
    assert str(read["IN1.F36"]) == "GD4010030000001"


def test_what_is_not_handed_over_leaves_no_segment_behind() -> None:
    bare = visit(id_number=None, name=None, born=None, sex=None, insurance_code=None, valid_from=None, outcome=None)
    told = Segments(message(bare))
    assert [row[0] for row in told.rows] == ["MSH", "EVN", "PID", "PV1"]
    assert told.components("PID", 3) == ["a1b2c3d4e5f6-1", "", "", "TRAM", "VN"]
    assert told.components("PID", 5)[6] == "U"


@pytest.mark.parametrize(
    ("name", "family", "given_name", "middle"),
    [("ĐỖ", "ĐỖ", "", ""), ("LÊ AN", "LÊ", "AN", ""), ("CÔNG TẰNG TÔN NỮ HOA", "CÔNG", "HOA", "TẰNG TÔN NỮ")],
)
def test_a_vietnamese_name_is_taken_apart_so_that_it_can_be_put_together(
    name: str, family: str, given_name: str, middle: str
) -> None:
    parts = Segments(message(visit(name=name))).components("PID", 5)
    assert parts[:3] == [family, given_name, middle]
    assert " ".join(part for part in (parts[0], parts[2], parts[1]) if part) == name


@pytest.mark.parametrize(("born", "shown"), [(PartialDate(1990), "1990"), (PartialDate(1990, 5), "199005"), (None, "")])
def test_a_date_of_birth_is_as_precise_as_it_is_known(born: PartialDate | None, shown: str) -> None:
    assert Segments(message(visit(born=born))).field("PID", 7) == shown


def test_a_degraded_answer_says_so_with_the_age_of_its_data() -> None:
    told = Segments(message(visit(degraded=True, as_of=AS_OF)))
    assert told.observations()["DEGRADED"] == "Y"
    assert told.field("OBX", 14, 1) == "20261120140000+0700"


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_text_can_break_out_of_its_field(name: str, address: str) -> None:
    told = Segments(message(visit(name=name, address=address, sex=Sex.MALE)))
    assert told.field("PID", 8) == "M"
    shown = told.components("PID", 11)[0] if address else ""
    kept = "".join(" " if ord(letter) < 0x20 or letter == "\x7f" else letter for letter in address)
    assert shown.split() == kept.split()


def test_a_repetition_bears_the_same_id_and_a_later_word_about_the_visit_another() -> None:
    first = visit()
    later = replace(first, at=first.at + timedelta(seconds=90), outcome=Outcome.STOP)
    ids = [Segments(message(each)).field("MSH", 10) for each in (first, first, later, visit(2))]
    assert ids == [control_id(first), control_id(first), control_id(later), control_id(visit(2))]
    assert len(set(ids)) == 3


@pytest.mark.parametrize("code", ["AA", "CA"])
def test_an_acknowledgement_of_this_message_is_success(code: str) -> None:
    check_acknowledged(_ACK.format(code, "v-1").encode(), "v-1")


@pytest.mark.parametrize(
    ("block", "fault"),
    [
        (_ACK.format("AE", "v-1"), "handover.refused"),
        (_ACK.format("AR", "v-1"), "handover.refused"),
        (_ACK.format("AA", "v-2"), "handover.garbled"),
        (_ACK.format("AE", "v-2"), "handover.garbled"),
        (_ACK.format("ZZ", "v-1"), "handover.garbled"),
        (_ACK.format("AA", "v-1") * 2, "handover.garbled"),
        ("MSA|AA|v-1\r", "handover.garbled"),
        ("MSH|^~\\&|\r", "handover.garbled"),
        ("MSH|^~\\&|\rMSA|AA\r", "handover.garbled"),
        ("<html>login</html>", "handover.garbled"),
        ("", "handover.garbled"),
    ],
)
def test_anything_else_is_not(block: str, fault: str) -> None:
    with pytest.raises(FaultError) as raised:
        check_acknowledged(block.encode(), "v-1")
    assert raised.value.fault.code == fault


@given(st.binary(max_size=300) | st.text(max_size=80).map(lambda text: _ACK.format("AE", "v-1" + text).encode()))
def test_a_hostile_acknowledgement_ends_in_a_known_fault_and_is_not_quoted(block: bytes) -> None:
    try:
        check_acknowledged(block, "v-1")
    except FaultError as error:
        assert error.fault.code in ("handover.garbled", "handover.refused")
        assert len(error.detail) < 60
