"""The messages as they are sent: over WebSockets and as Server-Sent Events they are the same."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Any, Final, NamedTuple

import msgspec

from actors.manager.job_manager import JobManager
from actors.runtime.api import Ref
from retender.jobs.events import Event, EventKind, TransientProgress, iso, wire_message
from retender.jobs.job import Job
from retender.jobs.messages import Note, note_text
from retender.transcript.formats import result
from serve_app.limits import MESSAGES_KEPT, NEWS_FRAME_BYTES
from serve_app.live.asking import answered

News = Event | TransientProgress

NOTHING: Final[dict[str, Any]] = {}


class Reader(NamedTuple):
    """What a message depends on beside what it tells."""

    language: str
    root: str = ""
    """Below which path of its host the service is served."""


class LiveMessage(NamedTuple):
    kind: str
    text: str
    seq: int | None = None


def message(kind: str, job_id: str, at: float, data: dict[str, Any], root: str = "") -> LiveMessage:
    """One that carries no number: it will be overtaken, and is never told again."""
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


class Press:
    """Makes each message once, however many followers of the job get it."""

    def __init__(self, manager: Ref[JobManager]) -> None:
        self._manager = manager
        self._printed: OrderedDict[tuple[str, Reader], tuple[News, LiveMessage]] = OrderedDict()
        self._printing: dict[tuple[str, int, Reader], asyncio.Task[LiveMessage]] = {}

    async def printed(self, news: News, reader: Reader) -> LiveMessage:
        """Raises `Unreachable` when the result is not to be had."""
        place = (news.job_id, reader)
        kept = self._printed.get(place)
        if kept is not None and kept[0] == news:
            return kept[1]
        if isinstance(news, Event) and news.kind is EventKind.COMPLETED:
            return await self._with_result(news, reader)
        return self._keep(news, reader, wire_message(news, reader.language))

    async def _with_result(self, event: Event, reader: Reader) -> LiveMessage:
        place = (event.job_id, event.seq, reader)
        task = self._printing.get(place)
        if task is None:
            task = self._printing[place] = asyncio.create_task(self._compose(event, reader))
            task.add_done_callback(lambda done: self._done(place, done))
        # Those who leave meanwhile leave the others their message.
        return await asyncio.shield(task)

    def _done(self, place: tuple[str, int, Reader], task: asyncio.Task[LiveMessage]) -> None:
        del self._printing[place]
        if not task.cancelled():
            # Known to whoever still waits for it; perhaps nobody does.
            task.exception()

    async def _compose(self, event: Event, reader: Reader) -> LiveMessage:
        transcript = await answered(lambda: self._manager.ask(JobManager.transcript, event.job_id))
        body = wire_message(event, reader.language)
        body["data"]["result"] = result(transcript)
        return self._keep(event, reader, body)

    def _keep(self, news: News, reader: Reader, body: dict[str, Any]) -> LiveMessage:
        printed = LiveMessage(body["type"], _encoded(body, reader.root), body.get("seq"))
        place = (news.job_id, reader)
        self._printed[place] = (news, printed)
        self._printed.move_to_end(place)
        if len(self._printed) > MESSAGES_KEPT:
            self._printed.popitem(last=False)
        return printed


def _encoded(body: dict[str, Any], root: str) -> str:
    encoded = msgspec.json.encode(body)
    if len(encoded) > NEWS_FRAME_BYTES and body["data"].get("result") is not None:
        data = {name: value for name, value in body["data"].items() if name != "result"}
        data["result_url"] = f"{root}/job/{body['job_id']}/result"
        encoded = msgspec.json.encode({**body, "data": data})
    return encoded.decode()
