"""EF.CardAccess, EF.CardSecurity and DG14: what the chip says it can do (ICAO Doc 9303-11 §9.2)."""

from __future__ import annotations

from crypto import der, tlv
from drivers.simulator.card.contents import ActiveForm, ChipAuthenticationOffer, PaceOffer
from drivers.simulator.private_keys import EcPrivate, group_identifier, spki

_TERMINAL_AUTHENTICATION = "0.4.0.127.0.7.2.2.2"
_CHIP_KEY = "0.4.0.127.0.7.2.2.1"
_ACTIVE_AUTHENTICATION = "2.23.136.1.1.5"
_ECDSA_PLAIN = "0.4.0.127.0.7.1.1.4.1"
_PLAIN_HASHES = ("sha1", "sha224", "sha256", "sha384", "sha512")
_DH, _ECDH = 1, 2


def terminal_authentication() -> bytes:
    """TerminalAuthenticationInfo, version 1."""
    return _info(_TERMINAL_AUTHENTICATION, der.encode_unsigned(1))


def chip_authentication(offer: ChipAuthenticationOffer) -> bytes:
    """ChipAuthenticationInfo, version 1, with the number of its key when it has one (§9.2.5)."""
    return _info(offer.oid, der.encode_unsigned(1), _number(offer.key_id))


def chip_key(offer: ChipAuthenticationOffer, *, explicit: bool = False) -> bytes:
    """ChipAuthenticationPublicKeyInfo (§9.2.6); ``explicit`` writes the curve as numbers."""
    agreement = _ECDH if isinstance(offer.key, EcPrivate) else _DH
    return _info(f"{_CHIP_KEY}.{agreement}", spki(offer.key, explicit=explicit), _number(offer.key_id))


def pace(offer: PaceOffer) -> bytes:
    """PACEInfo, version 2 (§9.2.1)."""
    return _info(offer.oid, der.encode_unsigned(2), der.encode_unsigned(offer.parameter_id))


def pace_parameters(offer: PaceOffer) -> bytes:
    """PACEDomainParameterInfo: the group of ``offer`` in numbers (§9.2.2)."""
    described = tlv.encode(der.SEQUENCE, group_identifier(offer.group))
    return _info(offer.oid.rpartition(".")[0], described, der.encode_unsigned(offer.parameter_id))


def active_authentication_ecdsa(form: ActiveForm) -> bytes:
    """ActiveAuthenticationInfo of a chip that signs with ECDSA (§9.2.3)."""
    arc = 1 + _PLAIN_HASHES.index(form.digest or "sha256")
    return _info(_ACTIVE_AUTHENTICATION, der.encode_unsigned(1), _identifier(f"{_ECDSA_PLAIN}.{arc}"))


def encode_set(*infos: bytes) -> bytes:
    """SecurityInfos: the SET that is EF.CardAccess and that DG14 and EF.CardSecurity wrap."""
    return tlv.encode(der.SET, b"".join(infos))


def _info(oid: str, *parts: bytes) -> bytes:
    return tlv.encode(der.SEQUENCE, _identifier(oid) + b"".join(parts))


def _number(key_id: int | None) -> bytes:
    return b"" if key_id is None else der.encode_unsigned(key_id)


def _identifier(oid: str) -> bytes:
    return tlv.encode(der.OBJECT_IDENTIFIER, der.encode_identifier(oid))
