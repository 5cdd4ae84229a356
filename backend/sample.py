"""Invented members, plans and tickets. Nobody here exists: no ID number was ever given out with the head 003."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from backend.engine.store import Store
from backend.insured import register
from backend.insured.rules import Member
from backend.signing import signed
from backend.tickets import selling
from backend.tickets.sold import SoldTicket
from crypto.tickets.rules import VIETNAM, Product, Standing

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

EVENT = "trang-an-mau"
ADULT, CHILD = "ve-ngay-nguoi-lon", "ve-ngay-tre-em"
ISSUER = "tram-mau"

_PLANS = (("BHYT-1", "100 %"), ("BHYT-3", "95 %"), ("BHYT-4", "80 %"))
_FACILITY = ("01000", "Bệnh viện Đa khoa Mẫu")
_INSURED = (
    ("003090123450", "Nguyễn Văn Thử Nghiệm", "1990-11-20", "BHYT-4"),
    ("003188000047", "Phạm Thị Sao Mẫu", "1988-02-14", "BHYT-4"),
    ("003079000053", "Lê Văn Sửa Mẫu", "1979-08-09", "BHYT-3"),
    ("003301000061", "Hoàng Thị Lạ Mẫu", "2001-10-03", "BHYT-4"),
    ("003084000078", "Võ Văn Đổi Mẫu", "1984-04-27", "BHYT-4"),
    ("003195000086", "Đặng Thị Nhấc Mẫu", "1995-12-30", "BHYT-1"),
    ("003067000094", "Bùi Văn Mạng Mẫu", "1967-07-18", "BHYT-3"),
)
_EXPIRED = ("003185000029", "Trần Thị Đo Lường", "1985-03-05", "BHYT-4")


@dataclass(frozen=True, slots=True)
class SampleTicket:
    """A signed ticket and what becomes of it at ``cong-1`` today."""

    text: str
    ticket: SoldTicket
    expected: str


def members(today: date) -> tuple[Member, ...]:
    """The invented register: all insured for this calendar year, but one whose insurance ended with the last."""
    insured = (_member(number, person, today.year) for number, person in enumerate(_INSURED, start=1))
    return (*insured, _member(len(_INSURED) + 1, _EXPIRED, today.year - 1))


def _member(number: int, person: tuple[str, str, str, str], year: int) -> Member:
    id_number, name, born, plan = person
    return Member(
        insurance_code=f"003{number:07}",
        id_number=id_number,
        name=name,
        born=born,
        plan=plan,
        valid_from=date(year, 1, 1),
        valid_to=date(year, 12, 31),
        facility=_FACILITY[0],
        facility_name=_FACILITY[1],
    )


def tickets(today: date) -> tuple[tuple[SoldTicket, str], ...]:
    """Day tickets and the reason each meets at gate ``cong-1``: one or more of every kind."""
    begin = datetime.combine(today, time(), VIETNAM)
    day = timedelta(days=1)
    plain = SoldTicket(EVENT, "", ADULT, 1, begin, begin + day)
    kinds = (
        (plain, "ok"),
        (replace(plain, admits=2), "ok"),
        (replace(plain, product=CHILD), "ok"),
        (replace(plain, paid=False), "unpaid"),
        (replace(plain, standing=Standing.CANCELLED), "cancelled"),
        (replace(plain, standing=Standing.BLOCKED), "blocked"),
        (replace(plain, valid_from=begin - day, valid_to=begin), "wrong_day"),
        (replace(plain, gate="cong-2"), "wrong_gate"),
    )
    return tuple(
        (replace(ticket, ticket=f"MAU-{today:%Y%m%d}-{number:02}"), expected)
        for number, (ticket, expected) in enumerate(kinds, start=1)
    )


def seed(store: Store, key: Ed25519PrivateKey, now: datetime) -> tuple[SampleTicket, ...]:
    """Put all of it into ``store`` and give the signed tickets. Repeating it on the same day changes nothing."""
    today = now.astimezone(VIETNAM).date()
    sold = tickets(today)
    with store.transaction() as db:
        register.add_plans(db, _PLANS)
        register.add_members(db, members(today))
        for product, audience in ((ADULT, "người lớn"), (CHILD, "trẻ em")):
            selling.put_product(db, Product(EVENT, product, audience), now)
        selling.add_tickets(db, (ticket for ticket, _ in sold), now)
    return tuple(SampleTicket(signed(ticket, ISSUER, key), ticket, expected) for ticket, expected in sold)
