"""What evidence holds: nothing is lost in writing, and nothing but its very form is read."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.codes import cbor
from crypto.emrtd.lds import Ef
from crypto.errors import MalformedError, NotSupportedError
from terminal.evidence.bundle import MAX_BUNDLE, decode, encode
from tests.unit.terminal.evidence.material import circumstances, evidence


def plain() -> Any:
    return copy.deepcopy(cbor.decode(encode(evidence()), limit=MAX_BUNDLE))


def edited(edit: Callable[[Any], object]) -> bytes:
    content = plain()
    edit(content)
    return cbor.encode(content)


@pytest.mark.parametrize("profile", ["cccd-2024", "cccd-2021", "bac-only"])
def test_what_is_written_is_read_again(profile: str) -> None:
    found = evidence(profile)
    assert decode(encode(found)) == found
    assert encode(decode(encode(found))) == encode(found)


def test_without_a_signature_by_the_chip_there_is_no_such_field() -> None:
    unsigned = replace(evidence(), signed=None)
    assert decode(encode(unsigned)).signed is None


def test_it_holds_every_file_and_the_certificates_up_to_the_root() -> None:
    found = evidence()
    assert {Ef.CARD_ACCESS, Ef.COM, Ef.SOD, Ef.DG1, Ef.DG2, Ef.DG13, Ef.DG14, Ef.DG15} <= set(found.files)
    assert len(found.certificates) == 2
    assert found.groups.keys() == {1, 2, 13, 14, 15}


EDITS: dict[str, Callable[[Any], object]] = {
    "a field missing": lambda c: c.pop("card"),
    "a field too many": lambda c: c.update(more=1),
    "a field too many inside": lambda c: c["made"].update(more=1),
    "another format": lambda c: c.update(format="tram"),
    "the format's type": lambda c: c.update(format=1),
    "a map's type": lambda c: c.update(made=[]),
    "numbered names": lambda c: c.update(card={1: 2}),
    "no consent": lambda c: c["made"].update(consent=" \n"),
    "a long consent": lambda c: c["made"].update(consent="x" * 4001),
    "an escape in the consent": lambda c: c["made"].update(consent="ok \x1b[2J"),
    "a long operator": lambda c: c["made"].update(operator="x" * 257),
    "a bell in the place": lambda c: c["made"].update(place="\x07"),
    "no time": lambda c: c["made"].update(at="noon"),
    "a time without offset": lambda c: c["made"].update(at="2026-03-04T05:00:00"),
    "a time out of range": lambda c: c["made"].update(at="0001-01-01T00:00:00+14:00"),
    "a time that ends elsewhere": lambda c: c["made"].update(at="9999-12-31T23:00:00+00:00"),
    "another clock": lambda c: c["made"].update(clock="sundial"),
    "a long nonce": lambda c: c["made"].update(nonce=bytes(17)),
    "no security object": lambda c: c["files"].pop("SOD"),
    "an unknown file": lambda c: c["files"].update(DG17=b""),
    "a file far too long": lambda c: c["files"].update(DG2=bytes(0x40001)),
    "a file as text": lambda c: c["files"].update(DG2="text"),
    "an unknown check": lambda c: c["said"]["checks"].update(luck="successful"),
    "an unknown word": lambda c: c["said"]["checks"].update(chip="splendid"),
    "an unknown group": lambda c: c["said"]["hashes"].update(DG17="successful"),
    "an unknown trust": lambda c: c["said"].update(issuer="maybe"),
    "certificates as a map": lambda c: c.update(certificates={}),
    "a certificate as text": lambda c: c.update(certificates=["text"]),
    "too many certificates": lambda c: c.update(certificates=[b""] * 65),
    "a long certificate": lambda c: c.update(crls=[bytes((1 << 20) + 1)]),
    "tried as bytes": lambda c: c["access"].update(tried=[b"x"]),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_another_form_is_malformed(edit: Callable[[Any], object]) -> None:
    with pytest.raises(MalformedError):
        decode(edited(edit))


def test_a_newer_version_is_not_supported() -> None:
    with pytest.raises(NotSupportedError):
        decode(edited(lambda content: content.update(version=2)))


@given(st.binary(max_size=200), st.integers(0, 10_000), st.integers(1, 255))
def test_nothing_but_the_documented_errors_comes_out(noise: bytes, at: int, flip: int) -> None:
    whole = encode(evidence())
    head = whole[: at % 600] + noise
    flipped = bytearray(whole)
    flipped[at % len(whole)] ^= flip
    for raw in (head, bytes(flipped)):
        try:
            decode(raw)
        except (MalformedError, NotSupportedError):
            continue


def test_circumstances_without_consent_are_none() -> None:
    with pytest.raises(MalformedError):
        circumstances("  ")


def test_no_repr_tells_of_the_person() -> None:
    text = repr(evidence()) + repr(evidence().said)
    for secret in ("003", "Đồng ý", "Quầy", "NGUY"):
        assert secret not in text
