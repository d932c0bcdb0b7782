"""The tools, over the service's HTTP interface: what a key may not do there it may not do here."""

from __future__ import annotations

import asyncio
import base64
import math
import tempfile
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path, PurePath
from typing import Annotated, Any, Final, Literal

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from pydantic import Field

from deployments.client.cause import cause
from deployments.client.client import Client
from deployments.client.resumable import submit_resumably
from deployments.mcp.shapes import Found, Hits, Jobs, JobState, LineShape, TranscriptLines, state_of
from retender.errors import RetenderError
from retender.jobs.states import TERMINAL, Status

TEXT_CHARS: Final = 20_000
"""Of a text that is part of an answer: more would fill the assistant's context."""

LINES_A_PAGE: Final = 200
JOBS_AT_ONCE: Final = 50
WAIT_SECONDS: Final = 600.0
"""The longest that one call waits. Many clients give up after a minute without progress."""

POLL_SECONDS: Final = 0.5
CONTENT_BYTES: Final = 3 * 1024 * 1024
"""Of a recording within a message; larger ones are uploaded, or named by their address."""

Reach = Callable[[Context], AbstractAsyncContextManager[Client]]
"""Gives a client of the service, as the caller of a tool may use it."""

Tool = Callable[..., Awaitable[Any]]

JobId = Annotated[str, Field(max_length=200, pattern=r"^[A-Za-z0-9_.-]+$")]
Wait = Annotated[
    float, Field(ge=0, le=WAIT_SECONDS, description="Seconds to wait for the end; 0: do not wait")
]
Language = Annotated[str, Field(description="A code such as `es`, or `auto`")]
Model = Annotated[str, Field(description="Empty: the service's own choice")]
Translate = Annotated[bool, Field(description="Into English")]

INSTRUCTIONS: Final = (
    "Retender turns recordings into text. Transcribing gives a job; `follow` waits for it and "
    "`read_transcript` reads its text with times. `search` finds words in all transcripts."
)

_READS: Final = ToolAnnotations(read_only_hint=True, open_world_hint=False)
_ADDS: Final = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)


def server(reach: Reach, version: str, *, files: bool, urls: bool) -> MCPServer[Any]:
    """`files`: of this machine may be transcribed. `urls`: the service fetches recordings."""
    made: MCPServer[Any] = MCPServer(
        "retender", title="Retender", version=version, instructions=INSTRUCTIONS
    )
    tools = Tools(reach)
    reading: list[Tool] = [tools.follow, tools.status, tools.list_jobs]
    reading += [tools.search, tools.read_transcript]
    adding: list[Tool] = [tools.transcribe_file if files else tools.transcribe_content]
    if urls:
        adding.append(tools.transcribe_url)
    for tool in adding:
        made.add_tool(tool, annotations=_ADDS)
    for tool in reading:
        made.add_tool(tool, annotations=_READS)
    return made


class Tools:
    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    async def transcribe_file(
        self,
        ctx: Context,
        path: Annotated[str, Field(description="Of the recording, on this machine")],
        *,
        language: Language = "auto",
        model: Model = "",
        translate: Translate = False,
        wait_seconds: Wait = 0,
    ) -> JobState:
        """Turn an audio or video file of this machine into text."""
        file = await asyncio.to_thread(_file, path)
        async with self._client(ctx) as client:
            job_id = await self._upload(client, file, _fields(language, model, translate=translate))
            return await self._followed(ctx, client, job_id, wait_seconds)

    async def transcribe_content(
        self,
        ctx: Context,
        name: Annotated[str, Field(max_length=200, description="Of the recording: `talk.mp3`")],
        content_base64: Annotated[str, Field(description="The recording itself, up to 3 MB")],
        *,
        language: Language = "auto",
        model: Model = "",
        translate: Translate = False,
        wait_seconds: Wait = 0,
    ) -> JobState:
        """Turn a small recording into text. Larger ones are sent by `POST /transcribe-job` to the
        service; the tools then take the id of the job."""
        try:
            content = base64.b64decode(content_base64, validate=True)
        except ValueError as error:
            raise ToolError("content_base64 is not base64") from error
        if len(content) > CONTENT_BYTES:
            raise ToolError(f"the recording has more than {CONTENT_BYTES} bytes")
        async with self._client(ctx) as client:
            with tempfile.TemporaryDirectory(prefix="retender-") as folder:
                file = Path(folder) / (PurePath(name).name or "recording")
                await asyncio.to_thread(file.write_bytes, content)
                fields = _fields(language, model, translate=translate)
                job_id = await self._upload(client, file, fields)
            return await self._followed(ctx, client, job_id, wait_seconds)

    async def transcribe_url(
        self,
        ctx: Context,
        url: Annotated[str, Field(description="https, on a public address")],
        *,
        language: Language = "auto",
        model: Model = "",
        translate: Translate = False,
        wait_seconds: Wait = 0,
    ) -> JobState:
        """Have the service fetch a recording, and turn it into text."""
        async with self._client(ctx) as client:
            fields = _fields(language, model, translate=translate)
            job_id = await client.submit(url, fields, uuid.uuid4().hex, lambda _: None)
            return await self._followed(ctx, client, job_id, wait_seconds)

    async def follow(self, ctx: Context, job_id: JobId, wait_seconds: Wait = 50) -> JobState:
        """Wait for a job, with notifications of its progress. Call it again if it is not finished
        when the time is over."""
        async with self._client(ctx) as client:
            return await self._followed(ctx, client, job_id, wait_seconds)

    async def status(self, ctx: Context, job_id: JobId) -> JobState:
        """How a job is now."""
        async with self._client(ctx) as client:
            return await self._state(client, job_id)

    async def list_jobs(
        self,
        ctx: Context,
        status: Literal[
            "", "pending", "queued", "processing", "completed", "failed", "cancelled"
        ] = "",
        limit: Annotated[int, Field(ge=1, le=JOBS_AT_ONCE)] = 20,
    ) -> Jobs:
        """The newest jobs."""
        async with self._client(ctx) as client:
            found = await client.jobs(status or None, limit)
        return Jobs(jobs=[state_of(body) for body in found])

    async def search(
        self,
        ctx: Context,
        words: Annotated[str, Field(min_length=1, max_length=500)],
        limit: Annotated[int, Field(ge=1, le=JOBS_AT_ONCE)] = 10,
    ) -> Hits:
        """Find words in the names and texts of all transcripts; accents and case do not matter."""
        async with self._client(ctx) as client:
            found = await client.search(words, limit)
        return Hits(
            hits=[
                Found(job=state_of(body), passage=body["snippet"], at=body["snippet_time"])
                for body in found
            ]
        )

    async def read_transcript(
        self, ctx: Context, job_id: JobId, page: Annotated[int, Field(ge=1)] = 1
    ) -> TranscriptLines:
        """The text of a finished job with times, as last edited; a page has 200 lines."""
        async with self._client(ctx) as client:
            segments = (await client.transcript(job_id))["segments"]
        pages = max(1, math.ceil(len(segments) / LINES_A_PAGE))
        if page > pages:
            raise ToolError(f"the transcript has {pages} pages")
        first = (page - 1) * LINES_A_PAGE
        lines = [
            LineShape(start=each["start"], end=each["end"], text=each["text"].strip())
            for each in segments[first : first + LINES_A_PAGE]
        ]
        return TranscriptLines(job_id=job_id, page=page, pages=pages, lines=lines)

    @asynccontextmanager
    async def _client(self, ctx: Context) -> AsyncIterator[Client]:
        """Errors of the service are for the assistant to read."""
        try:
            async with self._reach(ctx) as client:
                yield client
        except RetenderError as error:
            raise ToolError(cause(error)) from error

    async def _upload(self, client: Client, file: Path, fields: dict[str, str]) -> str:
        return await submit_resumably(client, file, fields, uuid.uuid4().hex, lambda _: None)

    async def _followed(
        self, ctx: Context, client: Client, job_id: str, seconds: float
    ) -> JobState:
        """The job at its end, or when the time is over."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        told = -1.0
        while True:
            state = await self._state(client, job_id)
            if state.progress > told:
                told = state.progress
                await ctx.report_progress(state.progress, 100, state.message)
            if Status(state.status) in TERMINAL or loop.time() >= until:
                return state
            await asyncio.sleep(POLL_SECONDS)

    async def _state(self, client: Client, job_id: str) -> JobState:
        body = await client.job(job_id)
        state = state_of(body)
        if state.status == Status.COMPLETED:
            text = await client.result(job_id, "txt")
            state.text, state.text_is_cut = text[:TEXT_CHARS], len(text) > TEXT_CHARS
        return state


def _file(path: str) -> Path:
    file = Path(path).expanduser()
    if not file.is_file():
        raise ToolError(f"there is no file {path}")
    return file


def _fields(language: str, model: str, *, translate: bool) -> dict[str, str]:
    given = {"language": language, "model": model, "task": "translate" if translate else ""}
    return {name: value for name, value in given.items() if value.strip()}
