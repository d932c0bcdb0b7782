"""What comes of it when Groq does not answer, or nobody waits any more."""

from __future__ import annotations

import asyncio
import socket
from contextlib import aclosing

import pytest

from retender.engines.groq.engine import GroqEngine
from retender.errors import EngineUnavailable, Failure
from tests.support.groq.orders import Desk, broke, mp3, news
from tests.support.groq.rules import Cut, Hang, Reply, refusal
from tests.support.groq.server import GroqServer


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        (
            refusal(401, "Invalid API Key"),
            Failure("engine_unavailable", "check GROQ_API_KEY", spoils_job=True),
        ),
        (
            refusal(403, "Your organization may not"),
            Failure("engine_unavailable", "Your organization may not", spoils_job=True),
        ),
        (
            refusal(404, "The model `x` does not exist"),
            Failure("model_unavailable", "The model `x` does not exist", spoils_job=True),
        ),
        (
            refusal(404, "Unknown request URL"),
            Failure("engine_unavailable", "check GROQ_BASE_URL", spoils_job=True),
        ),
        (
            refusal(301, "moved"),
            Failure("engine_unavailable", "check GROQ_BASE_URL", spoils_job=True),
        ),
        (refusal(413, "too large"), Failure("too_large", "so large a file", spoils_job=True)),
        (refusal(400, "prompt is bad"), Failure("engine_failed", "prompt is bad")),
        (
            refusal(400, "could not process file - is it a valid media file?"),
            Failure("corrupt_media", "cannot read the recording", spoils_job=True),
        ),
        (refusal(500, "oops"), Failure("engine_failed", "oops", retryable=True)),
        (refusal(498, "capacity"), Failure("engine_failed", "capacity", retryable=True)),
        (Reply(502, b"<html>bad gateway"), Failure("engine_failed", "502", retryable=True)),
        (
            refusal(503, "overloaded", after=7.0),
            Failure("engine_unavailable", "overloaded", True, True, retry_after=7.0),
        ),
        (Reply(200, b"<html>hello"), Failure("engine_failed", "no sense", retryable=True)),
        (Cut(), Failure("engine_failed", "broke off", retryable=True)),
    ],
)
async def test_each_way_of_not_answering_is_a_reason_that_says_whether_to_try_again(
    server: GroqServer, desk: Desk, engine: GroqEngine, reply: Reply | Cut, failure: Failure
) -> None:
    (order,) = await desk.prepared(engine, mp3(12.5))
    server.service.out_of_order.append(reply)
    came = (await broke(engine, order)).failure
    assert failure.message in came.message
    assert came == Failure(
        failure.code, came.message, failure.retryable, failure.spoils_job, failure.retry_after
    )
    assert len(server.service.asked) == 1, "the SDK must not try again on its own"


async def test_a_wrong_key_is_said_without_telling_it(server: GroqServer, desk: Desk) -> None:
    engine = desk.engine(server.address, api_key="gsk_secret")
    await engine.open()
    (order,) = await desk.prepared(engine, mp3(12.5))
    failure = (await broke(engine, order)).failure
    await engine.close()
    assert failure.code == "engine_unavailable"
    assert not failure.retryable
    assert "GROQ_API_KEY" in failure.message
    assert "secret" not in failure.message


async def test_without_a_key_the_engine_does_not_open(desk: Desk) -> None:
    with pytest.raises(EngineUnavailable, match="GROQ_API_KEY"):
        await desk.engine(api_key=" ").open()


async def test_an_unreachable_groq_is_tried_again_and_costs_nothing(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
    engine = desk.engine(address)
    await engine.open()
    (order,) = await desk.prepared(engine, mp3(12.5))
    failure = (await broke(engine, order)).failure
    used = (await engine.usage())["whisper-large-v3-turbo"]
    await engine.close()
    assert (failure.code, failure.retryable) == ("engine_unavailable", True)
    assert (used.requests_today, used.audio_today) == (0, 0)


async def test_calling_work_off_hangs_up_at_once(
    server: GroqServer, desk: Desk, engine: GroqEngine
) -> None:
    (order,) = await desk.prepared(engine, mp3(12.5))
    server.service.out_of_order.append(Hang())
    reading = asyncio.create_task(news(engine, order))
    await server.service.arrived(1)
    reading.cancel()
    async with asyncio.timeout(60):
        await server.hung_up.wait()
        await asyncio.gather(reading, return_exceptions=True)
    assert reading.cancelled()


async def test_closing_the_iterator_between_two_news_hangs_up_as_well(
    server: GroqServer, desk: Desk
) -> None:
    engine = desk.engine(server.address, heartbeat=0.01)
    await engine.open()
    (order,) = await desk.prepared(engine, mp3(12.5))
    server.service.out_of_order.append(Hang())
    async with aclosing(engine.work((order,))) as items:
        await anext(items)
        await server.service.arrived(1)
    async with asyncio.timeout(60):
        await server.hung_up.wait()
    await engine.close()


async def test_audio_that_is_gone_is_said_to_be_gone(desk: Desk, engine: GroqEngine) -> None:
    (order,) = await desk.prepared(engine, mp3(12.5))
    await desk.blobs.delete(order.audio.sha256)
    failure = (await broke(engine, order)).failure
    assert (failure.code, failure.retryable) == ("upload_expired", False)
    assert (await engine.usage())["whisper-large-v3-turbo"].requests_today == 0

    await desk.blobs.drop_job_folder(order.job_id)
    assert (await broke(engine, order)).failure.code == "upload_expired"
