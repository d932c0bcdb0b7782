"""Whatever a stranger sends, the answer is never an error of the service, and none is logged.

These go to a whole service over a real connection, the server's own parsers included.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.property.serve_app.door.strategies import (
    HEADERS,
    METHODS,
    PATHS,
    QUERIES,
    READ_PATHS,
)
from tests.support.http.door import FINISHED, Door, Headers, door


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with door(tmp_path_factory.mktemp("door")) as opened:
        yield opened


@given(st.sampled_from([b"GET", b"HEAD", b"OPTIONS"]), READ_PATHS | PATHS, HEADERS)
@example(b"GET", b"/jobs", [(b"Origin", b"http://[")])
@example(b"OPTIONS", b"/jobs", [(b"Host", b"["), (b"Origin", b"http://\xe2\x84\x80")])
def test_no_header_of_a_reader_finds_an_error(
    service: Door, method: bytes, path: bytes, headers: Headers
) -> None:
    service.check(service.request(method, path, headers))


@given(METHODS, PATHS, HEADERS, st.binary(max_size=40))
@example(b"POST", b"/share", [(b"Origin", b"http://[")], b"")
def test_no_method_on_any_path_finds_an_error(
    service: Door, method: bytes, path: bytes, headers: Headers, body: bytes
) -> None:
    if not (method == b"DELETE" and FINISHED.encode() in path):
        service.check(service.request(method, path, headers, body))


@given(READ_PATHS | PATHS, QUERIES)
def test_no_query_finds_an_error(service: Door, path: bytes, query: bytes) -> None:
    service.check(service.request(b"GET", path + b"?" + query, []))


@given(
    st.lists(
        st.sampled_from(
            [b"GET ", b"POST ", b"/", b" HTTP/1.1", b" HTTP/9.9", b"\r\n", b"\n", b"\r"]
        )
        | st.sampled_from(
            [b"Host: x", b"Content-Length: 5", b"Transfer-Encoding: chunked", b"0", b":"]
        )
        | st.sampled_from(
            [b"Content-Length: -1", b"\xff", b"PRI * HTTP/2.0", b"\x16\x03\x01", b"5"]
        )
        | st.binary(max_size=10),
        max_size=12,
    ).map(b"".join)
)
def test_no_bytes_on_a_connection_find_an_error(service: Door, data: bytes) -> None:
    said = service.whisper(data)
    service.check(None)
    assert not said.startswith(b"HTTP/1.1 5")
