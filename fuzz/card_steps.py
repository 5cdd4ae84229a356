"""What a chip says in a conversation: answers under secure messaging, in key agreement, and while a file is read."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from crypto import der, tlv
from crypto.apdu import Channel, Command
from crypto.emrtd import ciphers
from crypto.emrtd.keys import SessionKeys, Suite
from crypto.errors import CardLostError

if TYPE_CHECKING:
    from crypto.emrtd.security_infos import SecurityInfos

_READ = Command(0x00, 0xB0, 0x00, 0x00, b"", 0x100)
_KEYS = {suite: SessionKeys(suite, b"\x11" * suite.key_size, b"\x22" * suite.key_size) for suite in Suite}
CHALLENGE = b"\x5a" * 8
ACTIVE_KEY = ec.derive_private_key(7, ec.BrainpoolP256R1())
"""The key of the elliptic chip, with which a seed answers the challenge."""

_MAPPINGS = (1, 2, 3, 4, 6)
"""Last arc but one of the protocols of PACE: GM over DH and ECDH, IM over both, CAM."""


def bare_response(data: bytes) -> None:
    """An answer of somebody without the session keys, cipher by the first byte."""
    from crypto.emrtd.messaging import SecureMessaging

    suite, answer = _suite(data)
    channel, session = Channel(lambda _raw: answer), SecureMessaging(_KEYS[suite])
    channel.secure(session)
    response = channel.send(_READ)
    assert not response.data
    assert session.verified == 0


def signed_response(data: bytes) -> None:
    """An answer with a right MAC around any objects, cipher by the first byte."""
    from crypto.emrtd.messaging import SecureMessaging

    suite, objects = _suite(data)
    keys = _KEYS[suite]
    counter = (2).to_bytes(suite.block, "big")
    mac = ciphers.mac(suite, keys.mac, ciphers.pad(counter + objects, suite.block))
    channel, session = Channel(lambda _raw: objects + tlv.encode(0x8E, mac) + b"\x90\x00"), SecureMessaging(keys)
    channel.secure(session)
    channel.send(_READ)
    assert session.verified == 1


def read_file(data: bytes) -> None:
    """A file read block by block from a chip that answers anything."""
    from crypto.emrtd.files import FileReader
    from crypto.emrtd.lds import Ef

    content = FileReader(_scripted(data), 0x100).read(Ef.DG1)
    assert tlv.parse_one(content).tag == Ef.DG1.tag


def pace_answers(data: bytes) -> None:
    """A chip without the password in the course of PACE; mapping by the first byte, cipher by the second."""
    from crypto.emrtd import pace
    from crypto.emrtd.pace_password import Password

    mapping, suite = (data[0] % len(_MAPPINGS), data[1] % len(Suite) + 1) if len(data) > 1 else (0, 1)
    parameters = 0 if _MAPPINGS[mapping] in (1, 3) else 13
    numbers = der.encode_unsigned(2), der.encode_unsigned(parameters)
    infos = _infos(f"0.4.0.127.0.7.2.2.4.{_MAPPINGS[mapping]}.{suite}", *numbers)
    for info in infos.pace:
        pace.establish(_scripted(data[2:]), info, Password.can("123456"), lambda size: b"\x5a" * size)


def active_answer(data: bytes) -> None:
    """An answer to active authentication: elliptic, or RSA whose padded message is ``data``, by the first byte."""
    from crypto.emrtd import active_auth

    if data[:1] > b"\x7f":
        dg15, answer = _elliptic_dg15(), data[1:]
    else:
        dg15, numbers = _rsa_dg15()
        modulus = numbers.public_numbers.n
        signature = pow(int.from_bytes(data[1:], "big") % modulus, numbers.d, modulus)
        answer = signature.to_bytes((modulus.bit_length() + 7) // 8, "big")
    plain = tlv.encode(der.OBJECT_IDENTIFIER, der.encode_identifier("0.4.0.127.0.7.1.1.4.1.3"))
    infos = _infos("2.23.136.1.1.5", der.encode_unsigned(1), plain)
    active_auth.authenticate(Channel(lambda _raw: answer + b"\x90\x00"), dg15, infos, lambda _size: CHALLENGE)


def _suite(data: bytes) -> tuple[Suite, bytes]:
    return list(Suite)[data[0] % len(Suite)] if data else Suite.AES_128, data[1:]


def _scripted(data: bytes) -> Channel:
    """A chip that gives one piece of ``data`` after the other: a length of one byte, then the answer; 00 is silence."""
    answers = _pieces(data)

    def answer(_command: bytes) -> bytes:
        found = next(answers, b"")
        if not found:
            raise CardLostError("the script is over")
        return found

    return Channel(answer)


def _pieces(data: bytes) -> Iterator[bytes]:
    while data:
        yield data[1 : 1 + data[0]]
        data = data[1 + data[0] :]


@functools.cache
def _elliptic_dg15() -> bytes:
    return _dg15(ACTIVE_KEY.public_key())


@functools.cache
def _rsa_dg15() -> tuple[bytes, rsa.RSAPrivateNumbers]:
    key = rsa.generate_private_key(65537, 1024)  # noqa: S505 - small for speed; it guards nothing
    return _dg15(key.public_key()), key.private_numbers()


def _dg15(key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey) -> bytes:
    return tlv.encode(0x6F, key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def _infos(oid: str, *parts: bytes) -> SecurityInfos:
    from crypto.emrtd.security_infos import parse_security_infos

    row = tlv.encode(der.OBJECT_IDENTIFIER, der.encode_identifier(oid)) + b"".join(parts)
    return parse_security_infos(tlv.encode(der.SET, tlv.encode(der.SEQUENCE, row)))
