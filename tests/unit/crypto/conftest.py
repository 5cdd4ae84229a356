"""One invented issuer, its document signer and one security object for all tests of this folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.unit.crypto.openssl_issuer import Signer, ec, lds_security_object, make_csca, make_signer, make_sod

GROUPS = {1: b"first group", 2: b"second group", 13: b"thirteenth group"}


@dataclass(frozen=True)
class Issuer:
    folder: Path
    csca: Signer
    signer: Signer
    sod: bytes


@pytest.fixture(scope="session")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    folder = tmp_path_factory.mktemp("issuer")
    csca = make_csca(folder, "csca", ec("secp384r1"), digest="sha384")
    signer = make_signer(folder, "signer", csca, ec("brainpoolP384r1"), digest="sha384")
    return Issuer(folder, csca, signer, make_sod(folder, signer, lds_security_object(GROUPS)))
