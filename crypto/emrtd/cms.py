"""CMS SignedData with one signer (RFC 5652), as a security object is: strict, definite lengths only."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

from crypto import der, tlv
from crypto.errors import MalformedError, NotSupportedError, SignatureWrongError
from crypto.tlv import Tlv
from crypto.trust import signatures
from crypto.trust.certificate import Certificate
from crypto.trust.signatures import SignatureAlgorithm

_SIGNED_DATA = "1.2.840.113549.1.7.2"
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_MAX_CERTIFICATES = 8
_MAX_ATTRIBUTES = 32


@dataclass(frozen=True, slots=True)
class SignerInfo:
    """Who signed, how, and over which attributes. ``attributes`` is the SET as it was signed.

    The signer is named either by issuer (the name as DER) and serial number, or by key identifier.
    """

    issuer: bytes | None = field(repr=False)
    serial: int | None
    key_id: bytes | None
    digest: str
    algorithm: SignatureAlgorithm
    attributes: bytes = field(repr=False)
    content_type: str
    message_digest: bytes = field(repr=False)
    signature: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignedData:
    """What was signed (``content`` of type ``content_type``), the certificates that came along, and the signer."""

    content_type: str
    content: bytes = field(repr=False)
    certificates: tuple[Certificate, ...]
    signer_info: SignerInfo

    def find_signer(self) -> tuple[Certificate, bool]:
        """The signer's certificate and whether the signer info names it rightly.

        Documents exist that name another one; with a single certificate it is taken nevertheless, as the signature
        decides. Raises NotSupportedError without certificates, MalformedError when several do not fit.
        """
        for certificate in self.certificates:
            if _names(self.signer_info, certificate):
                return certificate, True
        if not self.certificates:
            raise NotSupportedError("CMS: no certificate of the signer inside")
        if len(self.certificates) > 1:
            raise MalformedError("CMS: none of the certificates is the named signer's")
        return self.certificates[0], False

    def verify(self, signer: Certificate) -> None:
        """Check the content against the signed attributes, and these against the signature.

        Raises SignatureWrongError; MalformedError or NotSupportedError for a key that cannot be used.
        """
        info = self.signer_info
        if info.content_type != self.content_type:
            raise SignatureWrongError("CMS: signed for another content type")
        if not hmac.compare_digest(info.message_digest, signatures.digest(info.digest, self.content)):
            raise SignatureWrongError("CMS: the content is not what was signed")
        signatures.verify(signer.spki, info.algorithm, info.signature, info.attributes)


def parse_signed_data(raw: bytes) -> SignedData:
    """A ContentInfo that holds SignedData; raises MalformedError, NotSupportedError."""
    kind, wrapped = _exactly(der.parts(tlv.parse_one(raw)), 2, "content info")
    if der.identifier(kind) != _SIGNED_DATA:
        raise MalformedError("CMS: not signed data")
    members = der.parts(tlv.parse_one(der.value(wrapped, 0xA0)))
    certificates = tlv.find_optional(members, 0xA0) or b""
    # Revocation lists (A1) inside the object would be the signer's own word: left aside.
    plain = tuple(item for item in members if item.tag not in (0xA0, 0xA1))
    version, digests, encapsulated, signer_infos = _exactly(plain, 4, "signed data")
    der.unsigned(version)
    der.value(digests, der.SET)
    content_type, content = _content(encapsulated)
    (signer_info,) = _exactly(der.parts(signer_infos, der.SET), 1, "signer infos")
    return SignedData(content_type, content, _certificates(certificates), _signer_info(signer_info))


def _exactly(members: tuple[Tlv, ...], count: int, what: str) -> tuple[Tlv, ...]:
    if len(members) != count:
        raise MalformedError(f"CMS: {what}: {len(members)} members where {count} belong")
    return members


def _content(item: Tlv) -> tuple[str, bytes]:
    kind, wrapped = _exactly(der.parts(item), 2, "encapsulated content")
    return der.identifier(kind), der.value(tlv.parse_one(der.value(wrapped, 0xA0)), der.OCTET_STRING)


def _certificates(row: bytes) -> tuple[Certificate, ...]:
    items = tlv.parse_all(row)
    if len(items) > _MAX_CERTIFICATES:
        raise MalformedError("CMS: too many certificates")
    return tuple(Certificate.parse(item.encode()) for item in items if item.tag == der.SEQUENCE)


def _signer_info(item: Tlv) -> SignerInfo:
    members = list(der.parts(item))
    if members and members[-1].tag == 0xA1:
        members.pop()  # unsigned attributes say nothing
    if len(members) != 6:
        raise MalformedError("CMS: signer info of another form, or without signed attributes")
    der.unsigned(members[0])
    issuer, serial, key_id = _signer_name(members[1])
    digest = signatures.digest_of(members[2].encode())
    attributes = _attributes(der.value(members[3], 0xA0))
    return SignerInfo(
        issuer=issuer,
        serial=serial,
        key_id=key_id,
        digest=digest,
        algorithm=signatures.algorithm_of(members[4].encode(), digest),
        attributes=tlv.encode(der.SET, members[3].value),  # RFC 5652 §5.4: signed under its own tag, not [0]
        content_type=der.identifier(_value_of(attributes, _CONTENT_TYPE)),
        message_digest=der.value(_value_of(attributes, _MESSAGE_DIGEST), der.OCTET_STRING),
        signature=der.value(members[5], der.OCTET_STRING),
    )


def _signer_name(item: Tlv) -> tuple[bytes | None, int | None, bytes | None]:
    if item.tag == 0x80:
        return None, None, item.value
    issuer, serial = _exactly(der.parts(item), 2, "signer name")
    return issuer.encode(), int.from_bytes(der.value(serial, der.INTEGER), "big", signed=True), None


def _attributes(row: bytes) -> list[tuple[str, tuple[Tlv, ...]]]:
    items = tlv.parse_all(row)
    if len(items) > _MAX_ATTRIBUTES:
        raise MalformedError("CMS: too many signed attributes")
    pairs = (_exactly(der.parts(item), 2, "attribute") for item in items)
    return [(der.identifier(kind), der.parts(values, der.SET)) for kind, values in pairs]


def _value_of(attributes: list[tuple[str, tuple[Tlv, ...]]], kind: str) -> Tlv:
    found = [values for name, values in attributes if name == kind]
    if len(found) != 1 or len(found[0]) != 1:
        raise MalformedError("CMS: content type and message digest are required once each among the signed attributes")
    return found[0][0]


def _names(info: SignerInfo, certificate: Certificate) -> bool:
    if info.key_id is not None:
        return info.key_id == certificate.subject_key_id
    return info.serial == certificate.serial and info.issuer == certificate.issuer_der
