"""What of a file gets in, on whose word: bundles, master lists, links and revocation lists."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from crypto.errors import (
    IssuerRevokedError,
    IssuerUnknownError,
    MalformedError,
    NotSupportedError,
    SignatureWrongError,
)
from crypto.trust.anchor import Anchor, Provenance, Way
from crypto.trust.bundle import read_file
from crypto.trust.certificate import Certificate
from crypto.trust.chain import issuer_of
from crypto.trust.intake import Intake, Origin, Reason, import_bundle, import_crl, import_master_list
from crypto.trust.revocation import RevocationState
from crypto.trust.store import FingerprintDiffersError, TrustRefusedError, TrustStore
from drivers.simulator.issuer.authority import Authority
from drivers.simulator.issuer.certificates import CertificateForm, Name, Role
from tests.unit.crypto.openssl_issuer import Signer, ec, make_csca, openssl

AT = datetime(2026, 2, 1, tzinfo=UTC)
ORIGIN = Origin("file", AT, "Trần Thị Thử: công văn 12")
HOUSE = Authority(b"intake")
NEXT = HOUSE.renewed()
ABROAD = Authority(b"abroad", "CSCA SIMULATED ABROAD", country="DE")


@pytest.fixture
def store(tmp_path: Path) -> TrustStore:
    """A store that accepts the house."""
    opened = TrustStore.open(tmp_path / "trust")
    opened.add(HOUSE.root, sha256(HOUSE.root).hexdigest(), "root", AT)
    return opened


def pem(*certificates: bytes) -> bytes:
    rows = (
        b"-----BEGIN CERTIFICATE-----\n" + b64encode(one) + b"\n-----END CERTIFICATE-----\n" for one in certificates
    )
    return b"".join(rows)


def reasons(found: Intake) -> list[Reason]:
    return [one.reason for one in found.rejected]


# Files of certificates -----------------------------------------------------------------------------------------------


def test_a_file_that_nobody_vouches_for_lets_nothing_in(store: TrustStore) -> None:
    found = import_bundle(store, read_file(pem(ABROAD.root, HOUSE.stranger().root)), ORIGIN)
    assert (found.certificates, found.accepted, reasons(found)) == (2, 0, [Reason.NOT_CONFIRMED] * 2)
    assert (found.signed, found.refusal, found.states) == (False, None, ())
    assert len(store.anchors) == 1


def test_a_confirmed_file_gets_in_but_for_what_is_no_root(store: TrustStore) -> None:
    broken = HOUSE.root[:-3]
    raw = pem(ABROAD.root, HOUSE.root, HOUSE.signer().certificate, broken)
    found = import_bundle(store, read_file(raw), ORIGIN, sha256(raw).hexdigest().upper())

    assert (found.certificates, found.accepted, found.new, found.states) == (4, 2, 1, ("DE", "VN"))
    assert reasons(found) == [Reason.NO_ISSUER, Reason.MALFORMED]
    assert "DS SIMULATED" in found.rejected[0].subject
    assert found.rejected[1].subject.startswith("#4 (SHA-256 ")
    kept = TrustStore.open(Path(str(store._directory))).anchors[-1]
    assert kept.provenance == Provenance(Way.BUNDLE, "file", AT, sha256(raw).hexdigest(), words=ORIGIN.words)


@pytest.mark.parametrize("confirmed", ["00" * 32, "12", ""])
def test_another_files_fingerprint_confirms_nothing(store: TrustStore, confirmed: str) -> None:
    with pytest.raises(FingerprintDiffersError):
        import_bundle(store, read_file(pem(ABROAD.root)), ORIGIN, confirmed)
    assert len(store.anchors) == 1


# Link certificates ---------------------------------------------------------------------------------------------------


def test_a_link_lets_the_next_root_in_and_the_next_of_that(store: TrustStore) -> None:
    third = NEXT.renewed("CSCA SIMULATED RENAMED")
    raw = pem(third.root, NEXT.link(third), NEXT.root, HOUSE.link(NEXT), ABROAD.root)

    found = import_bundle(store, read_file(raw), ORIGIN)

    assert (found.accepted, found.new, reasons(found)) == (4, 4, [Reason.NOT_CONFIRMED])
    ways = [(one.provenance.way, one.provenance.voucher) for one in store.anchors]
    link, renamed = (sha256(one).hexdigest() for one in (HOUSE.link(NEXT), NEXT.link(third)))
    assert set(ways[1:]) == {(Way.LINK, link), (Way.LINK, renamed)}
    assert {one.fingerprint for one in store.links} == {link, renamed}
    assert issuer_of(Certificate.parse(third.signer().certificate), store, AT).links == ()


def test_the_next_root_alone_has_no_one_to_vouch_for_it(store: TrustStore) -> None:
    assert import_bundle(store, read_file(NEXT.root), ORIGIN).accepted == 0
    assert import_bundle(store, read_file(HOUSE.link(NEXT)), ORIGIN).accepted == 1
    assert import_bundle(store, read_file(NEXT.root), ORIGIN).accepted == 1


def test_a_link_of_a_stranger_is_none(store: TrustStore) -> None:
    raw = pem(HOUSE.stranger().link(NEXT), NEXT.root)
    assert import_bundle(store, read_file(raw), ORIGIN).accepted == 0


def test_a_root_of_the_same_name_and_another_key_does_not_ride_on_the_link(store: TrustStore) -> None:
    other = Authority(b"another", "CSCA SIMULATED")
    found = import_bundle(store, read_file(pem(HOUSE.link(NEXT), other.root)), ORIGIN)
    assert (found.accepted, reasons(found)) == (1, [Reason.NOT_CONFIRMED])


def test_a_root_that_does_not_own_the_links_key_does_not_ride_on_it(store: TrustStore) -> None:
    """It carries the key of the link, but is signed with somebody else's."""
    forger = Authority(b"forger", "CSCA SIMULATED")
    forged = forger.certify(CertificateForm(NEXT.name, Role.ROOT), NEXT.key)
    found = import_bundle(store, read_file(pem(HOUSE.link(NEXT), forged)), ORIGIN)
    assert (found.accepted, reasons(found)) == (1, [Reason.NOT_CONFIRMED])


@pytest.mark.parametrize("ends", ["not_before", "not_after"])
def test_a_link_counts_in_its_time_only(store: TrustStore, ends: str) -> None:
    away = AT + timedelta(days=1) if ends == "not_before" else AT - timedelta(days=1)
    form = CertificateForm(NEXT.name, Role.ROOT, **{ends: away})
    assert import_bundle(store, read_file(HOUSE.certify(form, NEXT.key)), ORIGIN).accepted == 0


def test_with_the_old_root_goes_what_rests_on_it_alone(store: TrustStore) -> None:
    import_bundle(store, read_file(pem(HOUSE.link(NEXT), NEXT.root)), ORIGIN)
    import_crl(store, read_file(HOUSE.crl({})), ORIGIN)
    assert store.remove(sha256(HOUSE.root).hexdigest()) == 4
    assert (store.anchors, store.links, store.crls) == ((), (), ())


def test_a_root_that_came_by_a_link_and_is_then_compared_stands_by_itself(store: TrustStore) -> None:
    """The link itself accepted by its fingerprint: it becomes a root of its own."""
    link = HOUSE.link(NEXT)
    import_bundle(store, read_file(link), ORIGIN)
    store.add(link, sha256(link).hexdigest(), "compared", AT)
    assert [one.source for one in store.anchors] == ["root", "compared"]
    assert store.links == ()


def test_a_link_made_by_openssl_is_followed(tmp_path: Path) -> None:
    old = make_csca(tmp_path, "old", ec("P-384"), digest="sha384")
    new = make_csca(tmp_path, "new", ec("brainpoolP384r1"), digest="sha384")
    link = _openssl_link(tmp_path, old, new)
    at = link.not_before + timedelta(hours=1)
    store = TrustStore.open(tmp_path / "trust")
    store.add(old.certificate.der, old.certificate.fingerprint, "old", at)

    found = import_bundle(store, read_file(pem(new.certificate.der, link.der)), Origin("link", at))

    assert (found.accepted, found.rejected) == (2, ())


def _openssl_link(folder: Path, old: Signer, new: Signer) -> Certificate:
    request, target, extra = folder / "link.csr", folder / "link.der", folder / "link.ext"
    openssl("req", "-new", "-key", new.key, "-subj", "/C=VN/O=Invented/CN=CSCA", "-out", request)
    extra.write_text(
        "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n"
        "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n",
        encoding="ascii",
    )
    openssl(
        *("x509", "-req", "-in", request, "-CA", old.pem, "-CAkey", old.key, "-days", "100", "-sha384"),
        *("-set_serial", "0x77", "-extfile", extra, "-outform", "DER", "-out", target),
    )
    return Certificate.parse(target.read_bytes())


# Master lists --------------------------------------------------------------------------------------------------------


def test_a_list_of_an_accepted_state_lets_its_roots_in(store: TrustStore) -> None:
    odd = CertificateForm(Name("CSCA SIMULATED ODD", "AT"), Role.DOCUMENT_SIGNER)
    members = [ABROAD.root, HOUSE.link(NEXT), HOUSE.certify(odd, NEXT.key), b"\x30\x03\x02\x01\x05"]
    raw = HOUSE.master_list(members)

    found = import_master_list(store, read_file(raw), ORIGIN)

    assert (found.certificates, found.accepted, found.states) == (4, 2, ("DE", "VN"))
    assert set(reasons(found)) == {Reason.NO_ISSUER, Reason.MALFORMED}
    assert (found.signed, found.refusal) == (True, None)
    base = store.anchors[-1].provenance
    assert (base.way, base.voucher) == (Way.MASTER_LIST, sha256(HOUSE.root).hexdigest())
    assert store.remove(sha256(raw).hexdigest()) == 2
    assert len(store.anchors) == 1


def test_a_list_that_came_before_brings_nothing_new(store: TrustStore) -> None:
    contents = read_file(HOUSE.master_list([ABROAD.root]))
    assert import_master_list(store, contents, ORIGIN).new == 1
    again = import_master_list(store, contents, ORIGIN)
    assert (again.accepted, again.new) == (1, 0)


def test_a_strangers_list_lets_nothing_in_and_says_whose_it_is(store: TrustStore) -> None:
    raw = ABROAD.master_list([ABROAD.root])
    found = import_master_list(store, read_file(raw), ORIGIN)
    assert (found.certificates, found.accepted) == (1, 0)
    assert isinstance(found.refusal, IssuerUnknownError)
    assert found.signer == Certificate.parse(ABROAD.master_list_signer().certificate)

    named = import_master_list(store, read_file(raw), ORIGIN, Certificate.parse(ABROAD.root))
    assert (named.accepted, named.refusal) == (1, None)


def test_a_broken_list_is_told_apart(store: TrustStore) -> None:
    raw = HOUSE.master_list([ABROAD.root])
    found = import_master_list(store, read_file(raw.replace(b"SIMULATED ABROAD", b"SIMULATED ABROAX", 1)), ORIGIN)
    assert isinstance(found.refusal, SignatureWrongError)
    found = import_master_list(store, read_file(raw[:20] + b"\xff" + raw[21:]), ORIGIN)
    assert (found.certificates, type(found.refusal)) == (0, MalformedError)
    assert len(store.anchors) == 1


# Revocation lists ----------------------------------------------------------------------------------------------------

SIGNER = Certificate.parse(HOUSE.signer().certificate)


def state(store: TrustStore, at: datetime = AT) -> RevocationState:
    return issuer_of(SIGNER, store, at).revocation(store, at).state


def test_a_list_says_what_is_good_revoked_and_old(store: TrustStore) -> None:
    assert state(store) is RevocationState.NO_LIST
    import_crl(store, read_file(HOUSE.crl({5: AT})), ORIGIN)
    store = TrustStore.open(Path(str(store._directory)))
    assert state(store) is RevocationState.GOOD
    assert state(store, datetime(2026, 4, 2, tzinfo=UTC)) is RevocationState.STALE
    strict = TrustStore.open(Path(str(store._directory)), crl_max_age=timedelta(days=30))
    assert state(strict) is RevocationState.STALE


def test_a_list_of_the_next_root_covers_what_the_first_signed(store: TrustStore) -> None:
    import_bundle(store, read_file(pem(HOUSE.link(NEXT), NEXT.root)), ORIGIN)
    import_crl(store, read_file(NEXT.crl({SIGNER.serial: AT})), ORIGIN)
    with pytest.raises(IssuerRevokedError):
        issuer_of(SIGNER, store, AT)


def test_a_revoked_link_ends_the_way_through_it(store: TrustStore) -> None:
    link = Certificate.parse(HOUSE.link(NEXT))
    import_bundle(store, read_file(link.der), ORIGIN)
    signer = Certificate.parse(NEXT.signer().certificate)
    issuer_of(signer, store, AT)
    import_crl(store, read_file(HOUSE.crl({link.serial: AT})), ORIGIN)
    with pytest.raises(IssuerRevokedError):
        issuer_of(signer, store, AT)


def test_an_older_list_never_takes_the_place_of_a_newer_one(store: TrustStore) -> None:
    def crl(day: int, number: int) -> bytes:
        return HOUSE.crl({}, this_update=datetime(2026, 1, day, tzinfo=UTC), number=number)

    import_crl(store, read_file(crl(10, 2)), ORIGIN)
    import_crl(store, read_file(crl(10, 2)), ORIGIN)
    for older in (crl(9, 1), crl(9, 3), crl(11, 1), crl(10, 3)):
        with pytest.raises(TrustRefusedError, match="no older"):
            import_crl(store, read_file(older), ORIGIN)
    import_crl(store, read_file(crl(11, 3)), ORIGIN)
    ((kept, provenance),) = store.crls
    assert (kept.number, provenance.voucher) == (3, sha256(HOUSE.root).hexdigest())


def test_a_list_can_be_taken_away(store: TrustStore) -> None:
    raw = HOUSE.crl({})
    import_crl(store, read_file(raw), ORIGIN)
    assert store.remove(sha256(raw).hexdigest()) == 1
    assert (store.crls, len(store.anchors)) == ((), 1)


def test_lists_of_others_and_of_other_times_are_refused(store: TrustStore) -> None:
    with pytest.raises(TrustRefusedError, match="nobody accepted"):
        import_crl(store, read_file(ABROAD.crl({})), ORIGIN)
    with pytest.raises(SignatureWrongError):
        import_crl(store, read_file(NEXT.crl({})), ORIGIN)
    with pytest.raises(TrustRefusedError, match="future"):
        import_crl(store, read_file(HOUSE.crl({}, this_update=AT + timedelta(days=1))), ORIGIN)


def test_a_root_that_ended_or_may_not_sign_lists_vouches_for_none(tmp_path: Path) -> None:
    ended = Authority(b"ended", form=CertificateForm(Name("CSCA SIMULATED"), Role.ROOT, not_after=AT - timedelta(1)))
    store = TrustStore([Anchor(Certificate.parse(ended.root), Provenance(Way.NAMED, "test", None))])
    with pytest.raises(TrustRefusedError, match="not valid now"):
        import_crl(store, read_file(ended.crl({})), ORIGIN)


def test_a_root_whose_key_is_of_no_use_is_said_so() -> None:
    twisted = HOUSE.root.replace(bytes.fromhex("06052b81040022"), bytes.fromhex("06052b8104007f"))
    store = TrustStore([Anchor(Certificate.parse(twisted), Provenance(Way.NAMED, "test", None))])
    with pytest.raises(NotSupportedError):
        import_crl(store, read_file(HOUSE.crl({})), ORIGIN)


def test_what_was_named_for_one_run_is_not_added_to() -> None:
    store = TrustStore([Anchor(Certificate.parse(HOUSE.root), Provenance(Way.NAMED, "test", None))])
    with pytest.raises(TrustRefusedError, match="one run"):
        import_crl(store, read_file(HOUSE.crl({})), ORIGIN)
