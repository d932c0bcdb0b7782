"""Whatever body a stranger sends, it is taken or refused: it finds no error of the service."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.property.serve_app.door.strategies import (
    FIELD_NAMES,
    FIELD_VALUES,
    JSON_VALUES,
    QUERIES,
    TUS_HEADERS,
)
from tests.support.http.door import FINISHED, RECORDING, Door, Headers, door
from tests.support.http.raw_client import FORM, form, part

JOB = f"/job/{FINISHED}".encode()
TRANSCRIPT = JOB + b"/transcript"
_DEEP = 100_000


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with door(tmp_path_factory.mktemp("door")) as opened:
        yield opened


@given(TUS_HEADERS, st.binary(max_size=20))
@example([(b"Upload-Metadata", b"name \xe9"), (b"Upload-Length", b"5")], b"")
def test_no_resumable_upload_finds_an_error(service: Door, headers: Headers, body: bytes) -> None:
    headers = [(b"Tus-Resumable", b"1.0.0"), *headers]
    made = service.check(service.request(b"POST", b"/uploads", headers, body))
    if made is not None and made.status == 201:
        place = made.headers["Location"].removeprefix("http://localhost").encode()
        service.check(service.request(b"PATCH", place, headers, body))
        service.check(service.request(b"HEAD", place, headers))
        service.check(service.request(b"DELETE", place, headers))


@pytest.mark.parametrize(
    "checksum", [b"sha1 \xe9", b"md5 YQ", b"sha256", b"sha1 YQ==YQ==", b"\xff"]
)
def test_a_checksum_that_is_none_is_refused(service: Door, checksum: bytes) -> None:
    headers: Headers = [
        *((b"Tus-Resumable", b"1.0.0"), (b"Upload-Length", b"5")),
        *((b"Upload-Checksum", checksum), (b"Content-Type", b"application/offset+octet-stream")),
    ]
    answered = service.check(service.request(b"POST", b"/uploads", headers, b"sound"))
    assert answered is not None
    assert answered.status in {400, 460}


@given(
    st.sampled_from([b"/transcribe-job", b"/v1/audio/transcriptions"]),
    st.lists(st.tuples(FIELD_NAMES, FIELD_VALUES), max_size=5),
    st.binary(max_size=30),
)
def test_no_form_finds_an_error(
    service: Door, path: bytes, fields: list[tuple[str, bytes]], recording: bytes
) -> None:
    parts = [part(_quoted(name), value) for name, value in fields if name != "url"]
    body = form(*parts, part("file", RECORDING + recording, filename="a.wav"))
    service.check(service.request(b"POST", path, [(b"Content-Type", FORM.encode())], body))


@given(QUERIES, st.binary(max_size=30))
def test_no_raw_upload_finds_an_error(service: Door, query: bytes, recording: bytes) -> None:
    target = b"/transcribe-job?" + query
    service.check(service.request(b"PUT", target, [], RECORDING + recording))


@given(JSON_VALUES)
@example("\ud800")
def test_no_name_finds_an_error(service: Door, value: object) -> None:
    for body in (value, {"name": value}):
        sent = json.dumps(body).encode()
        headers: Headers = [(b"Content-Type", b"application/json")]
        service.check(service.request(b"PATCH", JOB, headers, sent))


@given(JSON_VALUES | st.fixed_dictionaries({"segments": JSON_VALUES}), st.binary(max_size=5))
def test_no_edit_finds_an_error(service: Door, value: object, damage: bytes) -> None:
    sent = json.dumps(value).encode() + damage
    service.check(service.request(b"PUT", TRANSCRIPT, [(b"If-Match", b'"0"')], sent))


@pytest.mark.parametrize(
    "body",
    [
        b'{"x":' + b"[" * _DEEP + b"]" * _DEEP + b',"segments":[]}',
        b'{"segments":[{"id":0,"start":0,"end":1,"text":"\xff"}]}',
        b'{"segments":[{"id":0,"start":0,"end":1,"text":"\\ud800"}]}',
        b'{"segments":[{"id":0,"start":0,"end":1e999,"text":""}]}',
    ],
    ids=["nested too deeply", "not UTF-8", "half a character", "endless"],
)
def test_an_edit_that_is_no_json_is_refused(service: Door, body: bytes) -> None:
    answered = service.check(service.request(b"PUT", TRANSCRIPT, [(b"If-Match", b'"0"')], body))
    assert answered is not None
    assert answered.status == 422
    assert json.loads(answered.body)["error"]["code"] == "invalid_option"


def _quoted(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', "%22").replace("\r", " ").replace("\n", " ")
