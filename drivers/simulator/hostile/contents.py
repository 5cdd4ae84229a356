"""Hostile files: what they announce, how deep they nest, how much they make a reader work.

Those that are signed show what a reader does with a document of an accepted issuer gone bad; the rest is anybody's.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import replace

from crypto import der, tlv
from crypto.emrtd.face import encode_dg2
from crypto.emrtd.lds import Com, Ef, encode_com
from drivers.simulator.card.contents import Contents
from drivers.simulator.issuer.authority import Authority, SignerKind
from drivers.simulator.issuer.signed_data import PLAIN
from drivers.simulator.issuer.sod import USUAL
from drivers.simulator.reissue import nested, signed, unsigned

Alter = Callable[[Contents, Authority], Contents]

_DEPTH = 3_000
_RSA_KEY = "1.2.840.113549.1.1.1"
_CHIP_KEY = "0.4.0.127.0.7.2.2.1.2"
_CONTENT_TYPE_AT = 2


def as_is(ef: Ef, content: Callable[[Ef], bytes]) -> Alter:
    """That file holds this; nothing is signed anew."""
    return lambda contents, _issuer: unsigned(contents, {ef: content(ef)})


def as_signed(ef: Ef, content: Callable[[Ef], bytes]) -> Alter:
    """That file holds this, and the issuer signs it."""
    return lambda contents, issuer: signed(contents, {ef: content(ef)}, issuer.signer())


def holding(value: bytes) -> Callable[[Ef], bytes]:
    """A file of its own tag with this value."""
    return lambda ef: tlv.encode(ef.tag, value)


def announcing(size: int) -> Callable[[Ef], bytes]:
    """A file whose header tells of ``size`` bytes; a few are there."""
    return lambda ef: bytes([ef.tag, 0x83]) + size.to_bytes(3, "big") + bytes(600)


def deep(tag: int = der.SEQUENCE) -> Callable[[Ef], bytes]:
    """A file of nothing but data objects in data objects."""
    return lambda ef: tlv.encode(ef.tag, nested(tag, _DEPTH))


def under_another_tag(_ef: Ef) -> bytes:
    """A file that begins with the tag of DG2."""
    return tlv.encode(Ef.DG2.tag, bytes(100))


def access_of(count: int) -> Callable[[Ef], bytes]:
    """EF.CardAccess with ``count`` SecurityInfos."""
    return lambda _ef: _infos(count)


def dg14_of(count: int) -> Callable[[Ef], bytes]:
    """DG14 with ``count`` SecurityInfos."""
    return lambda ef: tlv.encode(ef.tag, _infos(count))


def _infos(count: int) -> bytes:
    oid = tlv.encode(der.OBJECT_IDENTIFIER, der.encode_identifier("0.4.0.127.0.7.2.2.4.2.2"))
    info = tlv.encode(der.SEQUENCE, oid + der.encode_unsigned(2) + der.encode_unsigned(13))
    rows = info * count
    return bytes([der.SET, 0x84]) + len(rows).to_bytes(4, "big") + rows


def odd_pace_infos(_ef: Ef) -> bytes:
    """PACEInfos with numbers that fit nowhere, in front of the usable one."""
    rows = b""
    for oid, parameters in (
        ("0.4.0.127.0.7.2.2.4.2.2", 1 << 4_000),
        ("0.4.0.127.0.7.2.2.4.2.2", 255),
        ("0.4.0.127.0.7.2.2.4.99.99", 13),
        (f"0.4.0.127.0.7.2.2.4.{1 << 60}.2", 13),
        ("0.4.0.127.0.7.2.2.4.2.2", 13),
    ):
        identifier = tlv.encode(der.OBJECT_IDENTIFIER, der.encode_identifier(oid))
        rows += tlv.encode(der.SEQUENCE, identifier + der.encode_unsigned(2) + der.encode_unsigned(parameters))
    return tlv.encode(der.SET, rows)


def unsigned_content(contents: Contents, issuer: Authority) -> Contents:
    """EF.SOD whose content was exchanged; signature and signed attributes are those of the sound one."""
    other = {**contents.files, Ef.DG13: contents.files[Ef.DG13][:-1] + b"1"}
    groups = {ef: raw for ef, raw in other.items() if ef.number is not None}
    sound = tlv.parse_one(contents.files[Ef.SOD]).value
    forged = tlv.parse_one(issuer.stranger().signer().sign(groups)).value
    sod = tlv.encode(Ef.SOD.tag, _with_content_of(sound, forged))
    return unsigned(contents, {Ef.DG13: other[Ef.DG13], Ef.SOD: sod})


def without_attributes(contents: Contents, issuer: Authority) -> Contents:
    """EF.SOD that an issuer signed without signed attributes: the signature is over the content itself."""
    form = replace(USUAL, cms=replace(PLAIN, attributes=False))
    return signed(contents, {}, issuer.signer(), form=form)


def no_certificate(contents: Contents, issuer: Authority) -> Contents:
    """EF.SOD without the signer's certificate."""
    return signed(contents, {}, issuer.signer(), form=replace(USUAL, cms=replace(PLAIN, certificates=())))


def self_made(contents: Contents, issuer: Authority) -> Contents:
    """EF.SOD by a signer of the forger's own, with the accepted root's certificate beside it."""
    signer = issuer.stranger().signer()
    form = replace(USUAL, cms=replace(PLAIN, certificates=(signer.certificate, issuer.root)))
    return signed(contents, {}, signer, form=form)


def namesake(contents: Contents, issuer: Authority) -> Contents:
    """EF.SOD by a signer whose own root has the accepted root's name, and another key."""
    return signed(contents, {}, Authority(b"namesake", issuer.name.common_name).signer())


def no_signer(contents: Contents, issuer: Authority) -> Contents:
    """EF.SOD with an empty set of signers (a list of certificates, as it were)."""
    del issuer
    return unsigned(contents, {Ef.SOD: _with_signers(contents, lambda _row: b"")})


def two_signers(contents: Contents, issuer: Authority) -> Contents:
    """EF.SOD with the same signer twice."""
    del issuer
    return unsigned(contents, {Ef.SOD: _with_signers(contents, lambda row: row + row)})


def other_digest(digest: str) -> Alter:
    """EF.SOD whose hashes are of a kind that is not used any more."""
    return lambda contents, issuer: signed(
        contents, {}, issuer.signer(SignerKind.BRAINPOOL), form=replace(USUAL, digest=digest)
    )


def huge_key(contents: Contents, issuer: Authority) -> Contents:
    """DG15 with an RSA key of 8,000 bits and an exponent as long; no chip authentication beside it."""
    numbers = der.encode_unsigned((1 << 8_000) - 1) + der.encode_unsigned((1 << 7_999) - 1)
    algorithm = tlv.encode(der.SEQUENCE, _identifier(_RSA_KEY) + b"\x05\0")
    bits = tlv.encode(der.BIT_STRING, b"\0" + tlv.encode(der.SEQUENCE, numbers))
    changed = {
        Ef.DG14: tlv.encode(Ef.DG14.tag, tlv.encode(der.SET, b"")),
        Ef.DG15: tlv.encode(Ef.DG15.tag, tlv.encode(der.SEQUENCE, algorithm + bits)),
    }
    return signed(contents, changed, issuer.signer())


def point_off_curve(contents: Contents, issuer: Authority) -> Contents:
    """DG14 with a chip authentication key that is no point of its curve."""
    infos = tlv.parse_one(tlv.parse_one(contents.files[Ef.DG14]).value).children()
    rows = b"".join(_beside_the_curve(row) if _identifier(_CHIP_KEY) in row.value else row.encode() for row in infos)
    return signed(contents, {Ef.DG14: tlv.encode(Ef.DG14.tag, tlv.encode(der.SET, rows))}, issuer.signer())


def all_groups_named(contents: Contents, issuer: Authority) -> Contents:
    """EF.COM that names every data group there can be."""
    del issuer
    com = Com("0107", "040000", tuple(ef for ef in Ef if ef.number is not None))
    return unsigned(contents, {Ef.COM: encode_com(com)})


def bomb(width: int, height: int) -> Alter:
    """DG2, signed, with a small JPEG that says it has so many pixels."""

    def alter(contents: Contents, issuer: Authority) -> Contents:
        size = struct.pack(">HH", height, width)
        frame = b"\xff\xc0\x00\x11\x08" + size + b"\x03\x01\x11\x00\x02\x11\x01\x03\x11\x01"
        scan = b"\xff\xda\x00\x0c\x03\x01\x00\x02\x11\x03\x11\x00\x3f\x00" + bytes(2_000)
        return signed(contents, {Ef.DG2: encode_dg2(b"\xff\xd8" + frame + scan + b"\xff\xd9")}, issuer.signer())

    return alter


def png_bomb(contents: Contents, issuer: Authority) -> Contents:
    """DG2, signed, with a PNG of a billion pixels where a JPEG belongs."""
    header = struct.pack(">IIBBBBB", 32_000, 32_000, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(4_000_000), 9)
    png = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")
    frame = b"\xff\xd8\xff\xc0\x00\x11\x08\x01\x00\x01\x00\x03\x01\x11\x00\x02\x11\x01\x03\x11\x01" + bytes(64)
    dg2 = encode_dg2(frame.ljust(len(png), b"\0")).replace(frame.ljust(len(png), b"\0"), png)
    return signed(contents, {Ef.DG2: dg2}, issuer.signer())


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _with_content_of(sound: bytes, forged: bytes) -> bytes:
    """The SignedData ``sound`` with the encapsulated content of ``forged``."""
    members, other = _members(sound), _members(forged)
    return _wrapped([*members[:_CONTENT_TYPE_AT], other[_CONTENT_TYPE_AT], *members[_CONTENT_TYPE_AT + 1 :]])


def _with_signers(contents: Contents, change: Callable[[bytes], bytes]) -> bytes:
    members = _members(tlv.parse_one(contents.files[Ef.SOD]).value)
    rows = tlv.parse_one(members[-1]).value
    return tlv.encode(Ef.SOD.tag, _wrapped([*members[:-1], tlv.encode(der.SET, change(rows))]))


def _members(content_info: bytes) -> list[bytes]:
    wrapped = tlv.parse_one(content_info).children()[1]
    return [item.encode() for item in tlv.parse_one(wrapped.value).children()]


def _wrapped(members: list[bytes]) -> bytes:
    body = tlv.encode(der.SEQUENCE, b"".join(members))
    return tlv.encode(der.SEQUENCE, _identifier("1.2.840.113549.1.7.2") + tlv.encode(0xA0, body))


def _beside_the_curve(info: tlv.Tlv) -> bytes:
    whole = info.encode()
    return whole[:-1] + bytes([whole[-1] ^ 1])


def _identifier(oid: str) -> bytes:
    return tlv.encode(der.OBJECT_IDENTIFIER, der.encode_identifier(oid))
