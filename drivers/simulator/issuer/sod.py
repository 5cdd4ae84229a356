"""The Document Security Object: hashes of the data groups, signed (Doc 9303-10 §4.6.2, RFC 5652)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from asn1crypto import algos, cms, core, x509

from crypto import tlv
from crypto.emrtd.lds import Ef
from drivers.simulator.issuer.signing import SigningKey

_LDS_SECURITY_OBJECT = "2.23.136.1.1.1"
_HASH = "sha256"


class _DataGroupHash(core.Sequence):  # type: ignore[misc]
    _fields = [("number", core.Integer), ("value", core.OctetString)]  # noqa: RUF012


class _DataGroupHashes(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _DataGroupHash


class _LdsSecurityObject(core.Sequence):  # type: ignore[misc]
    _fields = [  # noqa: RUF012
        ("version", core.Integer),
        ("hash_algorithm", algos.DigestAlgorithm),
        ("hashes", _DataGroupHashes),
    ]


def compose_sod(
    files: Mapping[Ef, bytes], certificate: bytes, key: SigningKey, *, signed: Mapping[Ef, bytes] | None = None
) -> bytes:
    """EF.SOD over the data groups among ``files``, with the signer's ``certificate`` (DER) inside.

    With ``signed``, the signature is made over those files and then left standing beside the hashes of ``files``:
    what a forger gets who changes a card's data and everything that needs no key.
    """
    content = _security_object(files)
    signature = key.sign(_attributes(_security_object(signed or files), key).dump())
    signer = x509.Certificate.load(certificate)
    row = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                name="issuer_and_serial_number",
                value={"issuer": signer.issuer, "serial_number": signer.serial_number},
            ),
            "digest_algorithm": {"algorithm": key.scheme.digest},
            "signed_attrs": _attributes(content, key),
            "signature_algorithm": key.algorithm,
            "signature": signature,
        }
    )
    data = cms.SignedData(
        {
            "version": "v3",
            "digest_algorithms": [{"algorithm": key.scheme.digest}],
            "encap_content_info": {"content_type": _LDS_SECURITY_OBJECT, "content": core.ParsableOctetString(content)},
            "certificates": [cms.CertificateChoices(name="certificate", value=signer)],
            "signer_infos": [row],
        }
    )
    return tlv.encode(Ef.SOD.tag, cms.ContentInfo({"content_type": "signed_data", "content": data}).dump())


def _security_object(files: Mapping[Ef, bytes]) -> bytes:
    rows = sorted((ef.number, content) for ef, content in files.items() if ef.number is not None)
    hashes = [{"number": number, "value": hashlib.new(_HASH, content).digest()} for number, content in rows]
    return bytes(_LdsSecurityObject({"version": 0, "hash_algorithm": {"algorithm": _HASH}, "hashes": hashes}).dump())


def _attributes(content: bytes, key: SigningKey) -> cms.CMSAttributes:
    digest = hashlib.new(key.scheme.digest, content).digest()
    return cms.CMSAttributes(
        [
            {"type": "content_type", "values": [_LDS_SECURITY_OBJECT]},
            {"type": "message_digest", "values": [digest]},
        ]
    )
