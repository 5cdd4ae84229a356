"""Master lists: one state's signed collection of roots (ICAO Doc 9303-12 §9, CMS content 2.23.136.1.1.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from crypto import ber, der, tlv
from crypto.emrtd.cms import Signature, SignedData
from crypto.errors import MalformedError, NotSupportedError, ProofError, SignatureWrongError
from crypto.trust.certificate import Certificate
from crypto.trust.chain import issuer_of
from crypto.trust.store import TrustStore

MASTER_LIST_SIGNING = "2.23.136.1.1.3"
"""The extended key usage of master list signers (Doc 9303-12 §7.1.1, §9)."""

_CONTENT_TYPE = "2.23.136.1.1.2"
_MAX_CERTIFICATES = 4096


class ListSignerError(ProofError):
    """The list's signature is right, but nobody accepted this signer for lists."""


@dataclass(frozen=True, slots=True)
class MasterList:
    """A master list: ``members`` in DER as they came, not yet parsed; nothing is proven before ``verify``.

    ``given`` is the certificate that the operator named: the signer's own, or its issuer's.
    """

    members: tuple[bytes, ...] = field(repr=False)
    given: Certificate | None
    _signature: Signature = field(repr=False)

    @classmethod
    def parse(cls, raw: bytes, given: Certificate | None = None) -> MasterList:
        """The list from its CMS object; raises MalformedError, NotSupportedError, SignerMissingError."""
        signed = SignedData.parse(raw)
        if signed.content_type != _CONTENT_TYPE:
            raise NotSupportedError("master list: the signed content is something else")
        certificates = _certificates(signed.content)
        if len(certificates) > _MAX_CERTIFICATES:
            raise MalformedError("master list: too many certificates")
        return cls(certificates, given, signed.signature([given] if given else ()))

    @property
    def signer(self) -> Certificate:
        """The certificate that is taken for the signer's."""
        return self._signature.signer

    def verify(self, store: TrustStore, at: datetime) -> Certificate:
        """Check the signature, and that an accepted issuer vouches for its signer; the certificate that vouched.

        Without ``given``, the signer must lead to an accepted root. The dates count at the list's signing time, or at
        ``at`` (aware) where it does not tell: a list stays what its signer said, also after his certificate ended.

        Raises SignatureWrongError, MalformedError, NotSupportedError, ListSignerError (a signer whom ``given`` does not
        vouch for, or who may not sign lists), IssuerUnknownError, IssuerExpiredError, IssuerRevokedError.
        """
        self._signature.verify()
        signer, given, attributes = self.signer, self.given, self._signature.info.attributes
        if given is not None and signer == given:
            return given
        told = attributes.signing_time if attributes else None
        when = min(told or at, at)
        if MASTER_LIST_SIGNING not in signer.extensions.extended_use:
            # Any document signer of an accepted state could make lists otherwise.
            raise ListSignerError("master list: its signer may not sign master lists")
        if given is None:
            return issuer_of(signer, store, when).anchor.certificate
        _verify_issued(signer, given, when)
        return given


def _certificates(content: bytes) -> tuple[bytes, ...]:
    try:
        members = der.parts(tlv.parse_one(content))
    except MalformedError:
        # Perhaps BER; each certificate takes care of itself, and walking through all of them takes time.
        members = der.parts(tlv.parse_one(ber.definite(content)))
    if len(members) != 2 or der.unsigned(members[0]) != 0:
        raise NotSupportedError("master list: not of version 0")
    return tlv.slices(der.value(members[1], der.SET))


def _verify_issued(signer: Certificate, given: Certificate, when: datetime) -> None:
    if not given.is_ca:
        raise ListSignerError("master list: the given certificate is neither its signer's nor an issuer's")
    try:
        signer.verify_signed_by(given)
    except SignatureWrongError:
        raise ListSignerError("master list: the given certificate's key did not sign the signer's") from None
    if signer.extensions.unknown_critical:
        raise ListSignerError("master list: its signer's certificate has a critical extension that is not known")
    if not (signer.valid_at(when) and given.valid_at(when)):
        raise ListSignerError("master list: its signer was not valid when it was signed")
