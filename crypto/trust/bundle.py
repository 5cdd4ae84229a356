"""What a file that an operator brings holds: certificates, a revocation list, or a signed list; DER or PEM."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field
from enum import Enum

from crypto import der, tlv
from crypto.errors import MalformedError, NotSupportedError
from crypto.trust.certificate import Certificate

MAX_FILE = 16 * 1024 * 1024
"""Longest file taken, in bytes; the largest master lists have one."""

_MAX_CERTIFICATES = 4096
_SIGNED_DATA = "1.2.840.113549.1.7.2"
_OPEN_SEQUENCE = b"\x30\x80"
_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,32})-----([A-Za-z0-9+/=\s]+)-----END \1-----")


class FileKind(Enum):
    """What a file holds."""

    CERTIFICATES = "certificates"
    CRL = "crl"
    SIGNED = "signed"


_LABELS = {
    b"CERTIFICATE": FileKind.CERTIFICATES,
    b"X509 CRL": FileKind.CRL,
    b"CMS": FileKind.SIGNED,
    b"PKCS7": FileKind.SIGNED,
}


@dataclass(frozen=True, slots=True)
class FileContents:
    """The file's kind, its parts in DER (one, or for certificates one and more), and the SHA-256 of the whole file."""

    kind: FileKind
    parts: tuple[bytes, ...] = field(repr=False)
    fingerprint: str


def read_file(raw: bytes) -> FileContents:
    """The contents of a file; raises MalformedError, NotSupportedError (different things in one file)."""
    if len(raw) > MAX_FILE:
        raise MalformedError("certificate file: too long")
    fingerprint = hashlib.sha256(raw).hexdigest()
    blocks = [(_LABELS.get(found.group(1)), found.group(2)) for found in _PEM.finditer(raw)]
    if not blocks:
        return FileContents(_kind_of(raw), (raw,), fingerprint)
    kinds = {kind for kind, _ in blocks}
    kind = kinds.pop()
    if kind is None or kinds or (len(blocks) > 1 and kind is not FileKind.CERTIFICATES):
        raise NotSupportedError("certificate file: several kinds in one file, or a kind of no use here")
    if len(blocks) > _MAX_CERTIFICATES:
        raise MalformedError("certificate file: too many certificates")
    return FileContents(kind, tuple(_base64(block) for _, block in blocks), fingerprint)


def read_certificates(raw: bytes) -> tuple[Certificate, ...]:
    """The certificates of a file, all or none; raises MalformedError, NotSupportedError."""
    contents = read_file(raw)
    if contents.kind is not FileKind.CERTIFICATES:
        raise MalformedError("certificate file: holds no certificates")
    return tuple(Certificate.parse(part) for part in contents.parts)


def _kind_of(raw: bytes) -> FileKind:
    """By the first members of the outer sequence, whose length may be left open in a signed list."""
    if raw.startswith(_OPEN_SEQUENCE):
        inside = raw[len(_OPEN_SEQUENCE) :]
    else:
        tag, _, start = tlv.read_header(raw)
        if tag != der.SEQUENCE:
            raise MalformedError("certificate file: neither DER nor PEM")
        inside = raw[start:]
    if inside.startswith(tlv.encode(der.OBJECT_IDENTIFIER, der.encode_identifier(_SIGNED_DATA))):
        return FileKind.SIGNED
    return FileKind.CRL if _begins_like_crl(inside) else FileKind.CERTIFICATES


def _begins_like_crl(inside: bytes) -> bool:
    """Whether a TBSCertList stands there: version, algorithm, issuer and then a time, where a certificate has none."""
    try:
        body, _ = tlv.parse_first(inside)
        tags = [item.tag for item in body.children()[:4]]
    except MalformedError:
        return False
    return tags[:3] == [der.INTEGER, der.SEQUENCE, der.SEQUENCE] and tags[3:] in ([0x17], [0x18])


def _base64(block: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(block.split()), validate=True)
    except binascii.Error:
        raise MalformedError("certificate file: damaged PEM block") from None
