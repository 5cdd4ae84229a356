"""The words of passive authentication, each reached by the defect that it stands for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import tlv
from crypto.emrtd.lds import Ef
from crypto.emrtd.passive_auth import SecurityObject
from crypto.errors import MalformedError, NotSupportedError, SignatureWrongError, SignerMissingError
from crypto.trust.store import TrustStore
from drivers.simulator.issuer.authority import Authority, SignerKind
from drivers.simulator.issuer.signing import ecdsa
from terminal.model import IssuerTrust, Message, Word
from terminal.proof.passive import PassiveReport, passive_authentication

NOON = datetime(2026, 3, 4, 5, 0, tzinfo=UTC)
AFTER = datetime(2050, 1, 1, tzinfo=UTC)
FILES = {Ef.DG1: b"first", Ef.DG13: b"thirteenth"}
NUMBERED = {1: b"first", 13: b"thirteenth"}
OK = Word.SUCCESSFUL


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority(b"passive")


@pytest.fixture(scope="module")
def store(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> TrustStore:
    file = tmp_path_factory.mktemp("trust") / "root.der"
    file.write_bytes(authority.root)
    return TrustStore.load_files([file])


@pytest.fixture(scope="module")
def sod(authority: Authority) -> bytes:
    return authority.signer().sign(FILES)


def why(report: PassiveReport) -> list[str]:
    return [message.key for message in report.why]


@pytest.mark.parametrize(
    ("kind", "algorithm"),
    [(SignerKind.BRAINPOOL, "ECDSA brainpoolP384r1 SHA-256"), (SignerKind.PSS, "RSA-PSS 2048 SHA-256")],
)
def test_everything_right_is_successful_and_trusted(
    authority: Authority, store: TrustStore, kind: SignerKind, algorithm: str
) -> None:
    report = passive_authentication(authority.signer(kind).sign(FILES), NUMBERED, store, NOON)
    assert (report.signature, report.issuer) == (OK, IssuerTrust.TRUSTED)
    assert report.hashes == ((1, OK), (13, OK))
    assert (report.algorithm, report.hash_algorithm, report.weak, report.why) == (algorithm, "sha256", False, ())
    assert report.signer_subject is not None
    assert "DS SIMULATED" in report.signer_subject
    assert len(report.signer_fingerprint or "") == 64
    assert int(report.signer_serial or "", 16) > 0


def test_a_weak_hash_is_named_without_deciding_anything(authority: Authority, store: TrustStore) -> None:
    report = passive_authentication(authority.signer(ecdsa("P-256", "sha1")).sign(FILES), NUMBERED, store, NOON)
    assert (report.signature, report.weak, report.why) == (OK, True, (Message("why.weak_hash"),))
    assert Message("finding.sha1") in report.findings


def test_an_altered_file_fails_alone(sod: bytes, store: TrustStore) -> None:
    report = passive_authentication(sod, NUMBERED | {13: b"another"}, store, NOON)
    assert report.hashes == ((1, OK), (13, Word.FAILED))
    assert (report.signature, why(report)) == (OK, ["why.mismatch"])


def test_a_file_that_nobody_signed_is_undetermined(sod: bytes, store: TrustStore) -> None:
    report = passive_authentication(sod, NUMBERED | {11: b"added"}, store, NOON)
    assert report.hashes == ((1, OK), (11, Word.UNDETERMINED), (13, OK))
    assert why(report) == ["why.not_covered"]


def test_hashes_changed_after_signing_make_the_signature_wrong(authority: Authority, store: TrustStore) -> None:
    forged = authority.signer().sign(FILES | {Ef.DG1: b"forged"}, signed=FILES)
    report = passive_authentication(forged, NUMBERED | {1: b"forged"}, store, NOON)
    assert (report.signature, report.hashes[0], why(report)) == (Word.FAILED, (1, OK), ["why.signature_wrong"])


def test_an_issuer_nobody_accepted_is_unknown_and_not_a_wrong_signature(
    authority: Authority, store: TrustStore
) -> None:
    report = passive_authentication(authority.stranger().signer().sign(FILES), NUMBERED, store, NOON)
    assert (report.signature, report.issuer, why(report)) == (OK, IssuerTrust.UNKNOWN, ["why.issuer_unknown"])


def test_an_issuer_that_ended_is_expired(sod: bytes, store: TrustStore) -> None:
    report = passive_authentication(sod, NUMBERED, store, AFTER)
    assert (report.signature, report.issuer, why(report)) == (OK, IssuerTrust.EXPIRED, ["why.issuer_expired"])


def test_a_signer_that_only_claims_an_accepted_issuer_is_a_wrong_signature(
    authority: Authority, store: TrustStore
) -> None:
    signer = authority.signer()
    certificate = bytearray(signer.certificate)
    at = certificate.index(b"DS SIMULATED")
    certificate[at : at + 2] = b"XS"
    report = passive_authentication(type(signer)(bytes(certificate), signer.key).sign(FILES), NUMBERED, store, NOON)
    assert (report.signature, report.issuer) == (Word.FAILED, IssuerTrust.UNKNOWN)
    assert why(report) == ["why.issuer_signature"]


def test_a_signer_of_a_stranger_under_an_accepted_name_is_unknown(store: TrustStore) -> None:
    stranger = Authority(b"other", "CSCA SIMULATED")
    report = passive_authentication(stranger.signer().sign(FILES), NUMBERED, store, NOON)
    assert (report.signature, report.issuer) == (OK, IssuerTrust.UNKNOWN)


@pytest.mark.parametrize("raw", [b"", b"\x77\x00", b"not a security object"])
def test_what_cannot_be_parsed_is_aborted(raw: bytes, store: TrustStore) -> None:
    report = passive_authentication(raw, NUMBERED, store, NOON)
    assert (report.signature, report.issuer) == (Word.ABORTED, IssuerTrust.UNKNOWN)
    assert report.hashes == ((1, Word.ABORTED), (13, Word.ABORTED))
    assert (why(report), report.signer_subject) == (["why.unreadable"], None)


@pytest.mark.parametrize(
    ("refusal", "word", "hashes", "key"),
    [
        (NotSupportedError("x"), Word.NOT_SUPPORTED, Word.UNDETERMINED, "why.algorithm"),
        (SignerMissingError("x"), Word.UNDETERMINED, Word.UNDETERMINED, "why.signer_missing"),
        (SignatureWrongError("x"), Word.FAILED, Word.UNDETERMINED, "why.signature_wrong"),
        (MalformedError("x"), Word.ABORTED, Word.ABORTED, "why.unreadable"),
    ],
)
def test_a_refused_security_object_says_nothing_about_its_files(
    monkeypatch: pytest.MonkeyPatch, store: TrustStore, refusal: Exception, word: Word, hashes: Word, key: str
) -> None:
    def parse(_: bytes) -> SecurityObject:
        raise refusal

    monkeypatch.setattr(SecurityObject, "parse", parse)
    report = passive_authentication(b"", {1: b""}, store, NOON)
    assert (report.signature, report.hashes, why(report)) == (word, ((1, hashes),), [key])


def test_the_reason_of_the_signature_comes_first(
    monkeypatch: pytest.MonkeyPatch, sod: bytes, store: TrustStore
) -> None:
    def verify(_: SecurityObject) -> None:
        raise NotSupportedError("x")

    monkeypatch.setattr(SecurityObject, "verify_signature", verify)
    report = passive_authentication(sod, NUMBERED | {1: b"x"}, store, AFTER)
    assert report.signature is Word.NOT_SUPPORTED
    assert why(report) == ["why.algorithm", "why.mismatch", "why.issuer_expired"]


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, 2000), bit=st.integers(0, 7))
def test_no_flipped_bit_leaves_everything_successful_and_nothing_raises(
    sod: bytes, store: TrustStore, at: int, bit: int
) -> None:
    changed = bytearray(sod)
    changed[at % len(sod)] ^= 1 << bit
    report = passive_authentication(bytes(changed), NUMBERED, store, NOON)
    whole = report.signature is OK and report.issuer is IssuerTrust.TRUSTED and {w for _, w in report.hashes} == {OK}
    assert not whole or _only_padding(bytes(changed), sod)


def _only_padding(changed: bytes, sod: bytes) -> bool:
    """Whether the change is where nothing is said: it parses to the same hashes, signed by the same signer."""
    before, after = SecurityObject.parse(sod), SecurityObject.parse(changed)
    return dict(before.hashes) == dict(after.hashes) and before.signer.der == after.signer.der


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=120), st.dictionaries(st.integers(1, 16), st.binary(max_size=9), max_size=3))
def test_any_bytes_give_a_report(raw: bytes, files: dict[int, bytes]) -> None:
    report = passive_authentication(tlv.encode(0x77, raw), files, TrustStore(()), NOON)
    assert report.signature is not OK
    assert [dg for dg, _ in report.hashes] == sorted(files)


def test_the_words_exist_in_both_languages() -> None:
    from terminal.messages import LANGUAGES, say

    keys = ("unreadable", "algorithm", "signature_wrong", "issuer_signature", "mismatch", "not_covered", "weak_hash")
    issuer = ("issuer_expired", "issuer_revoked", "issuer_unknown")
    for language in LANGUAGES:
        assert all(say(Message(f"why.{key}"), language) for key in keys + issuer)
