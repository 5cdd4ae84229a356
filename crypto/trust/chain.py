"""From a document signer to an accepted issuer (ICAO Doc 9303-12 §7.1: one step, CSCA to document signer)."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime

from crypto.errors import (
    IssuerExpiredError,
    IssuerRevokedError,
    IssuerUnknownError,
    MalformedError,
    NotSupportedError,
    ProofError,
    SignatureWrongError,
)
from crypto.trust.certificate import Certificate
from crypto.trust.store import Anchor, TrustStore


@dataclass(frozen=True, slots=True)
class Revoked:
    """A certificate that its issuer took back: the issuer's name (comparison key) and the serial number."""

    issuer_key: str
    serial: int


def issuer_of(certificate: Certificate, store: TrustStore, at: datetime, revoked: Set[Revoked] = frozenset()) -> Anchor:
    """The accepted issuer that signed ``certificate``, both valid at ``at`` (aware).

    Raises IssuerUnknownError when no anchor has the key that it names, SignatureWrongError when an anchor has this
    very key identifier but did not sign it, NotSupportedError or MalformedError when that anchor's key cannot be used,
    IssuerRevokedError, IssuerExpiredError.
    """
    signers = _signers(certificate, store)
    if Revoked(certificate.issuer_key, certificate.serial) in revoked:
        raise IssuerRevokedError("chain: the issuer has revoked the document signer")
    if not certificate.valid_at(at):
        raise IssuerExpiredError("chain: the document signer is not valid at this time")
    for anchor in signers:
        if anchor.certificate.valid_at(at):
            return anchor
    raise IssuerExpiredError("chain: the issuer's certificate is not valid at this time")


def _signers(certificate: Certificate, store: TrustStore) -> list[Anchor]:
    """The anchors whose key signed: several when a country re-issued its root around the same key."""
    found: list[Anchor] = []
    refusal: ProofError = IssuerUnknownError("chain: no accepted issuer signed the document signer")
    for anchor in store.anchors:
        by_key = _same_key_id(certificate, anchor.certificate)
        by_name = certificate.issuer_key == anchor.certificate.subject_key
        if not anchor.certificate.is_ca or not (by_key or by_name):
            continue
        try:
            certificate.verify_signed_by(anchor.certificate)
            found.append(anchor)
        except (SignatureWrongError, NotSupportedError, MalformedError) as error:
            # The name alone says little: successive roots of a country share it.
            refusal = error if by_key else refusal
    if not found:
        raise refusal
    return found


def _same_key_id(certificate: Certificate, issuer: Certificate) -> bool:
    return certificate.authority_key_id is not None and certificate.authority_key_id == issuer.subject_key_id
