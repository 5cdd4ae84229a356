"""What is kept of each person served: the decision and how it came about, never who it was.

No name, no photo, no QR text: the number's masked form and a keyed hash of it are all that points to a person.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from terminal.faults import CATALOGUE
from terminal.model import CheckName, Outcome, Word
from terminal.view import Desk


class Method(Enum):
    """What was presented; HAND is a decision by staff, NOTHING a fault before anything was presented."""

    CHIP_CCCD = "CHIP_CCCD"
    QR_CCCD = "QR_CCCD"
    QR_BHYT = "QR_BHYT"
    TICKET = "TICKET"
    TYPED = "TYPED"
    HAND = "HAND"
    OTHER_CODE = "OTHER_CODE"
    NOTHING = "NOTHING"


_KEY = re.compile(r"[a-z0-9_.]{1,80}")
_WORD = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_MASKED = re.compile(r"[0-9]{3} [0-9]{3} ••••••")
_PSEUDONYM = re.compile(r"[0-9a-f]{64}")
_ID_NUMBER = re.compile(r"(?<![0-9])0[0-9]{11}(?![0-9])")
_PROTOCOL = re.compile(r"[A-Za-z0-9 ./()-]{2,80}")
_KEPT_MAX = 64
_PROOF = re.compile(r"TRAMP:[0-9A-Z $%*+./:-]{1,1500}")
_SINCE_THEN = ("access", "why_bac", "chip_proof", "proof")


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One decision. ``when`` is aware; ``reason`` is the verdict's title key; ``fault`` a catalogue code; ``ms`` the
    time to the decision. Raises ValueError for a field that could hold personal data.

    ``access``, ``why_bac`` and ``chip_proof`` say how a chip was opened, why by BAC, and by what it was asked to prove
    itself; ``proof`` is the signed record of the check (crypto.codes.proof). ``ticket`` (its id) and ``reference`` (a
    backend's) are texts from outside: they are made fit to be kept instead of refused, so that nothing presented or
    answered can keep a decision out of the journal.
    """

    when: datetime
    session: int
    desk: Desk
    device: str
    method: Method
    outcome: Outcome
    reason: str
    fault: str | None = None
    masked: str | None = None
    pseudonym: str | None = None
    checks: tuple[tuple[CheckName, Word], ...] = ()
    scan_id: str | None = None
    ticket: str | None = None
    reference: str | None = None
    simulated: bool = False
    ms: int | None = None
    access: str | None = None
    why_bac: str | None = None
    chip_proof: str | None = None
    proof: str | None = None

    def __post_init__(self) -> None:
        if self.when.tzinfo is None:
            raise ValueError("journal: a time without a zone")
        if self.fault is not None and self.fault not in CATALOGUE:
            raise ValueError("journal: a fault that is not in the catalogue")
        _require("reason", self.reason, _KEY)
        _require("device", self.device, _WORD)
        for name, value, form in (
            ("scan_id", self.scan_id, _WORD),
            ("masked", self.masked, _MASKED),
            ("pseudonym", self.pseudonym, _PSEUDONYM),
            ("access", self.access, _WORD),
            ("why_bac", self.why_bac, _KEY),
            ("chip_proof", self.chip_proof, _PROTOCOL),
            ("proof", self.proof, _PROOF),
        ):
            if value is not None:
                _require(name, value, form)
        object.__setattr__(self, "ticket", kept(self.ticket))
        object.__setattr__(self, "reference", kept(self.reference))

    def to_json(self) -> str:
        """The one way to write this entry: ASCII, keys sorted, no spaces; what the chain hashes."""
        fields: dict[str, object] = {
            "when": self.when.astimezone(UTC).isoformat(timespec="microseconds"),
            "session": self.session,
            "desk": self.desk.value,
            "device": self.device,
            "method": self.method.value,
            "outcome": self.outcome.value,
            "reason": self.reason,
            "fault": self.fault,
            "masked": self.masked,
            "pseudonym": self.pseudonym,
            "checks": [[name.value, word.value] for name, word in self.checks],
            "scan_id": self.scan_id,
            "ticket": self.ticket,
            "reference": self.reference,
            "simulated": self.simulated,
            "ms": self.ms,
        }
        # Written only where there is something to say: entries of before these fields keep their one form.
        for name in _SINCE_THEN:
            if getattr(self, name) is not None:
                fields[name] = getattr(self, name)
        return json.dumps(fields, ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> JournalEntry:
        """The entry that ``to_json`` wrote; raises ValueError for anything else."""
        try:
            fields = json.loads(text)
            entry = cls._from_fields(fields)
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError("journal: not an entry") from error
        if entry.to_json() != text:
            raise ValueError("journal: not written in the canonical form")
        return entry

    @classmethod
    def _from_fields(cls, fields: Mapping[str, object]) -> JournalEntry:
        known = dict(fields)
        known["when"] = datetime.fromisoformat(str(known["when"]))
        known["desk"] = Desk(known["desk"])
        known["method"] = Method(known["method"])
        known["outcome"] = Outcome(known["outcome"])
        pairs = known["checks"]
        kinds = (type(known["session"]), type(known["simulated"]), type(known["ms"]))
        if not isinstance(pairs, list) or kinds not in ((int, bool, int), (int, bool, type(None))):
            raise TypeError("journal: a field of another type")
        known["checks"] = tuple((CheckName(name), Word(word)) for name, word in pairs)
        return cls(**known)  # type: ignore[arg-type]  # every field is checked by __post_init__ and the round trip


def _require(name: str, value: str, form: re.Pattern[str]) -> None:
    if not form.fullmatch(value):
        raise ValueError(f"journal: {name} has another form than agreed")


def kept(text: str | None) -> str | None:
    """A text from outside as it may be kept: the signs that ids are made of, without an ID number that was echoed."""
    if text is None:
        return None
    return _ID_NUMBER.sub("#", re.sub(r"[^A-Za-z0-9._:/#+=-]", "?", text[:_KEPT_MAX]))
