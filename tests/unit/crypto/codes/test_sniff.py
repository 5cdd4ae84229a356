from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import get_args

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from crypto.codes.bhyt import InsuranceQr
from crypto.codes.citizen_id import CitizenQr
from crypto.codes.sniff import MAX_SIZE, BrokenKind, Code, DamagedQr, LinkQr, TicketQr, UnknownQr, sniff
from crypto.codes.ticket import Form, Ticket, issue
from crypto.codes.vietqr import PaymentQr, crc16
from tests.unit.crypto.codes.samples import CARD_A, CARD_B, CARD_C, CARD_D, INSURANCE_NEW, INSURANCE_OLD, PAYMENT

_TICKET = Ticket(
    issuer="mau",
    ticket_id="T1",
    event="e",
    product="p",
    admits=1,
    not_before=datetime(2026, 1, 1, tzinfo=UTC),
    expires=datetime(2026, 1, 2, tzinfo=UTC),
)
_SIGNED = {form: issue(_TICKET, Ed25519PrivateKey.from_private_bytes(bytes(32)), form) for form in Form}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (CARD_A, CitizenQr),
        (CARD_B, CitizenQr),
        (CARD_C, CitizenQr),
        (CARD_D, CitizenQr),
        (INSURANCE_NEW, InsuranceQr),
        (INSURANCE_OLD, InsuranceQr),
        (PAYMENT, PaymentQr),
        (_SIGNED[Form.BASE45], TicketQr),
        (_SIGNED[Form.BASE32], TicketQr),
        ("https://example.vn/a", LinkQr),
        ("003090123450", UnknownQr),
        ("xin chào", UnknownQr),
        ("", UnknownQr),
    ],
    ids=["A", "B", "C", "D", "new", "old", "payment", "base45", "base32", "link", "number", "words", "nothing"],
)
def test_each_kind_is_told_apart(text: str, kind: type) -> None:
    assert type(sniff(text.encode())) is kind


@pytest.mark.parametrize("prefix", [b"", b"]Q0", b"]Q1", b"]Q3"])
@pytest.mark.parametrize("end", [b"", b"\r", b"\r\n", b"\n\0", b"\t"])
def test_a_scanners_prefix_and_line_end_are_dropped(prefix: bytes, end: bytes) -> None:
    assert sniff(prefix + CARD_A.encode() + end) == sniff(CARD_A.encode())


def test_a_card_through_a_latin_1_scanner_keeps_its_number_only() -> None:
    code = sniff(CARD_A.encode("cp1258", "replace"))
    assert isinstance(code, CitizenQr)
    assert (code.id_number.digits, code.name, code.damaged) == ("003090123450", None, True)


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        (b"003090123450|\xff|\xff|\xff|\xff", BrokenKind.NOT_UTF8),
        ((CARD_A + "|" * 40).encode(), BrokenKind.CARD),
        (("0123456789|" + "|" * 50 + "$").encode(), BrokenKind.INSURANCE),
        (_SIGNED[Form.BASE45][:-3].encode(), BrokenKind.TICKET),
        (b"TRAMX!", BrokenKind.TICKET),
        (b"000201996304%04X" % crc16(b"000201996304"), BrokenKind.PAYMENT),
    ],
)
def test_what_is_one_of_ours_and_broken_says_which(payload: bytes, kind: BrokenKind) -> None:
    assert sniff(payload) == DamagedQr(kind)


def test_foreign_bytes_are_unknown() -> None:
    assert sniff(b"\x89PNG\r\n\xff") == UnknownQr()


def test_a_long_text_is_unknown_unread() -> None:
    long = CARD_A + "|" + "x" * 300
    assert isinstance(sniff(long.encode()), CitizenQr)
    assert sniff((CARD_A + "|" * 4096).encode()) == UnknownQr()


@pytest.mark.parametrize(
    ("link", "domain"),
    [
        ("https://Example.VN/path?q=1", "example.vn"),
        ("HTTP://example.vn:8080", "example.vn"),
        ("https://bank.vn@evil.example/x", "evil.example"),
        ("https://bücher.example", "xn--bcher-kva.example"),
        ("https://b\N{CYRILLIC SMALL LETTER A}nk.vn", "xn--bnk-6cd.vn"),
    ],
)
def test_a_link_shows_its_real_domain(link: str, domain: str) -> None:
    assert sniff(link.encode()) == LinkQr(domain)


@pytest.mark.parametrize("link", ["https://", "http:///x", "https://-", "https://[::1]/", "ftp://x.vn"])
def test_a_link_without_a_domain_is_unknown(link: str) -> None:
    assert sniff(link.encode()) == UnknownQr()


def test_an_unencodable_domain_is_unknown() -> None:
    assert sniff(("https://" + "ử" * 80 + ".vn").encode()) == UnknownQr()


_LONG = {"ascii": "z" * 600, "one letter": "z" * 599 + "á", "mojibake": "Ä\x83" * 150}
_HOSTILE = {
    "link": "http://" + "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 1360,
    "host": "http://" + "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 250,
    "labels": "http://" + "á." * 1300,
    "payment": "000201" + "y;" * 2035 + "6304ABCD",
    **{
        f"card {bar} {name}": bar.join(["003090123450", "", part, "20111990", "Nam", part, "15072021", part, part])
        for bar in "|~'§"
        for name, part in _LONG.items()
    },
    "bars": "003090123450" + "|" * 30 + "a" * 590 + "|20111990|Nam|" + "1" * 599,
    "dates": "003090123450" + " 20111990" * 450,
}


MOST_CALLS = 100_000
"""Calls of functions, ours and Python's: about 10 ms. The worst of these codes takes 57,000."""


@pytest.mark.parametrize("text", _HOSTILE.values(), ids=_HOSTILE.keys())
def test_the_worst_code_is_done_with_in_few_steps(text: str) -> None:
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        sniff(text.encode()[:MAX_SIZE])
    finally:
        sys.setprofile(before)
    assert calls < MOST_CALLS


def test_a_host_that_is_too_long_to_be_one_is_not_looked_into() -> None:
    assert sniff(_HOSTILE["link"].encode()[:MAX_SIZE]) == UnknownQr()


_PARTS = st.sampled_from(
    [
        "003090123450",
        "20111990",
        "Nam",
        "Nữ",
        "$",
        "-",
        "0123456789",
        "DN4010123456789",
        "ễ",
        "á»…",
        "0225018",
        "",
        "%E1",
    ]
)


@given(
    st.binary(max_size=300)
    | st.text(max_size=200).map(str.encode)
    | st.lists(_PARTS, max_size=20).map(lambda parts: "|".join(parts).encode())
    | st.text(max_size=60).map(lambda rest: b"TRAM:" + rest.encode())
    | st.text(max_size=60).map(lambda rest: b"https://" + rest.encode())
    | st.sampled_from([CARD_A, INSURANCE_NEW, PAYMENT, *_SIGNED.values()]).flatmap(
        lambda text: st.tuples(st.integers(0, len(text)), st.binary(max_size=3)).map(
            lambda cut: text.encode()[: cut[0]] + cut[1] + text.encode()[cut[0] + 1 :]
        )
    )
)
def test_sniffing_never_raises(payload: bytes) -> None:
    assert isinstance(sniff(payload), get_args(Code))
