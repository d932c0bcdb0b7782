"""Errors as OpenAI's clients read them. Codes and statuses stay the service's own, but for two:
an option that is not right is a 400 there, and a model that nobody knows a 404.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

PREFIXES: Final = ("/v1", "/openai/v1")

MODEL_NOT_FOUND: Final = "model_not_found"

_STATUSES: Final[Mapping[str, int]] = {"invalid_option": 400}

_TYPES: Final[Mapping[int, str]] = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    429: "rate_limit_error",
}


def spoken_at(path: str) -> bool:
    """Whether this address speaks OpenAI's language."""
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in PREFIXES)


def translated(status: int, code: str, details: Mapping[str, Any]) -> int:
    if code == "invalid_option" and details.get("field") == "model":
        return HTTPStatus.NOT_FOUND
    return _STATUSES.get(code, status)


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
