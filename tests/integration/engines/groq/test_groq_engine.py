"""The Groq engine over real HTTP: what goes there, and what comes back."""

from __future__ import annotations

import asyncio
import os
import tracemalloc

import pytest

from retender.engines.groq.engine import GroqEngine
from retender.jobs.job import Task
from retender.transcript.chunks import Chunk
from retender.workers.orders import Prepared
from tests.support.groq.orders import NOWHERE, SPEECH, Desk, done, listen, mp3, transcribed
from tests.support.groq.rules import TRANSCRIPTIONS, TRANSLATIONS, Asked, GroqService, Heard
from tests.support.groq.server import GroqServer

MEGABYTE = 2**20


async def test_a_file_within_the_limits_is_one_chunk_and_goes_as_it_came(
    server: GroqServer, desk: Desk, engine: GroqEngine
) -> None:
    recording = mp3(12.5)
    prepared = await done(engine, desk.order(await desk.upload(recording)))
    assert isinstance(prepared, Prepared)
    assert prepared.plan.duration == 12.5
    assert prepared.plan.chunks == (Chunk(0, 200_000),)
    assert (prepared.engine, prepared.model) == ("groq", "whisper-large-v3-turbo")
    assert server.service.asked == []

    (order,) = await desk.prepared(engine, recording)
    await transcribed(engine, order)
    (asked,) = server.service.asked
    assert (asked.path, asked.name, asked.audio) == (TRANSCRIPTIONS, "audio.mp3", recording)
    assert asked.fields == {
        "model": ["whisper-large-v3-turbo"],
        "response_format": ["verbose_json"],
        "temperature": ["0.0"],
        "timestamp_granularities[]": ["segment"],
    }


async def test_what_was_heard_comes_back_as_segments_and_words(
    desk: Desk, engine: GroqEngine
) -> None:
    (order,) = await desk.prepared(engine, mp3(12.5), word_timestamps=True)
    outcome = await transcribed(engine, order)
    assert (outcome.engine, outcome.model) == ("groq", "whisper-large-v3-turbo")
    assert outcome.result.language == "es"
    first, second = outcome.result.segments
    assert (first.start, first.end, first.text) == (0.5, 2.5, "Hola, mundo.")
    assert [word.word for word in first.words] == ["Hola,", "mundo."]
    assert [word.start for word in second.words] == [3.0, 4.0]
    assert 0.89 < first.confidence < 0.91


async def test_what_the_caller_asked_for_is_asked_of_groq(
    server: GroqServer, desk: Desk, engine: GroqEngine
) -> None:
    (order,) = await desk.prepared(
        engine,
        mp3(12.5),
        language="es",
        model="large-v3",
        prompt="Una charla.",
        hotwords="Retender Koyeb",
        temperature=0.4,
        word_timestamps=True,
    )
    await transcribed(engine, order)
    assert server.service.asked[0].fields == {
        "model": ["whisper-large-v3"],
        "response_format": ["verbose_json"],
        "temperature": ["0.4"],
        "timestamp_granularities[]": ["word", "segment"],
        "language": ["es"],
        "prompt": ["Retender Koyeb Una charla."],
    }


async def test_of_a_prompt_too_long_for_groq_the_end_is_sent(
    server: GroqServer, desk: Desk, engine: GroqEngine
) -> None:
    prompt = " ".join(f"palabra{number}" for number in range(200))
    (order,) = await desk.prepared(engine, mp3(12.5), prompt=prompt)
    await transcribed(engine, order)
    sent = server.service.asked[0].field("prompt")
    assert 880 < len(sent) <= 896
    assert prompt.endswith(" " + sent)


async def test_translation_goes_to_its_own_endpoint_and_a_model_that_translates(
    server: GroqServer, desk: Desk, engine: GroqEngine
) -> None:
    (order,) = await desk.prepared(engine, mp3(12.5), task=Task.TRANSLATE, word_timestamps=True)
    outcome = await transcribed(engine, order)
    assert server.service.asked[0].path == TRANSLATIONS
    assert outcome.model == "whisper-large-v3"
    assert [segment.text for segment in outcome.result.segments] == ["Hola, mundo.", "¿Qué tal?"]


async def test_an_upload_is_never_held_in_memory(desk: Desk) -> None:
    recording = mp3(3000) + os.urandom(24 * MEGABYTE - MEGABYTE)
    service = GroqService(listen)
    async with GroqServer(service, keep=False).running() as server:
        engine = desk.engine(server.address)
        await engine.open()
        (order,) = await desk.prepared(engine, mp3(1))
        await transcribed(engine, order)
        (order,) = await desk.prepared(engine, recording)
        tracemalloc.start()
        try:
            await transcribed(engine, order)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
            await engine.close()
    assert peak < 2 * MEGABYTE


async def test_the_address_may_be_written_as_for_other_clients(
    server: GroqServer, desk: Desk
) -> None:
    engine = desk.engine(server.address + "/openai/v1/")
    await engine.open()
    (order,) = await desk.prepared(engine, mp3(12.5))
    await transcribed(engine, order)
    await engine.close()
    assert server.service.asked[0].path == TRANSCRIPTIONS


async def test_the_environment_decides_nothing_here(
    desk: Desk, server: GroqServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "GROQ_BASE_URL"):
        monkeypatch.setenv(name, NOWHERE)
    monkeypatch.setenv("GROQ_API_KEY", "gsk_of_somebody_else")
    own = desk.engine(server.address)
    await own.open()
    (order,) = await desk.prepared(own, mp3(12.5))
    await transcribed(own, order)
    await own.close()


async def test_requests_are_under_way_side_by_side(desk: Desk) -> None:
    service: GroqService

    async def all_there(_: Asked) -> Heard:
        await service.arrived(3)
        return SPEECH

    service = GroqService(all_there)
    async with GroqServer(service).running() as server:
        engine = desk.engine(server.address, lanes=3)
        await engine.open()
        assert engine.lanes == 3
        orders = [
            order
            for name in ("one", "two", "three")
            for order in await desk.prepared(engine, mp3(5, name))
        ]
        async with asyncio.timeout(30):
            await asyncio.gather(*(transcribed(engine, order) for order in orders))
        await engine.close()
