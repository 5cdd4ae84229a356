"""EF.CardSecurity: the chip's static keys and protocols, signed (ICAO Doc 9303-11 §9.2.11, BSI TR-03110-3 §A.1.2.5).

PACE with chip authentication mapping needs the key in it. As with EF.SOD, a valid signature says who signed; whether
that signer is accepted is asked of ``crypto.trust.chain``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from crypto import ber
from crypto.emrtd.cms import Signature, SignedData
from crypto.emrtd.security_infos import SecurityInfos, parse_security_infos
from crypto.errors import MalformedError
from crypto.trust.certificate import Certificate
from crypto.trust.findings import Finding

MAX_CARD_SECURITY = 64 * 1024
"""Longest file taken, in bytes."""

_SECURITY_OBJECT = "0.4.0.127.0.7.3.2.1"


@dataclass(frozen=True, slots=True)
class CardSecurity:
    """What EF.CardSecurity says and who signed it. Nothing is proven before ``verify_signature`` returned.

    ``signature_algorithm`` is a text for reports (``ECDSA brainpoolP256r1 SHA-256``).
    """

    infos: SecurityInfos
    signature_algorithm: str
    signer: Certificate
    findings: tuple[Finding, ...]
    _signature: Signature = field(repr=False)

    @classmethod
    def parse(cls, raw: bytes, candidates: Iterable[Certificate] = ()) -> CardSecurity:
        """The file as read, a ContentInfo; ``candidates`` are asked for a signer's certificate that is not inside.

        Raises MalformedError, NotSupportedError, SignerMissingError.
        """
        if len(raw) > MAX_CARD_SECURITY:
            raise MalformedError("EF.CardSecurity: too long")
        signed = SignedData.parse(raw)
        if signed.content_type != _SECURITY_OBJECT:
            raise MalformedError("EF.CardSecurity: the content is no security object")
        infos = parse_security_infos(ber.definite(signed.content))
        signature = signed.signature(candidates)
        return cls(infos, signature.algorithm, signature.signer, signature.findings, signature)

    def verify_signature(self) -> None:
        """Check that the signer's certificate signed these infos.

        Raises SignatureWrongError; MalformedError or NotSupportedError for a key that cannot be used.
        """
        self._signature.verify()
