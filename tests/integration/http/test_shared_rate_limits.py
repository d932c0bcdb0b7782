"""Limits of callers where several processes serve HTTP: two apps over one tree."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path

import httpx
import msgspec
import pytest
from starlette.requests import HTTPConnection

from actors.broadcasting.broadcaster import Broadcaster
from actors.broadcasting.hub import Hub
from actors.names import BROADCASTER, RATE_LIMITER
from actors.rate_limiter import RateLimiter, Take
from actors.runtime.api import Recipe, Spawn
from actors.runtime.local import LocalRuntime
from deployments.serving.web import Web, listen
from retender.errors import RateLimited, Unauthorized
from retender.rates import Counted
from serve_app.access.callers import Gate
from serve_app.access.rate_limits import SharedRateLimits
from serve_app.limits import LIMITER_AWAY_SECONDS, WRONG_KEYS_PER_MINUTE
from serve_app.settings import rate_limits
from tests.integration.http.test_tenants import ALL, ANA, BEN, Holder
from tests.support.actors.virtual_time import VirtualClock
from tests.support.http.http_service import PLAIN, Site, says, site

PER_MINUTE = 6
LIMITS = rate_limits(PER_MINUTE)
LIMITED = msgspec.structs.replace(PLAIN, rate_limit=1)
"""Over real HTTP only one, so that the next one is allowed a whole minute later."""


@asynccontextmanager
async def second_app(here: Site) -> AsyncIterator[httpx.AsyncClient]:
    """Another process with an app would be given the same actors."""
    hub = Hub(here.runtime.ref(Broadcaster, BROADCASTER))
    web = Web(replace(here.services, hub=hub), listen("127.0.0.1", 0))
    await web.start()
    async with httpx.AsyncClient(base_url=web.address, trust_env=False, timeout=60.0) as client:
        yield client
    await web.stop()


@asynccontextmanager
async def two_apps(folder: Path) -> AsyncIterator[list[httpx.AsyncClient]]:
    async with (
        site(folder, keys=ALL, settings=LIMITED, rate_limits=LIMITED.rate_limits) as here,
        second_app(here) as other,
    ):
        yield [here.http, other]


async def submissions(app: httpx.AsyncClient, who: Holder, number: int) -> list[int]:
    async def one() -> int:
        files = {"file": ("a.wav", says("hello").recorded())}
        answer = await app.post("/transcribe-job", files=files, headers=who.headers)
        return answer.status_code

    return await asyncio.gather(*(one() for _ in range(number)))


async def test_two_processes_together_accept_what_one_may(tmp_path: Path) -> None:
    async with two_apps(tmp_path) as apps:
        answers = await asyncio.gather(*(submissions(app, ANA, 2) for app in apps))
        others = await asyncio.gather(*(submissions(app, BEN, 1) for app in apps))

    assert sorted(chain(*answers)) == [202, 429, 429, 429]
    assert sorted(chain(*others)) == [202, 429]


class Counting(RateLimiter):
    """Notes the questions it gets."""

    def __init__(self, per_minute: dict[str, int], asked: list[int]) -> None:
        super().__init__(per_minute)
        self._asked = asked

    async def take(self, requests: tuple[Take, ...]) -> tuple[float, ...]:
        self._asked.append(len(requests))
        return await super().take(requests)


class Counter:
    """The RateLimiter, and a process that asks it."""

    def __init__(self, clock: VirtualClock) -> None:
        self.asked: list[int] = []
        self.runtime = LocalRuntime(clock, seed=1)
        self._clock = clock
        self.limits = self.process()

    def process(self) -> SharedRateLimits:
        """Of one more process that serves HTTP."""
        limiter = self.runtime.ref(RateLimiter, RATE_LIMITER)
        return SharedRateLimits(limiter, LIMITS, self._clock)

    async def start(self) -> None:
        recipe = Recipe.of(Counting, per_minute=LIMITS, asked=self.asked)
        self.child = await self.runtime.spawn(Spawn(RATE_LIMITER, recipe))

    async def many(self, number: int, caller: str = "ana") -> list[float]:
        one = self.limits.wait
        return await asyncio.gather(*(one(Counted.SUBMISSION, caller) for _ in range(number)))


@pytest.fixture
async def counter(virtual_clock: VirtualClock) -> Counter:
    made = Counter(virtual_clock)
    await made.start()
    return made


async def test_wrong_keys_are_counted_over_all_processes(counter: Counter) -> None:
    gates = [Gate(ALL, counter.process(), PER_MINUTE) for _ in range(2)]
    stranger = {
        "type": "http",
        "client": ("192.0.2.1", 1),
        "headers": [(b"x-api-key", b"not-a-key-that-anyone-knows")],
    }
    told = []
    for number in range(WRONG_KEYS_PER_MINUTE + 2):
        with pytest.raises((Unauthorized, RateLimited)) as refused:
            await gates[number % 2].admit(HTTPConnection(stranger))
        told.append(refused.type)

    assert told == [Unauthorized] * WRONG_KEYS_PER_MINUTE + [RateLimited] * 2


async def test_requests_that_come_together_share_a_question(counter: Counter) -> None:
    waits = await counter.many(100)

    assert sum(wait == 0 for wait in waits) == PER_MINUTE
    assert sum(counter.asked) == 100
    assert len(counter.asked) <= 2


async def test_a_caller_that_must_wait_is_refused_without_a_question(
    counter: Counter,
) -> None:
    (wait,) = {each for each in await counter.many(PER_MINUTE + 1) if each}
    questions = len(counter.asked)

    assert all(await counter.many(100))
    assert len(counter.asked) == questions

    await asyncio.sleep(wait)
    assert await counter.many(1) == [0.0]


async def test_without_the_rate_limiter_each_process_counts_by_itself(
    counter: Counter,
) -> None:
    await counter.child.stop(1.0)

    assert sum(wait == 0 for wait in await counter.many(100)) == PER_MINUTE

    await counter.start()
    await asyncio.sleep(LIMITER_AWAY_SECONDS)
    assert await counter.many(1, "ben") == [0.0]
    assert counter.asked == [1]
