"""The description of the service as a page to try it out on."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import Response

router = APIRouter(include_in_schema=False)

_SCRIPTS: Final = "https://cdn.jsdelivr.net"
_FRAMEWORKS: Final = "HTTPValidationError"
_INLINE: Final = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def correct(app: FastAPI) -> None:
    """The framework describes errors of its own, which are answered in the service's shape: where
    there are such, the endpoints say so."""
    describe = app.openapi

    def described() -> dict[str, Any]:
        description = describe()
        for path in description["paths"].values():
            for operation in path.values():
                if _FRAMEWORKS in str(operation["responses"].get("422")):
                    del operation["responses"]["422"]
        for name in (_FRAMEWORKS, "ValidationError"):
            description["components"]["schemas"].pop(name, None)
        return description

    app.openapi = described  # type: ignore[method-assign]  # as FastAPI's documentation has it


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
