"""Whatever a stranger sends over a WebSocket finds no error of the service, and none is logged."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.property.serve_app.door.strategies import HEADERS, JSON_VALUES, QUERIES
from tests.support.http.door import FINISHED, RUNNING, Door, Headers, door

PATH = b"/ws/transcription/"
_FIN, _MASK = 0x80, 0x80
_TEXT = 1


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with door(tmp_path_factory.mktemp("door")) as opened:
        yield opened


def frame(payload: bytes, first: int = _FIN | _TEXT, claimed: int | None = None) -> bytes:
    """`claimed`: its length, as the frame has it."""
    size = len(payload) if claimed is None else claimed
    if size < 126:
        length = struct.pack("B", _MASK | size)
    elif size < 1 << 16:
        length = struct.pack(">BH", _MASK | 126, size)
    else:
        length = struct.pack(">BQ", _MASK | 127, size)
    return bytes([first]) + length + bytes(4) + payload


MESSAGES = st.one_of(
    JSON_VALUES.map(lambda value: json.dumps(value).encode()),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["ping", "pong", "get_status", "Ping", ""]) | JSON_VALUES},
        optional={"job_id": st.just(RUNNING) | JSON_VALUES},
    ).map(lambda value: json.dumps(value).encode()),
    st.text(max_size=20).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.binary(max_size=20),
)
FRAMES = st.lists(
    MESSAGES.map(frame)
    | st.builds(frame, MESSAGES, first=st.integers(0, 255))
    | st.builds(frame, MESSAGES, claimed=st.sampled_from([0, 1, 125, 70_000, 2**40, 2**63]))
    | st.binary(max_size=10),
    max_size=5,
).map(b"".join)


@given(FRAMES)
@example(frame(b"[" * 60_000))
@example(frame(b'"\xff"'))
@example(frame(b'{"type": "ping"}', claimed=2**63))
def test_no_message_finds_an_error(service: Door, frames: bytes) -> None:
    said = service.talk(PATH + RUNNING.encode(), [], frames)
    service.check(None)
    assert said.startswith(b"HTTP/1.1 101 ")


@given(st.sampled_from([RUNNING, FINISHED, "x", "%00", "a%2Fb"]), QUERIES, HEADERS)
@example(RUNNING, b"", [(b"Origin", b"http://[")])
@example(FINISHED, b"since=9999999999999999999&ticket=%ff", [])
def test_no_opening_finds_an_error(
    service: Door, job_id: str, query: bytes, headers: Headers
) -> None:
    target = PATH + job_id.encode() + b"?" + query
    said = service.talk(target, headers, b"")
    service.check(None)
    assert not said.startswith(b"HTTP/1.1 5")
