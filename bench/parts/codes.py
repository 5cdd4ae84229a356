"""QR texts of every kind, good and bad, all invented; numbered ones differ from person to person."""

from __future__ import annotations

import random
from collections.abc import Mapping
from types import MappingProxyType

INSURANCE = (
    b"0123456789|4e677579e1bb856e2056c4836e205468e1bbad|20/11/1990|1|"
    b"5068c6b0e1bb9d6e67204769e1baa320c490e1bb8b6e682c2048c3a0204ee1bb9969|01 - 000|01/01/2026|31/12/2026|15/12/2025|"
    b"01000123456789|-|4| 01/01/2027|0123456789abcdef-1202|4|5468c3a06e68207068e1bb912048c3a0204ee1bb9969|$"
)
PAYMENT = (
    b"00020101021238540010A00000072701240006970400011000000000000208QRIBFTTA530370454061500005802VN"
    b"62170813VE THU NGHIEM63046A62"
)
LINK = b"https://trang-an-mau.example/ve?id=1"

_LARGEST = 2953
"""Bytes that the largest QR symbol holds (version 40, level L)."""


def citizen(number: int) -> bytes:
    """The QR text of an invented person's card; nobody's twice."""
    return (
        f"003090{number:06}||NGƯỜI THỬ SỐ {number}|20111990|Nam|Số {number} Đường Thử, Phường Giả Định, Hà Nội|15072021"
    ).encode()


def every_kind(good_ticket: bytes, expired_ticket: bytes) -> Mapping[str, bytes]:
    """One of each kind that people hold up, by name. Only ``good ticket`` admits at a gate."""
    chance = random.Random(4)  # noqa: S311 - the same each time
    card = citizen(1)
    return MappingProxyType(
        {
            "card": card,
            "insurance": INSURANCE,
            "good ticket": good_ticket,
            "forged ticket": good_ticket[:-2] + (b"00" if good_ticket[-2:] != b"00" else b"11"),
            "expired ticket": expired_ticket,
            "cut ticket": good_ticket[: len(good_ticket) // 2],
            "payment": PAYMENT,
            "link": LINK,
            "damaged card": card.decode().encode("ascii", "replace"),
            "card in a wrong charset": card.decode().encode("cp1258", "replace"),
            "binary": chance.randbytes(400),
            "zeros": bytes(200),
            "huge": bytes(chance.choices(b"0123456789ABCDEF|", k=_LARGEST)),
            "bars": b"|" * 1000,
            "one sign": b"1",
        }
    )
