"""Every key, hash and form that the invented issuer can sign with, judged by OpenSSL."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import cms, crl, x509

from crypto import tlv
from crypto.emrtd.lds import Ef
from drivers.simulator.issuer.authority import Authority, DocumentSigner, SignerMake
from drivers.simulator.issuer.ber import Lengths
from drivers.simulator.issuer.certificates import CertificateForm, Name, Role
from drivers.simulator.issuer.master_list import CONTENT_TYPE
from drivers.simulator.issuer.signed_data import CmsForm, NamedBy
from drivers.simulator.issuer.signing import KeyMake, ecdsa, pkcs1, pss
from drivers.simulator.issuer.sod import LEGACY_CONTENT_TYPES, SodForm, security_object
from tests.unit.drivers.simulator.issuer.openssl import openssl, pem, verify_cms

AUTHORITY = Authority(b"forms")
FILES = {Ef.DG1: b"\x61\x01a", Ef.DG13: b"\x6d\x01m"}
CURVES = (
    *("P-192", "brainpoolP192r1", "P-224", "brainpoolP224r1", "P-256", "brainpoolP256r1"),
    *("brainpoolP320r1", "P-384", "brainpoolP384r1", "brainpoolP512r1", "P-521"),
)
HASHES = ("sha1", "sha224", "sha256", "sha384", "sha512")
SINCE = datetime(2025, 6, 1, tzinfo=UTC)


def accepted(folder: Path, sod: bytes, *more: str) -> bool:
    done = verify_cms(folder, tlv.parse_one(sod, 0x77).value, AUTHORITY.root, *more)
    assert done.returncode == 0, done.stderr
    return True


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("explicit", [False, True], ids=["named", "explicit"])
def test_ecdsa_on_every_curve(curve: str, explicit: bool, tmp_path: Path) -> None:
    sod = AUTHORITY.signer(ecdsa(curve, explicit=explicit)).sign(FILES)
    # OpenSSL builds no chain over explicit parameters, nor over keys of less than 224 bits.
    assert accepted(tmp_path, sod, "-noverify")


@pytest.mark.parametrize("digest", HASHES)
@pytest.mark.parametrize(
    "make",
    [
        ecdsa("P-256"),
        ecdsa("brainpoolP320r1"),
        pkcs1(),
        pss(),
    ],
    ids=["ECDSA", "ECDSA of our own", "PKCS1", "PSS"],
)
def test_every_hash(make: KeyMake, digest: str, tmp_path: Path) -> None:
    kinds = {"ecdsa": ecdsa(make.kind, digest), "rsa": pkcs1(digest=digest), "rsassa_pss": pss(digest=digest)}
    signer = AUTHORITY.signer(kinds[make.scheme.method.value])
    assert accepted(tmp_path, signer.sign(FILES, form=SodForm(digest=digest)), "-noverify")


@pytest.mark.parametrize(("mask", "salt"), [("sha1", 20), ("sha512", 0), ("sha256", 64)])
def test_pss_with_a_mask_and_a_salt_of_its_own(mask: str, salt: int, tmp_path: Path) -> None:
    assert accepted(tmp_path, AUTHORITY.signer(pss(digest="sha384", mask=mask, salt=salt)).sign(FILES))


@pytest.mark.parametrize(
    "form",
    [
        CmsForm(lengths=Lengths.FRAMES),
        CmsForm(lengths=Lengths.EVERYWHERE),
        CmsForm(named_by=NamedBy.KEY_ID),
        CmsForm(signing_time=SINCE),
        CmsForm(attributes=False),
        CmsForm(certificates=(AUTHORITY.root, AUTHORITY.signer().certificate)),
        CmsForm(bare=True),
    ],
    ids=[
        *("frames indefinite", "all indefinite", "by key id", "signing time", "content signed"),
        *("several certificates", "bare algorithm"),
    ],
)
@pytest.mark.parametrize("make", [ecdsa("brainpoolP384r1"), pkcs1()], ids=["ECDSA", "RSA"])
def test_every_form_of_signed_data(form: CmsForm, make: KeyMake, tmp_path: Path) -> None:
    signer = AUTHORITY.signer(make)
    if form.certificates:
        form = CmsForm(certificates=(AUTHORITY.root, signer.certificate))
    if form.bare and make.kind != "RSA-2048":
        return  # OpenSSL does not know id-ecPublicKey as a signature algorithm
    sod = signer.sign(FILES, form=SodForm(cms=form))
    assert accepted(tmp_path, sod)
    assert (tmp_path / "content.der").read_bytes() == security_object(FILES)


def test_the_hash_of_the_content_may_be_another_than_that_of_the_signature() -> None:
    sod = AUTHORITY.signer(pkcs1()).sign(FILES, form=SodForm(cms=CmsForm(digest="sha512")))
    (info,) = cms.ContentInfo.load(tlv_value(sod))["content"]["signer_infos"]
    assert info["digest_algorithm"].native["algorithm"] == "sha512"
    assert info["signature_algorithm"].hash_algo == "sha256"
    assert info["signed_attrs"][1]["values"][0].native == hashlib.sha512(security_object(FILES)).digest()


def test_pss_cannot_be_announced_without_its_parameters() -> None:
    with pytest.raises(ValueError, match="parameters"):
        AUTHORITY.signer(pss()).sign(FILES, form=SodForm(cms=CmsForm(bare=True)))


def test_signed_data_may_come_without_certificates() -> None:
    sod = AUTHORITY.signer().sign(FILES, form=SodForm(cms=CmsForm(certificates=())))
    assert not cms.ContentInfo.load(tlv_value(sod))["content"]["certificates"].native


def test_indefinite_lengths_are_really_indefinite() -> None:
    frames, everywhere = (
        AUTHORITY.signer().sign(FILES, form=SodForm(cms=CmsForm(lengths=lengths)))
        for lengths in (Lengths.FRAMES, Lengths.EVERYWHERE)
    )
    assert tlv_value(frames).startswith(b"\x30\x80")
    assert frames.count(b"\x24\x80") == 1
    assert everywhere.count(b"\x30\x80") > 10


def tlv_value(sod: bytes) -> bytes:
    return tlv.parse_one(sod, 0x77).value


@pytest.mark.parametrize("content_type", LEGACY_CONTENT_TYPES)
def test_legacy_content_types(content_type: str, tmp_path: Path) -> None:
    assert accepted(tmp_path, AUTHORITY.signer().sign(FILES, form=SodForm(content_type=content_type)))


@pytest.mark.parametrize("named_by", [NamedBy.ANOTHER_ISSUER, NamedBy.ANOTHER_KEY_ID])
def test_a_misnamed_signer_is_not_found(named_by: NamedBy, tmp_path: Path) -> None:
    sod = AUTHORITY.signer().sign(FILES, form=SodForm(cms=CmsForm(named_by=named_by)))
    done = verify_cms(tmp_path, tlv_value(sod), AUTHORITY.root)
    assert b"signer certificate not found" in done.stderr


def test_security_object_of_version_1_names_the_lds(tmp_path: Path) -> None:
    assert accepted(tmp_path, AUTHORITY.signer().sign(FILES, form=SodForm(version=1)))
    assert (tmp_path / "content.der").read_bytes().endswith(b"0108\x13\x06040000")


def test_steady_signatures_are_all_as_long_as_can_be() -> None:
    signer = AUTHORITY.signer(ecdsa("P-256", steady=True))
    lengths = {len(signer.key.sign(bytes([number]))) for number in range(8)}
    assert lengths == {72}
    assert len({len(Authority(bytes([n])).signer(ecdsa("P-256", steady=True)).certificate) for n in range(4)}) == 1


# Certificates, lists of them, and of those that were revoked.


def form_of(role: Role = Role.DOCUMENT_SIGNER, **more: object) -> CertificateForm:
    return CertificateForm(Name("DS SIMULATED of the test"), role, **more)  # type: ignore[arg-type]


def made(form: CertificateForm) -> DocumentSigner:
    return AUTHORITY.signer(SignerMake(ecdsa("P-256"), form))


def parsed(signer: DocumentSigner) -> x509.Certificate:
    return x509.Certificate.load(signer.certificate)


def test_private_key_usage_period() -> None:
    until = SINCE + timedelta(days=90)
    period = parsed(made(form_of(private_from=SINCE, private_until=until))).private_key_usage_period_value
    assert period.native == {"not_before": SINCE, "not_after": until}
    half = parsed(made(form_of(private_until=until))).private_key_usage_period_value
    assert half.native == {"not_before": None, "not_after": until}


def test_key_identifiers_can_be_wrong_or_absent() -> None:
    wrong = parsed(made(form_of(subject_key_id=b"\x01" * 20, authority_key_id=b"\x02" * 20)))
    assert (wrong.key_identifier, wrong.authority_key_identifier) == (b"\x01" * 20, b"\x02" * 20)
    without = parsed(made(form_of(subject_key_id=b"", authority_key_id=b"")))
    assert (without.key_identifier, without.authority_key_identifier) == (None, None)


def test_dates_serial_and_document_types() -> None:
    late = datetime(2051, 1, 1, tzinfo=UTC)
    certificate = parsed(made(form_of(not_before=SINCE, not_after=late, serial=7, document_types=("ID", "P"))))
    assert (certificate.not_valid_before, certificate.not_valid_after) == (SINCE, late)
    assert certificate.serial_number == 7
    types = next(row for row in certificate["tbs_certificate"]["extensions"] if row["extn_id"].dotted.endswith("6.2"))
    assert types["extn_value"].native.hex() == "300c020100310713015013024944"


def test_link_certificate_leads_from_the_new_root_to_the_old(tmp_path: Path) -> None:
    newer = AUTHORITY.renewed("CSCA SIMULATED 2")
    link = AUTHORITY.link(newer)
    done = openssl("verify", "-CAfile", pem(tmp_path, "root", AUTHORITY.root), pem(tmp_path, "link", link))
    assert done.returncode == 0, done.stderr
    new, linked = (x509.Certificate.load(one) for one in (newer.root, link))
    assert linked.subject == new.subject
    assert linked.public_key.dump() == new.public_key.dump()
    assert linked.issuer == x509.Certificate.load(AUTHORITY.root).subject
    same_name = AUTHORITY.renewed()
    assert x509.Certificate.load(same_name.root).subject == x509.Certificate.load(AUTHORITY.root).subject
    assert same_name.root != AUTHORITY.root


def test_roots_of_several_kinds_and_countries(tmp_path: Path) -> None:
    for make in (pkcs1(3072, "sha512"), pss(2048, "sha512"), ecdsa("brainpoolP512r1", "sha512")):
        other = Authority(b"forms", "CSCA SIMULATED KIND", country="XO", key=make)
        path = pem(tmp_path, "other", other.root)
        assert openssl("verify", "-CAfile", path, path).returncode == 0
        assert x509.Certificate.load(other.root).subject.native["country_name"] == "XO"
        assert verify_cms(tmp_path, tlv_value(other.signer().sign(FILES)), other.root).returncode == 0


def test_revocation_list_is_signed_and_names_the_revoked(tmp_path: Path) -> None:
    serial = parsed(AUTHORITY.signer()).serial_number
    raw = AUTHORITY.crl({serial: SINCE, 5: SINCE}, number=3)
    (tmp_path / "list.der").write_bytes(raw)
    done = openssl(
        *("crl", "-inform", "DER", "-in", str(tmp_path / "list.der")),
        *("-CAfile", pem(tmp_path, "root", AUTHORITY.root), "-noout"),
    )
    assert b"verify OK" in done.stderr + done.stdout
    listed = crl.CertificateList.load(raw)["tbs_cert_list"]
    assert [row["user_certificate"].native for row in listed["revoked_certificates"]] == sorted({serial, 5})
    assert listed["next_update"].native > listed["this_update"].native
    empty = crl.CertificateList.load(AUTHORITY.crl({}))["tbs_cert_list"]
    assert not empty["revoked_certificates"].native


def test_master_list_is_signed_and_holds_the_roots(tmp_path: Path) -> None:
    roots = [AUTHORITY.root, Authority(b"other").root]
    done = verify_cms(tmp_path, AUTHORITY.master_list(roots), AUTHORITY.root)
    assert done.returncode == 0, done.stderr
    version, members = tlv.parse_one((tmp_path / "content.der").read_bytes(), 0x30).children()
    assert version.value == b"\0"
    assert {item.encode() for item in members.children()} == set(roots)


def test_master_list_has_its_content_type_and_signer() -> None:
    data = cms.ContentInfo.load(AUTHORITY.master_list([AUTHORITY.root]))["content"]
    assert data["encap_content_info"]["content_type"].dotted == CONTENT_TYPE
    along = [choice.chosen for choice in data["certificates"]]
    assert any(one.extended_key_usage_value is not None for one in along)
    assert any(one.dump() == AUTHORITY.root for one in along)


def test_master_list_may_be_signed_by_somebody_else(tmp_path: Path) -> None:
    stranger = AUTHORITY.stranger()
    raw = AUTHORITY.master_list([AUTHORITY.root], signer=stranger.master_list_signer(), form=CmsForm())
    assert verify_cms(tmp_path, raw, AUTHORITY.root).returncode != 0
    assert verify_cms(tmp_path, raw, stranger.root).returncode == 0
