"""Answers with a transcript in the shapes that OpenAI's clients read."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response

from retender.transcript.formats import MEDIA_TYPES, render, verbose
from retender.transcript.segments import Transcript
from serve_app.description import answers
from serve_app.openai.requests import Asked


def answer(transcript: Transcript, asked: Asked, task: str, job_id: str) -> Response:
    headers = {"Retender-Job-Id": job_id}
    if asked.kind == "json":
        return answers.json(
            _with_usage({"text": transcript.text}, transcript, job_id), 200, headers
        )
    if asked.kind == "verbose_json":
        body = _granular(verbose(transcript, task), asked)
        return answers.json(_with_usage(body, transcript, job_id), 200, headers)
    if asked.kind == "text":
        text = f"{transcript.text}\n"
        return Response(text.encode(), media_type=MEDIA_TYPES["txt"], headers=headers)
    text = render(transcript, asked.kind)
    return Response(text.encode(), media_type=MEDIA_TYPES[asked.kind], headers=headers)


def _granular(body: dict[str, Any], asked: Asked) -> dict[str, Any]:
    """Segments are left out if only words were asked for. If words were asked for, `words` is
    there, even if it is empty."""
    if "segment" not in asked.granularities:
        del body["segments"]
    if "word" in asked.granularities:
        body.setdefault("words", [])
    else:
        body.pop("words", None)
    return body


def _with_usage(body: dict[str, Any], transcript: Transcript, job_id: str) -> dict[str, Any]:
    body["usage"] = {"type": "duration", "seconds": transcript.duration}
    body["x_groq"] = {"id": job_id}
    return body


def delta_event(delta: str) -> str:
    return _event({"type": "transcript.text.delta", "delta": delta})


def done_event(text: str) -> str:
    return _event({"type": "transcript.text.done", "text": text})


def error_event(error: dict[str, Any]) -> str:
    return f"event: error\n{_event(error)}"


def _event(body: dict[str, Any]) -> str:
    return f"data: {msgspec.json.encode(body).decode()}\n\n"
