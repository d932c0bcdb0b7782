"""Requests to the Convex endpoint, on connections that are kept open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random

import httpx
import msgspec

from actors import limits
from actors.runtime.api import Clock, Recipe
from retender.outbound.convex_answers import ConvexAnswer, no_answer, read_answer, read_readiness
from retender.outbound.convex_messages import PATH
from retender.outbound.limits import CONVEX_TRY_PAUSES
from retender.outbound.tls import trust

KEPT_SECONDS = 60.0
"""Seconds that an unused connection is kept."""


class ConvexSettings(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    """The address of the deployment's HTTP actions, without a path."""
    key: str
    language: str = "es"
    proxy: str | None = None
    transport: Recipe | None = None
    """The HTTP transport; None: httpx's own."""

    def __repr__(self) -> str:
        """Without the key, which would otherwise be in logs and errors."""
        return f"ConvexSettings({self.url})"

    @property
    def endpoint(self) -> str:
        return self.url.rstrip("/") + PATH


class ConvexClient:
    def __init__(self, settings: ConvexSettings, clock: Clock, random: Random) -> None:
        transport = settings.transport
        most = limits.DELIVERIES_AT_ONCE + limits.CONVEX_PROGRESS_AT_ONCE + 1
        self._clock = clock
        self._random = random
        self._endpoint = settings.endpoint
        self._http = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {settings.key}", "User-Agent": "Retender"},
            timeout=limits.CONVEX_SECONDS,
            limits=httpx.Limits(
                max_connections=most, max_keepalive_connections=most, keepalive_expiry=KEPT_SECONDS
            ),
            proxy=settings.proxy,
            transport=None if transport is None else transport.resolve()(**transport.options),
            verify=trust(),
            trust_env=False,
            follow_redirects=False,
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def post(self, body: bytes, worthwhile: Callable[[], bool]) -> ConvexAnswer:
        """One message, in three tries as long as these are `worthwhile`. Who asks for a longer
        pause than there is between them is not asked again."""
        answer = await self._try(body)
        for pause in CONVEX_TRY_PAUSES:
            wait = answer.retry_after or 0.0
            if answer.kind != "again" or wait > pause or not worthwhile():
                return answer
            await asyncio.sleep(max(wait, pause * (0.75 + self._random.random() / 2)))
            answer = await self._try(body)
        return answer

    async def look(self) -> ConvexAnswer:
        """Whether the endpoint is there and takes the key; nothing is written."""
        try:
            status, said, _ = await self._ask("GET", None)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError) as error:
            return _unreached(error)
        return read_readiness(status, said, self._clock.now())

    async def _try(self, body: bytes) -> ConvexAnswer:
        try:
            status, said, wait = await self._ask("POST", body)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError) as error:
            return _unreached(error)
        return read_answer(status, said, wait, self._clock.now())

    async def _ask(self, method: str, body: bytes | None) -> tuple[int, bytes, str | None]:
        kind = {} if body is None else {"Content-Type": "application/json"}
        async with (
            asyncio.timeout(limits.CONVEX_SECONDS),
            self._http.stream(method, self._endpoint, content=body, headers=kind) as response,
        ):
            said = await _beginning(response)
            return response.status_code, said, response.headers.get("retry-after")


async def _beginning(response: httpx.Response) -> bytes:
    """As much of the body as an answer of the endpoint may have."""
    said = b""
    async for part in response.aiter_bytes():
        said += part
        if len(said) > limits.DELIVERY_ANSWER_BYTES:
            break
    return said


def _unreached(error: Exception) -> ConvexAnswer:
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return no_answer(f"Convex did not answer within {limits.CONVEX_SECONDS:g} s")
    return no_answer(f"Convex cannot be reached ({type(error).__name__})")
