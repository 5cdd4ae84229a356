"""One signer of a CMS object (RFC 5652 §5.3): who, with which algorithms, over what exactly."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from datetime import datetime

from crypto import der, tlv
from crypto.errors import MalformedError, NotSupportedError, SignatureWrongError
from crypto.tlv import Tlv
from crypto.trust import names, signatures, times
from crypto.trust.certificate import Certificate, serial_of
from crypto.trust.findings import Finding
from crypto.trust.signatures import SignatureAlgorithm

_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SIGNING_TIME = "1.2.840.113549.1.9.5"
_MAX_ATTRIBUTES = 32
_MAX_VERSION = 5


@dataclass(frozen=True, slots=True)
class SignedAttributes:
    """What was signed in the content's stead. ``encoded`` is the SET with its attributes in the order they came in."""

    encoded: bytes = field(repr=False)
    sorted: bytes = field(repr=False)
    """The same in the order of DER (ITU-T X.690 §11.6)."""
    content_type: str
    message_digest: bytes = field(repr=False)
    signing_time: datetime | None = field(repr=False)
    """When the signer says that he signed (RFC 5652 §11.3); None when he does not, or in no readable form."""


@dataclass(frozen=True, slots=True)
class SignerInfo:
    """Named either by issuer (comparison key, ``crypto.trust.names``) and serial number, or by key identifier.

    ``digest`` is the hash of the content, a ``hashlib`` name. Without ``attributes`` the content itself is signed.
    """

    issuer_key: str | None = field(repr=False)
    serial: int | None
    key_id: bytes | None
    digest: str
    algorithm: SignatureAlgorithm
    attributes: SignedAttributes | None
    signature: bytes = field(repr=False)

    @classmethod
    def parse(cls, item: Tlv) -> SignerInfo:
        """The SignerInfo, a SEQUENCE in definite form; raises MalformedError, NotSupportedError."""
        members = list(der.parts(item))
        if members and members[-1].tag == 0xA1:
            members.pop()  # unsigned attributes say nothing
        attributes = members.pop(3) if len(members) > 3 and members[3].tag == 0xA0 else None
        if len(members) != 5:
            raise MalformedError("CMS: signer info of another form")
        version, name, digest_algorithm, signature_algorithm, signature = members
        if der.unsigned(version) > _MAX_VERSION:
            raise NotSupportedError("CMS: signer info of a newer version")
        issuer_key, serial, key_id = _signer_name(name)
        digest = signatures.digest_of(digest_algorithm.encode())
        return cls(
            issuer_key=issuer_key,
            serial=serial,
            key_id=key_id,
            digest=digest,
            algorithm=signatures.algorithm_of(signature_algorithm.encode(), digest),
            attributes=None if attributes is None else _attributes(attributes.value),
            signature=der.value(signature, der.OCTET_STRING),
        )

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is weak or irregular about it, the signature's algorithm and key aside."""
        facts = {
            Finding.SHA1: self.digest == "sha1",
            Finding.NO_SIGNED_ATTRIBUTES: self.attributes is None,
            Finding.UNSORTED_ATTRIBUTES: self.attributes is not None
            and self.attributes.encoded != self.attributes.sorted,
        }
        return tuple(finding for finding, holds in facts.items() if holds)

    def names(self, certificate: Certificate) -> bool:
        """Whether ``certificate`` is the one that this signer info gives as the signer's."""
        if self.key_id is not None:
            return self.key_id == certificate.subject_key_id
        return self.serial == certificate.serial and self.issuer_key == certificate.issuer_key

    def verify(self, spki: bytes, content_type: str, content: bytes) -> None:
        """Check the content against the signed attributes, and these (or the content alone) against the signature.

        Raises SignatureWrongError; MalformedError or NotSupportedError for a key that cannot be used.
        """
        if self.attributes is None:
            signatures.verify(spki, self.algorithm, self.signature, content)
            return
        if self.attributes.content_type != content_type:
            raise SignatureWrongError("CMS: signed for another content type")
        if not hmac.compare_digest(self.attributes.message_digest, signatures.digest(self.digest, content)):
            raise SignatureWrongError("CMS: the content is not what was signed")
        self._verify_attributes(self.attributes, spki)

    def _verify_attributes(self, attributes: SignedAttributes, spki: bytes) -> None:
        try:
            signatures.verify(spki, self.algorithm, self.signature, attributes.sorted)
        except SignatureWrongError:
            # RFC 5652 §5.4 has the DER order signed; some signers hash the order that they send.
            if attributes.encoded == attributes.sorted:
                raise
            signatures.verify(spki, self.algorithm, self.signature, attributes.encoded)


def _signer_name(item: Tlv) -> tuple[str | None, int | None, bytes | None]:
    if item.tag == 0x80:
        return None, None, item.value
    members = der.parts(item)
    if len(members) != 2:
        raise MalformedError("CMS: the signer is not named by issuer and serial number")
    return names.comparison_key(members[0]), serial_of(members[1]), None


def _attributes(row: bytes) -> SignedAttributes:
    items = tlv.parse_all(row)
    if len(items) > _MAX_ATTRIBUTES:
        raise MalformedError("CMS: too many signed attributes")
    pairs = [der.parts(item) for item in items]
    if any(len(pair) != 2 for pair in pairs):
        raise MalformedError("CMS: a signed attribute is not type and values")
    values = [(der.identifier(kind), der.parts(found, der.SET)) for kind, found in pairs]
    return SignedAttributes(
        encoded=tlv.encode(der.SET, row),  # RFC 5652 §5.4: signed under its own tag, not [0]
        sorted=tlv.encode(der.SET, b"".join(sorted(item.encode() for item in items))),
        content_type=der.identifier(_value_of(values, _CONTENT_TYPE)),
        message_digest=der.value(_value_of(values, _MESSAGE_DIGEST), der.OCTET_STRING),
        signing_time=_signing_time(values),
    )


def _signing_time(attributes: list[tuple[str, tuple[Tlv, ...]]]) -> datetime | None:
    try:
        return times.read(_value_of(attributes, _SIGNING_TIME))[0]
    except MalformedError:
        return None


def _value_of(attributes: list[tuple[str, tuple[Tlv, ...]]], kind: str) -> Tlv:
    found = [values for name, values in attributes if name == kind]
    if len(found) != 1 or len(found[0]) != 1:
        raise MalformedError("CMS: content type and message digest are required once each among the signed attributes")
    return found[0][0]
