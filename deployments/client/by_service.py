"""Transcription by a running service: submit, follow, fetch the result."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Final

from deployments.client import backend
from deployments.client.client import Body, Client
from deployments.client.following import follow
from retender.errors import RetenderError
from retender.jobs.messages import Note, note_text
from retender.jobs.states import Status

CANCEL_SECONDS: Final = 5.0


class ServiceBackend:
    def __init__(self, client: Client, language: str) -> None:
        self._client = client
        self._language = language

    async def transcribe(
        self,
        source: backend.RecordingSource,
        request: backend.TranscriptionRequest,
        watch: backend.OnStep,
    ) -> str:
        def sent(share: float) -> None:
            note = Note("uploading", {"percent": round(100 * share)})
            watch(backend.TranscriptionStep(note_text(note, self._language), 0.0))

        job_id = await self._client.submit(source.at, request.fields, uuid.uuid4().hex, sent)
        async with self._cancelled_with_us(job_id):
            async with aclosing(follow(self._client, job_id)) as messages:
                async for message in messages:
                    if (step := step_of(message)) is not None:
                        watch(step)
            body = await self._client.job(job_id)
            if body["status"] != Status.COMPLETED:
                raise backend.NotTranscribed(failure_of(body))
            return await self._client.result(job_id, request.kind)

    @asynccontextmanager
    async def _cancelled_with_us(self, job_id: str) -> AsyncIterator[None]:
        try:
            yield
        except asyncio.CancelledError:
            with suppress(RetenderError, TimeoutError):
                async with asyncio.timeout(CANCEL_SECONDS):
                    await self._client.cancel(job_id)
            raise


def step_of(message: Body) -> backend.TranscriptionStep | None:
    """The progress in a message; None if it has none."""
    data = message["data"]
    if message["type"] not in {"progress", "status", "completed"}:
        return None
    return backend.TranscriptionStep(
        data["message"], data["progress"], data.get("estimated_time_remaining")
    )


def failure_of(body: Body) -> str:
    """Why a job that ended has no transcript."""
    error = body.get("error")
    if error is None:
        return f"the job is {body['status']}"
    return str(error["detail"] or error["message"])
