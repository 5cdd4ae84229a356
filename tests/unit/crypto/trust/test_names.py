from __future__ import annotations

from crypto import der, tlv
from crypto.trust.names import text


def test_a_type_that_is_no_identifier_is_shown_as_its_bytes() -> None:
    part = tlv.encode(der.OBJECT_IDENTIFIER, b"\x55\x84") + tlv.encode(0x0C, "Mẫu".encode())
    name = tlv.encode(der.SEQUENCE, tlv.encode(der.SET, tlv.encode(der.SEQUENCE, part)))
    assert text(tlv.parse_one(name)) == "#5584=Mẫu"
