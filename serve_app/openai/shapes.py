"""The shapes of OpenAI's answers, for the service's own description of itself."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from serve_app.openai.errors import body


class OpenAIErrorDetail(BaseModel):
    message: str
    type: str
    param: str | None
    code: str


class OpenAIErrorBody(BaseModel):
    error: OpenAIErrorDetail


def errors(status: int, *codes: str) -> dict[int | str, dict[str, Any]]:
    """For `responses=`: the errors that an endpoint answers with under this status."""
    examples = {code: {"value": body(status, code, code.replace("_", " "), {})} for code in codes}
    return {
        status: {
            "model": OpenAIErrorBody,
            "description": ", ".join(f"`{code}`" for code in codes),
            "content": {"application/json": {"examples": examples}},
        }
    }
