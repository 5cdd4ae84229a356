"""Chip and active authentication in a whole read: what proves a chip, what fails it, and what leaves it open."""

from __future__ import annotations

import secrets
from dataclasses import replace
from types import SimpleNamespace

import pytest

from crypto import tlv
from crypto.apdu import Channel
from crypto.emrtd import active_auth
from crypto.emrtd.lds import Ef
from crypto.errors import MalformedError, StatusError
from drivers.simulator.card.contents import Contents
from drivers.simulator.faults import ChipFault
from drivers.simulator.make import AaKey, Make
from drivers.simulator.personalise import personalise
from terminal.model import CheckName, Word
from terminal.proof.chip_proof import prove_chip
from tests.chips import AUTHORITY, contents_of, conversation, key_of, person_of, reasons, with_files, without, words

RSA = bytes.fromhex("06092A864886F70D010101")


def seq(*members: bytes) -> bytes:
    return tlv.encode(0x30, b"".join(members))


def resigned(profile: str, **changes: object) -> Contents:
    """That card with other private keys or none; its files stay."""
    return replace(contents_of(profile), **changes)  # type: ignore[arg-type]


def test_a_chip_that_fails_chip_authentication_is_not_read_further() -> None:
    talk, field = conversation(contents_of("cccd-2021", ChipFault.CLONED))
    reading = talk.identify(key_of("cccd-2021"))
    asked = len(field.commands)
    assert not talk.alive
    assert reasons(reading)[CheckName.CHIP] == "why.ca"
    assert talk.read_photo() is None
    talk.read_rest()
    assert len(field.commands) == asked
    assert not {Ef.DG2, Ef.COM} & talk.files.keys()


def test_a_chip_that_refuses_chip_authentication_may_still_prove_itself_actively() -> None:
    talk, _ = conversation(resigned("cccd-2021", chip=()))
    reading = talk.identify(key_of("cccd-2021"))
    assert words(reading)[CheckName.CHIP] is Word.SUCCESSFUL
    assert reasons(reading)[CheckName.CHIP] == "why.aa"


def test_a_chip_that_refuses_both_proofs_fails() -> None:
    talk, _ = conversation(resigned("cccd-2021", chip=(), active_key=None))
    reading = talk.identify(key_of("cccd-2021"))
    assert words(reading)[CheckName.CHIP] is Word.FAILED


def test_a_chip_that_refuses_its_only_proof_fails() -> None:
    talk, _ = conversation(without(resigned("cccd-2021", chip=()), Ef.DG15))
    reading = talk.identify(key_of("cccd-2021"))
    assert words(reading)[CheckName.CHIP] is Word.FAILED
    assert reasons(reading)[CheckName.CHIP] == "why.ca"


@pytest.mark.parametrize("active", AaKey, ids=lambda kind: kind.name)
def test_a_clone_without_dg14_fails_active_authentication(active: AaKey) -> None:
    make = Make(active=active, fault=ChipFault.CLONED)
    talk, _ = conversation(without(personalise(person_of("insured"), make, AUTHORITY), Ef.DG14))
    reading = talk.identify(key_of("insured"))
    assert words(reading)[CheckName.CHIP] is Word.FAILED
    assert reasons(reading)[CheckName.CHIP] == "why.aa"


def with_signed(profile: str, changed: dict[Ef, bytes]) -> Contents:
    """That card with other files, signed."""
    contents = contents_of(profile)
    groups = {ef: raw for ef, raw in contents.files.items() if ef.number is not None} | changed
    return with_files(contents, changed | {Ef.SOD: AUTHORITY.signer().sign(groups)})


def unknown_chip_authentication(profile: str) -> bytes:
    """DG14 with a variant of chip authentication that is not known."""
    known = bytes.fromhex("04007F00070202030202")
    dg14 = contents_of(profile).files[Ef.DG14]
    assert known in dg14
    return dg14.replace(known, known[:-1] + b"\x63")


def test_a_chip_authentication_nobody_knows_leaves_active_authentication() -> None:
    changed = with_signed("cccd-2021", {Ef.DG14: unknown_chip_authentication("cccd-2021")})
    talk, _ = conversation(changed)
    assert reasons(talk.identify(key_of("cccd-2021")))[CheckName.CHIP] == "why.aa"


def test_a_chip_authentication_nobody_knows_alone_is_not_supported() -> None:
    changed = with_signed("cccd-2021", {Ef.DG14: unknown_chip_authentication("cccd-2021")})
    talk, _ = conversation(without(changed, Ef.DG15))
    reading = talk.identify(key_of("cccd-2021"))
    assert words(reading)[CheckName.CHIP] is Word.NOT_SUPPORTED
    assert reasons(reading)[CheckName.CHIP] == "why.not_supported"


def test_an_active_authentication_key_nobody_knows_is_not_supported() -> None:
    ed25519 = bytes.fromhex("302A300506032B6570032100") + bytes(range(32))
    changed = with_signed("cccd-2021", {Ef.DG15: tlv.encode(Ef.DG15.tag, ed25519)})
    talk, _ = conversation(without(changed, Ef.DG14))
    reading = talk.identify(key_of("cccd-2021"))
    assert words(reading)[CheckName.CHIP] is Word.NOT_SUPPORTED
    assert reasons(reading)[CheckName.CHIP] == "why.aa"


def test_a_signed_key_that_makes_no_sense_accuses_no_chip() -> None:
    """Whoever made DG15 wrote it so: the chip may be the original, and nobody can tell."""
    even = seq(seq(RSA, b"\x05\0"), b"\x03\x81\x8e\0" + seq(b"\x02\x81\x81\0" + b"\x80" * 128, b"\x02\x01\x03"))
    changed = with_signed("cccd-2021", {Ef.DG15: tlv.encode(Ef.DG15.tag, even)})
    talk, _ = conversation(without(changed, Ef.DG14))
    reading = talk.identify(key_of("cccd-2021"))
    assert words(reading)[CheckName.CHIP] is Word.ABORTED
    assert reasons(reading)[CheckName.CHIP] == "why.aa"


def test_a_signature_that_was_cut_on_its_way_accuses_no_chip(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = active_auth._sign
    monkeypatch.setattr(active_auth, "_sign", lambda *asked: whole(*asked)[:-1])
    talk, _ = conversation(resigned("cccd-2021", chip=()))
    assert words(talk.identify(key_of("cccd-2021")))[CheckName.CHIP] is Word.ABORTED


class FilesOf:
    """A chip's files for a proof; what comes after the agreement ends with ``ends``."""

    def __init__(self, dg14: bytes, ends: Exception) -> None:
        self._dg14 = dg14
        self._ends = ends

    def dg14(self) -> bytes:
        return self._dg14

    def dg15(self) -> None:
        return None

    def next_file(self) -> None:
        raise self._ends


@pytest.mark.parametrize("proven", [True, False])
@pytest.mark.parametrize("ends", [StatusError("read DG15", 0x6F00), MalformedError("DG15")], ids=type)
def test_only_an_answer_under_the_new_keys_proves_them(
    monkeypatch: pytest.MonkeyPatch, ends: Exception, proven: bool
) -> None:
    agreed = SimpleNamespace(proven=proven, algorithm="ECDH P-256 AES-128")
    monkeypatch.setattr("terminal.proof.chip_proof.chip_auth.agree", lambda *_: agreed)
    dg14 = contents_of("cccd-2021").files[Ef.DG14]
    found = prove_chip(Channel(bytes), FilesOf(dg14, ends), secrets.token_bytes)
    assert found.check.word is (Word.SUCCESSFUL if proven else Word.FAILED)
    assert found.alive is proven
    assert found.protocol == "CA ECDH P-256 AES-128"
