"""From a document signer to the accepted issuer."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crypto.errors import IssuerExpiredError, IssuerUnknownError, NotSupportedError, SignatureWrongError
from crypto.trust.anchor import Anchor, Provenance, Way
from crypto.trust.certificate import Certificate
from crypto.trust.chain import MAX_LINKS, SignerRestrictedError, StateDiffersError, find_chain, issuer_of
from crypto.trust.store import TrustStore
from drivers.simulator.issuer.authority import Authority, SignerMake
from drivers.simulator.issuer.certificates import CertificateForm, Name, Role
from drivers.simulator.issuer.signing import ecdsa
from tests.unit.crypto.conftest import Issuer
from tests.unit.crypto.openssl_issuer import RSA, Signer, ec, make_csca, make_signer, openssl

SECOND = timedelta(seconds=1)
AT = datetime(2026, 2, 1, tzinfo=UTC)
NAMED = Provenance(Way.NAMED, "test", None)


def store_of(*signers: Signer) -> TrustStore:
    return TrustStore(Anchor(signer.certificate, NAMED) for signer in signers)


def test_the_issuer_is_found_by_its_key(issuer: Issuer, tmp_path: Path) -> None:
    other = make_csca(tmp_path, "other", RSA)
    signer = issuer.signer.certificate

    assert (
        issuer_of(signer, store_of(other, issuer.csca), signer.not_before).anchor.certificate == issuer.csca.certificate
    )


def test_an_issuer_that_nobody_accepted_is_unknown(issuer: Issuer) -> None:
    signer = issuer.signer.certificate
    with pytest.raises(IssuerUnknownError):
        issuer_of(signer, store_of(), signer.not_before)


def test_another_root_of_the_same_name_is_not_the_issuer(issuer: Issuer, tmp_path: Path) -> None:
    successor = make_csca(tmp_path, "successor", ec("P-256"))
    signer = issuer.signer.certificate
    assert successor.certificate.subject_key == signer.issuer_key

    with pytest.raises(IssuerUnknownError):
        issuer_of(signer, store_of(successor), signer.not_before)


def test_a_certificate_that_only_claims_the_issuers_key_is_forged(issuer: Issuer) -> None:
    genuine = issuer.signer.certificate
    forged = Certificate.parse(genuine.der[:-1] + bytes([genuine.der[-1] ^ 1]))

    with pytest.raises(SignatureWrongError):
        issuer_of(forged, store_of(issuer.csca), genuine.not_before)


def test_without_key_identifiers_the_name_finds_the_issuer(issuer: Issuer, tmp_path: Path) -> None:
    other = make_csca(tmp_path, "other", ec("P-256"))
    bare = make_signer(
        tmp_path, "bare", issuer.csca, ec("P-256"), extensions="authorityKeyIdentifier=none\n"
    ).certificate
    assert bare.authority_key_id is None

    found = issuer_of(bare, store_of(other, issuer.csca), bare.not_before)
    assert found.anchor.certificate == issuer.csca.certificate


def test_a_key_identifier_finds_an_issuer_of_another_name(issuer: Issuer, tmp_path: Path) -> None:
    signer = issuer.signer.certificate
    renamed = Signer(issuer.csca.key, tmp_path / "renamed.pem")
    openssl(
        *("req", "-x509", "-new", "-key", renamed.key, "-subj", "/CN=Renamed root", "-days", "4000"),
        *("-config", issuer.folder / "csca.cnf", "-out", renamed.pem),
    )
    at = renamed.certificate.not_before + SECOND

    assert issuer_of(signer, store_of(renamed), at).anchor.certificate.subject == "CN=Renamed root"


def test_only_a_certificate_that_may_sign_others_is_an_issuer(tmp_path: Path) -> None:
    no_ca = make_csca(tmp_path, "no-ca", ec("P-256"), ca="FALSE")
    signer = make_signer(tmp_path, "signer", no_ca, ec("P-256")).certificate

    with pytest.raises(IssuerUnknownError):
        issuer_of(signer, store_of(no_ca), signer.not_before)


def test_the_signer_must_be_valid_at_the_time(issuer: Issuer, tmp_path: Path) -> None:
    short = make_signer(tmp_path, "short", issuer.csca, ec("P-256"), days=10).certificate
    store = store_of(issuer.csca)

    issuer_of(short, store, short.not_after)
    for at in (short.not_after + SECOND, short.not_before - SECOND):
        with pytest.raises(IssuerExpiredError, match="document signer"):
            issuer_of(short, store, at)


def test_the_issuer_must_be_valid_at_the_time(tmp_path: Path) -> None:
    csca = make_csca(tmp_path, "csca", ec("P-256"), days=10)
    signer = make_signer(tmp_path, "signer", csca, ec("P-256"), days=100).certificate

    issuer_of(signer, store_of(csca), csca.certificate.not_after)
    with pytest.raises(IssuerExpiredError, match="issuer"):
        issuer_of(signer, store_of(csca), csca.certificate.not_after + SECOND)


def test_a_root_issued_again_around_the_same_key_takes_over(tmp_path: Path) -> None:
    old = make_csca(tmp_path, "old", ec("P-256"), days=10)
    signer = make_signer(tmp_path, "signer", old, ec("P-256"), days=100).certificate
    new = Signer(old.key, tmp_path / "new.pem")
    openssl(
        *("req", "-x509", "-new", "-key", old.key, "-subj", "/C=VN/O=Invented/CN=CSCA", "-days", "200"),
        *("-config", tmp_path / "old.cnf", "-out", new.pem),
    )
    at = old.certificate.not_after + SECOND

    assert issuer_of(signer, store_of(old, new), at).anchor.certificate == new.certificate


def test_an_issuer_whose_key_is_of_no_use_is_not_a_wrong_signature(issuer: Issuer, tmp_path: Path) -> None:
    signer = issuer.signer.certificate
    broken = issuer.csca.certificate
    twisted = Certificate.parse(broken.der.replace(bytes.fromhex("06052b81040022"), bytes.fromhex("06052b8104007f")))
    store = TrustStore([Anchor(twisted, NAMED)])

    with pytest.raises(NotSupportedError):
        issuer_of(signer, store, signer.not_before)


# Link certificates of the simulated issuer; those by openssl are in test_intake.py -----------------------------------


def generations(count: int) -> tuple[list[Authority], list[Anchor]]:
    """A state's roots one after the other, and the link certificate to each from the one before."""
    roots = [Authority(b"generations")]
    links = []
    for _ in range(count):
        roots.append(roots[-1].renewed())
        links.append(Anchor(Certificate.parse(roots[-2].link(roots[-1])), NAMED, link=True))
    return roots, links


def anchor_of(authority: Authority) -> Anchor:
    return Anchor(Certificate.parse(authority.root), NAMED)


def test_a_link_leads_from_the_new_key_to_the_old_root() -> None:
    (old, new), links = generations(1)
    signer = Certificate.parse(new.signer().certificate)

    chain = issuer_of(signer, TrustStore([*links, anchor_of(old)]), AT)

    assert (chain.anchor.fingerprint, chain.issuer) == (anchor_of(old).fingerprint, links[0].certificate)
    assert [one.subject for one in chain.certificates] == [signer.subject, old_subject(old), old_subject(old)]


def old_subject(authority: Authority) -> str:
    return Certificate.parse(authority.root).subject


def test_the_new_root_itself_is_the_shorter_way() -> None:
    (old, new), links = generations(1)
    signer = Certificate.parse(new.signer().certificate)
    chain = issuer_of(signer, TrustStore([*links, anchor_of(old), anchor_of(new)]), AT)
    assert (chain.links, chain.anchor) == ((), anchor_of(new))


def test_a_link_alone_is_no_root() -> None:
    (_, new), links = generations(1)
    with pytest.raises(IssuerUnknownError):
        issuer_of(Certificate.parse(new.signer().certificate), TrustStore(links), AT)


def test_a_link_that_the_old_key_did_not_sign_leads_nowhere() -> None:
    (old, new), _ = generations(1)
    forged = Certificate.parse(old.stranger().link(new))
    store = TrustStore([anchor_of(old), Anchor(forged, NAMED, link=True)])
    with pytest.raises(IssuerUnknownError):
        issuer_of(Certificate.parse(new.signer().certificate), store, AT)


def test_the_number_of_links_is_bounded() -> None:
    roots, links = generations(MAX_LINKS + 1)
    store = TrustStore([anchor_of(roots[0]), *links])
    assert len(issuer_of(Certificate.parse(roots[MAX_LINKS].signer().certificate), store, AT).links) == MAX_LINKS
    with pytest.raises(IssuerUnknownError):
        issuer_of(Certificate.parse(roots[-1].signer().certificate), store, AT)


def test_a_link_that_ended_ends_the_way_through_it() -> None:
    old = Authority(b"generations")
    new = old.renewed()
    short = CertificateForm(new.name, Role.ROOT, not_after=AT)
    link = Anchor(Certificate.parse(old.certify(short, new.key)), NAMED, link=True)
    store = TrustStore([anchor_of(old), link])
    signer = Certificate.parse(new.signer().certificate)

    issuer_of(signer, store, AT)
    with pytest.raises(IssuerExpiredError, match="issuer"):
        issuer_of(signer, store, AT + SECOND)


def test_of_two_ways_the_valid_one_is_taken() -> None:
    """The root was issued again around the same key, and the first issue has ended."""
    form = CertificateForm(Name("CSCA SIMULATED"), Role.ROOT, not_after=AT - SECOND)
    ended, again = Authority(b"two ways", form=form), Authority(b"two ways")
    signer = Certificate.parse(again.signer().certificate)
    assert ended.key.public_info().dump() == again.key.public_info().dump()

    for order in ([ended, again], [again, ended]):
        assert issuer_of(signer, TrustStore(map(anchor_of, order)), AT).anchor == anchor_of(again)


def test_a_root_kept_as_a_link_to_itself_ends_the_climb() -> None:
    old = Authority(b"generations")
    itself = Anchor(Certificate.parse(old.root), NAMED, link=True)
    with pytest.raises(IssuerUnknownError):
        find_chain(Certificate.parse(old.signer().certificate), TrustStore([itself]), AT)


def test_many_ways_are_not_all_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crypto.trust.chain._MAX_CHAINS", 2)
    again = [
        Authority(b"many", form=CertificateForm(Name("CSCA SIMULATED"), Role.ROOT, serial=serial))
        for serial in (1, 2, 3)
    ]
    signer = Certificate.parse(again[0].signer().certificate)
    assert find_chain(signer, TrustStore(map(anchor_of, again)), AT).anchor == anchor_of(again[0])


# States (Doc 9303-12 §7.1: signer and root name the same country) ---------------------------------------------------


def test_a_signer_of_another_country_than_its_root_is_not_accepted() -> None:
    root = Authority(b"states")
    form = CertificateForm(Name("DS SIMULATED abroad", "DE"), Role.DOCUMENT_SIGNER)
    signer = Certificate.parse(root.signer(SignerMake(ecdsa("P-256"), form)).certificate)
    with pytest.raises(StateDiffersError):
        issuer_of(signer, TrustStore([anchor_of(root)]), AT)


def test_a_root_speaks_for_its_own_state_only() -> None:
    root = Authority(b"states", country="DE")
    chain = find_chain(Certificate.parse(root.signer().certificate), TrustStore([anchor_of(root)]), AT)
    chain.verify_states()
    chain.verify_states(frozenset({"DE"}))
    for states in (frozenset({"VN"}), frozenset({"DE", "VN"}), frozenset({"UTO"})):
        with pytest.raises(StateDiffersError):
            chain.verify_states(states)


def test_a_key_identifier_that_two_countries_use_accuses_nobody(issuer: Issuer, tmp_path: Path) -> None:
    """Key identifiers are unique within a country at best: a foreign root that has the same one says nothing."""
    signer = issuer.signer.certificate
    named = signer.authority_key_id
    foreign = make_csca(tmp_path, "foreign", ec("P-256")).certificate
    foreign = replace(foreign, subject_key="c=xx", extensions=replace(foreign.extensions, subject_key_id=named))

    with pytest.raises(IssuerUnknownError):
        issuer_of(signer, TrustStore([Anchor(foreign, NAMED)]), signer.not_before)


# What restricts a certificate ----------------------------------------------------------------------------------------


def restricted(certificate: Certificate) -> Certificate:
    """The certificate with a critical extension that nobody knows."""
    return replace(certificate, extensions=replace(certificate.extensions, unknown_critical=("1.2.3.4",)))


def test_a_critical_extension_that_nobody_knows_refuses_the_signer(issuer: Issuer) -> None:
    signer, store = issuer.signer.certificate, store_of(issuer.csca)
    with pytest.raises(SignerRestrictedError, match="critical"):
        issuer_of(restricted(signer), store, signer.not_before)


def test_a_critical_extension_of_an_accepted_root_is_its_acceptors_affair(issuer: Issuer) -> None:
    signer, root = issuer.signer.certificate, restricted(issuer.csca.certificate)
    assert issuer_of(signer, TrustStore([Anchor(root, NAMED)]), signer.not_before).anchor.certificate == root


def test_a_link_with_a_critical_extension_that_nobody_knows_leads_nowhere() -> None:
    (old, new), (link,) = generations(1)
    signer = Certificate.parse(new.signer().certificate)
    odd = Anchor(restricted(link.certificate), NAMED, link=True)

    with pytest.raises(SignerRestrictedError):
        issuer_of(signer, TrustStore([anchor_of(old), odd]), AT)
    assert issuer_of(signer, TrustStore([anchor_of(old), odd, anchor_of(new)]), AT).links == ()


def test_who_signs_lists_signs_no_documents() -> None:
    state = Authority(b"roles")
    for made, special in ((state.master_list_signer(), True), (state.signer(), False)):
        chain = find_chain(Certificate.parse(made.certificate), TrustStore([anchor_of(state)]), AT)
        with pytest.raises(SignerRestrictedError) if special else nullcontext():
            chain.verify_document_signer()
