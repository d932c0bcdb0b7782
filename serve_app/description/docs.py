"""The page `/docs`, on which the HTTP interface can be read and tried out.

Nothing of it is loaded from other hosts: it works without the internet, and no other host learns
who reads it.
"""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import FileResponse, Response

from serve_app.description.answers import error_schemas

router = APIRouter(include_in_schema=False)

_VIEWER: Final = Path(str(files("fastapi_offline"))) / "static"
"""Swagger's viewer, from the installed package."""

_FRAMEWORK_ERROR: Final = "HTTPValidationError"
_INLINE: Final = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def correct(app: FastAPI) -> None:
    """Remove the framework's own validation errors from the description. The service answers them
    in its own shape, which is added: the endpoints refer to it."""
    describe = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is not None:
            return app.openapi_schema
        description = describe()
        for path in description["paths"].values():
            for operation in path.values():
                if _FRAMEWORK_ERROR in str(operation["responses"].get("422")):
                    del operation["responses"]["422"]
        schemas = description["components"]["schemas"]
        for name in (_FRAMEWORK_ERROR, "ValidationError"):
            schemas.pop(name, None)
        description["components"]["schemas"] = dict(sorted((schemas | error_schemas()).items()))
        return description

    app.openapi = described  # type: ignore[method-assign]  # as FastAPI's documentation has it


@router.get("/docs")
async def docs(request: Request) -> Response:
    """The policy allows the page's own script by its hash, and the viewer's by its origin."""
    root = request.scope.get("root_path", "").rstrip("/")
    page = get_swagger_ui_html(
        openapi_url=f"{root}/openapi.json",
        title="Retender",
        swagger_js_url=f"{root}/docs/swagger-ui-bundle.js",
        swagger_css_url=f"{root}/docs/swagger-ui.css",
        swagger_favicon_url="data:,",
    )
    text = bytes(page.body).decode()
    hashes = " ".join(f"'sha256-{_sha256(script)}'" for script in _INLINE.findall(text))
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {hashes}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )
    headers = {"Content-Security-Policy": policy}
    return Response(text, media_type="text/html", headers=headers)


@router.get("/docs/{name}")
async def viewer(name: Literal["swagger-ui-bundle.js", "swagger-ui.css"]) -> Response:
    return FileResponse(_VIEWER / name, headers={"Cache-Control": "max-age=86400"})


def _sha256(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
