"""The Document Security Object: hashes of the data groups, signed (Doc 9303-10 §4.6.2, RFC 5652)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from asn1crypto import algos, core

from crypto import tlv
from crypto.emrtd.lds import Ef
from drivers.simulator.issuer.signed_data import PLAIN, CmsForm, compose_signed_data
from drivers.simulator.issuer.signing import SigningKey

LDS_SECURITY_OBJECT = "2.23.136.1.1.1"
LEGACY_CONTENT_TYPES = ("1.2.528.1.1006.1.20.1", "1.2.840.113549.1.7.1")
"""What old documents call the same content: the Dutch personaliser's own identifier, and plain data."""


@dataclass(frozen=True, slots=True)
class SodForm:
    """How an EF.SOD is written: the data groups' hash, version 0 or 1 (with LDS versions), content type and CMS."""

    digest: str = "sha256"
    version: int = 0
    content_type: str = LDS_SECURITY_OBJECT
    cms: CmsForm = PLAIN


USUAL = SodForm()
"""SHA-256, version 0, ICAO's content type."""


class _DataGroupHash(core.Sequence):  # type: ignore[misc]
    _fields = [("number", core.Integer), ("value", core.OctetString)]  # noqa: RUF012


class _DataGroupHashes(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _DataGroupHash


class _LdsVersion(core.Sequence):  # type: ignore[misc]
    _fields = [("lds", core.PrintableString), ("unicode", core.PrintableString)]  # noqa: RUF012


class _LdsSecurityObject(core.Sequence):  # type: ignore[misc]
    _fields = [  # noqa: RUF012
        ("version", core.Integer),
        ("hash_algorithm", algos.DigestAlgorithm),
        ("hashes", _DataGroupHashes),
        ("lds_version", _LdsVersion, {"optional": True}),
    ]


def compose_sod(
    files: Mapping[Ef, bytes],
    certificate: bytes,
    key: SigningKey,
    *,
    form: SodForm = USUAL,
    signed: Mapping[Ef, bytes] | None = None,
) -> bytes:
    """EF.SOD over the data groups among ``files``, signed by the owner of ``certificate`` (DER).

    With ``signed``, the signature is made over those files and then left standing beside the hashes of ``files``:
    what a forger gets who changes a card's data and everything that needs no key.
    """
    before = None if signed is None else security_object(signed, form)
    content = security_object(files, form)
    data = compose_signed_data(content, form.content_type, certificate, key, form=form.cms, signed=before)
    return tlv.encode(Ef.SOD.tag, data)


def security_object(files: Mapping[Ef, bytes], form: SodForm = USUAL) -> bytes:
    """LDSSecurityObject: the hash of each data group among ``files``."""
    rows = sorted((ef.number, content) for ef, content in files.items() if ef.number is not None)
    hashes = [{"number": number, "value": hashlib.new(form.digest, content).digest()} for number, content in rows]
    fields = {"version": form.version, "hash_algorithm": {"algorithm": form.digest}, "hashes": hashes}
    if form.version:
        fields["lds_version"] = {"lds": "0108", "unicode": "040000"}
    return bytes(_LdsSecurityObject(fields).dump())
