"""A Convex endpoint for tests in virtual time: the rule of `convex/retender/ruling.ts` in Python.

The real functions cannot run in virtual time. Tests over real HTTP use them (`functions.py`), and
one of those holds this rule to theirs.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import msgspec

from actors.delivery.convex_client import ConvexSettings
from actors.runtime.api import Clock, Recipe
from tests.support.http.webhook_receivers import hand_over

KEY = "for-tests-only-but-long-enough"
URL = "https://tests.convex.site"
FINAL = frozenset({"completed", "failed", "cancelled"})

Payload = dict[str, Any]


class Rows:
    """The tables, and how each job came to what it is."""

    def __init__(self) -> None:
        self.jobs: dict[str, Payload] = {}
        self.ends: dict[str, list[tuple[str, int]]] = defaultdict(list)
        """Each end that was applied, with its version."""
        self.refused_ends: dict[str, list[tuple[str, int]]] = defaultdict(list)
        """Ends that came too late to be applied, because something newer was."""
        self._chunks: dict[str, dict[int, Payload]] = defaultdict(dict)

    def update(self, payload: Payload) -> Payload:
        job_id = payload["jobId"]
        if "chunk" in payload:
            chunk = payload["chunk"]
            self._chunks[job_id][chunk["index"]] = chunk
            return {"applied": True}
        reason = _reason(self.jobs.get(job_id), payload)
        end = (payload["status"], payload["version"])
        if reason:
            if end[0] in FINAL and end not in self.ends[job_id]:
                self.refused_ends[job_id].append(end)
            return {"applied": False, "reason": reason}
        self.jobs[job_id] = payload
        if end[0] in FINAL:
            self.ends[job_id].append(end)
        return {"applied": True}

    def text(self, job_id: str) -> str:
        """The transcript of a completed job."""
        result = self.jobs[job_id]["result"]
        if "chunks" not in result:
            return str(result["text"])
        return "".join(self._chunks[job_id][n]["text"] for n in range(result["chunks"]))

    def segments(self, job_id: str) -> list[Payload]:
        result = self.jobs[job_id]["result"]
        if "chunks" not in result:
            return list(result["segments"])
        chunks = (self._chunks[job_id][n] for n in range(result["chunks"]))
        return [segment for chunk in chunks for segment in chunk["segments"]]


def _reason(row: Payload | None, payload: Payload) -> str:
    """Why it changes nothing; empty if it is applied."""
    if row is None:
        return ""
    repeated = payload["version"] == row["version"]
    if payload["version"] < row["version"]:
        return "stale"
    if row["status"] in {"completed", "cancelled"}:
        return "repeated" if repeated else "finished"
    if repeated and (row["status"] == "failed" or payload["progress"] <= row["progress"]):
        return "repeated"
    return ""


class Answer(msgspec.Struct, frozen=True):
    """What becomes of one request. `status` 0: the functions answer."""

    status: int = 0
    takes: float = 0.0
    headers: Mapping[str, str] = {}
    error: Exception | None = None
    body: bytes = b'{"error": {"code": "fault", "message": "as asked"}}'


class Posted(msgspec.Struct, frozen=True):
    at: float
    payload: Payload


class ConvexEndpoint(httpx.AsyncBaseTransport):
    """Answers as the test says: one answer after the other, the last one from then on."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.rows = Rows()
        self.posted: list[Posted] = []
        self.looks = 0
        """Requests that only asked whether it is there."""
        self.came = asyncio.Event()
        self.most_of_one_job = 0
        self._answers: deque[Answer] = deque([Answer()])
        self._under_way: Counter[str] = Counter()

    def answer(self, *answers: Answer) -> None:
        self._answers = deque(answers)

    def of(self, job_id: str) -> list[Payload]:
        return [each.payload for each in self.posted if each.payload["jobId"] == job_id]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert str(request.url) == f"{URL}/updateTranscriptionJob"
        assert request.headers["authorization"] == f"Bearer {KEY}"
        if request.method == "GET":
            self.looks += 1
            return await self._answered(lambda: {"ready": True, "key": "current"})
        payload: Payload = json.loads(await request.aread())
        return await self.post(payload)

    async def post(self, payload: Payload) -> httpx.Response:
        self.posted.append(Posted(self._clock.monotonic(), payload))
        self.came.set()
        job_id = payload["jobId"]
        self._under_way[job_id] += 1
        self.most_of_one_job = max(self.most_of_one_job, self._under_way[job_id])
        try:
            return await self._answered(lambda: self.rows.update(payload))
        finally:
            self._under_way[job_id] -= 1

    async def _answered(self, work: Callable[[], Payload]) -> httpx.Response:
        answer = self._answers.popleft() if len(self._answers) > 1 else self._answers[0]
        if answer.takes:
            await asyncio.sleep(answer.takes)
        if answer.error is not None:
            raise answer.error
        if answer.status:
            return httpx.Response(answer.status, headers=answer.headers, content=answer.body)
        return httpx.Response(200, json=work())



def settings(transport: httpx.AsyncBaseTransport) -> ConvexSettings:
    recipe = Recipe.of(hand_over, thing=transport)
    return ConvexSettings(url=URL, key=KEY, language="en", transport=recipe)
