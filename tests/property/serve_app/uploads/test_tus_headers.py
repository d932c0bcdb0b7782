"""What a stranger writes into the headers of a resumable upload is read as the protocol says it, or
refused by name.
"""

from __future__ import annotations

import base64
import hashlib

from hypothesis import assume, example, given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from retender.errors import BadRequest
from serve_app.uploads import tus_headers

LATIN = st.text(st.characters(max_codepoint=255), max_size=60)
NAMES = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=", "), min_size=1
)
VALUES = st.text(st.characters(codec="utf-8"), max_size=40)


def headers(name: str, value: str) -> Headers:
    return Headers({name: value})


def encoded(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


@given(st.lists(st.tuples(NAMES, VALUES), max_size=5))
def test_metadata_that_are_sent_are_what_is_read(pairs: list[tuple[str, str]]) -> None:
    sent = ",".join(f"{name} {encoded(value)}" for name, value in pairs)
    expected: dict[str, list[str]] = {}
    for name, value in pairs:
        expected.setdefault(name, []).append(value)
    assert tus_headers.metadata(headers("upload-metadata", sent)) == expected


@given(LATIN)
@example("name é")
@example("name /w==")
@example("name YQ=")
def test_metadata_are_read_or_refused(text: str) -> None:
    try:
        found = tus_headers.metadata(headers("upload-metadata", text))
    except BadRequest:
        return
    for values in found.values():
        for value in values:
            value.encode()


@given(LATIN)
@example("²")
@example("1_0")
@example("+1")
@example("9" * 18)
def test_a_length_is_digits_or_refused(text: str) -> None:
    try:
        found = tus_headers.number(headers("upload-length", text), "Upload-Length")
    except BadRequest:
        assert not 0 < len(text) <= 18 or set(text) - set("0123456789")
    else:
        assert f"{found:0{len(text)}d}" == text


@given(LATIN, st.binary(max_size=40))
@example("sha1 é", b"")
def test_a_checksum_is_read_or_refused(text: str, data: bytes) -> None:
    try:
        found = tus_headers.checksum(headers("upload-checksum", text))
    except BadRequest:
        return
    assert found is not None
    found.running.update(data)
    assume(not found.matches)


@given(st.sampled_from(["sha1", "sha256", "md5"]), st.binary(max_size=40), st.binary(max_size=40))
def test_a_checksum_matches_just_these_bytes(algorithm: str, data: bytes, other: bytes) -> None:
    digest = base64.b64encode(hashlib.new(algorithm, data).digest()).decode()
    for come in (data, other):
        found = tus_headers.checksum(headers("upload-checksum", f"{algorithm} {digest}"))
        assert found is not None
        found.running.update(come)
        assert found.matches == (come == data)
