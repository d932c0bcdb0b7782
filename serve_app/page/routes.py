"""The page for people at `/`, and the files that it is made of.

Everything is read from the folder that the build of `web/` writes. Files under `assets/` have their
content in their names and are kept by browsers for good; all else is asked for anew each time.
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
    "style-src 'self'; "
    "img-src 'self' data: blob:; "
    "media-src 'self' blob:; "
    "connect-src 'self'; "
    "font-src 'self'; "
    "manifest-src 'self'; "
    "worker-src 'self'; "
    "form-action 'self'; "
    "base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""Only files of the service's own, nothing inline, no other host, framed by nobody."""

_FOR_GOOD: Final = "public, max-age=31536000, immutable"
_ASK_ANEW: Final = "no-cache"

_NAME: Final = r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$"

_NOT_BUILT: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Retender</title>
<h1>Retender is running, without its page</h1>
<p>The page is not built here. With Node 20.19 or newer, <code>make page</code> builds it; the
packaged service carries it.</p>
<p>The service itself is all there: <a href="docs">its HTTP interface</a>.</p>
</html>
"""

Name = Annotated[str, Part(pattern=_NAME, max_length=200)]


@router.api_route("/", methods=["GET", "HEAD"])
async def page(request: Request) -> Response:
    headers = {"Content-Security-Policy": POLICY, "Permissions-Policy": "microphone=(self)"}
    if not (FOLDER / "index.html").is_file():
        return HTMLResponse(_NOT_BUILT, headers=headers)
    return send(request, FOLDER / "index.html", {**headers, "Cache-Control": _ASK_ANEW})


@router.api_route("/assets/{name}", methods=["GET", "HEAD"])
async def asset(name: Name, request: Request) -> Response:
    return send(request, FOLDER / "assets" / name, {"Cache-Control": _FOR_GOOD})


@router.api_route("/sw.js", methods=["GET", "HEAD"])
async def service_worker(request: Request) -> Response:
    """Beside the page, because a service worker works for what is below its own address."""
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": _ASK_ANEW}
    return send(request, FOLDER / "sw.js", headers)


@router.post("/share")
async def share() -> Response:
    """What a phone shares with the page goes to its service worker. A browser that has lost the
    service worker posts it here instead, without a key: the page then says that nothing arrived."""
    return RedirectResponse("./#/?lost=share", 303)


@router.api_route("/page/{name}", methods=["GET", "HEAD"])
async def beside(name: Name, request: Request) -> Response:
    """What needs a name of its own: the icon, the manifest, the sample."""
    return send(request, FOLDER / "page" / name, {"Cache-Control": _ASK_ANEW})
