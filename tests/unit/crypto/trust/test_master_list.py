"""Master lists signed by openssl (a tool that is not ours) and by the simulated issuer."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import tlv
from crypto.errors import (
    IssuerExpiredError,
    IssuerUnknownError,
    MalformedError,
    NotSupportedError,
    ProofError,
    SignatureWrongError,
)
from crypto.trust.anchor import Anchor, Provenance, Way
from crypto.trust.certificate import Certificate
from crypto.trust.master_list import ListSignerError, MasterList
from crypto.trust.store import TrustStore
from drivers.simulator.issuer.authority import Authority, DocumentSigner, SignerMake
from drivers.simulator.issuer.ber import Lengths
from drivers.simulator.issuer.certificates import CertificateForm, Name, Role
from drivers.simulator.issuer.signed_data import CmsForm, compose_signed_data
from drivers.simulator.issuer.signing import ecdsa
from tests.unit.crypto.openssl_issuer import Signer, ec, make_csca, make_signer, make_sod

AT = datetime(2026, 2, 1, tzinfo=UTC)
NAMED = Provenance(Way.NAMED, "test", None)
LIST = "2.23.136.1.1.2"
NOBODY = TrustStore(())
HOUSE = Authority(b"master list", "CSCA SIMULATED LISTS", country="DE")
FOREIGN = [Authority(b"foreign", f"CSCA SIMULATED {country}", country=country).root for country in ("AT", "CH")]


def accepting(*roots: bytes) -> TrustStore:
    return TrustStore(Anchor(Certificate.parse(root), NAMED) for root in roots)


def csca_list(*certificates: bytes, version: int = 0) -> bytes:
    return tlv.encode(0x30, tlv.encode(0x02, bytes([version])) + tlv.encode(0x31, b"".join(certificates)))


# openssl signs -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def csca(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return make_csca(tmp_path_factory.mktemp("lists"), "csca", ec("P-256"))


@pytest.fixture(scope="module")
def list_signer(csca: Signer) -> Signer:
    extensions = "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\nextendedKeyUsage=critical,2.23.136.1.1.3\n"
    return make_signer(csca.pem.parent, "list-signer", csca, ec("P-256"), extensions=extensions)


def signed_by_openssl(signer: Signer, content: bytes) -> bytes:
    return tlv.parse_one(make_sod(signer.pem.parent, signer, content, content_type=LIST)).value


def test_a_list_that_openssl_signed_is_verified_up_to_the_accepted_root(csca: Signer, list_signer: Signer) -> None:
    found = MasterList.parse(signed_by_openssl(list_signer, csca_list(*FOREIGN)))
    now = list_signer.certificate.not_before + timedelta(hours=1)

    assert found.members == tuple(FOREIGN)
    assert found.signer == list_signer.certificate
    assert found.verify(accepting(csca.certificate.der), now) == csca.certificate
    with pytest.raises(IssuerUnknownError):
        found.verify(NOBODY, now)


def test_a_document_signer_of_an_accepted_root_makes_no_lists(csca: Signer) -> None:
    signer = make_signer(csca.pem.parent, "signer", csca, ec("P-256"))
    found = MasterList.parse(signed_by_openssl(signer, csca_list(*FOREIGN)))
    with pytest.raises(ListSignerError, match="may not sign"):
        found.verify(accepting(csca.certificate.der), datetime.now(UTC))


# The simulated issuer signs ------------------------------------------------------------------------------------------


def test_the_operator_may_name_the_signer_or_its_issuer() -> None:
    raw = HOUSE.master_list(FOREIGN)
    for named in (HOUSE.master_list_signer().certificate, HOUSE.root):
        certificate = Certificate.parse(named)
        assert MasterList.parse(raw, certificate).verify(NOBODY, AT) == certificate


def test_another_named_certificate_vouches_for_nothing() -> None:
    raw = HOUSE.master_list(FOREIGN)
    store = accepting(HOUSE.root)
    for named in (HOUSE.stranger().root, HOUSE.signer().certificate):
        with pytest.raises(ListSignerError):
            MasterList.parse(raw, Certificate.parse(named)).verify(store, AT)


def test_a_named_issuer_vouches_for_signers_of_lists_only() -> None:
    raw = HOUSE.master_list(FOREIGN, signer=HOUSE.signer())
    with pytest.raises(ListSignerError, match="may not sign"):
        MasterList.parse(raw, Certificate.parse(HOUSE.root)).verify(NOBODY, AT)
    named = Certificate.parse(HOUSE.signer().certificate)
    assert MasterList.parse(raw, named).verify(NOBODY, AT) == named


def test_a_named_issuer_vouches_for_no_signer_with_conditions_that_nobody_knows() -> None:
    raw, root = HOUSE.master_list(FOREIGN), Certificate.parse(HOUSE.root)
    found = MasterList.parse(raw, root)
    extensions = replace(found.signer.extensions, unknown_critical=("1.2.3.4",))
    signature = replace(found._signature, signer=replace(found.signer, extensions=extensions))
    with pytest.raises(ListSignerError, match="critical"):
        replace(found, _signature=signature).verify(NOBODY, AT)


def test_a_list_without_its_signer_is_verified_with_the_named_one() -> None:
    bare = CmsForm(certificates=())
    named = Certificate.parse(HOUSE.master_list_signer().certificate)
    raw = HOUSE.master_list(FOREIGN, form=bare)
    assert MasterList.parse(raw, named).verify(NOBODY, AT) == named
    with pytest.raises(NotSupportedError):
        MasterList.parse(raw)


def ended_signer() -> DocumentSigner:
    form = CertificateForm(Name("ML SIMULATED ended", "DE"), Role.MASTER_LIST_SIGNER, not_after=AT)
    return HOUSE.signer(SignerMake(ecdsa("P-256"), form))


@pytest.mark.parametrize("given", [None, Certificate.parse(HOUSE.root)], ids=["accepted", "named"])
def test_a_list_outlives_its_signer(given: Certificate | None) -> None:
    """It was signed in his time, and says so; one that does not tell when is judged by today."""
    signer, store, later = ended_signer(), accepting(HOUSE.root), AT + timedelta(days=1)
    in_time = CmsForm(certificates=(signer.certificate,), signing_time=AT - timedelta(days=1))
    too_late = CmsForm(certificates=(signer.certificate,), signing_time=later)
    untold = CmsForm(certificates=(signer.certificate,))

    MasterList.parse(HOUSE.master_list(FOREIGN, signer=signer, form=in_time), given).verify(store, later)
    for form in (too_late, untold):
        raw = HOUSE.master_list(FOREIGN, signer=signer, form=form)
        with pytest.raises((IssuerExpiredError, ListSignerError)):
            MasterList.parse(raw, given).verify(store, later)


def test_a_signing_time_in_the_future_is_today() -> None:
    signer = ended_signer()
    form = CmsForm(certificates=(signer.certificate,), signing_time=AT + timedelta(days=9))
    raw = HOUSE.master_list(FOREIGN, signer=signer, form=form)
    MasterList.parse(raw).verify(accepting(HOUSE.root), AT)


def test_a_list_in_open_lengths_is_read() -> None:
    form = CmsForm(certificates=(HOUSE.master_list_signer().certificate,), lengths=Lengths.EVERYWHERE)
    found = MasterList.parse(HOUSE.master_list(FOREIGN, form=form))
    found.verify(accepting(HOUSE.root), AT)
    assert len(found.members) == 2


def test_a_list_changed_after_signing_is_wrong() -> None:
    signer = HOUSE.master_list_signer()
    raw = compose_signed_data(csca_list(*FOREIGN), LIST, signer.certificate, signer.key, signed=csca_list(FOREIGN[0]))
    with pytest.raises(SignatureWrongError):
        MasterList.parse(raw).verify(accepting(HOUSE.root), AT)


def signed(content: bytes, content_type: str = LIST) -> bytes:
    signer = HOUSE.master_list_signer()
    return compose_signed_data(content, content_type, signer.certificate, signer.key)


@pytest.mark.parametrize(
    ("raw", "refusal"),
    [
        (b"", MalformedError),
        (signed(csca_list(), "2.23.136.1.1.1"), NotSupportedError),
        (signed(csca_list(version=1)), NotSupportedError),
        (signed(tlv.encode(0x30, b"")), NotSupportedError),
        (signed(b""), MalformedError),
        (signed(b"\x30\x80\x02\x01\x01\x00\x00"), NotSupportedError),
        (signed(csca_list(b"\x30\x05")), MalformedError),
    ],
)
def test_what_is_no_master_list_is_refused(raw: bytes, refusal: type[ProofError]) -> None:
    with pytest.raises(refusal):
        MasterList.parse(raw)


def test_the_number_of_certificates_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crypto.trust.master_list._MAX_CERTIFICATES", 1)
    with pytest.raises(MalformedError, match="too many"):
        MasterList.parse(HOUSE.master_list(FOREIGN))


WHOLE = HOUSE.master_list(FOREIGN[:1])


@settings(max_examples=100, deadline=None)
@given(at=st.integers(0, len(WHOLE) - 1), bit=st.integers(0, 7))
def test_no_flipped_bit_lets_another_list_in(at: int, bit: int) -> None:
    changed = bytearray(WHOLE)
    changed[at] ^= 1 << bit
    with suppress(ProofError):
        found = MasterList.parse(bytes(changed))
        found.verify(accepting(HOUSE.root), AT)
        assert found.members == (FOREIGN[0],)


@settings(deadline=None)
@given(raw=st.binary(max_size=200))
def test_any_signed_content_is_a_list_or_a_proof_error(raw: bytes) -> None:
    with suppress(ProofError):
        assert not MasterList.parse(signed(raw)).members
