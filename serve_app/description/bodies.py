"""Describes bodies of requests that an endpoint reads by itself."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


def json_body(shape: type[BaseModel]) -> dict[str, Any]:
    """For `openapi_extra=`: a body of JSON in this shape."""
    schema = shape.model_json_schema()
    parts = schema.pop("$defs", {})
    content = {"application/json": {"schema": _inlined(schema, parts)}}
    return {"requestBody": {"required": True, "content": content}}


def _inlined(schema: Any, parts: dict[str, Any]) -> Any:
    """The shapes inside it stand where they are named: OpenAPI has them in another place."""
    if isinstance(schema, list):
        return [_inlined(each, parts) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(parts[schema["$ref"].rpartition("/")[2]], parts)
    return {name: _inlined(value, parts) for name, value in schema.items()}
