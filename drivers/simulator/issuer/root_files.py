"""The files beside the eMRTD application: EF.ATR/INFO, EF.DIR and EF.CardSecurity (ICAO Doc 9303-10 §3.11)."""

from __future__ import annotations

from crypto import der, tlv
from drivers.simulator.issuer.authority import DocumentSigner
from drivers.simulator.issuer.signed_data import compose_signed_data

_APPLICATION = bytes.fromhex("A0000002471001")
_SECURITY_OBJECT = "0.4.0.127.0.7.3.2.1"
_CAPABILITIES = 0x47
_BY_NAME_AND_SHORT_NAME = 0x84 | 0x04
_DATA_UNIT_OF_A_BYTE = 0x21
_EXTENDED_LENGTH, _SHORT_ONLY = 0x40, 0x00


def encode_atr_info(command: int, answer: int, *, extended: bool) -> bytes:
    """EF.ATR/INFO: card capabilities, and the longest command and answer APDU in bytes (ISO/IEC 7816-4 §12.7.1)."""
    lengths = _EXTENDED_LENGTH if extended else _SHORT_ONLY
    capabilities = bytes([_BY_NAME_AND_SHORT_NAME, _DATA_UNIT_OF_A_BYTE, lengths])
    buffers = b"".join(
        tlv.encode(der.INTEGER, size.to_bytes(3 if size >> 15 else 2, "big")) for size in (command, answer)
    )
    return tlv.encode(_CAPABILITIES, capabilities) + tlv.encode(0x7F66, buffers)


def encode_dir() -> bytes:
    """EF.DIR: the eMRTD application is the only one."""
    return tlv.encode(0x61, tlv.encode(0x4F, _APPLICATION))


def encode_card_security(infos: bytes, signer: DocumentSigner) -> bytes:
    """EF.CardSecurity: SecurityInfos, signed (BSI TR-03110-3 A.1.2.5)."""
    return compose_signed_data(infos, _SECURITY_OBJECT, signer.certificate, signer.key)
