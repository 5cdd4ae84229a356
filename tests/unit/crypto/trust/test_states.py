"""Which state a certificate and a document name."""

from __future__ import annotations

import pytest

from crypto.trust.certificate import Certificate
from crypto.trust.states import country_code, country_of
from drivers.simulator.issuer.authority import Authority
from tests.unit.crypto.conftest import Issuer
from tests.unit.crypto.openssl_issuer import ec, make_csca


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("VNM", "VN"),
        ("D<<", "DE"),
        ("D", "DE"),
        ("GBR", "GB"),
        ("GBO", "GB"),
        ("EUE", "EU"),
        ("RKS", "KS"),
        ("CHE", "CH"),
        ("UTO", "UTO"),
        ("", ""),
    ],
)
def test_a_documents_state_has_two_letters_or_stays_what_no_country_is(state: str, code: str) -> None:
    """ICAO Doc 9303-3 §5, with the fictitious Utopia of its examples."""
    assert country_code(state) == code


def test_the_country_is_the_subjects() -> None:
    assert country_of(Certificate.parse(Authority(b"states", country="DE").root)) == "DE"


def test_the_country_counts_in_any_case(issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("states")
    lower = make_csca(folder, "lower", ec("P-256"), subject="/C=vn/CN=x").certificate
    assert country_of(lower) == country_of(issuer.csca.certificate) == "VN"


@pytest.mark.parametrize("subject", ["/CN=nobody", "/C=VN/C=DE/CN=two", "/O=C=VN/CN=C=VN"])
def test_no_country_and_several_are_none(tmp_path_factory: pytest.TempPathFactory, subject: str) -> None:
    made = make_csca(tmp_path_factory.mktemp("states"), "one", ec("P-256"), subject=subject)
    assert country_of(made.certificate) is None
