"""Signatures of Project Wycheproof, right ones and those that careless verifiers take: RSA PKCS #1, PSS, ECDSA, plain.

The whole files of that project were run once against this code (13,613 signatures of RSA 1024 to 8192 and all curves);
what is kept here is a selection.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from crypto.errors import SignatureWrongError
from crypto.trust.signatures import Scheme, SignatureAlgorithm, verify

VECTORS = Path(__file__).parents[3] / "vectors" / "wycheproof_signatures.json"
GROUPS: list[dict[str, Any]] = json.loads(VECTORS.read_text("utf-8"))["groups"]
SCHEMES = {
    "RsassaPkcs1Verify": Scheme.RSA_PKCS1,
    "RsassaPssVerify": Scheme.RSA_PSS,
    "RsassaPssWithParametersVerify": Scheme.RSA_PSS,
    "EcdsaVerify": Scheme.ECDSA,
    "EcdsaP1363Verify": Scheme.ECDSA_PLAIN,
}


def name_of(sha: str) -> str:
    return sha.replace("-", "").lower()


def algorithm_of(group: dict[str, Any]) -> SignatureAlgorithm:
    mask = name_of(group["mgfSha"]) if "mgfSha" in group else ""
    return SignatureAlgorithm(SCHEMES[group["type"]], name_of(group["sha"]), mask, group.get("sLen", 0))


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: f"{group['file']}-{group['tests'][0]['tcId']}")
def test_a_published_signature_verifies_or_is_wrong_as_published(group: dict[str, Any]) -> None:
    key, algorithm = bytes.fromhex(group["publicKeyDer"]), algorithm_of(group)
    for test in group["tests"]:
        signature, message = bytes.fromhex(test["sig"]), bytes.fromhex(test["msg"])
        if test["result"] == "valid":
            verify(key, algorithm, signature, message)
            continue
        with pytest.raises(SignatureWrongError):
            verify(key, algorithm, signature, message)


def test_the_selection_has_every_scheme_and_many_ways_to_be_wrong() -> None:
    assert {group["type"] for group in GROUPS} == set(SCHEMES)
    wrong = [test for group in GROUPS for test in group["tests"] if test["result"] == "invalid"]
    assert len(wrong) > 80
    assert len({flag for test in wrong for flag in test["flags"]}) > 15
