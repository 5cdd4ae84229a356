"""Clients of eligibility and ticket servers for the backend contract, each with its server's words.

A new client joins the suite by adding its rig to RIGS.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import MappingProxyType

import apsw

from config.schema import BhytSettings, FhirSettings, PretixSettings
from crypto.civil import PartialDate
from crypto.id_number import IdNumber
from drivers.backends import bhyt, bhyt_site, bhyt_ways, fhir, pretix, reference
from drivers.backends.http import JsonServer
from terminal.clock import SystemClock
from terminal.model import Source
from terminal.offline.chain import Chain, Server
from terminal.offline.cover import CoverLimits, KeptCover
from terminal.ports import Backend, BackendOptions, EligibilityQuestion, RedeemQuestion
from terminal.records.sealed import Sealed, SealedKey
from tests.pretix.cases import Exchange
from tests.scripted_server import Script, ScriptedServer, SigningInServer, message, says

ASKED = datetime(2026, 11, 22, 15, 30, tzinfo=timezone(timedelta(hours=7)))
NAME = "NGUYỄN VĂN THỬ NGHIỆM"
PERSON = EligibilityQuestion("v-01", ASKED, IdNumber("003090123450"), "0030000001", NAME, PartialDate(1990, 11, 20))
TICKET = RedeemQuestion("s-01", ASKED, "trang-an-mau", "T7Q2M9XK4B", "cong-1")

COVER: dict[str, object] = {
    "insurance_code": "0030000001",
    "benefit": "80 %",
    "valid_from": "2026-01-01",
    "valid_to": "2026-12-31",
    "facility": "01000",
    "facility_name": "Bệnh viện Mẫu",
}
ELIGIBLE: dict[str, object] = {
    "state": "eligible",
    "reason": "in_force",
    "answered_at": "2026-11-22T08:30:00.120000Z",
    "reference": "E-5F2K7Q3MX4TB6ZNA",
    "cover": COVER,
    "registered_name": None,
    "note": None,
}
ADMITTED: dict[str, object] = {
    "result": "admitted",
    "reason": "ok",
    "answered_at": "2026-11-22T08:31:00.020000Z",
    "reference": "R-M2J6B4XN7CQ5TDPA",
    "admits": "2 người lớn",
    "used_at": None,
    "used_place": None,
}
ANNULLED = {"result": "annulled", "answered_at": "2026-11-22T08:31:07.500000Z", "reference": "A-7QX4TB6ZNA5F2K3M"}
CARD_ANSWER: dict[str, object] = {
    "maKetQua": "000",
    "ghiChu": "Thẻ BHYT còn giá trị sử dụng (số liệu mẫu)",
    "maThe": "DN4010030000001",
    "maSoBHXH": "0030000001",
    "hoTen": NAME,
    "ngaySinh": "20/11/1990",
    "gioiTinh": "Nam",
    "diaChi": "Số 1 Đường Thử",
    "maDKBD": "01000",
    "cqBHXH": "BHXH mẫu",
    "gtTheTu": "01/01/2026",
    "gtTheDen": "31/12/2026",
    "maKV": "",
    "ngayDu5Nam": "01/01/2030",
    "maTheCu": "",
    "maTheMoi": None,
    "gtTheTuMoi": "",
    "gtTheDenMoi": "",
    "maDKBDMoi": None,
    "tenDKBDMoi": None,
    "dsLichSuKCB2018": None,
    "dsLichSuKT2018": [],
}
HEALTH = {"status": "ok", "version": "0.1.0", "time": "2026-11-22T08:30:00.000000Z"}


@dataclass(frozen=True)
class Said:
    """One good answer of a server: its JSON and its status."""

    value: object
    status: str = "200 OK"

    @property
    def body(self) -> bytes:
        """As it goes over the line."""
        return json.dumps(self.value).encode()

    def whole(self, *headers: str) -> bytes:
        """The whole HTTP answer."""
        return message(self.body, self.status, "application/json", "Date: Sun, 22 Nov 2026 08:30:00 GMT", *headers)

    def script(self) -> Script:
        """A server that says nothing else."""
        return says(self.whole())


Ask = Callable[[Backend, float], object]


def about_a_person(backend: Backend, deadline: float) -> object:
    """Ask about a person."""
    return backend.check(PERSON, deadline)


def about_a_ticket(backend: Backend, deadline: float) -> object:
    """Ask about a ticket."""
    return backend.redeem(TICKET, deadline)


@dataclass(frozen=True)
class Rig:
    """A client and the good answers of its server. ``asks``: the questions its server exists for; ``good`` answers the
    first of them. ``authorization``: how the token is shown, None where an account signs in. ``code``: the insured
    person's. ``server``: the kind that speaks besides. None: what its server is never asked."""

    build: Callable[[BackendOptions], Backend]
    asks: tuple[Ask, ...]
    good: Said
    health: Said
    version: str
    authorization: str | None
    eligible: Said | None = None
    admitted: Said | None = None
    annulled: Said | None = None
    too_late: Said | None = None
    code: str = "0030000001"
    server: type[ScriptedServer] = ScriptedServer

    def ask(self, backend: Backend, deadline: float) -> object:
        """Put the first question."""
        return self.asks[0](backend, deadline)


def _recorded(name: str) -> Said:
    exchange = Exchange.load(name)
    return Said(exchange.answer, f"{exchange.status} Recorded")


def _pretix(options: BackendOptions) -> Backend:
    return pretix.build(replace(options, site=PretixSettings(organizer="don-vi-mau", checkin_list=1)))


def _direct(options: BackendOptions) -> Backend:
    account = bhyt_site.Account("01000_mau", "0" * 32)
    way = bhyt_ways.Direct(JsonServer(options, {}), account)
    return bhyt.BhytBackend(way, None, here=True, clock=SystemClock())


def _hospital(options: BackendOptions) -> Backend:
    site = BhytSettings(via="hospital", user="", password_file=None, staff_file=None, digest="upper")
    return bhyt.build(replace(options, site=site))


FHIR_ANSWER: dict[str, object] = {
    "resourceType": "CoverageEligibilityResponse",
    "id": "kq-01",
    "status": "active",
    "purpose": ["validation"],
    "patient": {"identifier": {"system": "urn:mau:so-dinh-danh", "value": "003090123450"}},
    "created": "2026-11-22T15:30:01+07:00",
    "request": {"identifier": {"value": "v-01"}},
    "outcome": "complete",
    "disposition": "Còn hiệu lực (số liệu mẫu)",
    "insurer": {"reference": "Organization/bhxh-mau"},
    "insurance": [
        {
            "coverage": {"identifier": {"system": "urn:mau:ma-so", "value": "0030000001"}, "reference": "Coverage/1"},
            "inforce": True,
            "benefitPeriod": {"start": "2026-01-01", "end": "2026-12-31"},
            "item": [{"name": "80 %"}],
        }
    ],
}
FHIR_HEALTH = {
    "resourceType": "CapabilityStatement",
    "status": "active",
    "date": "2026-11-22",
    "kind": "instance",
    "fhirVersion": "4.0.1",
    "format": ["json"],
}
FHIR_SITE = FhirSettings(
    insurer="Organization/bhxh-mau",
    provider="Organization/01000",
    id_system="urn:mau:so-dinh-danh",
    member_system="urn:mau:ma-so",
)


def _fhir(options: BackendOptions) -> Backend:
    return fhir.build(replace(options, site=FHIR_SITE))


def _in_turn(options: BackendOptions) -> Backend:
    """The reference client as a terminal asks it: first of a chain, its yes kept for worse times."""
    memory = Sealed(Path("memory"), apsw.Connection(":memory:"))
    chain = Chain((Server(reference.build(options), Source.ONLINE),), None)
    limits = CoverLimits(timedelta(hours=24), timedelta(days=30))
    return KeptCover(chain, memory, SealedKey(bytes(32)), limits, SystemClock())


RIGS: Mapping[str, Rig] = MappingProxyType(
    {
        "fhir": Rig(
            _fhir,
            asks=(about_a_person,),
            good=Said(FHIR_ANSWER),
            health=Said(FHIR_HEALTH),
            version="4.0.1",
            authorization="Bearer",
            eligible=Said(FHIR_ANSWER),
        ),
        "reference": Rig(
            reference.build,
            asks=(about_a_person, about_a_ticket),
            good=Said(ELIGIBLE),
            health=Said(HEALTH),
            version="0.1.0",
            authorization="Bearer",
            eligible=Said(ELIGIBLE),
            admitted=Said(ADMITTED),
            annulled=Said(ANNULLED),
            too_late=Said(ANNULLED | {"result": "too_late"}),
        ),
        "reference in turn": Rig(
            _in_turn,
            asks=(about_a_person, about_a_ticket),
            good=Said(ELIGIBLE),
            health=Said(HEALTH),
            version="0.1.0",
            authorization="Bearer",
            eligible=Said(ELIGIBLE),
            admitted=Said(ADMITTED),
            annulled=Said(ANNULLED),
            too_late=Said(ANNULLED | {"result": "too_late"}),
        ),
        "pretix": Rig(
            _pretix,
            asks=(about_a_ticket,),
            good=_recorded("admitted"),
            health=_recorded("health"),
            version="2026.8.0",
            authorization="Device",
            admitted=_recorded("admitted"),
            annulled=_recorded("annulled"),
            too_late=_recorded("annulled_late"),
        ),
        "bhyt direct": Rig(
            _direct,
            asks=(about_a_person,),
            good=Said(CARD_ANSWER),
            health=Said({}),
            version=bhyt.VERSION,
            authorization=None,
            eligible=Said(CARD_ANSWER),
            code="DN4010030000001",
            server=SigningInServer,
        ),
        "bhyt hospital": Rig(
            _hospital,
            asks=(about_a_person,),
            good=Said(CARD_ANSWER),
            health=Said({}),
            version=bhyt.VERSION,
            authorization="Bearer",
            eligible=Said(CARD_ANSWER),
            code="DN4010030000001",
        ),
    }
)
