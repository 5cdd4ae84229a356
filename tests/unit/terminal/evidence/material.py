"""Evidence of simulated chips, and keys to seal it to."""

from __future__ import annotations

import functools
from dataclasses import replace

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from crypto.emrtd.lds import Ef
from drivers.simulator.card.contents import Contents
from terminal.evidence.bundle import CardInField, Circumstances, Evidence
from terminal.evidence.collect import Read, gather
from terminal.evidence.keys import Owner, load_owner, make_key
from tests import chips

CONSENT = "Đồng ý lưu dữ liệu chip để kiểm tra lại.\nAgreed."
CARD = CardInField("Reader of the tests", bytes.fromhex("3B80800101"), simulated=True)


@functools.cache
def owner() -> Owner:
    """A recipient with an X25519 key."""
    return load_owner(make_key(None)[0])


@functools.cache
def p256_owner() -> Owner:
    """A recipient with a P-256 key."""
    key = ec.generate_private_key(ec.SECP256R1())
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return load_owner(key.private_bytes(*form))


def circumstances(consent: str = CONSENT) -> Circumstances:
    """Who, when, where: invented."""
    return Circumstances(
        at=chips.NOW,
        software="tram 0.1.0",
        consent=consent,
        operator="Quầy 1",
        device="desk-1",
        place="Nơi thử",
        recipient=owner().recipient.key_id,
        nonce=bytes(range(16)),
    )


def taken(contents: Contents, made: Circumstances | None = None) -> Evidence:
    """The evidence of a whole read of that chip."""
    talk, _field = chips.conversation(contents)
    reading = talk.identify(chips.key_of("cccd-2024"), simulated=True)
    talk.read_photo()
    talk.read_rest()
    return gather(Read(talk, reading, talk.prove_files(), CARD), made or circumstances(), chips.accepted())


@functools.cache
def evidence(profile: str = "cccd-2024") -> Evidence:
    """The evidence of a genuine card."""
    talk, _field = chips.conversation(chips.contents_of(profile))
    reading = talk.identify(chips.key_of(profile), simulated=True)
    talk.read_photo()
    talk.read_rest()
    return gather(Read(talk, reading, talk.prove_files(), CARD), circumstances(), chips.accepted())


def with_file(found: Evidence, ef: Ef, raw: bytes) -> Evidence:
    """The same with another file."""
    return replace(found, files={**found.files, ef: raw})
