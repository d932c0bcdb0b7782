"""Describes OpenAI's requests and answers in OpenAPI."""

from __future__ import annotations

from typing import Any, Final, get_args

from pydantic import BaseModel

from retender.jobs.job import Task
from retender.transcript.formats import MEDIA_TYPES
from serve_app.description.examples import example
from serve_app.limits import TEXT_OPTION_CHARS
from serve_app.openai.errors import body
from serve_app.openai.requests import Granularity, Kind


class OpenAIErrorDetail(BaseModel):
    message: str
    type: str
    param: str | None
    code: str


class OpenAIErrorBody(BaseModel):
    error: OpenAIErrorDetail


class TextShape(BaseModel):
    """With `verbose_json` there are more fields."""

    model_config = example({"text": "Hola a todos."})

    text: str


_PLAIN: Final = ("txt", "srt", "vtt")

TRANSCRIBED: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "model": TextShape,
        "description": "The transcript, in the `response_format` that was asked for.",
        "content": {
            **{MEDIA_TYPES[kind]: {} for kind in _PLAIN},
            "text/event-stream": {
                "example": 'data: {"type": "transcript.text.delta", "delta": "Hola a todos."}\n\n'
                'data: {"type": "transcript.text.done", "text": "Hola a todos."}\n\n'
            },
        },
    }
}


def form(task: Task) -> dict[str, Any]:
    """For `openapi_extra=`: the form that an official client sends."""
    text = {"type": "string"}
    fields: dict[str, Any] = {
        "file": {**text, "format": "binary", "description": "The recording. One a request."},
        "url": {**text, "description": "Instead of `file`, where the service fetches recordings."},
        "model": {**text, "example": "whisper-1", "description": "One of `GET /v1/models`."},
        "language": {**text, "description": "What is spoken, as a code such as `es`."},
        "prompt": {**text, "maxLength": TEXT_OPTION_CHARS},
        "temperature": {"type": "number", "minimum": 0, "maximum": 1},
        "response_format": {**text, "enum": list(get_args(Kind)), "default": "json"},
        "stream": {
            "type": "boolean",
            "description": "With `json` or `text`: sent as it is made.",
        },
    }
    if task is Task.TRANSCRIBE:
        fields["timestamp_granularities[]"] = {
            "type": "array",
            "items": {**text, "enum": list(get_args(Granularity))},
            "description": "With `verbose_json`. `word` alone leaves the segments out.",
        }
    schema = {"type": "object", "required": ["model"], "properties": fields}
    content = {"multipart/form-data": {"schema": schema}}
    return {"requestBody": {"required": True, "content": content}}


def errors(status: int, *codes: str) -> dict[int | str, dict[str, Any]]:
    """For `responses=`: the errors that an endpoint answers with this status."""
    examples = {code: {"value": body(status, code, code.replace("_", " "), {})} for code in codes}
    return {
        status: {
            "model": OpenAIErrorBody,
            "description": ", ".join(f"`{code}`" for code in codes),
            "content": {"application/json": {"examples": examples}},
        }
    }
