"""Parsers that need something around them before bytes reach them: a session, a key, a file, a scripted chip."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto import der, tlv
from crypto.apdu import Channel, Command, Response
from crypto.emrtd import ciphers
from crypto.emrtd.keys import SessionKeys, Suite
from crypto.errors import CardLostError, MalformedError

NOW = datetime(2026, 3, 4, 5, 0, tzinfo=UTC)
"""When a ticket or a document is looked at."""

TICKET_KEY = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
"""Signs the tickets among the seeds."""

_READ = Command(0x00, 0xB0, 0x00, 0x00, b"", 0x100)
_KEYS = {suite: SessionKeys(suite, b"\x11" * suite.key_size, b"\x22" * suite.key_size) for suite in Suite}


# Encodings -----------------------------------------------------------------------------------------------------------


def tlv_tree(data: bytes) -> None:
    """All objects at all depths, and each encoded again and parsed alike."""
    for item in tlv.walk(data):
        assert tlv.parse_one(item.encode()) == item
    tlv.read_header(data)


def der_values(data: bytes) -> None:
    """Every way to read one DER value."""
    item = tlv.parse_one(data)
    for read in (der.parts, der.unsigned, der.bits, der.identifier):
        with suppress(MalformedError):
            read(item)


def apdu(data: bytes) -> None:
    """A command and a response; what decodes must encode to something that decodes alike."""
    with suppress(CardLostError):
        assert Response.decode(data).encode() == data
    command = Command.decode(data)
    again = Command.decode(command.encode())
    assert (again.data, again.le) == (command.data, command.le)


def base45(text: str) -> None:
    """What decodes must encode to the same text."""
    from crypto.codes import base45 as codec

    assert codec.encode(codec.decode(text)) == text


def cbor(data: bytes) -> None:
    """What decodes is the only encoding of its value."""
    from crypto.codes import cbor as codec

    assert codec.encode(codec.decode(data)) == data


# The chip ------------------------------------------------------------------------------------------------------------


def _suite(data: bytes) -> tuple[Suite, bytes]:
    return list(Suite)[data[0] % len(Suite)] if data else Suite.AES_128, data[1:]


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


def scripted(data: bytes) -> Channel:
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


def read_file(data: bytes) -> None:
    """A file read block by block from a chip that answers anything."""
    from crypto.emrtd.files import FileReader
    from crypto.emrtd.lds import Ef

    content = FileReader(scripted(data), 0x100).read(Ef.DG1)
    assert tlv.parse_one(content).tag == Ef.DG1.tag


def public_key(data: bytes) -> None:
    """The key of DG15, or of a chip authentication public key."""
    from crypto.emrtd import public_keys

    public_keys.parse(tlv.parse_one(data))


def security_object(data: bytes) -> None:
    """EF.SOD parsed and its signature checked."""
    from crypto.emrtd.passive_auth import SecurityObject

    SecurityObject.parse(data).verify_signature()


# Files and codes -----------------------------------------------------------------------------------------------------


@functools.cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="tram-fuzz-")


def trust_index(data: bytes) -> None:
    """The index of a trust store."""
    from crypto.trust.store import TrustStore

    folder = Path(_folder().name)
    (folder / "index.json").write_bytes(data)
    TrustStore.open(folder)


def certificate_file(data: bytes) -> None:
    """A file that an operator imports: DER, PEM or a bundle."""
    from crypto.trust.bundle import read_certificates

    read_certificates(data)


def settings(data: bytes) -> None:
    """A site's configuration file."""
    from config.load import load

    file = Path(_folder().name) / "terminal.toml"
    file.write_bytes(data)
    load(file, environ={})


def ticket(text: str) -> None:
    """A ticket, contents and signature."""
    from crypto.codes import ticket as tickets

    tickets.verify(text, (tickets.public_half(TICKET_KEY),), NOW)


def code(data: bytes) -> None:
    """Whatever a scanner saw, up to what the session gets."""
    from terminal.flow.recognise import recognise_code

    recognise_code(data, (), NOW)
