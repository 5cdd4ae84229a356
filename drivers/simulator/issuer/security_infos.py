"""EF.CardAccess and DG14: what the chip says it can do (ICAO Doc 9303-11 §9.2)."""

from __future__ import annotations

from crypto import der, tlv
from crypto.emrtd.keys import Suite

TERMINAL_AUTHENTICATION = "0.4.0.127.0.7.2.2.2"
CHIP_KEY_ECDH = "0.4.0.127.0.7.2.2.1.2"
ACTIVE_AUTHENTICATION = "2.23.136.1.1.5"
ECDSA_PLAIN_SHA256 = "0.4.0.127.0.7.1.1.4.1.3"


def pace_oid(suite: Suite) -> str:
    """id-PACE-ECDH-GM with ``suite``."""
    return f"0.4.0.127.0.7.2.2.4.2.{suite.value}"


def chip_authentication_oid(suite: Suite) -> str:
    """id-CA-ECDH with ``suite``."""
    return f"0.4.0.127.0.7.2.2.3.2.{suite.value}"


def terminal_authentication() -> bytes:
    """TerminalAuthenticationInfo, version 1."""
    return _info(TERMINAL_AUTHENTICATION, der.encode_unsigned(1))


def chip_authentication(suite: Suite) -> bytes:
    """ChipAuthenticationInfo, version 1, no key id."""
    return _info(chip_authentication_oid(suite), der.encode_unsigned(1))


def chip_key(public: bytes) -> bytes:
    """ChipAuthenticationPublicKeyInfo of the only key, ``public`` its SubjectPublicKeyInfo."""
    return _info(CHIP_KEY_ECDH, public)


def pace(suite: Suite, parameter_id: int) -> bytes:
    """PACEInfo, version 2, with a standardised domain parameter id."""
    return _info(pace_oid(suite), der.encode_unsigned(2), der.encode_unsigned(parameter_id))


def active_authentication_ecdsa() -> bytes:
    """ActiveAuthenticationInfo of a chip that signs with plain ECDSA over SHA-256."""
    return _info(ACTIVE_AUTHENTICATION, der.encode_unsigned(1), _identifier(ECDSA_PLAIN_SHA256))


def encode_set(*infos: bytes) -> bytes:
    """SecurityInfos: the SET that is EF.CardAccess and that DG14 wraps."""
    return tlv.encode(der.SET, b"".join(infos))


def _info(oid: str, *parts: bytes) -> bytes:
    return tlv.encode(der.SEQUENCE, _identifier(oid) + b"".join(parts))


def _identifier(oid: str) -> bytes:
    return tlv.encode(der.OBJECT_IDENTIFIER, der.encode_identifier(oid))
