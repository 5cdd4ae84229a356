"""Whether the issuer of a document is accepted here, and all that is known about it: path, dates, revocation, states.

What is only a fact (an old revocation list, a key used outside of its period) is a finding and decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from crypto.emrtd.dg1 import parse_dg1
from crypto.emrtd.dg12 import parse_dg12
from crypto.emrtd.passive_auth import SecurityObject
from crypto.emrtd.vietnam import parse_dg13
from crypto.errors import (
    IssuerExpiredError,
    IssuerUnknownError,
    MalformedError,
    NotSupportedError,
    ProofError,
    SignatureWrongError,
)
from crypto.trust.certificate import Certificate
from crypto.trust.chain import IssuerChain, SignerRestrictedError, StateDiffersError, find_chain
from crypto.trust.revocation import Revocation, RevocationState
from crypto.trust.states import country_code, country_of
from crypto.trust.store import TrustStore
from terminal.clock import VIETNAM_TIME
from terminal.model import IssuerTrust, Message, Word

Files = Mapping[int, bytes]
"""Data groups, whole as read, by number."""

_VIETNAM = "VNM"
_NAME = 120


@dataclass(frozen=True, slots=True)
class IssuerStep:
    """A certificate on the way from the document signer up: whose, and its SHA-256 fingerprint."""

    subject: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class IssuerReport:
    """``word`` is FAILED when the chain's signature is wrong, UNDETERMINED when there is no chain. ``path`` leads from
    the signer's issuer to the accepted root; empty without a chain."""

    trust: IssuerTrust
    word: Word
    why: tuple[Message, ...] = ()
    path: tuple[IssuerStep, ...] = ()
    revocation: Revocation | None = None
    findings: tuple[Message, ...] = ()


def states_of(sod: SecurityObject, files: Files) -> frozenset[str]:
    """The states (two-letter codes) that the document's own words and its signer name as its issuer."""
    signer = country_of(sod.signer)
    return frozenset(country_code(state) for state in _states(files)) | ({signer} if signer else frozenset())


def judge_issuer(sod: SecurityObject, files: Files, store: TrustStore, at: datetime) -> IssuerReport:
    """The report on the issuer of a document at ``at`` (aware). Never raises for what the bytes say."""
    signer = sod.signer
    try:
        chain = find_chain(signer, store, at)
        revocation = chain.revocation(store, at)
    except IssuerUnknownError:
        return _no_chain("issuer_unknown", _missing(signer))
    except SignatureWrongError:
        return IssuerReport(IssuerTrust.UNKNOWN, Word.FAILED, (Message("why.issuer_signature"),))
    except (NotSupportedError, MalformedError):
        return _no_chain("algorithm")
    states = _states(files)
    trust, why = _trust(chain, revocation, states, store.crl_max_age, at)
    return IssuerReport(
        trust=trust,
        word=Word.SUCCESSFUL,
        why=(Message(f"why.{why}"),) if why else (),
        path=tuple(IssuerStep(one.subject, one.fingerprint) for one in chain.certificates[1:]),
        revocation=revocation,
        findings=(*_state_findings(chain, states), *_facts(chain, revocation, at), *_key_periods(chain, sod, files)),
    )


def _no_chain(why: str, *findings: Message) -> IssuerReport:
    return IssuerReport(IssuerTrust.UNKNOWN, Word.UNDETERMINED, (Message(f"why.{why}"),), findings=findings)


def _missing(signer: Certificate) -> Message:
    key_id = (signer.authority_key_id or b"").hex().upper()
    return Message.of("finding.missing_issuer", issuer=signer.issuer[:_NAME], key_id=key_id or "–")


def _trust(
    chain: IssuerChain, revocation: Revocation, states: frozenset[str], max_age: timedelta | None, at: datetime
) -> tuple[IssuerTrust, str]:
    """The verdict and the last part of the reason's key; what weighs most comes first."""
    if revocation.state is RevocationState.REVOKED:
        return IssuerTrust.REVOKED, "issuer_revoked"
    try:
        chain.verify_states(frozenset(country_code(state) for state in states))
        chain.verify_document_signer()
        chain.verify_restrictions()
        chain.verify_valid(at)
    except StateDiffersError:
        return IssuerTrust.UNKNOWN, "issuer_state"
    except SignerRestrictedError:
        return IssuerTrust.UNKNOWN, "issuer_restricted"
    except IssuerExpiredError:
        return IssuerTrust.EXPIRED, "issuer_expired"
    if max_age is not None:
        # This site demands a list that is not older: without one, what the issuer took back since is not known.
        if revocation.this_update is None:
            return IssuerTrust.EXPIRED, "crl_missing"
        if at - revocation.this_update > max_age:
            return IssuerTrust.EXPIRED, "crl_old"
    return IssuerTrust.TRUSTED, ""


def _states(files: Files) -> frozenset[str]:
    """The states that issued the document by its own words: that of the MRZ, and Vietnam for a Vietnamese DG13."""
    found = set()
    with suppress(KeyError, ProofError):  # a zone that cannot be read names nobody either
        found.add(parse_dg1(files[1]).state)
    with suppress(KeyError, ProofError):  # another country's DG13 may hold anything
        parse_dg13(files[13])
        found.add(_VIETNAM)
    return frozenset(found)


def _state_findings(chain: IssuerChain, states: frozenset[str]) -> Iterator[Message]:
    try:
        chain.verify_states(frozenset(country_code(state) for state in states))
    except StateDiffersError:
        country = country_of(chain.anchor.certificate) or "–"
        named = ", ".join(sorted(states)) or country_of(chain.signer) or "–"
        yield Message.of("finding.state_differs", state=named, country=country)


def _facts(chain: IssuerChain, revocation: Revocation, at: datetime) -> Iterator[Message]:
    if chain.links:
        yield Message.of("finding.linked", count=str(len(chain.links)))
    if revocation.this_update is None:
        yield Message("finding.crl_none")
        return
    if revocation.state is RevocationState.REVOKED and revocation.since is not None:
        since = _day(revocation.since)
        yield Message.of(f"revoked.{revocation.reason}", subject=revocation.subject[:_NAME], date=f"{since:%d/%m/%Y}")
    key = "crl_stale" if revocation.state is RevocationState.STALE else "crl"
    day, age = _day(revocation.this_update), revocation.age_days(at)
    yield Message.of(f"finding.{key}", date=f"{day:%d/%m/%Y}", days=str(age))


def _key_periods(chain: IssuerChain, sod: SecurityObject, files: Files) -> Iterator[Message]:
    """Keys that signed outside of their period (Doc 9303-12 §7.1): irregular, and no proof of anything."""
    issued = _issued(files) or (_day(sod.signing_time) if sod.signing_time else None)
    if issued is not None and not _in_period(chain.signer, issued):
        yield Message.of("finding.key_period", date=f"{issued:%d/%m/%Y}")
    made = _day(chain.signer.not_before)
    if not _in_period(chain.issuer, made):
        yield Message.of("finding.issuer_key_period", date=f"{made:%d/%m/%Y}")


def _in_period(certificate: Certificate, day: date) -> bool:
    begin, end = certificate.private_key_from, certificate.private_key_until
    return (begin is None or _day(begin) <= day) and (end is None or day <= _day(end))


def _issued(files: Files) -> date | None:
    """The document's date of issue, from DG13 or DG12."""
    with suppress(KeyError, ProofError):
        return parse_dg13(files[13]).issued
    with suppress(KeyError, ProofError):
        issued = parse_dg12(files[12]).issued
        return issued.exact if issued else None
    return None


def _day(at: datetime) -> date:
    try:
        return at.astimezone(VIETNAM_TIME).date()
    except OverflowError:
        return at.date()  # "no end" is written as the last second that a calendar has
