"""The Groq engine over real HTTP: what goes there, what comes back, and what when it does not."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from retender.chunks import SAMPLE_RATE, Chunk
from retender.engines.groq.engine import GroqEngine
from retender.engines.groq.media import known_format
from retender.errors import EngineUnavailable, Failure
from retender.jobs import Task
from retender.work import Prepared
from tests.groq_server import GroqServer
from tests.groq_service import (
    TRANSCRIPTIONS,
    TRANSLATIONS,
    Asked,
    Cut,
    GroqService,
    Hang,
    Heard,
    Reply,
    refusal,
)
from tests.integration.groq_desk import (
    NOWHERE,
    Desk,
    Workshop,
    broke,
    done,
    mp3,
    news,
    tone,
    transcribed,
)
from tests.media import FFMPEG

SPEECH = Heard(12.5, ((0.5, 2.5, " Hola, mundo."), (3.0, 5.0, " ¿Qué tal?")))
MEGABYTE = 2**20


async def listen(_: Asked) -> Heard:
    return SPEECH


@pytest.fixture
async def server() -> AsyncIterator[GroqServer]:
    async with GroqServer(GroqService(listen)).running() as server:
        yield server


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, lambda: 1_700_000_000.0)


@pytest.fixture
async def engine(server: GroqServer, desk: Desk) -> AsyncIterator[GroqEngine]:
    engine = desk.engine(server.address)
    await engine.open()
    yield engine
    await engine.close()


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


@pytest.mark.parametrize("reason", ["size", "format", "length", "languages"])
async def test_what_groq_does_not_take_is_decoded_and_sent_in_parts(
    server: GroqServer, desk: Desk, reason: str
) -> None:
    pcm = tone(4.0)
    chunks = (Chunk(0, 2 * SAMPLE_RATE), Chunk(2 * SAMPLE_RATE - 8000, 4 * SAMPLE_RATE, 8000))
    engine = desk.engine(
        server.address,
        pcm=pcm,
        chunks=chunks,
        file_bytes=80_000 if reason == "size" else 25_000_000,
    )
    await engine.open()
    recording = {
        "size": mp3(4) + bytes(80_000),
        "format": b"#!AMR\n" + bytes(100),
        "length": mp3(7201),
        "languages": mp3(4),
    }[reason]
    orders = await desk.prepared(engine, recording, multilingual=reason == "languages")
    outcomes = [await transcribed(engine, order) for order in orders]
    await engine.close()

    assert [order.chunk for order in orders] == list(chunks)
    assert [_decoded(asked) for asked in server.service.asked] == [
        pcm[2 * chunk.start : 2 * chunk.end] for chunk in chunks
    ]
    assert outcomes[1].result.segments[0].start == 1.5 + 0.5
    assert outcomes[0].result.segments[0].words, "parts are joined by the times of their words"
    assert sorted(path.name for path in desk.blobs.job_folder(orders[0].job_id).iterdir()) == [
        "audio.pcm"
    ]


async def test_parts_are_short_where_several_languages_are_spoken(
    server: GroqServer, desk: Desk
) -> None:
    engine = desk.engine(server.address, pcm=tone(1.0), chunks=[Chunk(0, SAMPLE_RATE)])
    assert isinstance(engine._tools, Workshop)
    await desk.prepared(engine, mp3(7300))
    assert engine._tools.window == 300 * SAMPLE_RATE
    await desk.prepared(engine, mp3(7300), multilingual=True)
    assert engine._tools.window == 30 * SAMPLE_RATE


async def test_a_job_prepared_anew_is_sent_as_it_was_prepared_last(
    server: GroqServer, desk: Desk, engine: GroqEngine
) -> None:
    await desk.prepared(engine, mp3(4))
    strict = desk.engine(
        server.address, pcm=tone(4.0), chunks=[Chunk(0, 4 * SAMPLE_RATE)], file_bytes=3
    )
    (order,) = await desk.prepared(strict, mp3(4))
    await transcribed(engine, order)
    await desk.prepared(engine, mp3(4))
    await transcribed(engine, order)
    assert [asked.name.rpartition(".")[2] for asked in server.service.asked] == ["flac", "mp3"]


def _decoded(asked: Asked) -> bytes:
    assert asked.name.endswith(".flac")
    command = [FFMPEG, "-v", "error", "-i", "pipe:0", "-f", "s16le", "pipe:1"]
    return subprocess.run(command, input=asked.audio, capture_output=True, check=True).stdout


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


async def test_calling_work_off_hangs_up_at_once(
    server: GroqServer, desk: Desk, engine: GroqEngine
) -> None:
    (order,) = await desk.prepared(engine, mp3(12.5))
    server.service.out_of_order.append(Hang())
    reading = asyncio.create_task(news(engine, order))
    await server.service.arrived(1)
    reading.cancel()
    async with asyncio.timeout(30):
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
    async with asyncio.timeout(30):
        await server.hung_up.wait()
    await engine.close()


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


async def test_audio_that_is_gone_is_said_to_be_gone(desk: Desk, engine: GroqEngine) -> None:
    (order,) = await desk.prepared(engine, mp3(12.5))
    await desk.blobs.delete(order.audio.sha256)
    failure = (await broke(engine, order)).failure
    assert (failure.code, failure.retryable) == ("upload_expired", False)
    assert (await engine.usage())["whisper-large-v3-turbo"].requests_today == 0

    await desk.blobs.drop_job_folder(order.job_id)
    assert (await broke(engine, order)).failure.code == "upload_expired"


@pytest.mark.parametrize(
    ("name", "codec", "kind"),
    [
        ("a.mp3", "libmp3lame", "mp3"),
        ("a.wav", "pcm_s16le", "wav"),
        ("a.flac", "flac", "flac"),
        ("a.ogg", "libopus", "ogg"),
        ("a.ogg", "libvorbis", "ogg"),
        ("a.webm", "libopus", "webm"),
        ("a.m4a", "aac", "m4a"),
        ("a.mp4", "aac", "mp4"),
        ("a.mkv", "libopus", None),
        ("a.mov", "aac", None),
        ("a.aac", "aac", None),
        ("a.aiff", "pcm_s16be", None),
    ],
)
def test_real_files_are_known_by_what_is_in_them(
    tmp_path: Path, name: str, codec: str, kind: str | None
) -> None:
    made = tmp_path / name
    sound = ["-f", "lavfi", "-i", "sine=duration=0.5:sample_rate=48000"]
    subprocess.run([FFMPEG, "-v", "error", *sound, "-c:a", codec, str(made)], check=True)
    assert known_format(made.rename(tmp_path / "upload")) == kind
