"""A form is read the same however its bytes happen to arrive."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

from hypothesis import example, given
from hypothesis import strategies as st

from retender.errors import RetenderError
from serve_app.uploads.multipart import FormReader
from tests.support.http.raw_client import BOUNDARY, FORM, form, part

# What looks like the beginning of a boundary, and is none, is what a parser trips over.
_TRAPS = st.sampled_from(
    [b"\r", b"\n", b"\r\n", b"--", b"\r\n--", f"\r\n--{BOUNDARY[:4]}".encode()]
)
RECORDINGS = st.lists(st.one_of(_TRAPS, st.binary(max_size=20)), max_size=20).map(b"".join)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=30)
NAMES = st.sampled_from(["language", "prompt", "vad"])


class Read(NamedTuple):
    fields: dict[str, Sequence[str]]
    recording: bytes
    error: str = ""


def read(body: bytes, cuts: list[int]) -> Read:
    reader = FormReader(FORM)
    recording = b""
    edges = [0, *sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
    try:
        for start, end in itertools.pairwise(edges):
            recording += b"".join(reader.feed(body[start:end]))
        return Read(dict(reader.end()), recording)
    except RetenderError as error:
        return Read({}, b"", error.code)


@given(
    st.lists(st.tuples(NAMES, TEXTS), max_size=5),
    RECORDINGS,
    st.integers(0, 5),
    st.lists(st.integers(0, 10_000), max_size=30),
)
@example([("language", "es")], b"sound\r\n--cut-here-not", 0, list(range(300)))
def test_any_split_of_the_bytes_gives_the_same(
    fields: list[tuple[str, str]], recording: bytes, place: int, cuts: list[int]
) -> None:
    parts = [part(name, text.encode()) for name, text in fields]
    parts.insert(min(place, len(parts)), part("file", recording, filename="a.wav"))
    heard = read(form(*parts), cuts)
    expected: dict[str, list[str]] = {}
    for name, text in fields:
        expected.setdefault(name, []).append(text)
    if f"\r\n--{BOUNDARY}".encode() not in b"\r\n" + recording:
        assert heard == Read(dict(expected), recording)


@given(st.binary(max_size=400), st.lists(st.integers(0, 10_000), max_size=30))
@example(b"--cut-here\r\nX: \r\n\r\n", [1, 5])
@example(b"--cut-here--", [3])
def test_what_is_no_form_is_refused_by_name_however_it_arrives(
    body: bytes, cuts: list[int]
) -> None:
    whole = read(body, [])
    assert whole.error in {"bad_request", "incomplete_upload"} or whole.fields == {}
    assert read(body, cuts).error == whole.error


@given(st.integers(0, 10_000), st.lists(st.integers(0, 10_000), max_size=10))
def test_a_form_that_is_cut_off_is_never_whole(at: int, cuts: list[int]) -> None:
    body = form(part("vad", b"no"), part("file", b"sound" * 20, filename="a.wav"))
    cut = body[: at % (len(body) - len("\r\n"))]
    if not cut.endswith(b"--cut-here--"):
        assert read(cut, cuts).error == "incomplete_upload"


@given(
    RECORDINGS,
    st.lists(
        st.tuples(st.integers(0, 10_000), st.integers(0, 5), st.binary(max_size=5)), max_size=3
    ),
)
def test_the_recording_of_a_damaged_form_is_one_of_its_parts_or_refused(
    recording: bytes, damage: list[tuple[int, int, bytes]]
) -> None:
    body = form(part("vad", b"no"), part("file", recording, filename="a.wav"))
    for place, removed, added in damage:
        at = place % len(body)
        body = body[:at] + added + body[at + removed :]
    heard = read(body, [])
    if not heard.error:
        cut = b"\r\n" + body
        contents = [
            each.partition(b"\r\n\r\n")[2] for each in cut.split(f"\r\n--{BOUNDARY}".encode())
        ]
        assert heard.recording in (*contents, b"")
