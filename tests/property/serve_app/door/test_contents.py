"""What comes out is what went in, by an independent reading of what was asked for."""

from __future__ import annotations

import itertools
import json
import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import quote_plus

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tests.support.http.door import FINISHED, RECORDING, Door, Headers, door
from tests.support.http.raw_client import FORM, form, part

AUDIO = f"/job/{FINISHED}/audio".encode()
SAID = {"uno", "dos", "tres"}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with door(tmp_path_factory.mktemp("door")) as opened:
        yield opened


def chunked(body: bytes, cuts: list[int]) -> bytes:
    edges = [0, *sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
    pieces = [body[start:end] for start, end in itertools.pairwise(edges) if start < end]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


@given(
    st.binary(min_size=1, max_size=300),
    st.lists(st.integers(0, 2000), max_size=8),
    st.booleans(),
)
@example(b"\r\n--cut-here", [60, 61, 62], True)
@example(b"\r\n--cut-her", [], False)
def test_the_bytes_that_are_uploaded_are_those_that_are_kept(
    service: Door, recording: bytes, cuts: list[int], in_form: bool
) -> None:
    assume(not in_form or b"\r\n--cut-here" not in b"\r\n" + recording)
    headers: Headers = [(b"Transfer-Encoding", b"chunked")]
    if in_form:
        body = form(part("prompt", b"x"), part("file", recording, filename="a.wav"))
        headers.append((b"Content-Type", FORM.encode()))
        answered = service.request(b"POST", b"/transcribe-job", headers, chunked(body, cuts))
    else:
        answered = service.request(b"PUT", b"/transcribe-job", headers, chunked(recording, cuts))
    assert service.check(answered) is not None
    assert answered is not None
    assume(answered.status != 415)
    job_id = json.loads(answered.body)["job_id"]
    kept = service.check(service.request(b"GET", f"/job/{job_id}/audio".encode(), []))
    assert kept is not None
    assert kept.body == recording


def meant(asked: str, size: int) -> slice | None:
    """One range of bytes, as RFC 9110 has it; None: there is none."""
    found = re.fullmatch(r"bytes=([0-9]*)-([0-9]*)", asked)
    if found is None or found[0] == "bytes=-":
        return None
    first, last = found[1], found[2]
    if not first:
        return slice(max(0, size - int(last)), size) if int(last) else None
    end = int(last) + 1 if last else size
    return slice(int(first), min(end, size)) if int(first) < min(end, size) else None


NUMBERS = st.integers(0, len(RECORDING) + 5).map(str) | st.sampled_from(
    ["", "99999999999999999999"]
)


@given(
    st.tuples(NUMBERS, NUMBERS).map(lambda ends: f"bytes={ends[0]}-{ends[1]}")
    | st.text(st.sampled_from("bytes=-,0123456789 "), max_size=20)
)
@example("bytes=0-0")
@example("bytes=-0")
@example("bytes=5-2")
@example(f"bytes={len(RECORDING)}-")
def test_a_range_is_what_was_asked_for_or_all_or_refused(service: Door, asked: str) -> None:
    answered = service.check(service.request(b"GET", AUDIO, [(b"Range", asked.encode())]))
    assert answered is not None
    expected = meant(asked.strip(), len(RECORDING))
    if answered.status == 206 and "," not in asked:
        assert expected is not None
        assert answered.body == RECORDING[expected]
    elif answered.status == 200:
        assert answered.body == RECORDING
    elif "," not in asked:
        assert answered.status in {400, 416}
        assert expected is None


@pytest.mark.parametrize("one", ["0-0", "0-", "-5", "1-1"])
def test_thousands_of_ranges_make_no_answer_of_a_multiple_of_the_recording(
    service: Door, one: str
) -> None:
    many = 5000
    asked = b"bytes=" + b",".join([one.encode()] * many)
    answered = service.check(service.request(b"GET", AUDIO, [(b"Range", asked)]))
    assert answered is not None
    assert len(answered.body) < 2 * len(RECORDING) + 300 * many


WORDS = st.sampled_from(
    [
        "uno",
        "DOS",
        "Trés",
        "t́res",
        "xyz",
        "AND",
        "OR",
        "NOT",
        "NEAR(uno dos)",
        "words",
        "*",
        '"',
        "'",
        "(",
        ")",
        "^",
        "-",
        ":",
        "{",
        "\\",
        "words:uno",
        "uno*",
        "%",
        ";--",
        "\x00",
        "+",
        "ß",
    ]
)


@given(st.lists(WORDS, min_size=1, max_size=5), st.sampled_from([" ", "", '"']))
@example(['"uno'], "")
@example(["NEAR(uno dos)"], " ")
def test_a_search_finds_what_has_all_its_words_whatever_signs_are_among_them(
    service: Door, pieces: list[str], between: str
) -> None:
    query = between.join(pieces)
    plain = "".join(
        each
        for each in unicodedata.normalize("NFKD", query).casefold()
        if not unicodedata.combining(each)
    )
    words = re.findall(r"[^\W_]+", plain)
    assume(words)
    target = f"/jobs?sort=oldest&q={quote_plus(query)}".encode()
    answered = service.check(service.request(b"GET", target, []))
    assert answered is not None
    found = [job["job_id"] for job in json.loads(answered.body)["jobs"]]
    assert (FINISHED in found) == (set(words) <= SAID)
