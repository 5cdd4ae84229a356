"""Master lists: one state's collection of roots, signed (Doc 9303-12 §9)."""

from __future__ import annotations

from collections.abc import Iterable

from crypto import der, tlv
from drivers.simulator.issuer.signed_data import PLAIN, CmsForm, compose_signed_data
from drivers.simulator.issuer.signing import SigningKey

CONTENT_TYPE = "2.23.136.1.1.2"


def compose_master_list(
    certificates: Iterable[bytes], certificate: bytes, key: SigningKey, *, form: CmsForm = PLAIN
) -> bytes:
    """A CSCA master list of ``certificates`` (DER each), signed by the owner of ``certificate``.

    The members may be any bytes that form one TLV: real lists hold certificates that many tools cannot load.
    """
    members = b"".join(sorted(set(certificates)))
    content = tlv.encode(der.SEQUENCE, der.encode_unsigned(0) + tlv.encode(der.SET, members))
    return compose_signed_data(content, CONTENT_TYPE, certificate, key, form=form)
