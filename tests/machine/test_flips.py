"""Each byte of what a chip holds turned over, each file cut at each length: never a pass with other content.

What nothing signs is named exactly (``UNSIGNED``). Only errors of crypto/errors.py come out of any parser.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from crypto import tlv
from crypto.emrtd import public_keys
from crypto.emrtd.dg1 import parse_dg1
from crypto.emrtd.face import parse_dg2
from crypto.emrtd.lds import Ef, parse_com
from crypto.emrtd.passive_auth import SecurityObject
from crypto.emrtd.security_infos import parse_dg14, parse_security_infos
from crypto.emrtd.vietnam import parse_dg13
from crypto.errors import HashMismatchError, ProofError
from crypto.trust.certificate import Certificate
from drivers.simulator.issuer.authority import SignerKind
from drivers.simulator.issuer.ber import Lengths
from drivers.simulator.issuer.signed_data import PLAIN
from drivers.simulator.issuer.sod import USUAL
from drivers.simulator.layers import LayeredChip
from terminal.model import IssuerTrust, Outcome, Word
from terminal.proof.passive import PassiveReport, passive_authentication
from tests import chips
from tests.flawed import visit

CONTENTS = chips.contents_of("cccd-2021")
GROUPS = {ef: raw for ef, raw in CONTENTS.files.items() if ef.number is not None}
SMALL = {ef.number: raw for ef, raw in GROUPS.items() if ef.number is not None and ef is not Ef.DG2}

NULL = b"\x05\x00"
UNSIGNED = {
    "signed data: version",
    "signed data: digest algorithms",
    "signer info: version",
    "signer info: signer",
    "empty parameters",
}
"""RFC 5652 signs none of these: the version numbers, the list of hashes for one-pass readers, the signer's name, which
a sole certificate makes superfluous (a finding tells), and the NULL that stands or does not stand behind a hash's or
PKCS #1's identifier."""


def flips(raw: bytes, mask: int, step: int = 1) -> Iterator[tuple[int, bytes]]:
    """``raw`` with one byte turned, at each place."""
    for at in range(0, len(raw), step):
        yield at, raw[:at] + bytes([raw[at] ^ mask]) + raw[at + 1 :]


def report(sod: bytes) -> PassiveReport:
    return passive_authentication(sod, SMALL, chips.accepted(), chips.NOW)


def passes(found: PassiveReport) -> bool:
    proven = found.signature is Word.SUCCESSFUL and found.issuer is IssuerTrust.TRUSTED
    return proven and all(word is Word.SUCCESSFUL for _, word in found.hashes)


def proven_content(sod: bytes) -> tuple[dict[int, bytes], str, bytes]:
    found = SecurityObject.parse(sod)
    return dict(found.hashes), found.hash_algorithm, found.signer.spki


@functools.cache
def sod_of(kind: SignerKind, lengths: Lengths = Lengths.DEFINITE) -> bytes:
    return chips.AUTHORITY.signer(kind).sign(GROUPS, form=replace(USUAL, cms=replace(PLAIN, lengths=lengths)))


# The security object -------------------------------------------------------------------------------------------------


def members(raw: bytes, start: int, end: int) -> list[tuple[int, int]]:
    """Where each data object of a row begins and ends."""
    found = []
    while start < end:
        _, length, header = tlv.read_header(raw[start:end])
        found.append((start, start + header + length))
        start += header + length
    return found


def inside(raw: bytes, place: tuple[int, int]) -> list[tuple[int, int]]:
    _, _, header = tlv.read_header(raw[place[0] : place[1]])
    return members(raw, place[0] + header, place[1])


def names_of(sod: bytes) -> dict[int, str]:
    """What each byte of a security object in DER belongs to."""
    (info,) = inside(sod, (0, len(sod)))
    (signed,) = inside(sod, inside(sod, info)[1])
    rows = ("version", "digest algorithms", "content", "certificates", "signer infos")
    places = {f"signed data: {name}": place for name, place in zip(rows, inside(sod, signed), strict=True)}
    (signer,) = inside(sod, places.pop("signed data: signer infos"))
    rows = ("version", "signer", "digest algorithm", "attributes", "signature algorithm", "signature")
    places |= {f"signer info: {name}": place for name, place in zip(rows, inside(sod, signer), strict=True)}
    named = {at: name for name, (start, end) in places.items() for at in range(start, end)}
    algorithms = [at for at, name in named.items() if name.endswith("algorithm") and sod[at : at + 2] == NULL]
    return named | dict.fromkeys(algorithms, "empty parameters")


@pytest.mark.parametrize(
    ("kind", "mask", "step"), [(SignerKind.P256, 0x01, 1), (SignerKind.RSA, 0x80, 5), (SignerKind.PSS, 0x40, 7)]
)
def test_a_turned_byte_of_the_security_object_is_no_pass_but_where_nothing_signs(
    kind: SignerKind, mask: int, step: int
) -> None:
    sod = sod_of(kind)
    names, sound = names_of(sod), proven_content(sod)
    assert passes(report(sod))
    passed = {at: bad for at, bad in flips(sod, mask, step) if passes(report(bad))}
    assert {names[at] for at in passed} <= UNSIGNED
    assert all(proven_content(bad) == sound for bad in passed.values())


def test_a_turned_byte_of_a_security_object_in_ber_never_changes_what_is_proven() -> None:
    sod = sod_of(SignerKind.P256, Lengths.EVERYWHERE)
    sound = proven_content(sod)
    assert passes(report(sod))
    passed = [bad for _, bad in flips(sod, 0x02, 3) if passes(report(bad))]
    assert all(proven_content(bad) == sound for bad in passed)
    assert len(passed) < 40


@pytest.mark.parametrize("lengths", Lengths)
def test_a_security_object_cut_at_any_length_is_unreadable(lengths: Lengths) -> None:
    sod = sod_of(SignerKind.P256, lengths)
    for end in range(len(sod)):
        assert report(sod[:end]).signature is Word.ABORTED, end


# Certificates --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mask", [0x01, 0x80])
def test_a_turned_byte_of_a_certificate_leaves_a_certificate_or_a_refusal(mask: int) -> None:
    for whole in (chips.AUTHORITY.root, chips.AUTHORITY.signer().certificate):
        read = 0
        for _, bad in flips(whole, mask):
            try:
                found = Certificate.parse(bad)
            except ProofError:
                continue
            read += 1
            assert (found.subject, found.issuer) != ("", "")
            assert bad in (found.der, found.der[: len(bad)])
        assert read


# Data groups ---------------------------------------------------------------------------------------------------------

PARSERS: dict[Ef, Callable[[bytes], object]] = {
    Ef.CARD_ACCESS: parse_security_infos,
    Ef.COM: parse_com,
    Ef.DG1: parse_dg1,
    Ef.DG2: parse_dg2,
    Ef.DG13: parse_dg13,
    Ef.DG14: parse_dg14,
    Ef.DG15: lambda raw: public_keys.parse(tlv.parse_one(tlv.parse_one(raw, 0x6F).value)),
}


def refused(parse: Callable[[bytes], object], raw: bytes) -> bool:
    """Whether the parser refuses, in the documented way."""
    try:
        parse(raw)
    except ProofError:
        return True
    return False


@pytest.mark.parametrize("ef", PARSERS, ids=lambda ef: ef.name)
@pytest.mark.parametrize("mask", [0x01, 0x80])
def test_a_turned_byte_of_a_file_meets_a_strict_parser(ef: Ef, mask: int) -> None:
    whole = CONTENTS.files[ef]
    assert not refused(PARSERS[ef], whole)
    assert any(refused(PARSERS[ef], bad) for _, bad in flips(whole, mask))


@pytest.mark.parametrize("ef", PARSERS, ids=lambda ef: ef.name)
def test_a_file_cut_at_any_length_meets_a_strict_parser(ef: Ef) -> None:
    whole = CONTENTS.files[ef]
    kept = [end for end in range(len(whole)) if not refused(PARSERS[ef], whole[:end])]
    # A face is taken to its own end, so that a group that is some padding short still has one.
    assert not kept if ef is not Ef.DG2 else all(end >= len(whole) - 8 for end in kept)


@pytest.mark.parametrize("ef", GROUPS, ids=lambda ef: ef.name)
def test_a_turned_byte_of_a_data_group_is_another_hash(ef: Ef) -> None:
    sod = SecurityObject.parse(CONTENTS.files[Ef.SOD])
    assert ef.number is not None
    for _, bad in flips(GROUPS[ef], 0x01):
        with pytest.raises(HashMismatchError):
            sod.verify_file(ef.number, bad)


@pytest.mark.parametrize("ef", [Ef.DG1, Ef.DG13, Ef.DG14, Ef.DG15], ids=lambda ef: ef.name)
def test_a_chip_with_a_turned_byte_is_never_believed(ef: Ef) -> None:
    """Through the whole read, at four places: the parsers above are tried at every one."""
    for at, bad in flips(GROUPS[ef], 0x10, len(GROUPS[ef]) // 4):
        found = visit(LayeredChip(chips.with_files(CONTENTS, {ef: bad}), []))
        assert found.outcome is not Outcome.ALLOW or ef not in found.files, at
