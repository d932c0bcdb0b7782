"""Answers with a transcript in the shapes that OpenAI's clients read."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response

from retender.transcript.formats import MEDIA_TYPES, passes, verbose_passes
from retender.transcript.pages import PagedTranscript
from retender.transcript.passes import JsonText, Passes, PlainText, members
from retender.transcript.segments import Transcript
from serve_app.jobs.texts import answer as streamed
from serve_app.openai.requests import Asked


async def answer(text: PagedTranscript, asked: Asked, task: str, job_id: str) -> Response:
    """As the text is read: a long one is streamed."""
    headers = {"Retender-Job-Id": job_id}
    kind = "txt" if asked.kind == "text" else asked.kind
    return await streamed(
        text, _passes(text.about, asked, task, job_id), MEDIA_TYPES[kind], headers
    )


def _passes(about: Transcript, asked: Asked, task: str, job_id: str) -> Passes:
    if asked.kind == "text":
        return iter((PlainText("\n"),))
    usage = {"usage": {"type": "duration", "seconds": about.duration}, "x_groq": {"id": job_id}}
    if asked.kind == "json":
        return iter((JsonText(b'{"text":', b"," + members(usage) + b"}"),))
    if asked.kind == "verbose_json":
        # If words were asked for, they are there, even if there are none.
        return verbose_passes(
            about,
            task,
            segments="segment" in asked.granularities,
            words="word" in asked.granularities,
            more=usage,
        )
    return passes(about, asked.kind)


def delta_event(delta: str) -> str:
    return _event({"type": "transcript.text.delta", "delta": delta})


def done_event(text: str) -> str:
    return _event({"type": "transcript.text.done", "text": text})


def error_event(error: dict[str, Any]) -> str:
    return f"event: error\n{_event(error)}"


def _event(body: dict[str, Any]) -> str:
    return f"data: {msgspec.json.encode(body).decode()}\n\n"
