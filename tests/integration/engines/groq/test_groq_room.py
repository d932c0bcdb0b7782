"""An order for which there is no room is given back, keeps its place in the line, and is in
nobody's way; and whether Groq takes anything at all is known before. In virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from retender.engines.groq.availability import CHECK_SECONDS
from retender.engines.groq.engine import GroqEngine
from retender.engines.groq.settings import GroqSettings
from retender.engines.limits import RETURNING_REQUESTS_KEPT
from retender.engines.usage_ledger import DAY, HOUR, MINUTE
from retender.scheduling.limits import LIMIT_CHECK_SECONDS
from retender.workers.orders import Declined, Order
from retender.workers.usage import UsageLimits
from tests.support.actors.virtual_time import VirtualClock
from tests.support.groq.orders import Desk, broke, done, mp3, spoken_seconds, transcribed
from tests.support.groq.rules import Asked, GroqService, GroqTransport, Heard, refusal

DEADLINE = 20.0


async def listen(asked: Asked) -> Heard:
    seconds = spoken_seconds(asked.audio)
    return Heard(seconds, ((0.0, seconds, " Hola."),))


@pytest.fixture
def desk(tmp_path: Path, virtual_clock: VirtualClock) -> Desk:
    return Desk(tmp_path, virtual_clock.now)


@pytest.fixture
def service(virtual_clock: VirtualClock) -> GroqService:
    return GroqService(listen, limits=UsageLimits(), now=virtual_clock.now)


@asynccontextmanager
async def opened(
    desk: Desk, transport: httpx.AsyncBaseTransport, **settings: Any
) -> AsyncIterator[GroqEngine]:
    engine = desk.engine(transport=transport, **{"max_wait": DEADLINE, **settings})
    await engine.open()
    yield engine
    await engine.close()


@pytest.fixture
async def engine(desk: Desk, service: GroqService) -> AsyncIterator[GroqEngine]:
    async with opened(desk, GroqTransport(service)) as engine:
        yield engine


async def one(desk: Desk, engine: GroqEngine, seconds: float, name: str = "") -> Order:
    (order,) = await desk.prepared(engine, mp3(seconds, name))
    return order


async def declined(engine: GroqEngine, order: Order) -> float:
    outcome = await done(engine, order)
    assert isinstance(outcome, Declined), outcome
    return outcome.wait


async def test_who_would_wait_for_long_is_given_back_at_once_with_how_long(
    desk: Desk, service: GroqService, engine: GroqEngine, virtual_clock: VirtualClock
) -> None:
    await transcribed(engine, await one(desk, engine, 7000))
    order = await one(desk, engine, 600)
    begun = virtual_clock.monotonic()
    wait = await declined(engine, order)
    assert virtual_clock.monotonic() - begun < 1.0
    assert HOUR - MINUTE < wait <= HOUR
    assert len(service.asked) == 1
    await asyncio.sleep(wait)
    await transcribed(engine, order)
    assert service.refused_for_limits == 0


async def test_where_nobody_waits_so_long_the_order_fails_at_once_and_says_when_there_is_room(
    desk: Desk, service: GroqService, virtual_clock: VirtualClock
) -> None:
    limits = UsageLimits(audio_per_day=7200)
    async with opened(desk, GroqTransport(service), limits=limits, longest_wait=2 * HOUR) as engine:
        await transcribed(engine, await one(desk, engine, 7000))
        order = await one(desk, engine, 600)
        begun = virtual_clock.monotonic()
        failure = (await broke(engine, order)).failure
    assert virtual_clock.monotonic() - begun < 1.0
    assert (failure.code, failure.retryable) == ("engine_unavailable", False)
    assert "are used up until" in failure.message
    assert failure.retry_after == pytest.approx(DAY, abs=MINUTE)


async def test_where_nobody_waits_so_long_a_shorter_wait_is_no_failure(
    desk: Desk, service: GroqService
) -> None:
    async with opened(desk, GroqTransport(service), longest_wait=2 * HOUR) as engine:
        await transcribed(engine, await one(desk, engine, 7000))
        assert await declined(engine, await one(desk, engine, 600)) <= HOUR


async def test_a_short_wait_is_waited_out(desk: Desk, service: GroqService) -> None:
    limits = UsageLimits(requests_per_minute=1)
    async with opened(desk, GroqTransport(service), limits=limits, max_wait=90.0) as engine:
        first, second = await one(desk, engine, 10, "a"), await one(desk, engine, 10, "b")
        await transcribed(engine, first)
        await transcribed(engine, second)
    assert len(service.asked) == 2


async def test_what_is_given_back_has_cost_nothing_and_is_not_encoded_for_it(
    desk: Desk, engine: GroqEngine
) -> None:
    await transcribed(engine, await one(desk, engine, 7000))
    before = await engine.usage()
    order = await one(desk, engine, 600)
    (desk.blobs.job_folder(order.job_id) / "whole.mp3").unlink()
    assert await declined(engine, order), "there is nothing to send, and nobody has looked"
    assert await engine.usage() == before


async def test_a_refusal_of_groqs_own_gives_the_order_back_until_it_is_over(
    desk: Desk, service: GroqService, engine: GroqEngine
) -> None:
    order = await one(desk, engine, 30)
    service.out_of_order.append(refusal(429, "Rate limit reached", after=1800))
    assert await declined(engine, order) == pytest.approx(1800)
    assert (await engine.usage())["whisper-large-v3-turbo"].full_until is not None
    assert (await engine.report()).trouble == "", "nothing that anyone could put right"


async def test_a_long_one_that_was_given_back_is_not_starved_by_short_ones(
    desk: Desk, engine: GroqEngine, virtual_clock: VirtualClock
) -> None:
    """Short ones come all the time, and together they would take every second there is."""
    await transcribed(engine, await one(desk, engine, 3000))
    begun = virtual_clock.monotonic()
    long = await one(desk, engine, 7000)
    again = begun + await declined(engine, long)
    number = 0
    while virtual_clock.monotonic() < again:
        number += 1
        await done(engine, await one(desk, engine, 600, str(number)))
        await asyncio.sleep(LIMIT_CHECK_SECONDS)
        if isinstance(await done(engine, long), Declined):
            continue
        break
    assert virtual_clock.monotonic() - begun <= HOUR + LIMIT_CHECK_SECONDS + MINUTE
    assert (await engine.usage())["whisper-large-v3-turbo"].audio_today >= 10_000


async def test_the_place_of_one_who_does_not_come_back_is_free_again(
    desk: Desk, engine: GroqEngine
) -> None:
    """Its job was cancelled, or another engine has taken it on."""
    await transcribed(engine, await one(desk, engine, 3000))
    await declined(engine, await one(desk, engine, 7000))
    await asyncio.sleep(MINUTE)
    other = await one(desk, engine, 4000)
    await declined(engine, other)
    await asyncio.sleep(LIMIT_CHECK_SECONDS + 2 * MINUTE)
    await transcribed(engine, other)


async def test_only_so_many_places_are_kept(desk: Desk, engine: GroqEngine) -> None:
    await transcribed(engine, await one(desk, engine, 7000))
    for number in range(RETURNING_REQUESTS_KEPT + 5):
        await declined(engine, await one(desk, engine, 600, str(number)))
    budget = engine._limiter_of("whisper-large-v3-turbo")
    assert len(budget._queue) == RETURNING_REQUESTS_KEPT


# Whether Groq takes anything


async def test_a_refused_key_is_known_before_anything_is_sent(
    desk: Desk, service: GroqService
) -> None:
    service.key = "another"
    async with opened(desk, GroqTransport(service)) as engine:
        await asyncio.sleep(1.0)
        report = await engine.report()
        assert report.engine == "groq"
        assert "check GROQ_API_KEY" in report.trouble
        assert service.asked == []


async def test_trouble_is_over_when_a_look_succeeds(desk: Desk, service: GroqService) -> None:
    service.key = "another"
    async with opened(desk, GroqTransport(service)) as engine:
        await asyncio.sleep(1.0)
        service.key = GroqSettings(api_key="gsk_of_the_tests").api_key
        await asyncio.sleep(CHECK_SECONDS + 1)
        assert (await engine.report()).trouble == ""
        looks = service.looks
        await asyncio.sleep(10 * CHECK_SECONDS)
        assert service.looks == looks, "nobody looks without a reason"


async def test_a_key_that_is_refused_later_is_trouble_from_then_on(
    desk: Desk, service: GroqService, engine: GroqEngine
) -> None:
    order = await one(desk, engine, 30)
    assert (await engine.report()).trouble == ""
    service.key = "another"
    await broke(engine, order)
    assert "check GROQ_API_KEY" in (await engine.report()).trouble


async def test_what_is_wrong_with_one_recording_is_no_trouble(
    desk: Desk, service: GroqService, engine: GroqEngine
) -> None:
    service.out_of_order.append(refusal(400, "could not process file - is it a valid media file?"))
    await broke(engine, await one(desk, engine, 30))
    assert (await engine.report()).trouble == ""


class Unreachable(httpx.AsyncBaseTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route to host", request=request)


async def test_a_groq_out_of_reach_is_trouble(desk: Desk) -> None:
    async with opened(desk, Unreachable()) as engine:
        await asyncio.sleep(1.0)
        assert "Groq cannot be reached" in (await engine.report()).trouble


class WithoutListing(GroqTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(404, json={"error": {"message": "Unknown request URL"}})
        return await super().handle_async_request(request)


async def test_who_speaks_as_groq_does_and_cannot_be_looked_at_is_no_trouble(
    desk: Desk, service: GroqService
) -> None:
    async with opened(desk, WithoutListing(service)) as engine:
        await transcribed(engine, await one(desk, engine, 30))
        assert (await engine.report()).trouble == ""
