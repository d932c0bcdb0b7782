"""The description of the service as a page to try it out on."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Final

from fastapi import APIRouter, Request
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import Response

router = APIRouter(include_in_schema=False)

_SCRIPTS: Final = "https://cdn.jsdelivr.net"
_INLINE: Final = re.compile(r"<script>(.*?)</script>", re.DOTALL)


@router.get("/docs")
async def docs(request: Request) -> Response:
    """The page's own script is allowed by its hash, the viewer's by where it is fetched from."""
    root = request.scope.get("root_path", "").rstrip("/")
    page = get_swagger_ui_html(
        openapi_url=f"{root}/openapi.json", title="Retender", swagger_favicon_url="data:,"
    )
    text = bytes(page.body).decode()
    hashes = " ".join(f"'sha256-{_sha256(script)}'" for script in _INLINE.findall(text))
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {_SCRIPTS} {hashes}",
            f"style-src {_SCRIPTS} 'unsafe-inline'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )
    headers = {"Content-Security-Policy": policy}
    return Response(text, media_type="text/html", headers=headers)


def _sha256(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
