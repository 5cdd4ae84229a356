"""Every check of a person leaves a proof record: what was asked and answered, as digests, signed by this terminal."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from config.schema import Settings
from terminal.flow.effects import Record
from terminal.model import CheckName, Eligibility, EligibilityAnswer, Source, Word
from terminal.records.device_key import device_key
from terminal.records.entry import kept
from terminal.records.pseudonym import SiteKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_SUBJECT = 16


class DeskState(Enum):
    """What the desk knew about a person's rights when it decided (facts: gate §3.2)."""

    ELIGIBLE = "eligible"
    NOT_ELIGIBLE = "not_eligible"
    CARD_INVALID = "card_invalid"
    UNKNOWN = "unknown"
    PENDING = "pending"
    DEGRADED_ELIGIBLE = "degraded_eligible"
    DEGRADED_UNKNOWN = "degraded_unknown"
    TECHNICAL_ERROR = "technical_error"
    EMERGENCY_OVERRIDE = "emergency_override"
    STAFF_OVERRIDE = "staff_override"
    NOT_ASKED = "not_asked"


_STATES = {
    Eligibility.ELIGIBLE: DeskState.ELIGIBLE,
    Eligibility.NOT_ELIGIBLE: DeskState.NOT_ELIGIBLE,
    Eligibility.CARD_INVALID: DeskState.CARD_INVALID,
    Eligibility.UNKNOWN: DeskState.UNKNOWN,
    Eligibility.PENDING: DeskState.PENDING,
}
_CARD_CHECKS = frozenset({CheckName.SIGNATURE, CheckName.HASHES, CheckName.ISSUER, CheckName.CHIP, CheckName.VALIDITY})


def desk_state(effect: Record) -> DeskState:
    """The state behind a decision. A degraded one is one whose card was read, so that at least the person is proven."""
    if effect.admitted is not None:
        return DeskState.EMERGENCY_OVERRIDE if effect.admitted == "emergency" else DeskState.STAFF_OVERRIDE
    if isinstance(effect.answer, EligibilityAnswer):
        degraded = effect.answer.source is Source.CACHE
        return DeskState.DEGRADED_ELIGIBLE if degraded else _STATES[effect.answer.state]
    if effect.ask_fault is None:
        return DeskState.NOT_ASKED
    proven = effect.reading is not None and all(
        check.word is Word.SUCCESSFUL
        for check in effect.reading.checks
        if check.name in (CheckName.SIGNATURE, CheckName.HASHES, CheckName.ISSUER)
    )
    return DeskState.DEGRADED_UNKNOWN if proven else DeskState.TECHNICAL_ERROR


def policy_of(settings: Settings) -> str:
    """A name for the rules that held: the same demands and limits have the same."""
    offline = settings.offline
    rules = [
        settings.desk,
        sorted(settings.demands),
        settings.backend.driver,
        settings.trust.crl_max_age_days,
        [offline.insurance, offline.cover_hours, offline.cover_days],
    ]
    return hashlib.sha256(json.dumps(rules).encode()).hexdigest()[:12]


class Proofs:
    """Makes the records; keeps the last one until the next, for the slip and the hospital's system."""

    def __init__(self, device: str, key_file: Path, site: SiteKey, policy: str) -> None:
        self._device = device
        self._key_file = key_file
        self._site = site
        self._policy = policy
        self._key: Ed25519PrivateKey | None = None
        self._last: tuple[int, str] | None = None

    def make(self, effect: Record, scan_id: str, now: datetime) -> str | None:
        """The signed record of a decision about a person; None for a ticket's. Raises FaultError for a key that cannot
        be used."""
        from crypto.codes.proof import Proof, issue

        if effect.person is None or effect.ticket is not None:
            return None
        if self._key is None:
            self._key = device_key(self._key_file)
        answer = effect.answer if isinstance(effect.answer, EligibilityAnswer) else None
        number = effect.person.id_number
        proof = Proof(
            device=self._device,
            scan_id=scan_id,
            at=now,
            state=desk_state(effect).value,
            method=effect.method,
            checks=_card(effect),
            policy=self._policy,
            source=answer.source.value if answer else None,
            subject=bytes.fromhex(self._site.pseudonym(number))[:_SUBJECT] if number else None,
            asked=bytes.fromhex(answer.digests.asked) if answer and answer.digests else None,
            answered=bytes.fromhex(answer.digests.answered) if answer and answer.digests else None,
            reference=kept(answer.reference) or None if answer else None,
            as_of=answer.as_of if answer else None,
            until=answer.cover.valid_to if answer and answer.cover else None,
        )
        text = issue(proof, self._key)
        self._last = (effect.session, text)
        return text

    def of(self, session: int) -> str | None:
        """The record of this session, while it is the last."""
        return self._last[1] if self._last is not None and self._last[0] == session else None


def _card(effect: Record) -> str:
    checks = effect.reading.checks if effect.reading else ()
    said = {check.name: check.word for check in checks if check.name in _CARD_CHECKS}
    return ",".join(f"{name.value}={word.value.replace(' ', '_')}" for name, word in said.items())
