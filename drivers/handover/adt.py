"""HL7 v2.5: a visit as ADT^A04 (register a patient), and what a listener acknowledges.

Chapters 2 (control, escapes, MSH, MSA), 3 (A04, EVN, PID, PD1, PV1), 6 (IN1) and 7 (OBX) of HL7 v2.5. Texts keep their
letters (MSH-18 UNICODE UTF-8); only the five delimiters are escaped, and control characters are none of our texts'.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime

from crypto.civil import PartialDate, Sex
from terminal.clock import VIETNAM_TIME
from terminal.faults import FaultError
from terminal.handing import Handed

_ESCAPED = str.maketrans({"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_SEXES = {Sex.MALE: "M", Sex.FEMALE: "F"}  # table 0001
_NO_NAME = "^^^^^^U"  # table 0200: unspecified; PID-5 must not be empty

_TAKEN = frozenset({"AA", "CA"})  # table 0008
_REFUSED = frozenset({"AE", "AR", "CE", "CR"})


def message(handed: Handed) -> str:
    """The message, its segments ended by carriage returns. What is not handed over is in no segment."""
    insured = _in1(handed)
    segments = (
        _segment("MSH", _msh(handed)),
        _segment("EVN", {2: _time(handed.at)}),
        _segment("PID", _pid(handed)),
        _segment("PD1", {3: _joined({10: _text(handed.facility)})}) if handed.facility else "",
        _segment("PV1", {1: "1", 2: "O", 19: f"{_text(handed.visit)}^^^TRAM^VN"}),
        *(_segment("OBX", values) for values in _observations(handed)),
        _segment("IN1", insured) if insured else "",
    )
    return "".join(segment for segment in segments if segment)


def control_id(handed: Handed) -> str:
    """MSH-10, by which a listener knows a repetition: 20 signs (ST, HL7 v2.5 §2.15.9.10), the same for the same result,
    and others for a later word about the same visit, which no listener must pass over."""
    return hashlib.blake2b(f"{handed.visit} {handed.at.isoformat()}".encode(), digest_size=10).hexdigest()


def _msh(handed: Handed) -> Mapping[int, str]:
    """MSH-15 and -16 stay empty: one answer, when it is
    accepted (original mode). MSH-11 T: a double took part."""
    return {
        2: "^~\\&",
        3: "TRAM",
        4: _text(handed.device),
        7: _time(handed.at),
        9: "ADT^A04^ADT_A01",
        10: control_id(handed),
        11: "T" if handed.simulated else "P",
        12: "2.5",
        17: "VNM",
        18: "UNICODE UTF-8",
    }


def _pid(handed: Handed) -> Mapping[int, str]:
    """Numbers with who assigned them and of what type (table 0203): BCA NI the ID number of the Ministry of Public
    Security, BHXH HC the insurance code. Without either, the visit's own, since PID-3 must not be empty."""
    numbers = [
        f"{_text(number)}^^^{authority}^{kind}"
        for number, authority, kind in ((handed.id_number, "BCA", "NI"), (handed.insurance_code, "BHXH", "HC"))
        if number
    ]
    return {
        1: "1",
        3: "~".join(numbers) or f"{_text(handed.visit)}^^^TRAM^VN",
        5: _name(handed.name) if handed.name else _NO_NAME,
        7: _date(handed.born) if handed.born else "",
        8: _SEXES[handed.sex] if handed.sex else "",
        11: f"{_text(handed.address)}^^^^^VNM^H" if handed.address else "",
    }


def _name(name: str) -> str:
    """XPN: family name, given name, what stands between; L legal, and F in XPN.11: written family, middle, given."""
    family, *others = name.split() or [""]
    given = others[-1] if others else ""
    middle = " ".join(others[:-1])
    return _joined({1: _text(family), 2: _text(given), 3: _text(middle), 7: "L", 11: "F"})


def _in1(handed: Handed) -> Mapping[int, str]:
    """The insurance, where anything of it is handed over. IN1-35: what it pays, in the payer's words."""
    values = {
        12: f"{handed.valid_from:%Y%m%d}" if handed.valid_from else "",
        13: f"{handed.valid_to:%Y%m%d}" if handed.valid_to else "",
        35: _text(handed.benefit),
        36: _text(handed.insurance_code),
    }
    if not any(values.values()):
        return {}
    return {1: "1", 2: "BHYT", 3: "BHXH", **values, 49: _insured(handed)}


def _insured(handed: Handed) -> str:
    return f"{_text(handed.insurance_code)}^^^BHXH^HC" if handed.insurance_code else ""


def _observations(handed: Handed) -> list[Mapping[int, str]]:
    """What HL7 has no field for, coded 99TRAM. DEGRADED, with the age of the data in OBX-14, is always sent when the
    answer was not the payer's word of now."""
    rows = {
        "OUTCOME": handed.outcome.value if handed.outcome else None,
        "METHOD": handed.method,
        "REFERENCE": handed.reference,
        "PROOF": handed.proof,
        "DEGRADED": "Y" if handed.degraded else None,
    }
    present = ((code, value) for code, value in rows.items() if value)
    as_of = _time(handed.as_of) if handed.as_of else ""
    return [
        {
            1: str(number),
            2: "ST",
            3: f"{code}^{code.title()}^99TRAM",
            5: _text(value),
            11: "F",
            14: as_of if code == "DEGRADED" else "",
        }
        for number, (code, value) in enumerate(present, start=1)
    ]


def _segment(name: str, values: Mapping[int, str]) -> str:
    fields = [values.get(number, "") for number in range(1, max(values) + 1)]
    if name == "MSH":  # its first field is the separator itself
        fields = fields[1:]
    return "|".join([name, *fields]).rstrip("|") + "\r"


def _joined(components: Mapping[int, str]) -> str:
    return "^".join(components.get(number, "") for number in range(1, max(components) + 1))


def _text(value: str | None) -> str:
    return _CONTROL.sub(" ", value).translate(_ESCAPED) if value else ""


def _time(when: datetime) -> str:
    return f"{when.astimezone(VIETNAM_TIME):%Y%m%d%H%M%S%z}"


def _date(when: PartialDate) -> str:
    """As precise as it is known."""
    month = f"{when.month:02}" if when.month else ""
    return f"{when.year:04}{month}" + (f"{when.day:02}" if month and when.day else "")


def check_acknowledged(block: bytes, message_id: str) -> None:
    """Nothing, when ``block`` says that the message with this `control_id` was taken. Raises FaultError
    ``handover.refused`` when it was not, ``handover.garbled`` for anything else. The listener's own words are not
    repeated: they may quote the patient."""
    # One byte, one character: the codes are ASCII, and in which letters the rest is written does not matter.
    segments = re.split(r"[\r\n]+", block.decode("latin-1"))
    head = segments[0]
    found = [segment for segment in segments if segment.startswith("MSA")]
    if not head.startswith("MSH") or len(head) < 9 or head[3].isalnum() or len(found) != 1:
        raise FaultError("handover.garbled", "no acknowledgement")
    fields = [field.strip() for field in found[0].split(head[3])]
    if len(fields) < 3 or fields[0] != "MSA" or fields[1] not in _TAKEN | _REFUSED:
        raise FaultError("handover.garbled", "an acknowledgement of another form")
    if fields[2] != message_id:
        raise FaultError("handover.garbled", "an acknowledgement of another message")
    if fields[1] in _REFUSED:
        raise FaultError("handover.refused", fields[1])
