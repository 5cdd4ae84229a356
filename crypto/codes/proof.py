"""Proof records: what a terminal found out about somebody, when and by whose word, signed by that terminal.

A CBOR Web Token in COSE_Sign1 like a ticket, written as ``TRAMP:`` and base45, so that it fits on a slip as a QR code.
It names nobody: ``subject`` is the site's keyed hash of the ID number. After facts: gate §3.2 rule 3.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from crypto.codes import base45, sign1
from crypto.errors import MalformedError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PREFIX = "TRAMP:"
MAX_TEXT = 1500

_ISS, _IAT, _CTI = 1, 6, 7
_STATE, _METHOD, _SOURCE, _CHECKS, _SUBJECT = -65540, -65541, -65542, -65543, -65544
_ASKED, _ANSWERED, _REFERENCE, _AS_OF, _UNTIL, _POLICY = -65545, -65546, -65547, -65548, -65549, -65550
_ALWAYS = frozenset({_ISS, _IAT, _CTI, _STATE, _METHOD, _CHECKS, _POLICY})
_SOMETIMES = frozenset({_SOURCE, _SUBJECT, _ASKED, _ANSWERED, _REFERENCE, _AS_OF, _UNTIL})

_WORD = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_TEXT = re.compile(r"[\x20-\x7e]{1,64}")
_MAX_TIME = 253_402_300_799  # the end of the year 9999
_DIGEST, _SHORT = 32, 16


@dataclass(frozen=True, slots=True)
class Proof:
    """One check. Times are whole seconds.

    ``scan_id`` is the record's own id, unique with ``device``; ``state`` the desk's (``eligible``,
    ``degraded_eligible``, …); ``checks`` what was proven of the card, as ``name=word`` pairs in one text; ``source``
    who answered (``online``, ``cache``, …), None when nobody was asked or did; ``asked`` and ``answered`` are SHA-256
    of what went over the wire; ``reference`` is the payer's own; ``as_of`` the age of data that were kept; ``until``
    the last day of the cover; ``policy`` names the rules that held.
    """

    device: str
    scan_id: str
    at: datetime
    state: str
    method: str
    checks: str
    policy: str
    source: str | None = None
    subject: bytes | None = field(default=None, repr=False)
    asked: bytes | None = None
    answered: bytes | None = None
    reference: str | None = None
    as_of: datetime | None = None
    until: date | None = None
    key_id: bytes = b""


def is_proof_text(text: str) -> bool:
    """Whether the text claims to be a proof record."""
    return text[: len(PREFIX)].upper() == PREFIX


def issue(proof: Proof, key: Ed25519PrivateKey) -> str:
    """The signed text; raises MalformedError when a field is out of form."""
    body: dict[int, object] = {
        _ISS: proof.device,
        _IAT: int(proof.at.timestamp()),
        _CTI: proof.scan_id.encode("utf-8", "replace"),
        _STATE: proof.state,
        _METHOD: proof.method,
        _CHECKS: proof.checks,
        _POLICY: proof.policy,
    }
    more: dict[int, object | None] = {
        _SOURCE: proof.source,
        _SUBJECT: proof.subject,
        _ASKED: proof.asked,
        _ANSWERED: proof.answered,
        _REFERENCE: proof.reference,
        _AS_OF: int(proof.as_of.timestamp()) if proof.as_of else None,
        _UNTIL: proof.until.isoformat() if proof.until else None,
    }
    body |= {name: value for name, value in more.items() if value is not None}
    _proof(dict(body), b"")
    return PREFIX + base45.encode(sign1.sign(body, key))


def verify(text: str, keys: Sequence[bytes]) -> Proof:
    """The record, proven to be signed by one of ``keys`` (raw Ed25519 public keys).

    Raises MalformedError, NotSupportedError, IssuerUnknownError (no such key) or SignatureWrongError.
    """
    if not is_proof_text(text) or len(text) > MAX_TEXT:
        raise MalformedError("proof: no such prefix, or too long")
    signed = sign1.parse(base45.decode(text[len(PREFIX) :].upper()))
    proof = _proof(signed.claims, signed.key_id)
    sign1.verify(signed, keys)
    return proof


def _proof(body: Mapping[Any, object], key_id: bytes) -> Proof:
    if not _ALWAYS <= set(body) <= _ALWAYS | _SOMETIMES:
        raise MalformedError("proof: claims missing or unknown")
    token = body[_CTI]
    if not isinstance(token, bytes):
        raise MalformedError("proof: the id is a byte string")
    as_of = body.get(_AS_OF)
    return Proof(
        device=_word(body[_ISS]),
        scan_id=_word(token.decode("utf-8", "replace")),
        at=_time(body[_IAT]),
        state=_word(body[_STATE]),
        method=_word(body[_METHOD]),
        checks=_checks(body[_CHECKS]),
        policy=_word(body[_POLICY]),
        source=_word(body[_SOURCE]) if _SOURCE in body else None,
        subject=_bytes(body.get(_SUBJECT), _SHORT),
        asked=_bytes(body.get(_ASKED), _DIGEST),
        answered=_bytes(body.get(_ANSWERED), _DIGEST),
        reference=_text(body[_REFERENCE]) if _REFERENCE in body else None,
        as_of=_time(as_of) if as_of is not None else None,
        until=_day(body[_UNTIL]) if _UNTIL in body else None,
        key_id=key_id,
    )


def _word(value: object) -> str:
    if not isinstance(value, str) or not _WORD.fullmatch(value):
        raise MalformedError("proof: a word has a wrong form")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not _TEXT.fullmatch(value):
        raise MalformedError("proof: a text has a wrong form")
    return value


def _checks(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"([a-z_]{1,20}=[a-z_]{1,20}(,|$)){0,12}", value):
        raise MalformedError("proof: checks have a wrong form")
    return value


def _bytes(value: object, size: int) -> bytes | None:
    if value is None:
        return None
    if not isinstance(value, bytes) or len(value) != size:
        raise MalformedError("proof: a hash has a wrong length")
    return value


def _time(value: object) -> datetime:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MAX_TIME:
        raise MalformedError("proof: a time is out of range")
    return datetime.fromtimestamp(value, UTC)


def _day(value: object) -> date:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise MalformedError("proof: a day has a wrong form")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise MalformedError("proof: no such day") from None
