"""What an evidence file holds, and its form: one deterministic CBOR map (RFC 8949 §4.2).

Whoever decrypts it may have got it from anyone, so the parser is strict: known keys, known types, bounded sizes,
printable texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum

from crypto.codes import cbor
from crypto.emrtd.files import MAX_FILE as MAX_CHIP_FILE
from crypto.emrtd.lds import Ef
from crypto.errors import MalformedError, NotSupportedError
from terminal.evidence.fields import Fields, shown
from terminal.model import CheckName, IssuerTrust, Word

MAX_BUNDLE = 6 << 20
VERSION = 1
NONCE = 16

_NAME = "tram-evidence"
_DEPTH = 4
_SHORT, _LONG = 256, 4000
MAX_DER = 1 << 20
"""Bytes of a certificate or revocation list; a longer list is left out."""


class ClockSource(Enum):
    """Where the time came from; neither is a time stamp of somebody else."""

    SYSTEM = "system clock"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Who made the evidence, when, where, with whose consent, for whom. All of it is the maker's own word.

    ``recipient`` is the key id of who may open it; ``nonce`` makes the challenge that the chip signed unpredictable.
    """

    at: datetime = field(repr=False)
    software: str
    consent: str = field(repr=False)
    recipient: bytes = field(repr=False)
    nonce: bytes = field(repr=False)
    operator: str = field(default="", repr=False)
    device: str = ""
    place: str = ""
    clock: ClockSource = ClockSource.SYSTEM

    def __post_init__(self) -> None:
        """Raises MalformedError for a text that is too long, empty where one is needed, or not printable."""
        if not self.consent.strip():
            raise MalformedError("evidence: without a consent there is none")
        for text, most in ((self.consent, _LONG), *((t, _SHORT) for t in (self.operator, self.device, self.place))):
            shown(text, most)


@dataclass(frozen=True, slots=True)
class CardInField:
    """The reader's name, the card's answer to reset, and whether a double answered."""

    reader: str
    atr: bytes
    simulated: bool


@dataclass(frozen=True, slots=True)
class Access:
    """How the chip was opened: protocol, variant, what was tried before, and why BAC (key of a message)."""

    protocol: str
    variant: str = ""
    tried: tuple[str, ...] = ()
    why_bac: str = ""


@dataclass(frozen=True, slots=True)
class SignedChallenge:
    """Active Authentication: what anybody can verify again with DG15, and DG14 for the hash."""

    challenge: bytes = field(repr=False)
    signature: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Said:
    """The words that the reading machine gave, then and there.

    ``chip`` is the protocol by which the chip proved itself to that machine; ``active`` the word of the signature over
    the evidence's own challenge.
    """

    checks: Mapping[CheckName, Word]
    hashes: Mapping[int, Word]
    issuer: IssuerTrust
    active: Word
    chip: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One read. ``certificates`` and ``crls`` are what the reading machine went by, for information: a verifier goes
    by its own."""

    made: Circumstances
    card: CardInField
    access: Access
    files: Mapping[Ef, bytes] = field(repr=False)
    said: Said
    signed: SignedChallenge | None = None
    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    crls: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def groups(self) -> dict[int, bytes]:
        """The data groups by number."""
        return {ef.number: raw for ef, raw in self.files.items() if ef.number}


def encode(evidence: Evidence) -> bytes:
    """The bytes of ``evidence``."""
    said, made = evidence.said, evidence.made
    content: dict[str, object] = {
        "format": _NAME,
        "version": VERSION,
        "made": {**context(made), "software": made.software, "clock": made.clock.value},
        "card": {"reader": evidence.card.reader, "atr": evidence.card.atr, "simulated": int(evidence.card.simulated)},
        "access": {
            "protocol": evidence.access.protocol,
            "variant": evidence.access.variant,
            "tried": list(evidence.access.tried),
            "why_bac": evidence.access.why_bac,
        },
        "files": {ef.name: raw for ef, raw in evidence.files.items()},
        "said": {
            "checks": {name.value: word.value for name, word in said.checks.items()},
            "hashes": {f"DG{number}": word.value for number, word in said.hashes.items()},
            "issuer": said.issuer.value,
            "active": said.active.value,
            "chip": said.chip,
        },
        "certificates": list(evidence.certificates),
        "crls": list(evidence.crls),
    }
    if evidence.signed is not None:
        content["signed"] = {"challenge": evidence.signed.challenge, "signature": evidence.signed.signature}
    return cbor.encode(content)


def context(made: Circumstances) -> dict[str, object]:
    """What the chip's signature is bound to, beside the document: see ``terminal.evidence.challenge``."""
    return {
        "at": made.at.astimezone(UTC).isoformat(),
        "consent": made.consent,
        "operator": made.operator,
        "device": made.device,
        "place": made.place,
        "recipient": made.recipient,
        "nonce": made.nonce,
    }


def decode(raw: bytes) -> Evidence:
    """The evidence in ``raw``. Raises MalformedError, NotSupportedError (a newer version)."""
    root = Fields(cbor.decode(raw, limit=MAX_BUNDLE, depth=_DEPTH))
    if root.text("format", _SHORT) != _NAME:
        raise MalformedError("evidence: another format")
    if root.number("version") != VERSION:
        raise NotSupportedError("evidence: made by a newer version")
    evidence = Evidence(
        made=_circumstances(root.map("made")),
        card=_card(root.map("card")),
        access=_access(root.map("access")),
        files=_files(root.map("files")),
        said=_said(root.map("said")),
        signed=_signed(root.map("signed")) if root.has("signed") else None,
        certificates=root.list_of_bytes("certificates", MAX_DER),
        crls=root.list_of_bytes("crls", MAX_DER),
    )
    root.end()
    return evidence


def _circumstances(made: Fields) -> Circumstances:
    found = Circumstances(
        at=made.time("at"),
        clock=made.one_of("clock", ClockSource),
        software=made.text("software", _SHORT),
        consent=made.text("consent", _LONG),
        recipient=made.octets("recipient", _SHORT),
        nonce=made.octets("nonce", NONCE),
        operator=made.text("operator", _SHORT),
        device=made.text("device", _SHORT),
        place=made.text("place", _SHORT),
    )
    made.end()
    return found


def _card(card: Fields) -> CardInField:
    found = CardInField(card.text("reader", _SHORT), card.octets("atr", _SHORT), card.number("simulated") != 0)
    card.end()
    return found


def _access(access: Fields) -> Access:
    found = Access(
        access.text("protocol", _SHORT),
        access.text("variant", _SHORT),
        access.list_of_texts("tried", _SHORT),
        access.text("why_bac", _SHORT),
    )
    access.end()
    return found


def _files(files: Fields) -> dict[Ef, bytes]:
    known = {ef.name: ef for ef in Ef}
    if not set(files.names()) <= set(known):
        raise MalformedError("evidence: a file that no chip has")
    found = {known[name]: files.octets(name, MAX_CHIP_FILE) for name in files.names()}
    if Ef.SOD not in found:
        raise MalformedError("evidence: without a security object there is none")
    return found


def _said(said: Fields) -> Said:
    checks, hashes = said.map("checks"), said.map("hashes")
    numbers = {f"DG{number}": number for number in range(1, 17)}
    if not set(hashes.names()) <= set(numbers) or not set(checks.names()) <= {name.value for name in CheckName}:
        raise MalformedError("evidence: a word about nothing known")
    found = Said(
        checks={CheckName(name): checks.one_of(name, Word) for name in checks.names()},
        hashes={numbers[name]: hashes.one_of(name, Word) for name in hashes.names()},
        issuer=said.one_of("issuer", IssuerTrust),
        active=said.one_of("active", Word),
        chip=said.text("chip", _SHORT),
    )
    said.end()
    return found


def _signed(signed: Fields) -> SignedChallenge:
    found = SignedChallenge(signed.octets("challenge", _SHORT), signed.octets("signature", _LONG))
    signed.end()
    return found
