"""CMS SignedData (RFC 5652) as states write it: security objects, EF.CardSecurity and master lists.

Taken in BER as well as in DER, with limits. Two questions stay apart: which certificate is the signer's
(``SignedData.signature``), and whether its key signed this content (``Signature.verify``). Whether that signer is
accepted is asked elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from crypto import ber, der, tlv
from crypto.emrtd.signer_info import SignerInfo
from crypto.errors import MalformedError, NotSupportedError, ProofError, SignatureWrongError, SignerMissingError
from crypto.tlv import Tlv
from crypto.trust import signatures
from crypto.trust.certificate import Certificate
from crypto.trust.findings import Finding

_SIGNED_DATA = "1.2.840.113549.1.7.2"
_MAX_VERSION = 5
_MAX_CERTIFICATES = 8
_MAX_SIGNERS = 8

_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature over ``content``, and the certificate that is taken for its signer's.

    ``findings`` names all that is weak or irregular about the object, the signature and that certificate. Nothing is
    proven before ``verify`` returned.
    """

    content_type: str
    content: bytes = field(repr=False)
    info: SignerInfo
    signer: Certificate
    findings: tuple[Finding, ...]

    @property
    def algorithm(self) -> str:
        """A text for reports: ``ECDSA brainpoolP384r1 SHA-256``; raises MalformedError, NotSupportedError."""
        return signatures.describe(self.signer.spki, self.info.algorithm)

    def verify(self) -> None:
        """Check that the signer's key signed this content as this type of content.

        Raises SignatureWrongError; MalformedError or NotSupportedError for a key that cannot be used.
        """
        self.info.verify(self.signer.spki, self.content_type, self.content)


@dataclass(frozen=True, slots=True)
class SignedData:
    """What was signed (``content`` of type ``content_type``), the certificates that came along, and the signers.

    ``findings`` tells what is irregular about the object's form.
    """

    content_type: str
    content: bytes = field(repr=False)
    certificates: tuple[Certificate, ...]
    signers: tuple[SignerInfo, ...]
    findings: tuple[Finding, ...]

    @classmethod
    def parse(cls, raw: bytes) -> SignedData:
        """A ContentInfo that holds SignedData with its content inside; raises MalformedError, NotSupportedError."""
        plain = ber.definite(raw)
        kind, wrapped = _exactly(der.parts(tlv.parse_one(plain)), 2, "content info")
        if der.identifier(kind) != _SIGNED_DATA:
            raise MalformedError("CMS: not signed data")
        members = der.parts(tlv.parse_one(der.value(wrapped, 0xA0)))
        row = tlv.parse_all(tlv.find_optional(members, 0xA0) or b"")
        # Revocation lists (A1) inside the object would be the signer's own word: left aside.
        others = tuple(item for item in members if item.tag not in (0xA0, 0xA1))
        version, digests, encapsulated, signer_infos = _exactly(others, 4, "signed data")
        if der.unsigned(version) > _MAX_VERSION:
            raise NotSupportedError("CMS: signed data of a newer version")
        der.value(digests, der.SET)
        content_type, content = _content(encapsulated)
        # Attribute certificates and other forms (RFC 5652 §10.2.2) have tags of their own.
        found = [item for item in row if item.tag == der.SEQUENCE]
        certificates, unreadable = _each(found, _MAX_CERTIFICATES, lambda item: Certificate.parse(item.encode()))
        infos = der.parts(signer_infos, der.SET)
        signers, unusable = _each(infos, _MAX_SIGNERS, SignerInfo.parse)
        if not signers:
            raise MalformedError("CMS: nobody signed")
        facts = {
            Finding.INDEFINITE_LENGTH: plain != raw,
            Finding.SEVERAL_SIGNERS: len(infos) > 1,
            Finding.CERTIFICATE_UNREADABLE: unreadable or unusable,
        }
        findings = tuple(finding for finding, holds in facts.items() if holds)
        return cls(content_type, content, certificates, signers, findings)

    def signature(self, candidates: Iterable[Certificate] = ()) -> Signature:
        """The signature whose signer's certificate is known: from inside, or else named among ``candidates``.

        When no certificate has the name or key identifier that the object gives, as in documents of several countries,
        the only one inside is taken, or the one whose key made the signature. Raises SignerMissingError.
        """
        for certificates, finding in ((self.certificates, None), (candidates, Finding.SIGNER_NOT_INSIDE)):
            for certificate in certificates:
                for info in self.signers:
                    if info.names(certificate):
                        return self._signature(info, certificate, finding)
        return self._signature(self.signers[0], self._unnamed(), Finding.SIGNER_MISNAMED)

    def _unnamed(self) -> Certificate:
        if len(self.certificates) == 1:
            return self.certificates[0]
        for certificate in self.certificates:
            try:
                self._signature(self.signers[0], certificate, None).verify()
            except (SignatureWrongError, MalformedError, NotSupportedError):
                continue
            return certificate
        raise SignerMissingError("CMS: the signer's certificate is not inside")

    def _signature(self, info: SignerInfo, signer: Certificate, finding: Finding | None) -> Signature:
        found = [*self.findings, *info.findings, *signatures.findings(signer.spki, info.algorithm), *signer.findings]
        if finding is not None:
            found.append(finding)
        return Signature(self.content_type, self.content, info, signer, tuple(dict.fromkeys(found)))


def _exactly(members: tuple[Tlv, ...], count: int, what: str) -> tuple[Tlv, ...]:
    if len(members) != count:
        raise MalformedError(f"CMS: {what}: {len(members)} members where {count} belong")
    return members


def _content(item: Tlv) -> tuple[str, bytes]:
    kind, wrapped = _exactly(der.parts(item), 2, "encapsulated content")
    return der.identifier(kind), der.value(tlv.parse_one(der.value(wrapped, 0xA0)), der.OCTET_STRING)


def _each(items: Sequence[Tlv], limit: int, read: Callable[[Tlv], _Read]) -> tuple[tuple[_Read, ...], bool]:
    """What of ``items`` can be read, and whether something could not; the first refusal when that is everything."""
    if len(items) > limit:
        raise MalformedError("CMS: too many certificates or signers")
    found: list[_Read] = []
    refusals: list[ProofError] = []
    for item in items:
        try:
            found.append(read(item))
        except ProofError as error:
            refusals.append(error)
    if refusals and not found:
        raise refusals[0]
    return tuple(found), bool(refusals)
