"""The documentation at `/guide/`, where `make site` has built it.

It is files only, and needs no key: nothing in it is about this service's jobs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Request
from fastapi import Path as Part
from starlette.responses import HTMLResponse, RedirectResponse, Response

from serve_app.page.files import send

router = APIRouter(include_in_schema=False)

FOLDER: Final = Path(__file__).parent / "dist"

POLICY: Final = (
    "default-src 'none'; "
    "script-src 'self'; "
    # Diagrams are drawn with styles of their own.
    "style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; "
    "connect-src 'self'; "
    "font-src 'self'; "
    "worker-src 'self'; "
    "form-action 'none'; "
    "base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""Files of the service's own, no script inside a page, no other host, framed by nobody."""

_HEADERS: Final = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}

_NAMES: Final = r"^(?:[A-Za-z0-9_-][A-Za-z0-9_.-]*/)*(?:[A-Za-z0-9_-][A-Za-z0-9_.-]*)?$"
"""No name begins with a dot, so none leads out of the folder."""

_NOT_BUILT: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Retender</title>
<h1>The documentation is not built here</h1>
<p>In a checkout <code>make site</code> builds it from the folder <code>docs/</code>. The
HTTP interface is described <a href="../docs">here</a>.</p>
</html>
"""

Names = Annotated[str, Part(pattern=_NAMES, max_length=200)]


@router.api_route("/guide", methods=["GET", "HEAD"])
async def guide() -> Response:
    return RedirectResponse("guide/")


@router.api_route("/guide/{names:path}", methods=["GET", "HEAD"])
async def page(names: Names, request: Request) -> Response:
    if not (FOLDER / "index.html").is_file():
        return HTMLResponse(_NOT_BUILT, 404, _HEADERS)
    path = FOLDER / names
    if not path.is_dir():
        return send(request, path, _HEADERS)
    if names and not names.endswith("/"):
        # Links in a page are relative to its folder.
        return RedirectResponse(f"{path.name}/")
    return send(request, path / "index.html", _HEADERS)
