"""The same object in BER with indefinite lengths (ITU-T X.690 §8.1.3.6), as some states' security objects are written.

Signatures are made over DER, so re-encoding changes nothing that is signed; a reader has to know that.
"""

from __future__ import annotations

from enum import Enum

from crypto import der, tlv
from crypto.tlv import Tlv

_INDEFINITE = b"\x80"
_END = b"\0\0"
_EXPLICIT = 0xA0
_CONSTRUCTED_OCTETS = b"\x24"
_PIECE = 1000
_CONTENT = 2
_CERTIFICATES = 0xA0


class Lengths(Enum):
    """How lengths are written."""

    DEFINITE = "DER"
    FRAMES = "indefinite around the content, which comes in pieces; certificates and signer info as in DER"
    EVERYWHERE = "every constructed object indefinite, signed attributes too; a certificate is DER wherever it is"


def reencode(content_info: bytes, lengths: Lengths) -> bytes:
    """``content_info``, a SignedData in DER, with its lengths written that way."""
    if lengths is Lengths.DEFINITE:
        return content_info
    outer = tlv.parse_one(content_info)
    kind, wrapped = outer.children()
    signed = tlv.parse_one(wrapped.value)
    other = _everywhere if lengths is Lengths.EVERYWHERE else Tlv.encode
    rows = [_content(member) if at == _CONTENT else other(member) for at, member in enumerate(signed.children())]
    inner = _open(signed.tag, b"".join(rows))
    return _open(outer.tag, kind.encode() + _open(wrapped.tag, inner))


def _content(encapsulated: Tlv) -> bytes:
    """EncapsulatedContentInfo with its octets in pieces, as a signer writes that does not know their number before."""
    kind, wrapped = encapsulated.children()
    octets = der.value(tlv.parse_one(wrapped.value), der.OCTET_STRING)
    pieces = [octets[at : at + _PIECE] for at in range(0, len(octets), _PIECE)]
    row = b"".join(tlv.encode(der.OCTET_STRING, piece) for piece in pieces)
    return _open(encapsulated.tag, kind.encode() + _open(_EXPLICIT, _CONSTRUCTED_OCTETS + _INDEFINITE + row + _END))


def _everywhere(item: Tlv) -> bytes:
    if item.tag == _CERTIFICATES:
        return _open(item.tag, item.value)
    if not item.constructed:
        return item.encode()
    return _open(item.tag, b"".join(_everywhere(member) for member in item.children()))


def _open(tag: int, content: bytes) -> bytes:
    return tag.to_bytes((tag.bit_length() + 7) // 8, "big") + _INDEFINITE + content + _END
