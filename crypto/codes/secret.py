"""Codes that say nothing by themselves: the secret under which a server knows a ticket, as pretix and others print it.

pretix: 32 letters and figures at random, or its signature scheme 1 (sig1.py) in base64; at most 255 characters.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from crypto.codes import sig1
from crypto.codes.bhyt import is_insurance_code
from crypto.codes.ticket import Ticket, TicketKey
from crypto.errors import MalformedError, SignatureWrongError

_FORM = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9+/=_.-]{8,255}")
"""A letter at least: what consists of figures may be the number of a person, and is nobody's business."""

_ALWAYS = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


def ticket_of_secret(text: str, event: str) -> Ticket | None:
    """The ticket of ``event`` that bears this secret, if its form is one of a secret; only its server knows whether
    there is one. Its id is made from the secret and does not tell it."""
    if _FORM.fullmatch(text) is None or is_insurance_code(text):
        return None
    mark = base64.b32encode(hashlib.sha256(text.encode()).digest())[:24].decode()
    begins, ends = _ALWAYS
    return Ticket("", f"S-{mark}", event, "", 1, begins, ends, secret=text)


def prove(ticket: Ticket, keys: Sequence[TicketKey], now: datetime) -> Ticket:
    """The ticket, with what its secret says where that is signed by one of ``keys`` (sig1.py), else as it was: without
    its server nobody can tell a forged secret from a random one.

    Raises TicketNotYetError or TicketExpiredError for one that is signed.
    """
    try:
        claims = sig1.verify(ticket.secret, keys, now)
    except (MalformedError, SignatureWrongError):
        return ticket
    return replace(
        ticket,
        product=f"{claims.item}.{claims.variation}" if claims.variation else str(claims.item),
        not_before=claims.valid_from or ticket.not_before,
        expires=claims.valid_until or ticket.expires,
        key_id=claims.key_id,
    )
