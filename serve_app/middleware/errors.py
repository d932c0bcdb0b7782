"""Answers errors over HTTP. The table of statuses by error code is only here."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from loguru import logger
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from retender.errors import InvalidOption, RetenderError
from serve_app.middleware import refusals

Shape = Callable[[str, str, Mapping[str, Any]], tuple[int, dict[str, Any]]]
"""Makes the status and the body of an error from its code, its message and its details."""

STATUSES: Final[Mapping[str, int]] = {
    "bad_request": 400,
    "empty_upload": 400,
    "incomplete_upload": 400,
    "url_not_allowed": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "job_not_found": 404,
    "no_peaks": 404,
    "version_not_found": 404,
    "upload_stalled": 408,
    "already_finished": 409,
    "already_begun": 409,
    "job_cancelled": 409,
    "wrong_offset": 409,
    "not_failed": 409,
    "not_completed": 409,
    "not_prepared": 409,
    "convex_not_set_up": 409,
    "idempotency_conflict": 409,
    "upload_expired": 410,
    "transcript_changed": 412,
    "wrong_tus_version": 412,
    "too_large": 413,
    "unsupported_media": 415,
    "no_audio_stream": 422,
    "corrupt_media": 422,
    "too_long": 422,
    "invalid_option": 422,
    "upload_locked": 423,
    "version_needed": 428,
    "rate_limited": 429,
    "queue_full": 429,
    "checksum_mismatch": 460,
    "engine_failed": 502,
    "fetch_failed": 502,
    "worker_crashed": 502,
    "worker_silent": 502,
    "draining": 503,
    "starting": 503,
    "model_unavailable": 503,
    "engine_unavailable": 503,
    "storage_unreachable": 503,
    "storage_denied": 503,
    "storage_damaged": 502,
    "busy": 503,
    "actor_gone": 503,
    "no_answer": 503,
    "journal_away": 503,
    "storage_full": 507,
}
"""Any other code is an error of the service itself: 500."""

_METHODS: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")

_TEMPORARY: Final = {"busy", "actor_gone", "no_answer", "journal_away"}
"""A part of the service restarts, and is back in a moment."""

_RETRY_AFTER_SECONDS: Final = 1.0


def status_of(code: str) -> int:
    return STATUSES.get(code, 500)


def request_id(request: Request) -> str:
    return str(getattr(request.state, "request_id", ""))


def body(code: str, message: str, request_id: str, details: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "error": {
            "code": code,
            "message": message,
            "request_id": request_id,
            "details": {name: value for name, value in details.items() if name != "cause"},
        }
    }


def answer(request: Request, error: RetenderError) -> Response:
    """The error in the shape of the address that was requested."""
    status, content = shaped(request, error.code, error.message, error.details)
    headers = {}
    if (after := _retry_after(error)) is not None:
        headers["Retry-After"] = str(math.ceil(after))
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.bind(request=request_id(request), code=error.code).warning(
            "answered {}: {}", status, error.message
        )
    return _json(request, status, content, headers)


def _accepted_languages(request: Request) -> str:
    return request.headers.get("accept-language", "")


def shaped(
    request: Request, code: str, message: str, details: Mapping[str, Any]
) -> tuple[int, dict[str, Any]]:
    """The status and the body of an error, in the shape of the address that was requested, and in
    the language that the caller prefers."""
    message = refusals.told(_accepted_languages(request), code, message, details)
    path = request.url.path
    shapes: Mapping[str, Shape] = request.app.state.error_shapes
    for prefix, shape in shapes.items():
        if path == prefix or path.startswith(f"{prefix}/"):
            return shape(code, message, details)
    return status_of(code), body(code, message, request_id(request), details)


def install(app: FastAPI, shapes: Mapping[str, Shape]) -> None:
    """`shapes` has the addresses, by how they begin, whose errors have another shape."""
    app.state.error_shapes = shapes
    app.add_exception_handler(RetenderError, _on_retender_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)


async def _on_retender_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RetenderError)
    return answer(request, error)


async def _on_invalid(request: Request, error: Exception) -> Response:
    """A parameter of the address, or a header, with a wrong value."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    field = str(first["loc"][-1])
    sentence = f"{field} is not right: {first['msg']}"
    return answer(request, InvalidOption(sentence, field=field))


async def _on_http(request: Request, error: Exception) -> Response:
    """Errors of the framework itself: no such path, no such method."""
    assert isinstance(error, HTTPException)
    phrase = HTTPStatus(error.status_code).phrase
    code = phrase.lower().replace(" ", "_")
    message = f"{phrase}: {request.method} {request.url.path}"
    _, content = shaped(request, code, message, {})
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(_methods(request)))
    return _json(request, error.status_code, content, headers)


def _methods(request: Request) -> set[str]:
    """The methods that this path accepts, in all routes together."""
    return {
        method
        for method in _METHODS
        for route in request.app.routes
        if route.matches({**request.scope, "method": method})[0] is Match.FULL
    }


class Bugs:
    """Answers an unexpected exception like any other error, unless the answer has begun."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = scope["type"] != "http"

        async def send_and_note(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except Exception as error:
            if begun:
                raise
            await _on_bug(Request(scope), error)(scope, receive, send)


def _on_bug(request: Request, error: Exception) -> Response:
    logger.bind(request=request_id(request)).opt(exception=error).error("a bug in the service")
    message = "Something went wrong in the service; its log has more under this request id."
    return _json(request, *shaped(request, "internal", message, {}), {})


def _retry_after(error: RetenderError) -> float | None:
    if error.retry_after is None and error.code in _TEMPORARY:
        return _RETRY_AFTER_SECONDS
    return error.retry_after


def _json(request: Request, status: int, content: Any, headers: Mapping[str, str]) -> Response:
    encoded = msgspec.json.encode(content)
    language = refusals.language(_accepted_languages(request))
    headers = {**headers, "Content-Language": language}
    return Response(encoded, status, headers=headers, media_type="application/json")
