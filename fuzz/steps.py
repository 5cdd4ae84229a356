"""Parsers that need something around them before bytes reach them, or a second look at what they made."""

from __future__ import annotations

import functools
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto import der, tlv
from crypto.apdu import Command, Response
from crypto.errors import CardLostError, MalformedError, NotSupportedError
from fuzz.target import SEEDS

if TYPE_CHECKING:
    from terminal.evidence.keys import Owner

NOW = datetime(2026, 3, 4, 5, 0, tzinfo=UTC)
"""When a ticket or a document is looked at."""

TICKET_KEY = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
"""Signs the tickets among the seeds."""


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


# Keys, proof and trust ------------------------------------------------------------------------------------------------


def public_key(data: bytes) -> None:
    """The key of DG15, or of a chip authentication public key."""
    from crypto.emrtd import public_keys

    public_keys.parse(tlv.parse_one(data))


def diffie_hellman(data: bytes) -> None:
    """Explicit groups, as X9.42 and as PKCS #3 write them."""
    from crypto import dh

    for read in (dh.group_of_x942, dh.group_of_pkcs3):
        with suppress(MalformedError, NotSupportedError):
            read(data)


def security_object(data: bytes) -> None:
    """EF.SOD parsed and its signature checked."""
    from crypto.emrtd.passive_auth import SecurityObject

    SecurityObject.parse(data).verify_signature()


def card_security(data: bytes) -> None:
    """EF.CardSecurity parsed and its signature checked."""
    from crypto.emrtd.card_security import CardSecurity

    CardSecurity.parse(data).verify_signature()


def ber(data: bytes) -> None:
    """What is brought to definite form is one object, and stays as it is from then on."""
    from crypto.ber import definite

    once = definite(data)
    assert definite(once) == once
    tlv.parse_one(once)


def certificate(data: bytes) -> None:
    """A certificate, and all that reports and searches ask of it."""
    from crypto.trust.certificate import Certificate

    found = Certificate.parse(data)
    str((found.subject, found.issuer, found.fingerprint, found.is_ca, found.self_issued, found.private_key_until))
    str((found.subject_key_id, found.authority_key_id, found.findings, found.valid_at(NOW)))
    str((found.key, found.algorithm))


def self_signed(data: bytes) -> None:
    """A certificate and its signature under its own key."""
    from crypto.trust.certificate import Certificate

    found = Certificate.parse(data)
    found.verify_signed_by(found)


def master_list(data: bytes) -> None:
    """A master list with each of its certificates."""
    from crypto.trust.certificate import Certificate
    from crypto.trust.master_list import MasterList

    found = MasterList.parse(data)
    for member in found.members[:8]:
        with suppress(MalformedError):
            Certificate.parse(member)


def revocation_list(data: bytes) -> None:
    """A revocation list and its signature under a key that did not make it."""
    from crypto.trust.certificate import Certificate
    from crypto.trust.revocation import Crl

    Crl.parse(data).verify_signed_by(Certificate.parse((SEEDS / "self-signed" / "01").read_bytes()))


# Files and codes -----------------------------------------------------------------------------------------------------


@functools.cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="tram-fuzz-")


def trust_index(data: bytes) -> None:
    """The index of a trust store of the first format."""
    from crypto.trust.first_format import read_records

    folder = Path(_folder().name)
    (folder / "index.json").write_bytes(data)
    read_records(folder)


@functools.cache
def evidence_owner() -> Owner:
    """Who may open the sealed seeds."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    from terminal.evidence.keys import load_owner

    key = X25519PrivateKey.from_private_bytes(b"\x08" * 32)
    return load_owner(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def sealed_evidence(data: bytes) -> None:
    """An evidence file on the way to its recipient."""
    from terminal.evidence.envelope import unseal

    unseal(data, evidence_owner())


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
