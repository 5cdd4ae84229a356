"""What the report says about a document's issuer, by cards that the simulated issuer signed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crypto import tlv
from crypto.civil import PartialDate
from crypto.emrtd.dg1 import encode_dg1
from crypto.emrtd.lds import Ef
from crypto.emrtd.passive_auth import SecurityObject
from crypto.emrtd.vietnam import card_mrz, encode_dg13
from crypto.id_number import IdNumber
from crypto.trust.anchor import Anchor, Provenance, Way
from crypto.trust.bundle import read_file
from crypto.trust.certificate import Certificate
from crypto.trust.intake import Origin, import_bundle, import_crl
from crypto.trust.revocation import RevocationState
from crypto.trust.store import TrustStore
from drivers.simulator.issuer.authority import Authority, SignerMake
from drivers.simulator.issuer.certificates import CertificateForm, Name, Role
from drivers.simulator.issuer.signed_data import CmsForm
from drivers.simulator.issuer.signing import ecdsa
from drivers.simulator.issuer.sod import SodForm
from terminal.messages import LANGUAGES, say
from terminal.model import IssuerTrust, Message, Word
from terminal.proof.issuer import judge_issuer, states_of
from terminal.proof.passive import PassiveReport, passive_authentication

NOW = datetime(2026, 3, 4, 5, 0, tzinfo=UTC)
HOUSE = Authority(b"judge issuer")
GERMAN = Authority(b"german issuer", country="DE")
NUMBER = IdNumber("003090123450")
ZONE = card_mrz(id_number=NUMBER, name="NGUYỄN VĂN THỬ", born=PartialDate(1990, 11, 20), sex="M", expires=None)
VIETNAMESE = {Ef.DG1: encode_dg1(ZONE)}
"""Synthetic: numbers that begin with 003 belong to no province."""


def dg13(issued: str) -> dict[Ef, bytes]:
    return {Ef.DG13: encode_dg13({1: "003090123450", 11: issued})}


def store_of(*anchors: bytes, directory: Path | None = None, max_age: int | None = None) -> TrustStore:
    named = Provenance(Way.NAMED, "test", NOW)
    demand = timedelta(days=max_age) if max_age else None
    return TrustStore((Anchor(Certificate.parse(root), named) for root in anchors), directory, crl_max_age=demand)


def report(
    files: Mapping[Ef, bytes],
    store: TrustStore,
    *,
    house: Authority = HOUSE,
    signer: SignerMake | None = None,
    form: SodForm | None = None,
    at: datetime = NOW,
) -> PassiveReport:
    own = house.signer(signer) if signer else house.signer()
    sod = own.sign(files, form=form) if form else own.sign(files)
    return passive_authentication(sod, {ef.number: raw for ef, raw in files.items() if ef.number}, store, at)


def keys(messages: Iterable[Message]) -> list[str]:
    return [message.key for message in messages]


def test_the_path_to_the_root_is_named() -> None:
    found = report(VIETNAMESE, store_of(HOUSE.root))
    assert (found.issuer, found.why) == (IssuerTrust.TRUSTED, ())
    ((subject, fingerprint),) = [(step.subject, step.fingerprint) for step in found.issuer_path]
    assert (subject, fingerprint) == (
        "C=VN, O=SIMULATED, CN=CSCA SIMULATED",
        Certificate.parse(HOUSE.root).fingerprint,
    )
    assert keys(found.findings) == ["finding.crl_none"]
    assert found.revocation is not None
    assert found.revocation.state is RevocationState.NO_LIST


def test_a_missing_issuer_is_named_with_its_key() -> None:
    found = report(VIETNAMESE, store_of())
    assert (found.issuer, keys(found.why), found.issuer_path) == (IssuerTrust.UNKNOWN, ["why.issuer_unknown"], ())
    (missing,) = found.findings
    assert missing.key == "finding.missing_issuer"
    key_id = Certificate.parse(HOUSE.root).subject_key_id
    assert key_id is not None
    assert dict(missing.params) == {"issuer": "C=VN, O=SIMULATED, CN=CSCA SIMULATED", "key_id": key_id.hex().upper()}


def test_whether_the_signer_s_certificate_is_rightly_signed_is_a_word_of_its_own() -> None:
    sod = SecurityObject.parse(HOUSE.signer().sign(VIETNAMESE))
    assert judge_issuer(sod, {}, store_of(), NOW).word is Word.UNDETERMINED
    assert judge_issuer(sod, {}, store_of(HOUSE.root), NOW).word is Word.SUCCESSFUL


def test_a_missing_issuer_without_key_identifier_is_named_by_its_name() -> None:
    make = SignerMake(ecdsa("P-256"), CertificateForm(Name("DS SIMULATED"), Role.DOCUMENT_SIGNER, authority_key_id=b""))
    (missing,) = report(VIETNAMESE, store_of(), signer=make).findings
    assert dict(missing.params)["key_id"] == "–"


def test_an_issuer_whose_key_is_of_no_use_is_told_apart() -> None:
    twisted = HOUSE.root.replace(bytes.fromhex("06052b81040022"), bytes.fromhex("06052b8104007f"))
    found = report(VIETNAMESE, store_of(twisted))
    assert (found.signature, found.issuer, keys(found.why)) == (Word.SUCCESSFUL, IssuerTrust.UNKNOWN, ["why.algorithm"])


def test_who_is_certified_to_sign_something_else_signs_no_documents() -> None:
    lists = SignerMake(ecdsa("P-256"), CertificateForm(Name("ML SIMULATED"), Role.MASTER_LIST_SIGNER))
    found = report(VIETNAMESE, store_of(HOUSE.root), signer=lists)
    assert (found.signature, found.issuer) == (Word.SUCCESSFUL, IssuerTrust.UNKNOWN)
    assert keys(found.why) == ["why.issuer_restricted"]


def test_a_signer_with_a_critical_extension_that_nobody_knows_is_not_believed() -> None:
    sod = SecurityObject.parse(HOUSE.signer().sign(VIETNAMESE))
    extensions = replace(sod.signer.extensions, unknown_critical=("1.2.3.4",))
    odd = replace(sod, signer=replace(sod.signer, extensions=extensions))
    found = judge_issuer(odd, {}, store_of(HOUSE.root), NOW)
    assert (found.trust, found.word, keys(found.why)) == (
        IssuerTrust.UNKNOWN,
        Word.SUCCESSFUL,
        ["why.issuer_restricted"],
    )


# States --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("files", [VIETNAMESE, dg13("15/07/2021"), VIETNAMESE | dg13("15/07/2021")])
def test_a_vietnamese_card_signed_under_a_german_root_is_not_believed(files: dict[Ef, bytes]) -> None:
    """However well the German root is accepted: with hundreds of roots any of them could else make ID cards."""
    found = report(files, store_of(HOUSE.root, GERMAN.root), house=GERMAN)
    assert (found.signature, found.issuer) == (Word.SUCCESSFUL, IssuerTrust.UNKNOWN)
    assert keys(found.why) == ["why.issuer_state"]
    differs = next(one for one in found.findings if one.key == "finding.state_differs")
    assert dict(differs.params) == {"state": "VNM", "country": "DE"}


def test_two_states_on_one_card_are_both_named() -> None:
    german = {Ef.DG1: encode_dg1(ZONE.replace("IDVNM", "IDUTO"))}
    found = report(german | dg13("15/07/2021"), store_of(GERMAN.root), house=GERMAN)
    differs = next(one for one in found.findings if one.key == "finding.state_differs")
    assert dict(differs.params)["state"] == "UTO, VNM"


def test_a_document_s_states_are_those_of_its_words_and_of_its_signer() -> None:
    vietnamese = {ef.number: raw for ef, raw in VIETNAMESE.items() if ef.number}
    by_house, by_german = (SecurityObject.parse(one.signer().sign(VIETNAMESE)) for one in (HOUSE, GERMAN))
    assert states_of(by_house, vietnamese) == {"VN"}
    assert states_of(by_german, vietnamese) == {"VN", "DE"}
    assert states_of(by_german, {}) == {"DE"}


def test_a_document_that_names_no_state_is_believed_of_any_accepted_root() -> None:
    assert report({Ef.DG2: b"face"}, store_of(GERMAN.root), house=GERMAN).issuer is IssuerTrust.TRUSTED


def test_a_signer_of_another_country_than_its_root_is_not_believed() -> None:
    make = SignerMake(ecdsa("P-256"), CertificateForm(Name("DS SIMULATED", "DE"), Role.DOCUMENT_SIGNER))
    found = report({Ef.DG2: b"face"}, store_of(HOUSE.root), signer=make)
    assert (found.issuer, keys(found.why)) == (IssuerTrust.UNKNOWN, ["why.issuer_state"])
    assert dict(found.findings[0].params) == {"state": "DE", "country": "VN"}


# Links and revocation ------------------------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> TrustStore:
    opened = TrustStore.open(tmp_path)
    opened.add(HOUSE.root, Certificate.parse(HOUSE.root).fingerprint, "root", NOW)
    return opened


def with_crl(store: TrustStore, raw: bytes) -> TrustStore:
    import_crl(store, read_file(raw), Origin("csca.crl", NOW))
    return store


def test_a_link_is_followed_and_named(store: TrustStore) -> None:
    newer = HOUSE.renewed()
    import_bundle(store, read_file(HOUSE.link(newer)), Origin("link", NOW))
    found = report(VIETNAMESE, store, house=newer)
    assert (found.issuer, len(found.issuer_path)) == (IssuerTrust.TRUSTED, 2)
    assert Message.of("finding.linked", count="1") in found.findings


def test_a_good_list_is_named_with_its_age(store: TrustStore) -> None:
    found = report(VIETNAMESE, with_crl(store, HOUSE.crl({5: NOW})))
    assert found.issuer is IssuerTrust.TRUSTED
    assert found.findings == (Message.of("finding.crl", date="01/01/2026", days="62"),)


def test_an_old_list_is_said_and_decides_nothing(store: TrustStore) -> None:
    old = HOUSE.crl({}, next_update=NOW - timedelta(days=1))
    found = report(VIETNAMESE, with_crl(store, old))
    assert (found.issuer, keys(found.findings)) == (IssuerTrust.TRUSTED, ["finding.crl_stale"])


def test_a_revoked_signer_is_revoked_and_why(store: TrustStore) -> None:
    serial = Certificate.parse(HOUSE.signer().certificate).serial
    found = report(VIETNAMESE, with_crl(store, HOUSE.crl({serial: NOW})))
    assert (found.signature, found.issuer, keys(found.why)) == (
        Word.SUCCESSFUL,
        IssuerTrust.REVOKED,
        ["why.issuer_revoked"],
    )
    said = next(one for one in found.findings if one.key == "revoked.unspecified")
    assert dict(said.params) == {"subject": "C=VN, O=SIMULATED, CN=DS SIMULATED BRAINPOOL", "date": "04/03/2026"}


def test_a_revoked_root_is_revoked(store: TrustStore) -> None:
    serial = Certificate.parse(HOUSE.root).serial
    assert report(VIETNAMESE, with_crl(store, HOUSE.crl({serial: NOW}))).issuer is IssuerTrust.REVOKED


def test_revoked_weighs_more_than_expired(store: TrustStore) -> None:
    serial = Certificate.parse(HOUSE.signer().certificate).serial
    found = report(VIETNAMESE, with_crl(store, HOUSE.crl({serial: NOW})), at=datetime(2050, 1, 1, tzinfo=UTC))
    assert found.issuer is IssuerTrust.REVOKED


@pytest.mark.parametrize(
    ("days", "issuer", "why"), [(62, IssuerTrust.TRUSTED, []), (61, IssuerTrust.EXPIRED, ["why.crl_old"])]
)
def test_a_site_may_demand_a_young_list(
    store: TrustStore, tmp_path: Path, days: int, issuer: IssuerTrust, why: list[str]
) -> None:
    made = datetime(2026, 1, 1, 5, tzinfo=UTC)
    with_crl(store, HOUSE.crl({}, this_update=made, next_update=NOW + timedelta(days=9)))
    found = report(VIETNAMESE, TrustStore.open(tmp_path, crl_max_age=timedelta(days=days)))
    assert (found.issuer, keys(found.why)) == (issuer, why)


def test_a_site_that_demands_a_list_has_none() -> None:
    found = report(VIETNAMESE, store_of(HOUSE.root, max_age=30))
    assert (found.issuer, keys(found.why)) == (IssuerTrust.EXPIRED, ["why.crl_missing"])


# Periods of private keys (Doc 9303-12 §7.1): a signer's key signs for months, its certificate lasts for years --------


def used(begin: datetime | None, end: datetime | None) -> SignerMake:
    form = CertificateForm(Name("DS SIMULATED"), Role.DOCUMENT_SIGNER, private_from=begin, private_until=end)
    return SignerMake(ecdsa("P-256"), form)


JULY = datetime(2021, 7, 1, tzinfo=UTC)
OCTOBER = datetime(2021, 10, 1, tzinfo=UTC)


def dg12(issued: bytes) -> dict[Ef, bytes]:
    body = tlv.encode(0x5C, b"\x5f\x26") + tlv.encode(0x5F26, issued)
    return {Ef.DG12: tlv.encode(Ef.DG12.tag, body)}


@pytest.mark.parametrize(
    ("files", "period", "outside"),
    [
        (dg13("15/07/2021"), (JULY, OCTOBER), None),
        (dg13("01/07/2021"), (JULY, OCTOBER), None),
        (dg13("01/10/2021"), (JULY, OCTOBER), None),
        (dg13("30/06/2021"), (JULY, OCTOBER), "30/06/2021"),
        (dg13("02/10/2021"), (JULY, OCTOBER), "02/10/2021"),
        (dg13("02/10/2021"), (JULY, None), None),
        (dg13("30/06/2021"), (None, OCTOBER), None),
        (dg12(b"20211002"), (JULY, OCTOBER), "02/10/2021"),
        (dg12(b"20210715"), (JULY, OCTOBER), None),
        (dg12(b"x"), (JULY, OCTOBER), None),
        ({Ef.DG12: b"\x6c\x01"}, (JULY, OCTOBER), None),
        ({Ef.DG13: b"\x6d\x01"}, (JULY, OCTOBER), None),
        (VIETNAMESE, (JULY, OCTOBER), None),
    ],
)
def test_a_document_issued_outside_of_its_signers_period_is_a_finding(
    files: dict[Ef, bytes], period: tuple[datetime | None, datetime | None], outside: str | None
) -> None:
    found = report(files, store_of(HOUSE.root), signer=used(*period))
    said = [dict(one.params)["date"] for one in found.findings if one.key == "finding.key_period"]
    assert (found.issuer, said) == (IssuerTrust.TRUSTED, [outside] if outside else [])


def test_where_the_document_does_not_tell_the_signing_time_does() -> None:
    form = SodForm(cms=CmsForm(signing_time=datetime(2022, 1, 1, 3, tzinfo=UTC)))
    found = report(VIETNAMESE, store_of(HOUSE.root), signer=used(JULY, OCTOBER), form=form)
    assert Message.of("finding.key_period", date="01/01/2022") in found.findings


def test_a_day_of_signing_is_a_day_in_vietnam() -> None:
    form = SodForm(cms=CmsForm(signing_time=datetime(2021, 10, 1, 17, 30, tzinfo=UTC)))
    found = report(VIETNAMESE, store_of(HOUSE.root), signer=used(JULY, OCTOBER), form=form)
    assert Message.of("finding.key_period", date="02/10/2021") in found.findings


def test_the_last_hour_of_all_time_is_a_day_too() -> None:
    """99991231235959Z stands for "no end" (RFC 5280 §4.1.2.5), and in Vietnam that is the year 10000."""
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    found = report(dg13("15/07/2021"), store_of(HOUSE.root), signer=used(JULY, last))
    assert (found.issuer, keys(found.findings)) == (IssuerTrust.TRUSTED, ["finding.crl_none"])

    form = SodForm(cms=CmsForm(signing_time=JULY))
    sod = SecurityObject.parse(HOUSE.signer(used(JULY, OCTOBER)).sign(VIETNAMESE, form=form))
    attributes = sod._signature.info.attributes
    assert attributes is not None
    info = replace(sod._signature.info, attributes=replace(attributes, signing_time=last))
    late = replace(sod, _signature=replace(sod._signature, info=info))
    said = judge_issuer(late, {}, store_of(HOUSE.root), NOW).findings
    assert Message.of("finding.key_period", date="31/12/9999") in said


def test_a_signer_made_outside_of_its_roots_period_is_a_finding() -> None:
    form = CertificateForm(Name("CSCA SIMULATED"), Role.ROOT, private_until=datetime(2020, 12, 1, tzinfo=UTC))
    house = Authority(b"late signer", form=form)
    found = report(VIETNAMESE, store_of(house.root), house=house)
    assert found.issuer is IssuerTrust.TRUSTED
    assert Message.of("finding.issuer_key_period", date="01/01/2021") in found.findings


def test_every_reason_of_a_revocation_has_words() -> None:
    from crypto.trust.revocation import _REASONS

    for language in LANGUAGES:
        for reason in _REASONS:
            assert "DS" in say(Message.of(f"revoked.{reason}", subject="DS", date="01/01/2026"), language)


def test_every_finding_has_words() -> None:
    from crypto.trust.findings import Finding

    for language in LANGUAGES:
        assert all(say(Message(f"finding.{finding.value}"), language) for finding in Finding)
