from __future__ import annotations

import base45 as oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.codes import base45
from crypto.errors import MalformedError


@pytest.mark.parametrize(
    ("plain", "text"),
    [(b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581"), (b"ietf!", "QED8WEX0"), (b"", "")],
)
def test_the_examples_of_rfc_9285(plain: bytes, text: str) -> None:
    # RFC 9285 §4.3 and §4.4
    assert base45.encode(plain) == text
    assert base45.decode(text) == plain


@pytest.mark.parametrize("text", ["GGW", ":::", "A", "BB8A", "::", "bb8", "BÉ8", "ZZ"])
def test_what_no_bytes_give_is_refused(text: str) -> None:
    # RFC 9285 §6: GGW is 65536, ::: is 91124
    with pytest.raises(MalformedError):
        base45.decode(text)


@given(st.binary(max_size=200))
def test_encoding_agrees_with_another_implementation(data: bytes) -> None:
    assert base45.encode(data) == oracle.b45encode(data).decode()
    assert base45.decode(base45.encode(data)) == data


@given(st.text(max_size=60) | st.text(alphabet="0123456789ABCXYZ $%*+-./:", max_size=60))
def test_any_text_is_decoded_or_malformed(text: str) -> None:
    try:
        data = base45.decode(text)
    except MalformedError:
        return
    assert base45.encode(data) == text
