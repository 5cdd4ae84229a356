"""From the bytes of a code, or typed text, to what the session can use."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from crypto.civil import PartialDate, Sex
from crypto.codes.sig1 import key_of
from crypto.codes.ticket import Ticket, TicketKey, issue
from crypto.id_number import IdNumber
from drivers.simulator.people import PEOPLE
from terminal.events import MrzTyped, NumberTyped
from terminal.faults import CATALOGUE
from terminal.flow.recognise import (
    PersonSeen,
    Recognised,
    TicketSeen,
    UselessCode,
    is_proven_ticket,
    recognise_code,
    recognise_mrz,
    recognise_typed,
)
from terminal.messages import LANGUAGES, say
from terminal.model import DataSource, Message, Person
from terminal.proof.access import ChipAccess, access_for
from tests.desk import EVENT, TICKET_KEYS, ticket_text

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
NEW_CARD = (
    b"0123456789|4e677579e1bb856e2056c4836e205468e1bbad|20/11/1990|1|"
    b"5068c6b0e1bb9d6e67204769e1baa320c490e1bb8b6e682c2048c3a0204ee1bb9969|01 - 000|01/01/2026|31/12/2026|15/12/2025|"
    b"01000123456789|-|4| 01/01/2027|0123456789abcdef-1202|4|5468c3a06e68207068e1bb912048c3a0204ee1bb9969|$"
)
PAYMENT = (
    b"00020101021238540010A00000072701240006970400011000000000000208QRIBFTTA530370454061500005802VN"
    b"62170813VE THU NGHIEM63046A62"
)


def recognise(payload: bytes, event: str = "", *, simulated: bool = False) -> Recognised:
    return recognise_code(payload, TICKET_KEYS, NOON, event=event, simulated=simulated)


# Codes ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", PEOPLE)
def test_the_code_of_a_card_names_its_holder_and_opens_its_chip(code: str) -> None:
    who = PEOPLE[code]
    person = Person(
        source=DataSource.CARD_QR,
        id_number=who.id_number,
        name=who.printed_name,
        born=PartialDate(who.born.year, who.born.month, who.born.day),
        sex=who.sex,
        address=who.address,
        issued=who.issued,
    )
    assert recognise(who.card_qr()) == PersonSeen("QR_CCCD", person, access_for(person))


def test_a_double_s_code_is_marked_so() -> None:
    seen = recognise(PEOPLE["insured"].card_qr(), simulated=True)
    assert isinstance(seen, PersonSeen)
    assert seen.simulated


def test_a_code_with_swallowed_letters_is_marked_as_damaged() -> None:
    mangled = PEOPLE["insured"].card_qr().decode().encode("ascii", "replace")
    seen = recognise(mangled)
    assert isinstance(seen, PersonSeen)
    assert seen.person.id_number == PEOPLE["insured"].id_number
    assert seen.damaged


def test_the_code_of_an_insurance_card_names_its_holder_and_opens_no_chip() -> None:
    person = Person(
        DataSource.INSURANCE_QR,
        name="Nguyễn Văn Thử",
        born=PartialDate(1990, 11, 20),
        sex=Sex.MALE,
        insurance_code="0123456789",
    )
    seen = recognise(NEW_CARD)
    assert isinstance(seen, PersonSeen)
    assert (seen.method, seen.person, seen.access) == ("QR_BHYT", person, None)


@pytest.mark.parametrize(
    ("payload", "fault"),
    [
        (PAYMENT, "code.payment"),
        (b"https://example.org/x", "code.link"),
        (b"TRAM:", "code.damaged"),
        (b"hello", "code.foreign"),
        (b"", "code.foreign"),
    ],
    ids=["payment", "link", "damaged ticket", "words", "nothing"],
)
def test_a_code_of_no_use_is_named_politely(payload: bytes, fault: str) -> None:
    assert recognise(payload) == UselessCode(fault)


@given(st.binary(max_size=300))
def test_any_bytes_are_recognised_as_something(payload: bytes) -> None:
    seen = recognise(payload)
    assert not isinstance(seen, UselessCode) or seen.fault in CATALOGUE


# Tickets -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", ["", EVENT], ids=["any event", "this event"])
def test_a_ticket_of_an_accepted_issuer_on_its_day_is_taken(event: str) -> None:
    seen = recognise(ticket_text("T7"), event, simulated=True)
    assert isinstance(seen, TicketSeen)
    assert seen.ticket is not None
    assert (seen.ticket.ticket_id, seen.ticket.event, seen.refused, seen.simulated) == ("T7", EVENT, "", True)
    assert seen.ticket.secret == ticket_text("T7").decode()


def stranger() -> bytes:
    begins = datetime(2026, 11, 22, tzinfo=UTC)
    claims = Ticket("other", "T1", EVENT, "day", 2, begins, begins + timedelta(days=1))
    return issue(claims, Ed25519PrivateKey.from_private_bytes(bytes(32))).encode()


def tampered() -> bytes:
    text = bytearray(ticket_text())
    text[-2] = ord("0") if text[-2] != ord("0") else ord("1")
    return bytes(text)


@pytest.mark.parametrize(
    ("payload", "refused"),
    [
        (ticket_text(day=NOON + timedelta(days=1)), "stop.wrong_day"),
        (ticket_text(day=NOON - timedelta(days=2)), "stop.wrong_day"),
        (ticket_text(event="another-event"), "stop.wrong_gate"),
        (stranger(), "qr.foreign"),
        (tampered(), "qr.bad"),
    ],
    ids=["tomorrow", "yesterday", "another event", "another issuer", "tampered"],
)
def test_a_ticket_that_is_no_good_says_why(payload: bytes, refused: str) -> None:
    assert recognise(payload, EVENT, simulated=True) == TicketSeen(None, refused, simulated=True)
    for language in LANGUAGES:
        assert say(Message(f"title.{refused}"), language)
        assert say(Message(f"remedy.{refused}"), language)


# Secrets that only their server knows -------------------------------------------------------------------------------

SECRET = "k3mz9x2qv7wnp4rt6ybh8cdfgjsa5eu2"


def asked_about(payload: bytes) -> Recognised:
    return recognise_code(payload, TICKET_KEYS, NOON, event=EVENT, secrets=True)


@pytest.mark.parametrize("around", [b"%s", b"]Q1%s", b"%s\r\n"], ids=["alone", "AIM", "line end"])
def test_a_secret_is_a_ticket_where_the_server_is_asked_about_any_code(around: bytes) -> None:
    seen = asked_about(around % SECRET.encode())
    assert isinstance(seen, TicketSeen)
    assert seen.ticket is not None
    assert (seen.ticket.secret, seen.ticket.event, seen.refused) == (SECRET, EVENT, "")
    assert SECRET not in repr(seen.ticket)
    assert SECRET not in seen.ticket.ticket_id


def test_a_secret_is_of_no_use_elsewhere() -> None:
    assert recognise(SECRET.encode(), EVENT) == UselessCode("code.foreign")


def test_tickets_of_ours_are_the_same_where_any_code_may_be_one() -> None:
    assert asked_about(ticket_text("T7")) == recognise(ticket_text("T7"), EVENT)


@pytest.mark.parametrize("code", PEOPLE)
def test_a_card_stays_a_card_where_any_code_may_be_a_ticket(code: str) -> None:
    card = PEOPLE[code].card_qr()
    assert asked_about(card) == recognise(card, EVENT)
    assert isinstance(asked_about(card), PersonSeen)


@pytest.mark.parametrize(
    ("payload", "fault"),
    [
        (PAYMENT, "code.payment"),
        (b"https://example.org/checkin/abcdefgh", "code.link"),
        (b"TRAM:not-base45", "code.damaged"),
        (b"003090123450", "code.foreign"),
        (b"DN4010123456789", "code.foreign"),
        (b"0030000001", "code.foreign"),
        (b"WIFI:S:mang;T:WPA;P:mat-khau;;", "code.foreign"),
        (b"two words or more", "code.foreign"),
        (b"x" * 256, "code.foreign"),
        (b"short", "code.foreign"),
    ],
    ids=["payment", "link", "ticket", "ID number", "old card", "insurance", "wifi", "words", "long", "short"],
)
def test_what_is_no_secret_is_never_asked_about(payload: bytes, fault: str) -> None:
    assert asked_about(payload) == UselessCode(fault)


# Signed secrets ------------------------------------------------------------------------------------------------------

SIGNED = json.loads((Path(__file__).parents[3] / "vectors" / "pretix_sig1.json").read_text("utf-8"))
SIGNED_KEYS = (*TICKET_KEYS, key_of(SIGNED["key"]))


def signed(word: str, keys: Sequence[TicketKey] = SIGNED_KEYS) -> Recognised:
    return recognise_code(SIGNED["tickets"][word].encode(), keys, NOON, event=EVENT, secrets=True)


def test_a_signed_secret_is_proven_and_still_known_by_its_secret() -> None:
    seen = signed("window")
    assert isinstance(seen, TicketSeen)
    assert seen.ticket is not None
    assert seen.ticket.key_id == SIGNED_KEYS[-1].key_id
    assert (seen.ticket.secret, seen.ticket.product) == (SIGNED["tickets"]["window"], str(SIGNED["item"]))
    assert (seen.ticket.not_before.year, seen.ticket.expires.year) == (2020, 2090)


@pytest.mark.parametrize("word", ["over", "to_come"])
def test_a_signed_secret_out_of_its_time_is_refused_here(word: str) -> None:
    assert signed(word) == TicketSeen(None, "stop.wrong_day")


def test_a_secret_that_no_key_here_signed_is_for_the_server_to_know() -> None:
    seen = signed("over", TICKET_KEYS)
    assert isinstance(seen, TicketSeen)
    assert seen.ticket is not None
    assert seen.ticket.key_id == b""


@pytest.mark.parametrize("word", ["plain", "over"])
def test_a_signed_secret_needs_no_second_look(word: str) -> None:
    payload = SIGNED["tickets"][word].encode()
    assert is_proven_ticket(payload, SIGNED_KEYS, NOON, event=EVENT, secrets=True)
    assert not is_proven_ticket(payload, SIGNED_KEYS, NOON, event=EVENT)
    assert not is_proven_ticket(payload, TICKET_KEYS, NOON, event=EVENT, secrets=True)
    assert not is_proven_ticket(SECRET.encode(), SIGNED_KEYS, NOON, event=EVENT, secrets=True)


# Typed text ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["003090123450", " 003 090 123 450 ", "003090\t123450"])
def test_a_typed_number_opens_the_chip(text: str) -> None:
    seen = recognise_typed(NumberTyped(text))
    assert seen == PersonSeen(
        "TYPED", Person(DataSource.TYPED, IdNumber("003090123450")), ChipAccess("123450", (), typed=True)
    )


@pytest.mark.parametrize("text", ["0030000001", "dn4010123456789", "DN 4 01 0123456789"])
def test_a_typed_insurance_code_opens_no_chip(text: str) -> None:
    seen = recognise_typed(NumberTyped(text))
    code = "".join(text.split()).upper()
    assert seen == PersonSeen("TYPED", Person(DataSource.TYPED, insurance_code=code), None)


@pytest.mark.parametrize("text", ["", "00309012345", "0030901234500", "00309012345x", "٠٠٣٠٩٠١٢٣٤٥٠"])
def test_anything_else_that_is_typed_is_a_bad_number(text: str) -> None:
    assert recognise_typed(NumberTyped(text)) == UselessCode("code.bad_number")


def test_typed_dates_open_by_the_mrz() -> None:
    seen = recognise_mrz(MrzTyped("003 090 123 450", "901120", "301120"))
    assert isinstance(seen, PersonSeen)
    assert seen.access == ChipAccess(None, ("090123450690112073011205",), typed=True)
    assert seen.person.id_number == IdNumber("003090123450")


@pytest.mark.parametrize(
    "typed",
    [MrzTyped("00309012345", "901120", "301120"), MrzTyped("003090123450", "1990", "301120")],
    ids=["number", "date"],
)
def test_typed_dates_that_make_no_sense_are_a_bad_number(typed: MrzTyped) -> None:
    assert recognise_mrz(typed) == UselessCode("code.bad_number")


@given(st.text(max_size=40), st.text(max_size=10), st.text(max_size=10))
def test_any_typed_text_is_recognised_as_something(number: str, born: str, expires: str) -> None:
    for seen in (recognise_typed(NumberTyped(number)), recognise_mrz(MrzTyped(number, born, expires))):
        assert seen == UselessCode("code.bad_number") or isinstance(seen, PersonSeen)


def test_what_was_seen_does_not_show_itself() -> None:
    looks = repr(recognise(PEOPLE["insured"].card_qr())) + repr(recognise_typed(NumberTyped("003090123450")))
    assert "123450" not in looks
    assert "THỬ" not in looks
    assert PEOPLE["insured"].issued == date(2021, 7, 15)
