"""The service's description of itself: complete, and true."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel

from serve_app.app import OPEN, OPENAI, ROUTERS, create_app
from serve_app.settings import HttpSettings

SUCCESS = range(200, 300)


def described() -> dict[str, Any]:
    settings = HttpSettings(version="1.0.0")
    services = SimpleNamespace(settings=settings, clock=None, traffic=SimpleNamespace(count=None))
    services.new_id = None
    return create_app(cast("Any", services)).openapi()


def shapes() -> list[type[BaseModel]]:
    """Of all that is answered where nothing is wrong."""
    routes = [route for router in (*ROUTERS, *OPENAI, *OPEN) for route in router.routes]
    found = {
        answer["model"]
        for route in routes
        if isinstance(route, APIRoute)
        for status, answer in route.responses.items()
        if status in SUCCESS and "model" in answer
    }
    return sorted(found, key=lambda shape: (shape.__module__, shape.__name__))


@pytest.mark.parametrize("shape", shapes(), ids=lambda shape: shape.__qualname__)
def test_every_answer_has_an_example_that_is_one(shape: type[BaseModel]) -> None:
    (example,) = shape.model_json_schema()["examples"]
    assert shape.model_validate(example, strict=True).model_dump() == example


def test_errors_are_described_in_the_shape_that_they_have() -> None:
    for path, operations in described()["paths"].items():
        for method, operation in operations.items():
            for status, answer in operation["responses"].items():
                if int(status) not in SUCCESS and "content" in answer:
                    schema = str(answer["content"]["application/json"]["schema"])
                    own = "ErrorBody" if not path.startswith("/v1/") else "OpenAIErrorBody"
                    assert f"/{own}'" in schema or path == "/health/ready", (method, path, status)


@pytest.mark.parametrize("what", ["transcriptions", "translations"])
def test_what_official_clients_send_can_be_tried_out(what: str) -> None:
    body = described()["paths"][f"/v1/audio/{what}"]["post"]["requestBody"]
    fields = body["content"]["multipart/form-data"]["schema"]["properties"]
    assert {"file", "url", "model", "language", "response_format", "stream"} <= fields.keys()
    assert ("timestamp_granularities[]" in fields) == (what == "transcriptions")
