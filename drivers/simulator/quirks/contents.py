"""Quirks of files: photographs, personal details and security objects as some states write them (rows 9 to 18)."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

from crypto import der, tlv
from crypto.emrtd.face import encode_dg2, parse_dg2
from crypto.emrtd.lds import Ef
from drivers.simulator.card.contents import Contents
from drivers.simulator.issuer.authority import Authority, SignerKind
from drivers.simulator.issuer.ber import Lengths
from drivers.simulator.issuer.signed_data import PLAIN, CmsForm
from drivers.simulator.issuer.signing import KeyMake
from drivers.simulator.issuer.sod import USUAL, SodForm
from drivers.simulator.reissue import signed

Alter = Callable[[Contents, Authority], Contents]

_RECORD_LENGTH = slice(8, 12)
_IMAGE_TYPE_AT = 14 + 20 + 1
_JPEG_2000 = b"\x01"
_RAW_CODESTREAM = b"\xff\x4f\xff\x51"
_CHIP_AUTHENTICATION = ("0.4.0.127.0.7.2.2.1.", "0.4.0.127.0.7.2.2.3.")
_DAY_AS_DIGITS = "20210715"


def security_object(form: SodForm = USUAL, kind: SignerKind | KeyMake = SignerKind.BRAINPOOL) -> Alter:
    """EF.SOD written that way, by a signer of that kind (rows 9 to 12)."""
    return lambda contents, issuer: signed(contents, {}, issuer.signer(kind), form=form)


def cms(form: CmsForm) -> SodForm:
    """A security object whose CMS is of that form."""
    return replace(USUAL, cms=form)


def lengths(kind: Lengths) -> SodForm:
    """A security object with its lengths written that way (row 12)."""
    return cms(replace(PLAIN, lengths=kind))


def active_only(contents: Contents, issuer: Authority) -> Contents:
    """A chip without chip authentication, as the older ones are: it has to prove itself by a signature (row 14)."""
    infos = tlv.parse_one(tlv.parse_one(contents.files[Ef.DG14], Ef.DG14.tag).value, der.SET).children()
    kept = [info for info in infos if not der.identifier(info.children()[0]).startswith(_CHIP_AUTHENTICATION)]
    dg14 = tlv.encode(Ef.DG14.tag, tlv.encode(der.SET, b"".join(info.encode() for info in kept)))
    return replace(signed(contents, {Ef.DG14: dg14}, issuer.signer()), chip=())


def der_signature(contents: Contents, issuer: Authority) -> Contents:
    """Row 14: an ECDSA signature comes as DER, not as r and s side by side."""
    bare = active_only(contents, issuer)
    return replace(bare, active_form=replace(bare.active_form, der=True))


def unknown_root(contents: Contents, issuer: Authority) -> Contents:
    """Row 13: signed soundly, by a state whose root certificate nobody has accepted here."""
    return signed(contents, {}, issuer.stranger().signer())


def record_length(difference: int) -> Alter:
    """Row 16: the face record says that it is so many bytes longer or shorter than it is."""

    def alter(record: bytes) -> bytes:
        length = int.from_bytes(record[_RECORD_LENGTH], "big") + difference
        return record[:8] + length.to_bytes(4, "big") + record[12:]

    return lambda contents, issuer: signed(contents, {Ef.DG2: _dg2(contents, alter)}, issuer.signer())


def padded_jpeg(contents: Contents, issuer: Authority) -> Contents:
    """Row 16: zeros after the image, inside the record."""
    return signed(contents, {Ef.DG2: _dg2(contents, lambda record: record + bytes(64))}, issuer.signer())


def jpeg_2000(*, bare: bool = False, padded: bool = False) -> Alter:
    """Row 16: the photograph in JPEG 2000, as a file or as its bare codestream, perhaps with zeros after it."""

    def alter(contents: Contents, issuer: Authority) -> Contents:
        jpeg = parse_dg2(contents.files[Ef.DG2]).data
        image = _to_jpeg_2000(jpeg, bare=bare) + bytes(256 if padded else 0)

        def with_image(record: bytes) -> bytes:
            head = record[: -len(jpeg)]
            return head[:_IMAGE_TYPE_AT] + _JPEG_2000 + head[_IMAGE_TYPE_AT + 1 :] + image

        return signed(contents, {Ef.DG2: _dg2(contents, with_image)}, issuer.signer())

    return alter


def odd_details(contents: Contents, issuer: Authority) -> Contents:
    """Row 17: DG11 and DG12 with packed dates, a name with empty parts, a row of other names, Latin-1 letters."""
    name = tlv.encode(0x5F0E, "THỬ<<<NGHIỆM<<".encode())
    others = tlv.encode(0xA0, tlv.encode(0x02, b"\x01") + tlv.encode(0x5F0F, b""))
    born = tlv.encode(0x5F2B, bytes.fromhex("19901120"))
    place = tlv.encode(0x5F11, "Phường Mẫu".encode() + b"<" + "Đô thị é".encode("latin-1", "replace"))
    tags = tlv.encode(0x5C, bytes.fromhex("5F0EA05F2B5F11"))
    issued = tlv.encode(0x5F26, _DAY_AS_DIGITS.encode())
    made = tlv.encode(0x5F55, bytes.fromhex("20210715101112"))
    changed = {
        Ef.DG11: tlv.encode(Ef.DG11.tag, tags + name + others + born + place),
        Ef.DG12: tlv.encode(Ef.DG12.tag, tlv.encode(0x5C, bytes.fromhex("5F265F55")) + issued + made),
    }
    return signed(contents, changed, issuer.signer())


def foreign_dg13(contents: Contents, issuer: Authority) -> Contents:
    """Row 18: DG13 is a row of bytes of the state's own, not data objects."""
    return signed(contents, {Ef.DG13: tlv.encode(Ef.DG13.tag, b"OPTIONAL DETAILS, NOT TLV \xff\xff")}, issuer.signer())


def _dg2(contents: Contents, alter: Callable[[bytes], bytes]) -> bytes:
    """The photograph's file with its face record changed and all lengths around it right."""
    jpeg = parse_dg2(contents.files[Ef.DG2]).data
    whole = encode_dg2(jpeg)
    group = tlv.parse_one(tlv.parse_one(whole).value)
    count, template = group.children()
    kind, record = template.children()
    changed = tlv.encode(template.tag, kind.encode() + tlv.encode(record.tag, alter(record.value)))
    return tlv.encode(Ef.DG2.tag, tlv.encode(group.tag, count.encode() + changed))


def _to_jpeg_2000(jpeg: bytes, *, bare: bool) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    with Image.open(io.BytesIO(jpeg)) as picture:
        picture.save(out, "JPEG2000", quality_mode="rates", quality_layers=[20], no_jp2=bare)
    found = out.getvalue()
    return found[found.index(_RAW_CODESTREAM) :] if bare else found
