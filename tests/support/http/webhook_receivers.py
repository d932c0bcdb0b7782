"""Receivers of webhooks, by host, that answer as the test says; no network is needed."""

from __future__ import annotations

import asyncio
import json
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import msgspec

from actors.delivery.webhooks import WebhookSettings
from actors.runtime.api import Clock, Recipe
from retender.outbound.webhook_messages import encode_secret

SECRET = encode_secret(b"for tests only, but long enough.")


class Answer(msgspec.Struct, frozen=True):
    status: int = 200
    takes: float = 0.0
    headers: Mapping[str, str] = {}
    part: bytes = b""
    """Sent as a body without end: again and again, every millisecond."""
    error: Exception | None = None
    """Instead of an answer."""


class Endless(httpx.AsyncByteStream):
    def __init__(self, part: bytes) -> None:
        self._part = part
        self.read = 0
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(0.001)
            self.read += len(self._part)
            yield self._part

    async def aclose(self) -> None:
        self.closed = True


class Message(msgspec.Struct, frozen=True):
    at: float
    id: str
    url: str
    body: dict[str, Any]


class Receivers(httpx.AsyncBaseTransport):
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.messages: list[Message] = []
        self.answers: dict[str, deque[Answer]] = defaultdict(deque)
        """What each host answers, one after the other; the last one from then on."""
        self.under_way: Counter[str] = Counter()
        self.most_at_once: Counter[str] = Counter()
        self.endless: list[Endless] = []
        self.came = asyncio.Event()

    def answer(self, host: str, *answers: Answer) -> None:
        self.answers[host] = deque(answers)

    def got(self, host: str) -> list[Message]:
        return [each for each in self.messages if httpx.URL(each.url).host == host]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        self.under_way[host] += 1
        self.most_at_once[host] = max(self.most_at_once[host], self.under_way[host])
        try:
            return await self._answer(request, host)
        finally:
            self.under_way[host] -= 1

    async def _answer(self, request: httpx.Request, host: str) -> httpx.Response:
        body = json.loads(await request.aread())
        self.messages.append(
            Message(self._clock.monotonic(), request.headers["webhook-id"], str(request.url), body)
        )
        self.came.set()
        left = self.answers[host]
        answer = Answer() if not left else left.popleft() if len(left) > 1 else left[0]
        if answer.takes:
            await asyncio.sleep(answer.takes)
        if answer.error is not None:
            raise answer.error
        headers = dict(answer.headers)
        if answer.part:
            self.endless.append(Endless(answer.part))
            return httpx.Response(answer.status, headers=headers, stream=self.endless[-1])
        return httpx.Response(answer.status, headers=headers, content=b"thank you")


def hand_over(thing: object) -> object:
    """A recipe for what is there already."""
    return thing


def settings(transport: httpx.AsyncBaseTransport) -> WebhookSettings:
    return WebhookSettings(
        secrets=(SECRET,), language="en", transport=Recipe.of(hand_over, thing=transport)
    )
