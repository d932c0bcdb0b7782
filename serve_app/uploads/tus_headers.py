"""Reads the headers of the tus protocol, and names those that answers carry.

https://tus.io/protocols/resumable-upload
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from email.utils import formatdate
from typing import Any, Final, NamedTuple

from starlette.datastructures import Headers
from starlette.types import Scope

from retender.errors import BadRequest, UnsupportedMedia, WrongTusVersion
from serve_app.uploads.multipart import Fields

VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,creation-with-upload,termination,checksum,expiration"
CONTENT_TYPE: Final = "application/offset+octet-stream"
JOB_ID: Final = "Retender-Job-Id"

EXPOSED: Final = (
    *("Location", "Tus-Resumable", "Tus-Version", "Tus-Extension", "Tus-Max-Size"),
    *("Tus-Checksum-Algorithm", "Upload-Offset", "Upload-Length", "Upload-Expires", JOB_ID),
)
"""Headers of answers that pages from other origins must be able to read."""

_ALGORITHMS: Final[Mapping[str, Callable[[], Any]]] = {
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "sha256": hashlib.sha256,
    "md5": lambda: hashlib.md5(usedforsecurity=False),
}
ALGORITHMS: Final = ",".join(_ALGORITHMS)


class Checksum(NamedTuple):
    """Of one part of an upload: the digest that its sender gave, and the hash of what has come."""

    expected: bytes
    running: Any

    @property
    def matches(self) -> bool:
        digest: bytes = self.running.digest()
        return digest == self.expected


def overridden_method(scope: Scope) -> str:
    """The request's method. Some proxies let only GET and POST through: then it is in a header."""
    given: str = scope["method"]
    return Headers(scope=scope).get("x-http-method-override", given).upper()


def check_version(headers: Headers) -> None:
    if headers.get("tus-resumable") != VERSION:
        raise WrongTusVersion(f"send `Tus-Resumable: {VERSION}`", accepted=VERSION)


def check_type(headers: Headers) -> None:
    if headers.get("content-type", "").strip().lower() != CONTENT_TYPE:
        raise UnsupportedMedia(f"the Content-Type must be {CONTENT_TYPE}", accepted=[CONTENT_TYPE])


def number(headers: Headers, name: str) -> int:
    text = headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):  # noqa: PLR2004 - 64 bits
        raise BadRequest(f"the header {name} must be a whole number of bytes")
    return int(text)


def metadata(headers: Headers) -> Fields:
    """The fields in `Upload-Metadata`: names, each with a value in Base64 or without one."""
    fields: dict[str, list[str]] = {}
    for pair in headers.get("upload-metadata", "").split(","):
        name, _, encoded = pair.strip().partition(" ")
        if name:
            fields.setdefault(name, []).append(_decoded(name, encoded.strip()))
    return fields


def checksum(headers: Headers) -> Checksum | None:
    """None if the part comes without a checksum."""
    if "upload-checksum" not in headers:
        return None
    algorithm, _, encoded = headers["upload-checksum"].strip().partition(" ")
    if algorithm not in _ALGORITHMS:
        raise BadRequest(f"Upload-Checksum may be by {ALGORITHMS}", accepted=ALGORITHMS)
    try:
        expected = base64.b64decode(encoded, validate=True)
    except ValueError as error:  # not Base64, or not even ASCII
        raise BadRequest("the value of Upload-Checksum is not Base64") from error
    return Checksum(expected, _ALGORITHMS[algorithm]())


def date(at: float) -> str:
    return formatdate(at, usegmt=True)


def _decoded(name: str, encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except ValueError as error:  # not Base64, or not even ASCII, or not UTF-8
        raise BadRequest(f"Upload-Metadata: {name!r} is not UTF-8 text in Base64") from error
