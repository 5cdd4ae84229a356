"""From a sold ticket to the signed text that its holder carries."""

from __future__ import annotations

import base64
import secrets
from typing import TYPE_CHECKING

from backend.tickets.sold import SoldTicket
from crypto.codes.ticket import Form, Ticket, issue

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def new_ticket_id() -> str:
    """A fresh ticket id of 13 letters and figures, 64 random bits."""
    return base64.b32encode(secrets.token_bytes(8)).decode("ascii").rstrip("=")


def signed(ticket: SoldTicket, issuer: str, key: Ed25519PrivateKey, form: Form = Form.BASE45) -> str:
    """The ticket's signed text. Raises MalformedError when an id has no valid form."""
    claims = Ticket(
        issuer=issuer,
        ticket_id=ticket.ticket,
        event=ticket.event,
        product=ticket.product,
        admits=ticket.admits,
        not_before=ticket.valid_from,
        expires=ticket.valid_to,
    )
    return issue(claims, key, form)
