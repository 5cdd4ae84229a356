"""Passive authentication: the document security object and the files it covers (ICAO Doc 9303-10 §4.6.2, -11 §5.1).

It proves that the data are as the document signer signed them. Whether that signer is accepted is asked of
``crypto.trust.chain``; whether the chip is the original, of chip or active authentication.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from crypto import der, tlv
from crypto.emrtd import cms
from crypto.emrtd.lds import Ef
from crypto.errors import HashMismatchError, MalformedError, NotCoveredError, NotSupportedError
from crypto.tlv import Tlv
from crypto.trust import signatures
from crypto.trust.certificate import Certificate
from crypto.trust.signatures import Finding

MAX_SOD = 64 * 1024
"""Longest security object taken, in bytes."""

_LDS_SECURITY_OBJECT = "2.23.136.1.1.1"


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
    _signed: cms.SignedData = field(repr=False)

    @classmethod
    def parse(cls, raw: bytes) -> SecurityObject:
        """The security object from its file (tag 77); raises MalformedError, NotSupportedError."""
        if len(raw) > MAX_SOD:
            raise MalformedError("SOD: too long")
        signed = cms.parse_signed_data(tlv.parse_one(raw, Ef.SOD.tag).value)
        if signed.content_type != _LDS_SECURITY_OBJECT:
            raise MalformedError("SOD: the content is no LDS security object")
        hash_algorithm, hashes, lds_version = _lds_security_object(signed.content)
        signer, named = signed.find_signer()
        algorithm = signed.signer_info.algorithm
        weak = [*signatures.findings(signer.spki, algorithm), *signer.findings]
        if "sha1" in (hash_algorithm, signed.signer_info.digest):
            weak.append(Finding.SHA1)
        if not named:
            weak.append(Finding.SIGNER_MISNAMED)
        return cls(
            hashes=MappingProxyType(hashes),
            hash_algorithm=hash_algorithm,
            signature_algorithm=signatures.describe(signer.spki, algorithm),
            signer=signer,
            findings=tuple(dict.fromkeys(weak)),
            lds_version=lds_version,
            _signed=signed,
        )

    def verify_signature(self) -> None:
        """Check that the signer's certificate inside signed these hashes.

        Raises SignatureWrongError; MalformedError or NotSupportedError for a key that cannot be used.
        """
        self._signed.verify(self.signer)

    def verify_file(self, dg: int, content: bytes) -> None:
        """Check data group ``dg``, whole as read, against its hash; raises HashMismatchError, NotCoveredError."""
        expected = self.hashes.get(dg)
        if expected is None:
            raise NotCoveredError(f"SOD: holds no hash for DG{dg}")
        if not hmac.compare_digest(expected, signatures.digest(self.hash_algorithm, content)):
            raise HashMismatchError(f"SOD: DG{dg} differs from its hash")


def _lds_security_object(content: bytes) -> tuple[str, dict[int, bytes], str | None]:
    """Hash algorithm, hashes by data group, LDS version (version 1 of the object only)."""
    members = der.parts(tlv.parse_one(content))
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
