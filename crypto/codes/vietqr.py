"""Payment codes (EMVCo QR Code Specification for Payment Systems, merchant-presented mode; VietQR), to be refused."""

from __future__ import annotations

import binascii
from dataclasses import dataclass

from crypto.errors import MalformedError

NAPAS = "A000000727"
"""The application identifier under which VietQR accounts stand in template 38."""

_HEAD = "000201"
_CRC_HEAD = "6304"


@dataclass(frozen=True, slots=True)
class PaymentQr:
    """A payment code. Whose account and how much is nobody's business here; ``vietqr`` says which kind it is."""

    vietqr: bool


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 1021, start FFFF."""
    return binascii.crc_hqx(data, 0xFFFF)


def looks_like_payment(text: str) -> bool:
    """Whether the text begins as a payment code and its checksum is right."""
    body, digits = text[:-4], text[-4:]
    return (
        text.startswith(_HEAD)
        and body.endswith(_CRC_HEAD)
        and digits.upper() == f"{crc16(body.encode('utf-8', 'replace')):04X}"
    )


def parse_payment(text: str) -> PaymentQr:
    """What kind of payment code this is; raises MalformedError when checksum or structure is wrong."""
    if not looks_like_payment(text):
        raise MalformedError("payment QR: head or checksum wrong")
    account = _fields(text).get("38", "")
    return PaymentQr(vietqr=bool(account) and _fields(account).get("00") == NAPAS)


def _fields(text: str) -> dict[str, str]:
    """Two-digit tag, two-digit length in characters, value (§4.1); raises MalformedError."""
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        head = text[at : at + 4]
        if len(head) < 4 or not (head.isascii() and head.isdigit()):
            raise MalformedError("payment QR: tag or length is no number")
        end = at + 4 + int(head[2:])
        if end > len(text):
            raise MalformedError("payment QR: value cut short")
        found[head[:2]] = text[at + 4 : end]
        at = end
    return found
