"""Published key agreements in every group that has one: RFC 5114 appendix A, RFC 7027 appendix A, NIST CAVP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from crypto.emrtd.public_keys import standardised

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "key_agreement.json").read_text("utf-8"))
NAMES = [f"{vector['source']} parameters {vector['parameter_id']}" for vector in VECTORS]


@pytest.mark.parametrize("vector", VECTORS, ids=NAMES)
def test_both_sides_come_to_the_published_secret(vector: dict[str, Any]) -> None:
    group: Any = standardised(vector["parameter_id"])
    privates = [int(vector[f"private_{side}"], 16) for side in "ab"]
    publics = [group.decode(bytes.fromhex(vector[f"public_{side}"])) for side in "ab"]
    secret = bytes.fromhex(vector["secret"])
    assert [group.public(private) for private in privates] == publics
    assert [group.encode(public).hex() for public in publics] == [vector["public_a"], vector["public_b"]]
    assert group.agree(privates[0], publics[1]) == group.agree(privates[1], publics[0]) == secret
    assert group.multiply(privates[0], publics[1]) == group.multiply(privates[1], publics[0])


def test_every_standardised_group_but_three_brainpool_curves_has_a_published_agreement() -> None:
    """For brainpoolP192r1, P224r1 and P320r1 none was found; they are held against OpenSSL and ``ecdsa`` elsewhere."""
    assert {vector["parameter_id"] for vector in VECTORS} == {0, 1, 2, 8, 10, 12, 13, 15, 16, 17, 18}


def test_one_published_secret_begins_with_a_zero_byte() -> None:
    assert any(vector["secret"].startswith("00") for vector in VECTORS)
