"""CMS SignedData with one signer (RFC 5652), in the forms that documents of several states have."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from asn1crypto import algos, cms, core, x509

from drivers.simulator.issuer.ber import Lengths, reencode
from drivers.simulator.issuer.certificates import Name
from drivers.simulator.issuer.signing import Method, SigningKey


class NamedBy(Enum):
    """How the signer info names its signer's certificate. The last two name one that is not there."""

    ISSUER_AND_SERIAL = "issuer and serial number"
    KEY_ID = "subject key identifier"
    ANOTHER_ISSUER = "issuer and serial number of somebody else"
    ANOTHER_KEY_ID = "a subject key identifier of somebody else"

    @property
    def by_key_id(self) -> bool:
        """Whether a key identifier names it; then the signer info is of version 3 (§5.3)."""
        return self in {NamedBy.KEY_ID, NamedBy.ANOTHER_KEY_ID}


@dataclass(frozen=True, slots=True)
class CmsForm:
    """How a SignedData is written.

    ``certificates``: those that come along in DER, None for the signer's own alone. ``attributes``: whether attributes
    are signed rather than the content itself. ``digest``: the signer info's hash where it is another than that of the
    signature algorithm. ``bare``: the signature algorithm names the key only (rsaEncryption, id-ecPublicKey), as
    RFC 3370 §3.2 has it, and the hash is in the digest algorithm.
    """

    named_by: NamedBy = NamedBy.ISSUER_AND_SERIAL
    certificates: tuple[bytes, ...] | None = None
    attributes: bool = True
    signing_time: datetime | None = None
    digest: str | None = None
    bare: bool = False
    lengths: Lengths = Lengths.DEFINITE


PLAIN = CmsForm()
"""Issuer and serial number, the signer's certificate, signed attributes, DER."""


def compose_signed_data(
    content: bytes,
    content_type: str,
    certificate: bytes,
    key: SigningKey,
    *,
    form: CmsForm = PLAIN,
    signed: bytes | None = None,
) -> bytes:
    """A ContentInfo around ``content``, signed with ``key`` by the owner of ``certificate`` (DER).

    With ``signed``, the signature is made over that instead and left standing beside ``content`` and its hash: what a
    forger gets who changes everything that needs no key.
    """
    digest = form.digest or key.scheme.digest
    over = content if signed is None else signed
    message = _attributes(over, content_type, digest, form).dump() if form.attributes else over
    signer = x509.Certificate.load(certificate)
    row = {
        "version": "v3" if form.named_by.by_key_id else "v1",
        "sid": _signer_name(signer, form.named_by),
        "digest_algorithm": {"algorithm": digest},
        "signature_algorithm": _algorithm(key, form),
        "signature": key.sign(message),
    }
    if form.attributes:
        row["signed_attrs"] = _attributes(content, content_type, digest, form)
    along = (certificate,) if form.certificates is None else form.certificates
    fields = {
        "version": "v3",
        "digest_algorithms": [{"algorithm": digest}],
        "encap_content_info": {"content_type": content_type, "content": core.ParsableOctetString(content)},
        "signer_infos": [cms.SignerInfo(row)],
    }
    if along:
        loaded = [x509.Certificate.load(one) for one in along]
        fields["certificates"] = [cms.CertificateChoices(name="certificate", value=one) for one in loaded]
    data = cms.SignedData(fields)
    return reencode(cms.ContentInfo({"content_type": "signed_data", "content": data}).dump(), form.lengths)


def _signer_name(signer: x509.Certificate, named_by: NamedBy) -> cms.SignerIdentifier:
    if named_by.by_key_id:
        own = signer.key_identifier or signer.public_key.sha1
        value = own if named_by is NamedBy.KEY_ID else hashlib.sha1(own, usedforsecurity=False).digest()
        return cms.SignerIdentifier(name="subject_key_identifier", value=value)
    issuer = signer.issuer if named_by is NamedBy.ISSUER_AND_SERIAL else Name("CSCA SIMULATED MISNAMED").dn()
    pair = {"issuer": issuer, "serial_number": signer.serial_number}
    return cms.SignerIdentifier(name="issuer_and_serial_number", value=pair)


def _algorithm(key: SigningKey, form: CmsForm) -> algos.SignedDigestAlgorithm:
    if not form.bare:
        return key.scheme.algorithm
    if key.scheme.method is Method.PSS:
        raise ValueError("PSS cannot do without its parameters")
    bare = {Method.PKCS1: "rsassa_pkcs1v15", Method.ECDSA: "1.2.840.10045.2.1"}
    return algos.SignedDigestAlgorithm({"algorithm": bare[key.scheme.method]})


def _attributes(content: bytes, content_type: str, digest: str, form: CmsForm) -> cms.CMSAttributes:
    rows = [
        {"type": "content_type", "values": [content_type]},
        {"type": "message_digest", "values": [hashlib.new(digest, content).digest()]},
    ]
    if form.signing_time is not None:
        rows.append({"type": "signing_time", "values": [cms.Time(name="utc_time", value=form.signing_time)]})
    return cms.CMSAttributes(rows)
