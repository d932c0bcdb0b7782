"""What strangers write into requests: what nearly is right, and what is not at all."""

from __future__ import annotations

from urllib.parse import quote_from_bytes

from hypothesis import strategies as st

from serve_app.uploads.options import KNOWN
from tests.support.http.door import FINISHED, Headers

_NUMBERS = st.sampled_from(
    [
        b"0",
        b"1",
        b"-1",
        b"+1",
        b"1e3",
        b"1.5",
        b"0x10",
        b"1_0",
        b" 1 ",
        b"9" * 18,
        b"9" * 19,
        b"9" * 5000,
        b"nan",
        b"inf",
        b"-inf",
        b"1e999",
        "٣".encode(),
        "²".encode(),
        b"",
    ]
)
_SIGNS = st.text(
    st.sampled_from("abcxyzqQ0123456789=,;:-_\"'/*()[]{}<>@%&+. \t\\é\x7f\u0080ÿ"), max_size=40
).map(lambda text: text.encode("latin-1"))
_BYTES = st.binary(max_size=60).map(
    lambda data: data.translate(None, delete=b"\r\n\0").strip(b" \t")
)
_TEXT = st.text(max_size=40).map(lambda text: text.encode("utf-8", "replace"))

_KNOWN_HEADERS: dict[bytes, list[bytes]] = {
    b"Range": [b"bytes=0-", b"bytes=5-2", b"bytes=-0", b"bytes=-5", b"bytes=0-0,1-1,3-2", b"a=1-2"],
    b"If-Range": [b'"a"', b"Sun, 06 Nov 1994 08:49:37 GMT", b"W/"],
    b"If-None-Match": [b"*", b'"0"', b'W/"0", "1"'],
    b"If-Modified-Since": [b"Sun, 06 Nov 1994 08:49:37 GMT", b"Sun, 99 Nov 99999 08:49:37 GMT"],
    b"If-Match": [b'"0"', b'W/"1"', b"*", b'"' + b"9" * 10 + b'"'],
    b"Last-Event-ID": [b"0", b"3", b"99"],
    b"Accept": [b"*/*", b"text/html", b"application/json;q=0"],
    b"Accept-Language": [b"es;q=0.1, en", b"*", b"en;q=nan", b"es;q=inf,en;q=2", b"x-y-z"],
    b"Accept-Encoding": [b"br", b"gzip;q=0", b"identity;q=0, *;q=0"],
    b"Host": [b"localhost", b"[::1]", b"[::1", b"a]", b"a:b:c", b"\xe2\x84\x80", b"%00", b"x@y"],
    b"Origin": [b"null", b"http://[", b"http://]", b"http://\xe2\x84\xa1", b"://", b"http://a:b"],
    b"Authorization": [b"Bearer x", b"Bearer", b"bearer \xff", b"Basic eA==", b"Bearer rt_0_1"],
    b"X-API-Key": [b"rt_000000000000_" + b"a" * 64, b"\xff" * 300],
    b"Content-Type": [
        *(b"multipart/form-data", b"multipart/form-data; boundary=", b"multipart/form-data;b=c;;"),
        *(b'multipart/form-data; boundary="', b"application/offset+octet-stream"),
        *(b"multipart/form-data; boundary*=utf-8''x", b"application/json; charset=utf-7", b"/"),
        *(b"multipart/form-data; boundary=" + b"x" * 300, b"multipart/form-data; boundary=\xff"),
    ],
    b"Content-Encoding": [b"gzip", b"identity"],
    b"Upload-Length": [b"0", b"5", b"-5", b"9" * 18],
    b"Upload-Offset": [b"0", b"5", b"9" * 18],
    b"Upload-Metadata": [b"filename YS5tcDM=", b"a b c", b"a", b",,", b"a \xe9", b"name /w=="],
    b"Upload-Checksum": [b"sha1 YQ==", b"sha1", b"md5 \xe9", b"sha1 a", b"sha512 YQ=="],
    b"Upload-Defer-Length": [b"1"],
    b"Tus-Resumable": [b"1.0.0", b"0.2.0"],
    b"X-HTTP-Method-Override": [b"PATCH", b"HEAD", b"delete", b"OPTIONS", b"\xff", b""],
    b"Idempotency-Key": [b"k", b"x" * 300, b"\xff"],
    b"X-Forwarded-For": [b"1.2.3.4", b"[::1]:99, x", b"a, b, c", b"\xff", b","],
    b"X-Forwarded-Proto": [b"https", b"javascript", b"wss", b"\xff"],
    b"X-Forwarded-Host": [b"a", b"["],
    b"X-Forwarded-Port": [b"a", b"99999999"],
    b"X-Request-Id": [b"x" * 5000, b"\xff", b"a b"],
    b"Access-Control-Request-Method": [b"PUT", b"\xff"],
    b"Access-Control-Request-Headers": [b"*", b"a, b"],
    b"Expect": [b"100-continue", b"x"],
    b"Cookie": [b"a=b; c", b"\xff"],
    b"Traceparent": [b"00-" + b"0" * 32 + b"-" + b"0" * 16 + b"-00", b"x"],
    b"Upgrade": [b"h2c", b"websocket", b"x"],
}


def _header(name: bytes) -> st.SearchStrategy[tuple[bytes, bytes]]:
    usual = st.sampled_from(_KNOWN_HEADERS[name])
    values = st.one_of(usual, st.tuples(usual, _SIGNS).map(b"".join), _NUMBERS, _SIGNS, _BYTES)
    return values.map(lambda value: (name, value))


HEADERS: st.SearchStrategy[Headers] = st.lists(
    st.sampled_from(sorted(_KNOWN_HEADERS)).flatmap(_header), max_size=4
)
TUS_HEADERS: st.SearchStrategy[Headers] = st.lists(
    st.sampled_from([name for name in sorted(_KNOWN_HEADERS) if b"pload-" in name]).flatmap(_header)
    | _header(b"Content-Type"),
    max_size=4,
).map(lambda headers: [(b"Tus-Resumable", b"1.0.0"), *headers])

METHODS = st.sampled_from(
    [b"GET", b"HEAD", b"OPTIONS", b"POST", b"PUT", b"PATCH", b"DELETE", b"TRACE", b"PURGE"]
)

_IDS = st.one_of(
    st.just(FINISHED),
    st.sampled_from(["x", "..", ".", "%2e%2e%2fpasswd", "a%00b", "%ff%fe", "a%2Fb", "%ed%a0%80"]),
    st.text(max_size=80).map(lambda text: quote_from_bytes(text.encode("utf-8", "replace"))),
)

_PATHS = (
    *("/job/{}", "/job/{}/result", "/job/{}/audio", "/job/{}/peaks", "/job/{}/transcript"),
    *("/job/{}/events", "/job/{}/retry", "/job/{}/audio-ticket", "/job/{}/resync"),
    *("/jobs", "/jobs/export", "/dead-letters", "/queue/info", "/models", "/models/{}"),
    *("/models/{}/load", "/metrics", "/convex/retry", "/ws-ticket", "/v1/models", "/v1/models/{}"),
    *("/uploads", "/uploads/{}", "/transcribe-job", "/transcribe", "/v1/audio/transcriptions"),
    *("/openai/v1/audio/translations", "/health", "/health/ready", "/docs", "/docs/{}"),
    *("/", "/assets/{}", "/page/{}", "/sw.js", "/share", "/openapi.json", "/{}", "/static/{}"),
)

PATHS = st.tuples(st.sampled_from(_PATHS), _IDS).map(
    lambda made: made[0].format(made[1]).encode("ascii")
)
READ_PATHS = st.sampled_from([path for path in _PATHS if path.startswith("/job")]).map(
    lambda path: path.format(FINISHED).encode()
)

_QUERY_NAMES = st.one_of(
    st.sampled_from(
        [
            "q",
            "status",
            "sort",
            "limit",
            "cursor",
            "ids",
            "format",
            "partial",
            "version",
            "text",
            "since",
            "ticket",
            "forget",
            "lang",
            "filename",
            *sorted(KNOWN),
        ]
    ).map(str.encode),
    _TEXT,
)
_QUERY_VALUES = st.one_of(
    _NUMBERS,
    _SIGNS,
    _TEXT,
    st.binary(max_size=30),
    st.sampled_from([b"true", b"json", b"srt", b"docx", b"completed", FINISHED.encode(), b"a,b,,c"])
    | st.sampled_from([b'"', b"a AND b", b"NEAR(a b)", b"words:x", b"*", b"^a", b"a\0b", b"-a OR"]),
)
QUERIES = st.lists(st.tuples(_QUERY_NAMES, _QUERY_VALUES), max_size=4).map(
    lambda pairs: b"&".join(
        quote_from_bytes(name).encode() + b"=" + quote_from_bytes(value).encode()
        for name, value in pairs
    )
)

_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=20),
)
JSON_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
FIELD_NAMES = st.one_of(
    st.sampled_from(
        [
            *sorted(KNOWN),
            "response_format",
            "stream",
            "timestamp_granularities[]",
            "include[]",
            "keywords[]",
            "chunking_strategy",
            "file",
        ]
    ),
    st.text(max_size=10),
)
FIELD_VALUES = st.one_of(
    _QUERY_VALUES, st.sampled_from([b"whisper-1", b"verbose_json", b"es", b"1"])
)
