"""Invented people, readings, answers and rules for the tests of the session and the verdict."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from crypto.codes.ticket import Ticket
from crypto.id_number import IdNumber
from terminal.events import Device
from terminal.faults import FaultError
from terminal.flow.recognise import PersonSeen, TicketSeen
from terminal.flow.rules import Rules
from terminal.model import (
    Check,
    CheckName,
    ChipReading,
    Cover,
    DataSource,
    Eligibility,
    EligibilityAnswer,
    IssuerTrust,
    Person,
    ReadMetrics,
    RedeemAnswer,
    Redeemed,
    Word,
)
from terminal.proof.access import access_for
from terminal.view import Desk

NOW = datetime(2026, 6, 1, 3, 0, tzinfo=UTC)
IDENTITY = frozenset({CheckName.SIGNATURE, CheckName.HASHES, CheckName.ISSUER, CheckName.CHIP})
DEMANDS = {
    Desk.RECEPTION: IDENTITY | {CheckName.ELIGIBILITY},
    Desk.GATE: frozenset(),
    Desk.POLICE: IDENTITY | {CheckName.VALIDITY},
}


def rules(desk: Desk) -> Rules:
    return Rules(
        desk=desk,
        demands=DEMANDS[desk],
        needs=(frozenset({Device.READER, Device.CAMERA}),),
        asks=desk is Desk.RECEPTION,
        tickets=desk is Desk.GATE,
        people=desk is not Desk.GATE,
        queue=desk is Desk.GATE,
        removal=0.0 if desk is Desk.GATE else None,
    )


def person(n: int = 1, source: DataSource = DataSource.CARD_QR) -> Person:
    return Person(
        source,
        IdNumber(f"003090{n:06}"),
        name=f"NGƯỜI THỬ {'I' * n}",
        issued=date(2021, 7, 15),
        expires=date(2030, 1, 1),
    )


def seen(n: int = 1, *, typed: bool = False) -> PersonSeen:
    who = person(n, DataSource.TYPED if typed else DataSource.CARD_QR)
    return PersonSeen("TYPED" if typed else "QR_CCCD", who, access_for(who, typed=typed))


def ticket(n: int = 1) -> TicketSeen:
    return TicketSeen(
        Ticket("tram", f"T{n}", "trang-an-mau", "day", 2, NOW, NOW.replace(year=2027)),
    )


def reading(n: int = 1, issuer: IssuerTrust = IssuerTrust.TRUSTED, **words: Word) -> ChipReading:
    names = {name.value: Word.SUCCESSFUL for name in (*IDENTITY, CheckName.VALIDITY, CheckName.QR_MATCH)}
    names["issuer"] = Word.SUCCESSFUL if issuer is IssuerTrust.TRUSTED else Word.UNDETERMINED
    names.update(words)
    checks = tuple(Check(CheckName(name), word) for name, word in sorted(names.items()))
    return ChipReading(person(n, DataSource.CHIP), checks, issuer, ReadMetrics(1, 1, (), ()), simulated=True)


def cover_answer(
    state: Eligibility = Eligibility.ELIGIBLE,
    reason: str = "in_force",
    until: date = date(2026, 12, 31),
    name: str | None = None,
) -> EligibilityAnswer:
    cover = Cover("0030000001", "80 %", date(2026, 1, 1), until)
    return EligibilityAnswer(state, reason, NOW, "R1", cover, name)


def redeemed(result: Redeemed = Redeemed.ADMITTED, reason: str = "ok") -> RedeemAnswer:
    used = NOW if reason == "used" else None
    return RedeemAnswer(result, reason, NOW, "R2", "2", used, "A1" if used else None)


def with_gate(rules: Rules) -> Rules:
    """The same desk with a gate to open; a yes is shown as short as there."""
    return replace(rules, gate=True, times=replace(rules.times, allow=1.5))


def with_printer(rules: Rules) -> Rules:
    """The same desk with a printer for slips."""
    return replace(rules, prints=True)


def fault(code: str) -> FaultError:
    """What a driver raises."""
    return FaultError(code)
