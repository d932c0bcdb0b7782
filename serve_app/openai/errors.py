"""Errors in the shape that OpenAI's clients read.

Codes and statuses are the service's own, with two exceptions: a wrong option is a 400, and an
unknown model a 404.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from serve_app.middleware.errors import status_of

PREFIXES: Final = ("/v1", "/openai/v1")
"""The addresses below which errors have this shape. Groq's client adds `/openai/v1` itself."""

MODEL_NOT_FOUND: Final = "model_not_found"

_TYPES: Final[Mapping[int, str]] = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    429: "rate_limit_error",
}


def shape(code: str, message: str, details: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    """The status and the body of an error."""
    status = status_of(code)
    if code == "invalid_option":
        status = 404 if details.get("field") == "model" else 400
    return status, body(status, code, message, details)


def body(status: int, code: str, message: str, details: Mapping[str, Any]) -> dict[str, Any]:
    field = details.get("field")
    if code == "invalid_option" and field == "model":
        code = MODEL_NOT_FOUND
    kind = "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"
    return {
        "error": {
            "message": message,
            "type": _TYPES.get(status, kind),
            "param": field,
            "code": code,
        }
    }
