"""From raw code bytes or typed text to what the session can use; signatures are verified here, before the session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from crypto.codes import bhyt, ticket
from crypto.codes.citizen_id import CitizenQr
from crypto.codes.sniff import (
    DamagedQr,
    InsuranceQr,
    LinkQr,
    PaymentQr,
    TicketQr,
    sniff,
)
from crypto.errors import MalformedError, ProofError
from crypto.id_number import IdNumber
from terminal.model import DataSource, Person
from terminal.proof.access import ChipAccess
