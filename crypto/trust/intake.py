"""What becomes of a file of certificates that an operator imports: who vouches for it, and what gets in.

A whole file gets in when the operator confirms its SHA-256, or when it is a master list whose signer is accepted. From
any other file only that is taken for which an accepted root vouches itself: link certificates and the roots they name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum

from crypto.errors import MalformedError, NotSupportedError, ProofError, SignatureWrongError
from crypto.trust.anchor import Anchor, Provenance, Way
from crypto.trust.bundle import FileContents
from crypto.trust.certificate import Certificate
from crypto.trust.chain import issuer_of
from crypto.trust.extensions import KeyUsage
from crypto.trust.master_list import MasterList
from crypto.trust.revocation import Crl
from crypto.trust.states import country_of
from crypto.trust.store import FingerprintDiffersError, TrustRefusedError, TrustStore, plain_fingerprint


class Reason(Enum):
    """Why a certificate of a file did not get in."""

    MALFORMED = "malformed"
    NOT_SUPPORTED = "not supported"
    NO_ISSUER = "may not sign others"
    NOT_CONFIRMED = "nobody vouches for it"


@dataclass(frozen=True, slots=True)
class Rejected:
    """A certificate that did not get in: its subject, or its place in the file when even that cannot be read."""

    subject: str
    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Intake:
    """What a file came to: ``accepted`` are in the store now, ``new`` of them since this import.

    ``signed`` says whether the file has a signature, ``refusal`` why that does not count; ``states`` are the two-letter
    codes of the accepted, in order. ``signer`` is a master list's, as far as it could be found.
    """

    certificates: int
    accepted: int
    new: int
    rejected: tuple[Rejected, ...]
    states: tuple[str, ...]
    signed: bool
    refusal: ProofError | None = None
    signer: Certificate | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a file came from: its name, when (aware), and the operator's words."""

    source: str
    at: datetime
    words: str = field(default="", repr=False)


def import_bundle(store: TrustStore, contents: FileContents, origin: Origin, confirmed: str | None = None) -> Intake:
    """Import a file of certificates. ``confirmed`` is the file's SHA-256 as the operator gives it.

    Raises FingerprintDiffersError when that is not this file's; TrustRefusedError, OSError from the store.
    """
    if confirmed is not None and plain_fingerprint(confirmed) != contents.fingerprint:
        raise FingerprintDiffersError("trust: the file's SHA-256 fingerprint is not the one given")
    fit, rejected = _sorted_out(contents.parts)
    way = Way.BUNDLE if confirmed is not None else Way.LINK
    base = Provenance(way, origin.source, origin.at, contents.fingerprint, words=origin.words)
    anchors = _linked(store, fit, base, origin.at) if confirmed is None else [Anchor(one, base) for one in fit]
    return _taken(store, contents, fit, anchors, rejected)


def import_master_list(
    store: TrustStore, contents: FileContents, origin: Origin, signer: Certificate | None = None
) -> Intake:
    """Import a master list. ``signer`` is the certificate that the operator named: the signer's own or its issuer's.

    A list that is not what it should be, or whose signer nobody accepted, comes back with its ``refusal`` and lets
    nothing in. Raises TrustRefusedError, OSError from the store.
    """
    try:
        found = MasterList.parse(contents.parts[0], signer)
    except ProofError as error:
        return Intake(0, 0, 0, (), (), signed=True, refusal=error)
    fit, rejected = _sorted_out(found.members)
    try:
        voucher = found.verify(store, origin.at).fingerprint
    except ProofError as error:
        unvouched = tuple(Rejected(one.subject, Reason.NOT_CONFIRMED) for one in fit)
        every = (*rejected, *unvouched)
        return Intake(len(found.members), 0, 0, every, (), signed=True, refusal=error, signer=found.signer)
    base = Provenance(Way.MASTER_LIST, origin.source, origin.at, contents.fingerprint, voucher, origin.words)
    taken = _taken(store, contents, fit, [Anchor(certificate, base) for certificate in fit], rejected)
    return replace(taken, certificates=len(found.members), signed=True, signer=found.signer)


def import_crl(store: TrustStore, contents: FileContents, origin: Origin) -> Crl:
    """Import a revocation list: an accepted certificate of its issuer's name must have signed it.

    Raises TrustRefusedError (nobody accepted that issuer, the list is from the future, or older than what is there),
    SignatureWrongError, MalformedError, NotSupportedError, OSError.
    """
    crl = Crl.parse(contents.parts[0])
    if crl.this_update > origin.at:
        raise TrustRefusedError("trust: the list is from the future; is this computer's clock right?")
    issuers = [anchor for anchor in store.named(crl.issuer_key) if _may_sign_lists(anchor.certificate, origin.at)]
    if not issuers:
        raise TrustRefusedError("trust: nobody accepted the list's issuer, or its certificates are not valid now")
    voucher = _signer_of(crl, issuers)
    way = Provenance(Way.LINK, origin.source, origin.at, contents.fingerprint, voucher.fingerprint, origin.words)
    store.accept_crl(crl, way)
    return crl


def _may_sign_lists(certificate: Certificate, at: datetime) -> bool:
    usage = certificate.extensions.key_usage
    return certificate.valid_at(at) and (usage is None or KeyUsage.CRL_SIGN in usage)


def _signer_of(crl: Crl, issuers: Sequence[Anchor]) -> Anchor:
    refusal: ProofError = SignatureWrongError("CRL: the signature does not verify")
    for anchor in issuers:
        try:
            crl.verify_signed_by(anchor.certificate)
        except SignatureWrongError:
            continue
        except (MalformedError, NotSupportedError) as error:
            refusal = error
        else:
            return anchor
    raise refusal


def _sorted_out(parts: Iterable[bytes]) -> tuple[list[Certificate], list[Rejected]]:
    """The certificates that can be an issuer's, and the others with the reason."""
    fit, rejected = [], []
    for number, part in enumerate(parts, 1):
        try:
            certificate = Certificate.parse(part)
            if certificate.is_ca:
                fit.append(certificate)
            else:
                rejected.append(Rejected(certificate.subject, Reason.NO_ISSUER))
        except ProofError as error:
            reason = Reason.NOT_SUPPORTED if isinstance(error, NotSupportedError) else Reason.MALFORMED
            place = f"#{number} (SHA-256 {hashlib.sha256(part).hexdigest()[:16]}…)"
            rejected.append(Rejected(place, reason, str(error)))
    return fit, rejected


def _linked(store: TrustStore, fit: Sequence[Certificate], base: Provenance, at: datetime) -> list[Anchor]:
    """Those for which accepted roots vouch, in turn: a link certificate, the root that it names, its next link…"""
    found: list[Anchor] = []
    there = store.fingerprints
    open_ones = [certificate for certificate in fit if certificate.fingerprint not in there]
    while True:
        known = store.with_anchors(found)
        fresh = [anchor for one in open_ones if (anchor := _vouched(one, known, base, at)) is not None]
        if not fresh:
            return found
        found += fresh
        names = {anchor.fingerprint for anchor in fresh}
        open_ones = [certificate for certificate in open_ones if certificate.fingerprint not in names]


def _vouched(certificate: Certificate, store: TrustStore, base: Provenance, at: datetime) -> Anchor | None:
    """The certificate as an anchor when an accepted root, itself or through a link, vouches for it at ``at``."""
    for link in store.named(certificate.subject_key):
        if link.link and _is_root_of(certificate, link.certificate, store, at):
            return Anchor(certificate, replace(base, voucher=link.fingerprint))
    try:
        chain = issuer_of(certificate, store, at)
    except ProofError:
        return None
    voucher = (*chain.links, chain.anchor)[0]
    return Anchor(certificate, replace(base, voucher=voucher.fingerprint), link=True)


def _is_root_of(certificate: Certificate, link: Certificate, store: TrustStore, at: datetime) -> bool:
    """Whether it is the self-signed certificate around the key that the link vouches for."""
    if certificate.spki != link.spki:
        return False
    try:
        certificate.verify_signed_by(certificate)
        issuer_of(link, store, at)
    except ProofError:
        return False
    return True


def _taken(
    store: TrustStore,
    contents: FileContents,
    fit: Sequence[Certificate],
    anchors: Sequence[Anchor],
    rejected: list[Rejected],
) -> Intake:
    """Keep ``anchors``, and say what became of every certificate of the file."""
    before = store.fingerprints
    store.accept(anchors)
    now = store.fingerprints
    accepted = [certificate for certificate in fit if certificate.fingerprint in now]
    rejected += [Rejected(one.subject, Reason.NOT_CONFIRMED) for one in fit if one.fingerprint not in now]
    states = {country_of(certificate) for certificate in accepted} - {None}
    return Intake(
        certificates=len(contents.parts),
        accepted=len(accepted),
        new=len(now - before),
        rejected=tuple(rejected),
        states=tuple(sorted(state for state in states if state)),
        signed=False,
    )
