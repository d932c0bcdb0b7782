"""JSON of others is read, or it is a `DecodeError`: callers know no other."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from retender import foreign_json
from retender.transcript.segments import Segment

_DEEP = 100_000


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: json.dumps(text).encode()))
@example(b'"\xff"')
@example(b'{"\xff": 1}')
@example(b'"\\ud800"')
@example(b"[" * _DEEP)
@example(b'{"a":' * _DEEP)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for kind in (object, Segment):
        try:
            foreign_json.decode(data, kind)
        except msgspec.DecodeError:
            continue


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**63)
        | st.text(st.characters(codec="utf-8")),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner)
        ),
        max_leaves=10,
    )
)
def test_what_the_standard_library_writes_is_what_is_read(value: object) -> None:
    assert foreign_json.decode(json.dumps(value), object) == value


@pytest.mark.parametrize("data", [b'"\xff"', b"[" * _DEEP + b"]" * _DEEP])
def test_why_it_cannot_be_read_is_told(data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError, match=r"UTF-8|too deeply"):
        foreign_json.decode(data, object)
