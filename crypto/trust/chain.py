"""From a document signer to an accepted root (ICAO Doc 9303-12 §7.1).

The chain is one step long, CSCA to document signer; after a change of the root's key it may pass through link
certificates, by which the older root vouches for the newer one's key.
"""

from __future__ import annotations

from collections.abc import Iterator
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
from crypto.trust.anchor import Anchor
from crypto.trust.certificate import Certificate
from crypto.trust.revocation import Revocation, RevocationState
from crypto.trust.states import country_of
from crypto.trust.store import TrustStore

MAX_LINKS = 4
"""Most link certificates between a document signer and an accepted root; a state changes its key every few years."""

_MAX_CHAINS = 16


class StateDiffersError(IssuerUnknownError):
    """The issuer is accepted, but for another state than the one that the document or its signer names."""


class SignerRestrictedError(IssuerUnknownError):
    """The chain's signatures are right, but a certificate of it is not for this use, or restricted unreadably."""


@dataclass(frozen=True, slots=True)
class IssuerChain:
    """``signer`` is signed by the first of ``links``, each link by the next, the last by ``anchor``; without links by
    ``anchor`` itself. All these signatures are right; dates, revocation and states are asked of the methods."""

    signer: Certificate
    links: tuple[Anchor, ...]
    anchor: Anchor

    @property
    def issuer(self) -> Certificate:
        """The certificate whose key signed the signer's."""
        return (*self.links, self.anchor)[0].certificate

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """Signer, links, root."""
        return (self.signer, *(link.certificate for link in self.links), self.anchor.certificate)

    def verify_valid(self, at: datetime) -> None:
        """Check every certificate's validity period at ``at`` (aware); raises IssuerExpiredError."""
        if not self.signer.valid_at(at):
            raise IssuerExpiredError("chain: the document signer is not valid at this time")
        if not all(certificate.valid_at(at) for certificate in self.certificates):
            raise IssuerExpiredError("chain: the issuer's certificate is not valid at this time")

    def revocation(self, store: TrustStore, at: datetime) -> Revocation:
        """What the accepted revocation lists say about all certificates of the chain at ``at`` (aware).

        The facts of a list are those of the signer's issuer. Raises MalformedError, NotSupportedError.
        """
        found = [_revocation(certificate, store, at) for certificate in self.certificates]
        revoked = next((one for one in found if one.state is RevocationState.REVOKED), None)
        return revoked or found[0]

    def verify_restrictions(self) -> None:
        """Check that nothing critical about signer and links is unknown here; raises SignerRestrictedError.

        Who does not know a critical extension must refuse the certificate (RFC 5280 §4.2). The root is taken for its
        name and key, on the word of whoever accepted it; its extensions are not part of that (§6.1.1).
        """
        if any(certificate.extensions.unknown_critical for certificate in self.certificates[:-1]):
            raise SignerRestrictedError("chain: a critical extension that is not known")

    def verify_document_signer(self) -> None:
        """Check that the signer is none for another purpose (master lists, seals); raises SignerRestrictedError."""
        if self.signer.extensions.special_role:
            raise SignerRestrictedError("chain: the signer's certificate is for signing something else")

    def verify_states(self, states: frozenset[str] = frozenset()) -> None:
        """Check that signer and issuers name one country, and that it is each of ``states`` (two-letter codes).

        A certificate without a country agrees with any, but never with a document's. Raises StateDiffersError.
        """
        found = {country_of(certificate) for certificate in self.certificates} - {None}
        if len(found) > 1:
            raise StateDiffersError("chain: signer and issuer name different countries")
        if any(state != country_of(self.anchor.certificate) for state in states):
            raise StateDiffersError("chain: the issuer is another country's than the document's")


def issuer_of(certificate: Certificate, store: TrustStore, at: datetime) -> IssuerChain:
    """The chain to an accepted issuer, sound at ``at`` (aware).

    Raises as ``find_chain``, and StateDiffersError, SignerRestrictedError, IssuerRevokedError, IssuerExpiredError.
    """
    chain = find_chain(certificate, store, at)
    chain.verify_states()
    chain.verify_restrictions()
    if chain.revocation(store, at).state is RevocationState.REVOKED:
        raise IssuerRevokedError("chain: a certificate of it is revoked")
    chain.verify_valid(at)
    return chain


def find_chain(certificate: Certificate, store: TrustStore, at: datetime) -> IssuerChain:
    """The best chain of right signatures: one that holds at ``at`` before others, a short one before a long one.

    Several exist when a country issued its root again around the same key, or linked it. Raises IssuerUnknownError when
    no accepted issuer signed, SignatureWrongError when one has the name and the key identifier that the certificate
    gives but did not sign it, NotSupportedError or MalformedError when that one's key cannot be used.
    """
    chains: list[IssuerChain] = []
    for path in _paths(certificate, store, MAX_LINKS):
        chains.append(IssuerChain(certificate, path[:-1], path[-1]))
        if len(chains) == _MAX_CHAINS:
            break
    return min(chains, key=lambda chain: (_defects(chain, store, at), len(chain.links)))


def _defects(chain: IssuerChain, store: TrustStore, at: datetime) -> int:
    revoked = chain.revocation(store, at).state is RevocationState.REVOKED
    restricted = any(certificate.extensions.unknown_critical for certificate in chain.certificates[:-1])
    return 4 * revoked + 2 * restricted + (not all(certificate.valid_at(at) for certificate in chain.certificates))


def _paths(certificate: Certificate, store: TrustStore, links: int) -> Iterator[tuple[Anchor, ...]]:
    """The ways up to a root; raises what ``find_chain`` says when there is none."""
    found = False
    for issuer in _signers(certificate, store):
        if issuer.certificate == certificate:
            continue  # a root that was issued again and is kept as a link leads to itself
        if not issuer.link:
            found = True
            yield (issuer,)
        elif links:
            try:
                for rest in _paths(issuer.certificate, store, links - 1):
                    found = True
                    yield (issuer, *rest)
            except ProofError:
                continue  # this link's own root is not accepted any more; another may lead up
    if not found:
        raise IssuerUnknownError("chain: no accepted root at the end of the links")


def _signers(certificate: Certificate, store: TrustStore) -> list[Anchor]:
    """The accepted certificates whose key signed ``certificate``; by key identifier, else by name.

    Successive roots of a country share the name, and key identifiers need not differ between countries (some count
    from 1): a refusal says something only where both are the ones that the certificate gives.
    """
    by_key, by_name = store.issuers_of(certificate)
    found, refusal = _right_ones(certificate, by_key)
    if not found:
        found, _ = _right_ones(certificate, by_name)
    if not found:
        raise refusal or IssuerUnknownError("chain: no accepted issuer signed it")
    return found


def _right_ones(certificate: Certificate, candidates: tuple[Anchor, ...]) -> tuple[list[Anchor], ProofError | None]:
    """Those whose key signed, each key tried once; and the first refusal of one that bears the issuer's name."""
    refusals: dict[bytes, ProofError | None] = {}
    able = [anchor for anchor in candidates if anchor.certificate.is_ca]
    for anchor in able:
        if anchor.certificate.spki not in refusals:
            refusals[anchor.certificate.spki] = _refusal(certificate, anchor.certificate)
    right = [anchor for anchor in able if refusals[anchor.certificate.spki] is None]
    meant = (anchor.certificate for anchor in able if anchor.certificate.subject_key == certificate.issuer_key)
    return right, next((refusal for one in meant if (refusal := refusals[one.spki]) is not None), None)


def _refusal(certificate: Certificate, issuer: Certificate) -> ProofError | None:
    try:
        certificate.verify_signed_by(issuer)
    except (SignatureWrongError, NotSupportedError, MalformedError) as error:
        return error
    return None


def _revocation(certificate: Certificate, store: TrustStore, at: datetime) -> Revocation:
    crl = store.crl_of(certificate.issuer_key)
    if crl is None:
        return Revocation(RevocationState.NO_LIST)
    entry = crl.entries.get(certificate.serial)
    if entry is not None:
        return Revocation(
            RevocationState.REVOKED, crl.this_update, crl.next_update, certificate.subject, entry.since, entry.reason
        )
    old = store.crl_max_age is not None and at - crl.this_update > store.crl_max_age
    late = crl.next_update is not None and at > crl.next_update
    return Revocation(RevocationState.STALE if old or late else RevocationState.GOOD, crl.this_update, crl.next_update)
