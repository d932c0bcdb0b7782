"""Routes that give a transcript to be edited, and take its next version."""

from __future__ import annotations

import asyncio
import re
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from actors.manager.job_manager import JobManager
from retender import foreign_json
from retender.errors import (
    InvalidOption,
    JobNotFound,
    NotCompleted,
    StorageFull,
    TooLarge,
    TranscriptChanged,
    VersionNeeded,
    VersionNotFound,
)
from retender.jobs.events import iso
from retender.transcript.edits import ORIGINAL, check_segments, pack
from retender.transcript.formats import segments_passes
from retender.transcript.passes import members
from retender.transcript.segments import Segment
from serve_app.access.callers import Reader, Submitter
from serve_app.description import answers
from serve_app.description.bodies import json_body
from serve_app.description.examples import RESULT, example
from serve_app.jobs.shapes import SegmentShape
from serve_app.jobs.texts import answer, open_text
from serve_app.state.services import Given, Services

router = APIRouter(tags=["jobs"])

_HIGHEST: Final = 2**31 - 1
_MATCH: Final = re.compile(r'(?:W/)?"?(\d{1,9})"?', re.ASCII)

Version = Annotated[
    int | None,
    Query(ge=0, le=_HIGHEST, description="0 is what was recognised; the latest if left out."),
]


class TranscriptShape(BaseModel):
    model_config = example(
        {
            "version": 3,
            "original": 0,
            "versions": [0, 1, 2, 3],
            "edited_at": "2025-06-01T09:45:00.000Z",
            "segments": RESULT["segments"],
        }
    )

    version: int
    original: int = Field(description="The version that was recognised: always 0.")
    versions: list[int] = Field(description="Those that are kept.")
    edited_at: str | None
    segments: list[SegmentShape]


class _Edited(msgspec.Struct, frozen=True):
    segments: tuple[Segment, ...]


class EditedWordShape(BaseModel):
    word: str
    start: float = Field(ge=0)
    end: float = Field(ge=0)
    confidence: float = 1.0


class EditedSegmentShape(BaseModel):
    id: int = Field(ge=0, le=_HIGHEST)
    start: float = Field(ge=0)
    end: float = Field(ge=0, description="Not before its start.")
    text: str
    confidence: float = 1.0
    language: str | None = None
    words: list[EditedWordShape] = []


class EditShape(BaseModel):
    """All segments of the new version, in the order of their starts, each with an id of its own."""

    segments: list[EditedSegmentShape]


@router.get(
    "/job/{job_id}/transcript",
    responses={
        200: {"model": TranscriptShape},
        **answers.errors(JobNotFound, VersionNotFound, InvalidOption),
    },
)
async def transcript(
    job_id: str, services: Given, caller: Reader, version: Version = None
) -> Response:
    """The transcript with its version, which an edit must name. Before the job is completed, what
    there is of it, which cannot be edited yet."""
    return await _answer(services, job_id, caller.owner, version)


@router.put(
    "/job/{job_id}/transcript",
    responses={
        200: {"model": TranscriptShape},
        **answers.errors(
            *(JobNotFound, NotCompleted, TranscriptChanged, VersionNeeded),
            *(InvalidOption, TooLarge, StorageFull),
        ),
    },
    openapi_extra={
        "parameters": [
            {
                "name": "If-Match",
                "in": "header",
                "description": "The version that was edited, as its `ETag` has it. Without it, "
                "the answer is `version_needed`.",
                "schema": {"type": "string", "examples": ['"3"']},
            }
        ],
        **json_body(EditShape),
    },
)
async def edit(job_id: str, request: Request, services: Given, caller: Submitter) -> Response:
    """Store the next version of a completed transcript, if nobody has edited it since. The original
    and the latest twenty edits are kept."""
    after = _version_named(request.headers.get("if-match"))
    parts = await asyncio.to_thread(_packed, await request.body())
    version = await services.manager.ask(JobManager.edit, job_id, after, parts, caller.owner)
    services.messages.forget(job_id)
    return await _answer(services, job_id, caller.owner, version)


async def _answer(
    services: Services, job_id: str, owner: str | None, version: int | None
) -> Response:
    text = await open_text(services, job_id, owner, version)
    kept = await services.manager.ask(JobManager.versions, job_id, owner)
    found = text.about
    body = {
        "version": found.version,
        "original": ORIGINAL,
        "versions": kept.kept,
        "edited_at": None if found.edited_at is None else iso(found.edited_at),
    }
    headers = {"ETag": f'"{found.version}"', "Cache-Control": "no-store"}
    passes = segments_passes(b"{" + members(body) + b',"segments":', b"}")
    return await answer(text, passes, headers=headers)


def _version_named(header: str | None) -> int:
    if header is None:
        raise VersionNeeded("say in `If-Match` which version of the transcript was edited")
    match = _MATCH.fullmatch(header.strip())
    if match is None:
        accepted = 'the version that was edited, such as "3"'
        raise InvalidOption(f"If-Match must be {accepted}", field="If-Match", accepted=accepted)
    return int(match[1])


def _packed(body: bytes) -> tuple[bytes, ...]:
    """The segments, checked and packed for the journal."""
    try:
        segments = foreign_json.decode(body, _Edited).segments
    except msgspec.DecodeError as error:
        raise InvalidOption(f"the transcript cannot be read: {error}", field="segments") from error
    check_segments(segments)
    return pack(segments)
