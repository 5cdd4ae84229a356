"""Codes that say nothing by themselves: the secret under which a server knows a ticket, as pretix and others print it.

pretix: 32 letters and figures at random, or its signature scheme 1 (sig1.py) in base64; at most 255 characters.
"""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import UTC, datetime

from crypto.codes.bhyt import is_insurance_code
from crypto.codes.ticket import Ticket

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
