"""Passive authentication: the document security object and the files it covers (ICAO Doc 9303-10 §4.6.2, -11 §5.1).

It proves that the data are as the document signer signed them. Whether that signer is accepted is asked of
``crypto.trust.chain``; whether the chip is the original, of chip or active authentication.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from crypto import ber, der, tlv
from crypto.emrtd.cms import Signature, SignedData
from crypto.emrtd.lds import Ef
from crypto.errors import HashMismatchError, MalformedError, NotCoveredError, NotSupportedError
from crypto.tlv import Tlv
from crypto.trust import signatures
from crypto.trust.certificate import Certificate
from crypto.trust.findings import Finding

MAX_SOD = 64 * 1024
"""Longest security object taken, in bytes."""

_LDS_SECURITY_OBJECT = "2.23.136.1.1.1"
_LEGACY_TYPES = frozenset(
    {
        "1.2.528.1.1006.1.20.1",  # SDU's own, in early Dutch documents and others made there
        "1.3.27.1.1.1",  # before ICAO had its arc: Belgium among others
        "1.2.840.113549.1.7.1",  # id-data: China
    }
)
"""Content types of older documents around the same content (the first two as JMRTD's SODFile lists them)."""


@dataclass(frozen=True, slots=True)
class SecurityObject:
    """EF.SOD: the hash of each data group by its number, and who signed them.

    ``signature_algorithm`` is a text for reports (``ECDSA brainpoolP384r1 SHA-256``), ``hash_algorithm`` a ``hashlib``
    name. Nothing here is proven before ``verify_signature`` returned.
    """

    hashes: Mapping[int, bytes] = field(repr=False)
    hash_algorithm: str
    signature_algorithm: str
    signer: Certificate
    findings: tuple[Finding, ...]
    lds_version: str | None
    _signature: Signature = field(repr=False)

    @classmethod
    def parse(cls, raw: bytes, candidates: Iterable[Certificate] = ()) -> SecurityObject:
        """The security object from its file (tag 77).

        ``candidates`` are asked for the signer's certificate when it is not inside. Raises MalformedError,
        NotSupportedError, SignerMissingError.
        """
        if len(raw) > MAX_SOD:
            raise MalformedError("SOD: too long")
        signed = SignedData.parse(tlv.parse_one(raw, Ef.SOD.tag).value)
        if signed.content_type not in (_LDS_SECURITY_OBJECT, *_LEGACY_TYPES):
            raise MalformedError("SOD: the content is no LDS security object")
        hash_algorithm, hashes, lds_version = _lds_security_object(signed.content)
        signature = signed.signature(candidates)
        facts = {
            Finding.SHA1: hash_algorithm == "sha1",
            Finding.LEGACY_CONTENT_TYPE: signed.content_type in _LEGACY_TYPES,
        }
        found = (*signature.findings, *(finding for finding, holds in facts.items() if holds))
        return cls(
            hashes=MappingProxyType(hashes),
            hash_algorithm=hash_algorithm,
            signature_algorithm=signature.algorithm,
            signer=signature.signer,
            findings=tuple(dict.fromkeys(found)),
            lds_version=lds_version,
            _signature=signature,
        )

    @property
    def signing_time(self) -> datetime | None:
        """When the signer says that he signed, aware; None when he does not say it."""
        attributes = self._signature.info.attributes
        return attributes.signing_time if attributes else None

    def verify_signature(self) -> None:
        """Check that the signer's certificate inside signed these hashes.

        Raises SignatureWrongError; MalformedError or NotSupportedError for a key that cannot be used.
        """
        self._signature.verify()

    def verify_file(self, dg: int, content: bytes) -> None:
        """Check data group ``dg``, whole as read, against its hash; raises HashMismatchError, NotCoveredError."""
        expected = self.hashes.get(dg)
        if expected is None:
            raise NotCoveredError(f"SOD: holds no hash for DG{dg}")
        if not hmac.compare_digest(expected, signatures.digest(self.hash_algorithm, content)):
            raise HashMismatchError(f"SOD: DG{dg} differs from its hash")


def _lds_security_object(content: bytes) -> tuple[str, dict[int, bytes], str | None]:
    """Hash algorithm, hashes by data group, LDS version (version 1 of the object only)."""
    members = der.parts(tlv.parse_one(ber.definite(content)))
    if not 3 <= len(members) <= 4:
        raise MalformedError("SOD: LDS security object of another form")
    version = der.unsigned(members[0])
    if version > 1:
        raise NotSupportedError(f"SOD: LDS security object version {version}")
    if len(members) != 3 + version:
        raise MalformedError("SOD: LDS version information belongs to version 1, and only there")
    algorithm = signatures.digest_of(members[1].encode())
    hashes = _hashes(members[2], len(signatures.digest(algorithm, b"")))
    return algorithm, hashes, _lds_version(members[3]) if version else None


def _hashes(item: Tlv, size: int) -> dict[int, bytes]:
    hashes: dict[int, bytes] = {}
    rows = der.parts(item)
    if not 1 <= len(rows) <= 16:
        raise MalformedError("SOD: one to sixteen hashes belong in it")
    for row in rows:
        members = der.parts(row)
        if len(members) != 2:
            raise MalformedError("SOD: a hash is not number and value")
        number, value = der.unsigned(members[0]), der.value(members[1], der.OCTET_STRING)
        if not 1 <= number <= 16 or number in hashes or len(value) != size:
            raise MalformedError("SOD: a hash of no data group, doubled, or of the wrong length")
        hashes[number] = value
    return hashes


def _lds_version(item: Tlv) -> str:
    members = der.parts(item)
    if len(members) != 2 or any(member.tag != 0x13 or not member.value.isdigit() for member in members):
        raise MalformedError("SOD: LDS version information of another form")
    return members[0].value.decode("ascii")
