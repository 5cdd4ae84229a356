from __future__ import annotations

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.codes import cbor
from crypto.errors import MalformedError

_LEAVES = st.integers(-(2**64), 2**64 - 1) | st.binary(max_size=40) | st.text(max_size=20)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.integers(-70000, 70000), inner, max_size=4),
    max_leaves=8,
)


def _depth(value: object) -> int:
    inner = value if isinstance(value, list) else value.values() if isinstance(value, dict) else None
    return 0 if inner is None else 1 + max(map(_depth, inner), default=0)


@given(_VALUES)
def test_what_is_written_is_read(value: object) -> None:
    raw = cbor.encode(value)
    if _depth(value) <= 4 and len(raw) <= 2048:
        assert cbor.decode(raw) == value
    else:
        with pytest.raises(MalformedError):
            cbor.decode(raw)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "nothing"),
        ("18", "an argument cut short"),
        ("0000", "two values"),
        ("1800", "a long form of zero"),
        ("a2020101", "a cut map"),
        ("a202000100", "keys out of order"),
        ("a201000101", "a key twice"),
        ("9f00ff", "an indefinite array"),
        ("1c", "a reserved length"),
        ("6180", "a text that is not UTF-8"),
        ("4200", "a string cut short"),
        ("5b7fffffffffffffff", "a string longer than memory"),
        ("9b7fffffffffffffff", "an array longer than memory"),
        ("818181818100", "five levels"),
        ("c24101", "a tag"),
        ("f5", "true"),
        ("fb3ff0000000000000", "a fraction"),
        ("a1a10000", "not closed"),
        ("a1a1000000", "a map as a key"),
        ("c4821b7fffffffffffff0100", "a number beyond the library's own arithmetic"),
    ],
)
def test_everything_else_is_refused(text: str, why: str) -> None:
    with pytest.raises(MalformedError):
        cbor.decode(bytes.fromhex(text))


def test_a_long_value_is_refused_before_it_is_read() -> None:
    with pytest.raises(MalformedError, match="too long"):
        cbor.decode(cbor.encode(b"x" * 2048))


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_malformed(raw: bytes) -> None:
    try:
        value = cbor.decode(raw)
    except MalformedError:
        return
    assert cbor2.dumps(value, canonical=True) == raw
