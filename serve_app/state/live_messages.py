"""The messages that followers of a job get: the same over WebSockets and Server-Sent Events."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Any, Final, NamedTuple

import msgspec

from actors.manager.job_manager import JobManager
from actors.runtime.api import Ref
from actors.transcripts import paged_transcript
from retender.jobs.events import Event, EventKind, TransientProgress, iso, wire_message
from retender.jobs.job import Job
from retender.jobs.messages import Note, note_text
from retender.transcript.formats import result
from retender.transcript.segments import Transcript
from serve_app.limits import LIVE_MESSAGE_BYTES, MESSAGES_KEPT
from serve_app.state.asking import ask_again

Update = Event | TransientProgress

NO_DATA: Final[dict[str, Any]] = {}


_TOO_LONG: Final = object()


class Reader(NamedTuple):
    """What the text of a message depends on, beside the update itself."""

    language: str
    root: str = ""
    """The path of its host below which the service is served."""


class LiveMessage(NamedTuple):
    kind: str
    text: str
    seq: int | None = None


def message(kind: str, job_id: str, at: float, data: dict[str, Any], root: str = "") -> LiveMessage:
    """A message without a number: it is sent once and never replayed."""
    body = {"type": kind, "job_id": job_id, "data": data, "timestamp": iso(at)}
    return LiveMessage(kind, _encoded(body, root))


def connected(job: Job, at: float, language: str) -> LiveMessage:
    data = {
        "message": note_text(Note("connected"), language),
        "job_id": job.id,
        "status": str(job.status),
        "seq": job.seq,
    }
    return message("connected", job.id, at, data)


class MessageCache:
    """Encodes each update once, however many followers of the job get it."""

    def __init__(self, manager: Ref[JobManager]) -> None:
        self._manager = manager
        self._latest: OrderedDict[tuple[str, Reader], tuple[Update, LiveMessage]] = OrderedDict()
        """The last message of each job, for each kind of reader."""
        self._composing: dict[tuple[str, int, Reader], asyncio.Task[LiveMessage]] = {}

    async def message(self, update: Update, reader: Reader) -> LiveMessage:
        """Raises `Unreachable` if the update needs the job's result and that cannot be had."""
        cached = self._latest.get((update.job_id, reader))
        if cached is not None and cached[0] == update:
            return cached[1]
        if isinstance(update, Event) and update.kind is EventKind.COMPLETED:
            return await self._with_result(update, reader)
        return self._keep(update, reader, wire_message(update, reader.language))

    def forget(self, job_id: str) -> None:
        """The job's result has changed."""
        for key in [key for key in self._latest if key[0] == job_id]:
            del self._latest[key]

    async def _with_result(self, event: Event, reader: Reader) -> LiveMessage:
        key = (event.job_id, event.seq, reader)
        task = self._composing.get(key)
        if task is None:
            task = self._composing[key] = asyncio.create_task(self._compose(event, reader))
            task.add_done_callback(lambda done: self._composed(key, done))
        # A follower that leaves must not cancel the message of the others.
        return await asyncio.shield(task)

    def _composed(self, key: tuple[str, int, Reader], task: asyncio.Task[LiveMessage]) -> None:
        del self._composing[key]
        if not task.cancelled():
            # The followers that still wait get the error; perhaps none does.
            task.exception()

    async def _compose(self, event: Event, reader: Reader) -> LiveMessage:
        text = await ask_again(lambda: paged_transcript(self._manager, event.job_id))
        body = wire_message(event, reader.language)
        body["data"] |= result_or_none(await text.short(LIVE_MESSAGE_BYTES))
        return self._keep(event, reader, body)

    def _keep(self, update: Update, reader: Reader, body: dict[str, Any]) -> LiveMessage:
        encoded = LiveMessage(body["type"], _encoded(body, reader.root), body.get("seq"))
        key = (update.job_id, reader)
        self._latest[key] = (update, encoded)
        self._latest.move_to_end(key)
        if len(self._latest) > MESSAGES_KEPT:
            self._latest.popitem(last=False)
        return encoded


def result_or_none(transcript: Transcript | None) -> dict[str, Any]:
    """The result in the data of a message. None: it is too long for one."""
    return {"result": _TOO_LONG if transcript is None else result(transcript)}


def _encoded(body: dict[str, Any], root: str) -> str:
    found = body["data"].get("result")
    if found is not _TOO_LONG:
        encoded = msgspec.json.encode(body)
        if found is None or len(encoded) <= LIVE_MESSAGE_BYTES:
            return encoded.decode()
    data = {name: value for name, value in body["data"].items() if name != "result"}
    data["result_url"] = f"{root}/job/{body['job_id']}/result"
    return msgspec.json.encode({**body, "data": data}).decode()
