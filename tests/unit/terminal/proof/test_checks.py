"""From files and reports to checks and to the person: what is said, and what is left open."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from crypto import tlv
from crypto.civil import PartialDate, Sex
from crypto.emrtd.dg1 import encode_dg1
from crypto.emrtd.lds import Ef
from crypto.emrtd.mrz import compose_td1
from crypto.emrtd.vietnam import encode_dg13
from crypto.errors import MalformedError
from crypto.id_number import IdNumber
from terminal.model import (
    Check,
    CheckName,
    DataSource,
    IssuerTrust,
    Message,
    Person,
    ReadMetrics,
    Word,
)
from terminal.proof.checks import (
    hashes_word,
    match_check,
    passive_checks,
    person_of,
    reading_of,
    validity_check,
)
from terminal.proof.passive import PassiveReport

TODAY = date(2026, 3, 4)
NOON = datetime(2026, 3, 4, 5, 0, tzinfo=UTC)
NUMBER = IdNumber("003090123450")
DG13_ROWS: dict[int, str | tuple[str, ...]] = {
    1: NUMBER.digits,
    2: "Nguyễn Văn Thử Nghiệm",
    3: "20/11/1990",
    4: "Nam",
    9: "Số 1 Đường Thử, Hà Nội",
    11: "15/07/2021",
    12: "20/11/2030",
}


def zone(
    *, number: str = NUMBER.digits, born: str = "901120", expires: str = "301120", sex: str = "M", optional: str = ""
) -> bytes:
    return encode_dg1(
        compose_td1(
            document_code="ID",
            state="VNM",
            document_number=number[3:],
            optional=optional or number,
            born=born,
            sex=sex,
            expires=expires,
            nationality="VNM",
            surname="NGUYEN",
            given_names="VAN THU NGHIEM",
        )
    )


def dg13(**changes: str | None) -> bytes:
    rows = {n: changes.get(f"f{n}", value) for n, value in DG13_ROWS.items()}
    return encode_dg13({n: value for n, value in rows.items() if value is not None})


def report(
    signature: Word = Word.SUCCESSFUL,
    issuer: IssuerTrust = IssuerTrust.TRUSTED,
    hashes: tuple[tuple[int, Word], ...] = ((1, Word.SUCCESSFUL),),
    *why: str,
) -> PassiveReport:
    return PassiveReport(signature, hashes, issuer, why=tuple(map(Message, why)))


# Words ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), Word.UNDETERMINED),
        ((Word.SUCCESSFUL, Word.SUCCESSFUL), Word.SUCCESSFUL),
        ((Word.SUCCESSFUL, Word.UNDETERMINED), Word.UNDETERMINED),
        ((Word.SUCCESSFUL, Word.NOT_SUPPORTED), Word.NOT_SUPPORTED),
        ((Word.UNDETERMINED, Word.ABORTED), Word.ABORTED),
        ((Word.ABORTED, Word.FAILED, Word.SUCCESSFUL), Word.FAILED),
    ],
)
def test_the_worst_file_speaks_for_all(words: tuple[Word, ...], told: Word) -> None:
    assert hashes_word(words) is told


@pytest.mark.parametrize(
    ("issuer", "word"),
    [
        (IssuerTrust.TRUSTED, Word.SUCCESSFUL),
        (IssuerTrust.UNKNOWN, Word.UNDETERMINED),
        (IssuerTrust.EXPIRED, Word.UNDETERMINED),
        (IssuerTrust.REVOKED, Word.FAILED),
    ],
)
def test_trust_in_the_issuer_is_its_own_answer(issuer: IssuerTrust, word: Word) -> None:
    signature, hashes, trust = passive_checks(report(issuer=issuer))
    assert (signature.word, hashes.word, trust.word) == (Word.SUCCESSFUL, Word.SUCCESSFUL, word)
    assert trust.why == Message(f"issuer.{issuer.value}")


def test_a_list_that_the_site_demands_and_lacks_is_the_issuer_s_reason() -> None:
    lacking = report(Word.SUCCESSFUL, IssuerTrust.EXPIRED, ((1, Word.SUCCESSFUL),), "why.not_covered", "why.crl_old")
    ended = report(Word.SUCCESSFUL, IssuerTrust.EXPIRED, ((1, Word.SUCCESSFUL),), "why.not_covered")
    reasons = [passive_checks(found)[2].why for found in (lacking, ended)]
    assert reasons == [Message("why.crl_old"), Message("issuer.expired")]


def test_a_reason_stands_beside_a_signature_that_is_not_right_and_beside_no_other() -> None:
    wrong = passive_checks(report(Word.FAILED, IssuerTrust.TRUSTED, (), "why.signature_wrong"))
    assert wrong[0].why == Message("why.signature_wrong")
    assert passive_checks(report(Word.FAILED))[0].why is None
    right = passive_checks(report(Word.SUCCESSFUL, IssuerTrust.UNKNOWN, (), "why.issuer_unknown"))
    assert right[0].why is None


# Validity ------------------------------------------------------------------------------------------------------------


def holder(expires: date | None, *, no_expiry: bool = False) -> Person:
    return Person(DataSource.CHIP, NUMBER, expires=expires, no_expiry=no_expiry)


@pytest.mark.parametrize(
    ("person", "word"),
    [
        (holder(None), Word.UNDETERMINED),
        (holder(None, no_expiry=True), Word.SUCCESSFUL),
        (holder(TODAY), Word.SUCCESSFUL),
        (holder(TODAY + timedelta(1)), Word.SUCCESSFUL),
        (holder(TODAY - timedelta(1)), Word.FAILED),
    ],
    ids=["not known", "never", "its last day", "tomorrow", "yesterday"],
)
def test_validity(person: Person, word: Word) -> None:
    check = validity_check(person, NOON)
    assert (check.name, check.word) == (CheckName.VALIDITY, word)


def test_a_day_begins_and_ends_in_vietnam() -> None:
    evening = datetime(2026, 3, 4, 17, 30, tzinfo=UTC)  # 00:30 of the fifth in Hà Nội
    check = validity_check(holder(TODAY), evening)
    assert check == Check(CheckName.VALIDITY, Word.FAILED, Message.of("note.id_expired", date="04/03/2026"))


# Code and chip -------------------------------------------------------------------------------------------------------

CHIP = Person(DataSource.CHIP, NUMBER, name="Nguyễn Văn Thử Nghiệm", born=PartialDate(1990, 11, 20))


@pytest.mark.parametrize(
    ("number", "name", "born", "word"),
    [
        ("003090123450", "NGUYỄN VĂN THỬ NGHIỆM", PartialDate(1990, 11, 20), Word.SUCCESSFUL),
        ("003090123450", "Nguyen Van Thu Nghiem", PartialDate(1990, 11, 20), Word.SUCCESSFUL),
        ("003090123450", None, None, Word.SUCCESSFUL),
        ("003091123450", "NGUYỄN VĂN THỬ NGHIỆM", PartialDate(1990, 11, 20), Word.FAILED),
        ("003090123450", "NGUYỄN VĂN KHÁC", PartialDate(1990, 11, 20), Word.FAILED),
        ("003090123450", "NGUYỄN VĂN THỬ NGHIỆM", PartialDate(1990, 11, 21), Word.FAILED),
    ],
    ids=["the same", "without marks", "number only", "another number, same CAN", "another name", "another birth"],
)
def test_the_code_tells_of_the_person_in_the_chip(
    number: str, name: str | None, born: PartialDate | None, word: Word
) -> None:
    claimed = Person(DataSource.CARD_QR, IdNumber(number), name=name, born=born)
    assert match_check(claimed, CHIP) == Check(CheckName.QR_MATCH, word)


def test_a_chip_that_tells_less_is_compared_by_what_it_tells() -> None:
    claimed = Person(DataSource.CARD_QR, NUMBER, name="Ai Đó", born=PartialDate(1990))
    assert match_check(claimed, Person(DataSource.CHIP, NUMBER)).word is Word.SUCCESSFUL
    assert match_check(claimed, Person(DataSource.CHIP)).word is Word.FAILED


# The holder ----------------------------------------------------------------------------------------------------------


def test_dg13_tells_more_than_the_mrz() -> None:
    assert person_of({Ef.DG1: zone(), Ef.DG13: dg13()}, TODAY) == Person(
        source=DataSource.CHIP,
        id_number=NUMBER,
        name="Nguyễn Văn Thử Nghiệm",
        born=PartialDate(1990, 11, 20),
        sex=Sex.MALE,
        address="Số 1 Đường Thử, Hà Nội",
        issued=date(2021, 7, 15),
        expires=date(2030, 11, 20),
    )


def test_the_mrz_alone_names_the_holder() -> None:
    assert person_of({Ef.DG1: zone()}, TODAY) == Person(
        source=DataSource.CHIP,
        id_number=NUMBER,
        name="NGUYEN VAN THU NGHIEM",
        born=PartialDate(1990, 11, 20),
        sex=Sex.MALE,
        expires=date(2030, 11, 20),
    )


def test_what_dg13_leaves_out_is_taken_from_the_mrz() -> None:
    thin = dg13(f2=None, f3=None, f4=None, f12=None)
    told = person_of({Ef.DG1: zone(), Ef.DG13: thin}, TODAY)
    assert (told.name, told.born, told.sex) == ("NGUYEN VAN THU NGHIEM", PartialDate(1990, 11, 20), Sex.MALE)
    assert (told.expires, told.issued) == (date(2030, 11, 20), date(2021, 7, 15))


def test_what_nobody_tells_is_not_known() -> None:
    told = person_of({Ef.DG13: dg13(f2=None, f3=None, f4=None, f12=None)}, TODAY)
    assert (told.name, told.born, told.sex, told.expires, told.no_expiry) == (None, None, None, None, False)


@pytest.mark.parametrize(
    ("files", "never"),
    [
        ({Ef.DG1: zone(expires="991231")}, True),
        ({Ef.DG13: dg13(f12="Không thời hạn")}, True),
        ({Ef.DG1: zone(expires="991231"), Ef.DG13: dg13(f12=None)}, True),
        ({Ef.DG1: zone(expires="991231"), Ef.DG13: dg13()}, False),
    ],
    ids=["in the MRZ", "in words", "DG13 silent", "DG13 names a day"],
)
def test_a_card_without_end(files: dict[Ef, bytes], never: bool) -> None:
    assert person_of(files, TODAY).no_expiry is never


def test_an_unspecified_sex_and_an_impossible_date_are_not_known() -> None:
    told = person_of({Ef.DG1: zone(sex="<", born="901131", expires="300231")}, TODAY)
    assert (told.sex, told.born, told.expires, told.no_expiry) == (None, None, None, False)


def test_a_woman_s_zone_says_so() -> None:
    assert person_of({Ef.DG1: zone(sex="F")}, TODAY).sex is Sex.FEMALE


def test_a_card_ends_in_this_century_and_its_holder_was_born_before_today() -> None:
    told = person_of({Ef.DG1: zone(born="260305", expires="450305")}, TODAY)
    assert (told.born, told.expires) == (PartialDate(1926, 3, 5), date(2045, 3, 5))


def test_dg13_without_number_yields_to_the_mrz() -> None:
    assert person_of({Ef.DG1: zone(), Ef.DG13: dg13(f1=None)}, TODAY).name == "NGUYEN VAN THU NGHIEM"


@pytest.mark.parametrize(
    "raw",
    [b"\x6d\x04text", tlv.encode(0x6D, b"an issuer's own text"), dg13()[:-1], b""],
    ids=["no TLV", "another country's", "cut short", "empty"],
)
def test_a_dg13_that_is_not_vietnamese_or_not_readable_yields_to_the_mrz(raw: bytes) -> None:
    assert person_of({Ef.DG1: zone(), Ef.DG13: raw}, TODAY) == person_of({Ef.DG1: zone()}, TODAY)
    with pytest.raises(MalformedError):
        person_of({Ef.DG13: raw}, TODAY)


def test_a_zone_that_makes_no_sense_yields_to_dg13() -> None:
    assert person_of({Ef.DG1: b"\x61\x00", Ef.DG13: dg13()}, TODAY) == person_of({Ef.DG13: dg13()}, TODAY)


def test_a_zone_without_an_id_number_contradicts_nobody() -> None:
    """A passport's zone has another number, its own."""
    icao = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<" + "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
    passport = tlv.encode(0x61, tlv.encode(0x5F1F, icao.encode("ascii")))
    assert (
        person_of({Ef.DG1: passport, Ef.DG13: dg13()}, TODAY).id_number == person_of({Ef.DG13: dg13()}, TODAY).id_number
    )


@pytest.mark.parametrize(
    "files",
    [{}, {Ef.DG13: dg13(f1=None)}, {Ef.DG1: zone(), Ef.DG13: dg13(f1="003091123450")}, {Ef.DG1: b"\x61\x00"}],
    ids=["nothing", "no number", "two numbers", "broken DG1"],
)
def test_a_chip_that_does_not_say_whose_it_is_is_malformed(files: dict[Ef, bytes]) -> None:
    with pytest.raises(MalformedError):
        person_of(files, TODAY)


# The whole reading ---------------------------------------------------------------------------------------------------

GENUINE_CHIP = Check(CheckName.CHIP, Word.SUCCESSFUL)
METRICS = ReadMetrics(1, 1, (), ())


def read(files: dict[Ef, bytes], found: PassiveReport, claimed: Person | None = None) -> tuple[Person, set[CheckName]]:
    reading = reading_of(files, found, GENUINE_CHIP, claimed, NOON, METRICS, simulated=False)
    return reading.person, {check.name for check in reading.checks}


def test_the_match_is_asked_only_of_a_card_s_own_code() -> None:
    files = {Ef.DG1: zone()}
    asked = {CheckName.SIGNATURE, CheckName.HASHES, CheckName.ISSUER, CheckName.CHIP, CheckName.VALIDITY}
    assert read(files, report())[1] == asked
    assert read(files, report(), Person(DataSource.TYPED, NUMBER))[1] == asked
    assert read(files, report(), Person(DataSource.CARD_QR, NUMBER))[1] == asked | {CheckName.QR_MATCH}


def test_the_reading_bears_the_report_s_issuer_and_findings_and_what_it_took() -> None:
    found = replace(report(issuer=IssuerTrust.EXPIRED), findings=(Message("finding.sha1"),))
    reading = reading_of({Ef.DG1: zone()}, found, GENUINE_CHIP, None, NOON, METRICS, simulated=False)
    assert (reading.issuer, reading.findings, reading.metrics) == (IssuerTrust.EXPIRED, found.findings, METRICS)


def test_who_was_born_today_was_born_today_in_vietnam() -> None:
    evening = datetime(2026, 3, 4, 17, 30, tzinfo=UTC)
    files = {Ef.DG1: zone(born="260305")}
    reading = reading_of(files, report(), GENUINE_CHIP, None, evening, METRICS, simulated=False)
    assert reading.person.born == PartialDate(2026, 3, 5)


def test_unreadable_data_ends_the_reading_unless_they_are_proven_false() -> None:
    with pytest.raises(MalformedError):
        read({Ef.DG1: b"\x61\x00"}, report())
    person, _ = read({Ef.DG1: b"\x61\x00"}, report(hashes=((1, Word.FAILED),)))
    assert person == Person(DataSource.CHIP)


def test_what_the_simulator_signed_is_labelled_whatever_the_reader_says() -> None:
    for subject, simulated in (("CN=DS SIMULATED", True), ("CN=DS", False), (None, False)):
        found = PassiveReport(Word.SUCCESSFUL, ((1, Word.SUCCESSFUL),), IssuerTrust.TRUSTED, signer_subject=subject)
        read_by = [
            reading_of({Ef.DG1: zone()}, found, GENUINE_CHIP, None, NOON, METRICS, simulated=said).simulated
            for said in (False, True)
        ]
        assert read_by == [simulated, True]
