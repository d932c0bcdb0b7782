"""Sends answers as JSON, and describes errors in OpenAPI."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from pydantic import BaseModel, Field
from starlette.responses import Response

from retender.errors import RetenderError
from serve_app.description.examples import JOB_ID
from serve_app.middleware.errors import status_of


def json(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    encoded = msgspec.json.encode(content)
    return Response(encoded, status, headers=headers, media_type="application/json")


class ErrorDetail(BaseModel):
    code: str
    message: str = Field(description="A sentence that a person can act on.")
    request_id: str
    details: dict[str, Any]


class ErrorBody(BaseModel):
    error: ErrorDetail


_SCHEMAS: Final = "#/components/schemas/"


def errors(*kinds: type[RetenderError]) -> dict[int | str, dict[str, Any]]:
    """For `responses=`: the errors that an endpoint answers with, by their statuses.

    They refer to `ErrorBody` by its name: from a `model` FastAPI would make a validator for each
    status of each route, when it is imported and again with the first request.
    """
    described: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        entry = described.setdefault(status_of(kind.code), {"description": "", "content": {}})
        entry["description"] = ", ".join(filter(None, (entry["description"], f"`{kind.code}`")))
        body = entry["content"].setdefault(
            "application/json", {"schema": {"$ref": f"{_SCHEMAS}{ErrorBody.__name__}"}}
        )
        body.setdefault("examples", {})[kind.code] = {"value": _example(kind)}
    return described


def error_schemas() -> dict[str, Any]:
    """What `errors` refers to, by name."""
    schema = ErrorBody.model_json_schema(ref_template=f"{_SCHEMAS}{{model}}")
    return {ErrorBody.__name__: schema, **schema.pop("$defs")}


def _example(kind: type[RetenderError]) -> dict[str, Any]:
    sentence = (kind.__doc__ or kind.code.replace("_", " ")).strip()
    error = {"code": kind.code, "message": sentence, "request_id": JOB_ID, "details": {}}
    return {"error": error}
