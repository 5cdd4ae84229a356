"""The store of accepted issuers: only what an operator's typed fingerprint lets in."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.errors import MalformedError, NotSupportedError, ProofError
from crypto.trust.anchor import Provenance, Way
from crypto.trust.bundle import read_certificates
from crypto.trust.container import parse
from crypto.trust.first_format import INDEX
from crypto.trust.store import STORE, TrustRefusedError, TrustStore
from tests.unit.crypto.conftest import Issuer
from tests.unit.crypto.openssl_issuer import ec, make_csca

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


@pytest.fixture
def pem(issuer: Issuer) -> bytes:
    return issuer.csca.pem.read_bytes()


@pytest.fixture
def fingerprint(issuer: Issuer) -> str:
    return issuer.csca.certificate.fingerprint


def test_an_accepted_issuer_is_there_when_opened_again(tmp_path: Path, pem: bytes, fingerprint: str) -> None:
    folder = tmp_path / "new" / "trust"
    added = TrustStore.open(folder).add(pem, fingerprint, "Phòng kỹ thuật", AT)

    (anchor,) = TrustStore.open(folder).anchors

    assert anchor == added
    assert (anchor.fingerprint, anchor.source, anchor.added_at) == (fingerprint, "Phòng kỹ thuật", AT)
    assert sorted(file.name for file in folder.iterdir()) == [STORE]


def test_der_is_accepted_like_pem(tmp_path: Path, issuer: Issuer, fingerprint: str) -> None:
    store = TrustStore.open(tmp_path)
    store.add(issuer.csca.certificate.der, fingerprint, "test", AT)
    assert [anchor.fingerprint for anchor in store.anchors] == [fingerprint]


def test_the_fingerprint_may_be_typed_as_it_is_printed(tmp_path: Path, pem: bytes, fingerprint: str) -> None:
    colons = ":".join(fingerprint[at : at + 2] for at in range(0, 64, 2)).upper()
    spaces = " ".join(fingerprint[at : at + 4] for at in range(0, 64, 4))
    for number, typed in enumerate((fingerprint, colons, f" {spaces}\n")):
        assert TrustStore.open(tmp_path / str(number)).add(pem, typed, "test", AT).fingerprint == fingerprint


def _wrong_fingerprints(right: str) -> list[str]:
    other = "0" if right[-1] != "0" else "1"
    return ["", right[:-1], right[:-1] + other, right + "0", right[:40], "x" * 64, "０" * 64]


@pytest.mark.parametrize("which", range(7))
def test_another_fingerprint_lets_nothing_in(tmp_path: Path, pem: bytes, fingerprint: str, which: int) -> None:
    store = TrustStore.open(tmp_path)

    with pytest.raises(TrustRefusedError):
        store.add(pem, _wrong_fingerprints(fingerprint)[which], "test", AT)

    assert store.anchors == ()
    assert list(tmp_path.iterdir()) == []


def test_a_bundle_cannot_be_accepted_by_one_fingerprint(
    tmp_path: Path, issuer: Issuer, pem: bytes, fingerprint: str
) -> None:
    with pytest.raises(TrustRefusedError, match="exactly one"):
        TrustStore.open(tmp_path).add(pem + issuer.signer.pem.read_bytes(), fingerprint, "test", AT)


def test_a_document_signer_is_no_issuer(tmp_path: Path, issuer: Issuer) -> None:
    with pytest.raises(TrustRefusedError, match="may not sign"):
        TrustStore.open(tmp_path).add(issuer.signer.pem.read_bytes(), issuer.signer.certificate.fingerprint, "test", AT)


def test_accepting_twice_keeps_the_first(tmp_path: Path, pem: bytes, fingerprint: str) -> None:
    store = TrustStore.open(tmp_path)
    first = store.add(pem, fingerprint, "first", AT)

    assert store.add(pem, fingerprint, "second", AT) is first
    assert [anchor.source for anchor in TrustStore.open(tmp_path).anchors] == ["first"]


def test_a_removed_issuer_is_gone(tmp_path: Path, pem: bytes, fingerprint: str) -> None:
    store = TrustStore.open(tmp_path)
    store.add(pem, fingerprint, "test", AT)

    store.remove(fingerprint.upper())

    assert store.anchors == TrustStore.open(tmp_path).anchors == ()
    assert [file.name for file in tmp_path.iterdir()] == [STORE]


def test_several_issuers_are_kept_apart(tmp_path: Path, pem: bytes, fingerprint: str) -> None:
    successor = make_csca(tmp_path, "successor", ec("P-256"))
    folder = tmp_path / "trust"
    store = TrustStore.open(folder)
    store.add(pem, fingerprint, "first", AT)
    store.add(successor.pem.read_bytes(), successor.certificate.fingerprint, "second", AT)
    assert [anchor.source for anchor in TrustStore.open(folder).anchors] == ["first", "second"]

    store.remove(fingerprint)

    assert [anchor.source for anchor in TrustStore.open(folder).anchors] == ["second"]


@pytest.mark.parametrize("typed", ["00" * 32, "12"])
def test_only_an_accepted_issuer_can_be_removed(tmp_path: Path, typed: str) -> None:
    with pytest.raises(TrustRefusedError):
        TrustStore.open(tmp_path).remove(typed)


def test_a_write_that_fails_leaves_the_store_as_it_was(
    tmp_path: Path, pem: bytes, fingerprint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = TrustStore.open(tmp_path)

    def full(_: int) -> None:
        raise OSError(28, "disk full")

    monkeypatch.setattr("crypto.trust.container.os.fsync", full)
    with pytest.raises(OSError, match=r"disk full: .*accepted\.trust"):
        store.add(pem, fingerprint, "test", AT)

    assert store.anchors == ()
    assert list(tmp_path.iterdir()) == []


def test_a_certificate_file_beside_the_store_is_not_trusted(tmp_path: Path, issuer: Issuer, fingerprint: str) -> None:
    (tmp_path / f"{fingerprint}.der").write_bytes(issuer.csca.certificate.der)
    assert TrustStore.open(tmp_path).anchors == ()


@pytest.mark.parametrize("place", range(0, 1000, 37))
def test_every_damage_is_noticed(tmp_path: Path, pem: bytes, fingerprint: str, place: int) -> None:
    TrustStore.open(tmp_path).add(pem, fingerprint, "test", AT)
    content = bytearray((tmp_path / STORE).read_bytes())
    content[place % len(content)] ^= 0x20
    (tmp_path / STORE).write_bytes(content)
    with pytest.raises((MalformedError, NotSupportedError)):
        TrustStore.open(tmp_path)


def test_a_file_cut_short_or_of_a_newer_program_is_refused(tmp_path: Path, pem: bytes, fingerprint: str) -> None:
    TrustStore.open(tmp_path).add(pem, fingerprint, "test", AT)
    content = (tmp_path / STORE).read_bytes()
    for changed, refusal in (
        (b"", MalformedError),
        (content[:-1], MalformedError),
        (content + b"\0", MalformedError),
        (content.replace(b"tram-trust 2", b"tram-trust 3", 1), NotSupportedError),
    ):
        (tmp_path / STORE).write_bytes(changed)
        with pytest.raises(refusal):
            TrustStore.open(tmp_path)


def sealed(index: object, ders: bytes = b"") -> bytes:
    """A store's file with a right seal around that index."""
    body = (index if isinstance(index, bytes) else json.dumps(index).encode()) + b"\n" + ders
    return b"tram-trust 2\n" + sha256(body).hexdigest().encode() + b"\n" + body


ORIGIN = {"way": "link", "source": "s", "at": AT.isoformat(), "file": "", "voucher": "", "words": ""}


@pytest.mark.parametrize(
    "content",
    [
        sealed(b""),
        sealed(b"[" * 100_000),
        sealed([]),
        sealed({"origins": [], "records": [["root", "", "", "", 1, 0]]}, b"x"),
        sealed({"origins": [ORIGIN], "records": [["root", "", "", "", 2, 0]]}, b"x"),
        sealed({"origins": [ORIGIN], "records": [["root", "", "", "", 0, 0]]}),
        sealed({"origins": [ORIGIN], "records": [["root", "", "", "", 1, -1]]}, b"x"),
        sealed({"origins": [ORIGIN], "records": [["leaf", "", "", "", 1, 0]]}, b"x"),
        sealed({"origins": [ORIGIN], "records": [["root", 1]]}, b"x"),
        sealed({"origins": [ORIGIN], "records": []}, b"x"),
        sealed({"origins": [{**ORIGIN, "at": ""}], "records": []}),
        sealed({"origins": [{**ORIGIN, "way": "luck"}], "records": []}),
        sealed({"origins": [{}], "records": []}),
    ],
)
def test_an_index_that_says_nonsense_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / STORE).write_bytes(content)
    with pytest.raises(MalformedError):
        TrustStore.open(tmp_path)


@given(index=st.binary(max_size=80), body=st.binary(max_size=20))
def test_any_sealed_content_is_a_store_or_a_proof_error(index: bytes, body: bytes) -> None:
    with suppress(ProofError):
        assert parse(sealed(index, body)) == ()


def test_two_operators_at_once_do_not_undo_each_other(tmp_path: Path, pem: bytes, fingerprint: str) -> None:
    folder = tmp_path / "trust"
    successor = make_csca(tmp_path, "successor", ec("P-256"))
    slow = TrustStore.open(folder)
    TrustStore.open(folder).add(pem, fingerprint, "quick", AT)

    with pytest.raises(TrustRefusedError, match="meanwhile"):
        slow.add(successor.pem.read_bytes(), successor.certificate.fingerprint, "slow", AT)

    assert [anchor.source for anchor in TrustStore.open(folder).anchors] == ["quick"]


def test_the_operators_words_are_kept_and_not_shown_by_repr(tmp_path: Path, pem: bytes, fingerprint: str) -> None:
    TrustStore.open(tmp_path).add(pem, fingerprint, "root.pem", AT, "Trần Thị Thử; công văn 12")
    (anchor,) = TrustStore.open(tmp_path).anchors
    assert anchor.provenance == Provenance(Way.FINGERPRINT, "root.pem", AT, words="Trần Thị Thử; công văn 12")
    assert "Thử" not in repr(anchor)


def test_a_store_has_a_most(tmp_path: Path, pem: bytes, fingerprint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crypto.trust.store._MAX_RECORDS", 0)
    with pytest.raises(TrustRefusedError, match="more certificates"):
        TrustStore.open(tmp_path).add(pem, fingerprint, "test", AT)


# The first format ----------------------------------------------------------------------------------------------------


@pytest.fixture
def first_format(tmp_path: Path, issuer: Issuer, fingerprint: str) -> Path:
    """A folder as the first version wrote it."""
    entry = {"sha256": fingerprint, "source": "old.pem", "added_at": AT.isoformat()}
    (tmp_path / INDEX).write_text(json.dumps({"version": 1, "anchors": [entry]}), encoding="utf-8")
    (tmp_path / f"{fingerprint}.der").write_bytes(issuer.csca.certificate.der)
    return tmp_path


def test_the_first_format_is_read_and_replaced_at_the_next_change(first_format: Path, fingerprint: str) -> None:
    store = TrustStore.open(first_format)
    assert [(one.fingerprint, one.source, one.added_at) for one in store.anchors] == [(fingerprint, "old.pem", AT)]
    successor = make_csca(first_format.parent, "successor", ec("P-256"))

    store.add(successor.pem.read_bytes(), successor.certificate.fingerprint, "new.pem", AT)

    assert [file.name for file in first_format.iterdir() if "successor" not in file.name] == [STORE]
    assert [anchor.source for anchor in TrustStore.open(first_format).anchors] == ["old.pem", "new.pem"]


def test_an_exchanged_certificate_file_is_noticed(first_format: Path, issuer: Issuer, fingerprint: str) -> None:
    (first_format / f"{fingerprint}.der").write_bytes(issuer.signer.certificate.der)
    with pytest.raises(MalformedError, match="not the one"):
        TrustStore.open(first_format)


def test_a_missing_certificate_file_is_noticed(first_format: Path, fingerprint: str) -> None:
    (first_format / f"{fingerprint}.der").unlink()
    with pytest.raises(MalformedError, match="missing"):
        TrustStore.open(first_format)


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        ("", MalformedError),
        ("[]", MalformedError),
        ("null", MalformedError),
        ('{"version": 1}', MalformedError),
        ('{"version": 1, "anchors": [1]}', MalformedError),
        ('{"version": 1, "anchors": [{"sha256": "../x", "source": "", "added_at": ""}]}', MalformedError),
        ('{"version": 1, "anchors": [{"sha256": 12, "source": "", "added_at": ""}]}', MalformedError),
        (
            json.dumps({"version": 1, "anchors": [{"sha256": "0" * 64, "source": "", "added_at": "soon"}]}),
            MalformedError,
        ),
        ("[" * 100_000, MalformedError),
        ('{"version": 2, "anchors": []}', NotSupportedError),
    ],
)
def test_a_damaged_index_is_refused(tmp_path: Path, index: str, expected: type[ProofError]) -> None:
    (tmp_path / INDEX).write_text(index, encoding="utf-8")
    with pytest.raises(expected):
        TrustStore.open(tmp_path)


# For one run ---------------------------------------------------------------------------------------------------------


def test_files_bundles_and_directories_are_trusted_for_one_run(
    tmp_path: Path, issuer: Issuer, pem: bytes, fingerprint: str
) -> None:
    bundle = tmp_path / "bundle.PEM"
    bundle.write_bytes(b"a comment\n" + pem + issuer.signer.pem.read_bytes())
    (tmp_path / "root.der").write_bytes(issuer.csca.certificate.der)
    (tmp_path / "README.md").write_text("not a certificate", encoding="utf-8")
    (tmp_path / "folder.pem").mkdir()

    store = TrustStore.load_files([tmp_path, tmp_path / "root.der"])

    assert [anchor.fingerprint for anchor in store.anchors] == [
        fingerprint,
        issuer.signer.certificate.fingerprint,
    ]
    assert {(anchor.source, anchor.added_at) for anchor in store.anchors} == {("bundle.PEM", None)}
    with pytest.raises(TrustRefusedError, match="one run"):
        store.remove(fingerprint)


def test_a_named_file_that_is_no_certificate_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "root.pem"
    for content in (b"", b"text", b"-----BEGIN CERTIFICATE-----\nAAA\n-----END CERTIFICATE-----"):
        file.write_bytes(content)
        with pytest.raises(MalformedError):
            TrustStore.load_files([file])


def test_an_absent_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        TrustStore.load_files([tmp_path / "none.pem"])


def test_oversized_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pem: bytes) -> None:
    file = tmp_path / "root.pem"
    with file.open("wb") as out:
        out.truncate(16 * 1024 * 1024 + 1)
    with pytest.raises(MalformedError, match="too long"):
        TrustStore.load_files([file])

    monkeypatch.setattr("crypto.trust.bundle._MAX_CERTIFICATES", 1)
    with pytest.raises(MalformedError, match="too many"):
        read_certificates(pem + pem)


@given(raw=st.binary(max_size=120), wrapped=st.booleans())
def test_any_file_is_certificates_or_a_proof_error(raw: bytes, wrapped: bool) -> None:
    content = b"-----BEGIN CERTIFICATE-----" + raw + b"-----END CERTIFICATE-----" if wrapped else raw
    with suppress(ProofError):
        assert not read_certificates(content)
