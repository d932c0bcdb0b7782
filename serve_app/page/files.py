"""Files that a build has written, for browsers: compressed where they take that, and not sent again
to a browser that has them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response

_ENCODINGS: Final = (("br", ".br"), ("gzip", ".gz"))
"""The build leaves compressed copies beside what gains by it; the best one first."""

_TYPES: Final = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".ogg": "audio/ogg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
"""Said here, for what the machine believes about types differs. Nothing else is given out."""


def send(request: Request, path: Path, headers: dict[str, str]) -> Response:
    """The file, or a compressed copy where the browser takes it. Answers 304 to who has it."""
    media_type = _TYPES.get(path.suffix)
    if media_type is None or not path.is_file():
        raise HTTPException(404)
    sent, compressed = path, False
    for encoding, suffix in _ENCODINGS:
        copy = path.with_name(path.name + suffix)
        if copy.is_file():
            compressed = True
            if sent is path and _takes(request, encoding):
                sent = copy
                headers = {**headers, "Content-Encoding": encoding}
    if compressed:
        headers = {**headers, "Vary": "Accept-Encoding"}
    response = FileResponse(sent, headers=headers, media_type=media_type, stat_result=sent.stat())
    if request.headers.get("if-none-match") == response.headers["etag"]:
        kept = ("etag", "cache-control", "vary", "content-security-policy")
        said = {name: response.headers[name] for name in kept if name in response.headers}
        return Response(None, 304, headers=said)
    return response


def _takes(request: Request, encoding: str) -> bool:
    for offered in request.headers.get("accept-encoding", "").split(","):
        name, _, quality = offered.partition(";")
        if name.strip().lower() == encoding:
            return quality.replace(" ", "") not in {"q=0", "q=0.0"}
    return False
