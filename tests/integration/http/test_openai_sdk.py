"""The `openai` and `groq` SDKs, as they come, against the service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import groq
import openai
import pytest
from openai.types.audio import TranscriptionVerbose

from actors.manager.job_manager import JobManager
from retender.jobs.job import Task
from retender.jobs.states import Status
from tests.support.engines.scripted import Act, Passage, Script
from tests.support.http.http_service import Site, says, site


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path) as opened:
        yield opened


@pytest.fixture
async def client(here: Site) -> AsyncIterator[openai.AsyncOpenAI]:
    address = f"{here.url}/v1"
    async with openai.AsyncOpenAI(api_key="none", base_url=address, max_retries=0) as opened:
        yield opened


@pytest.fixture
async def groq_client(here: Site) -> AsyncIterator[groq.AsyncGroq]:
    async with groq.AsyncGroq(api_key="none", base_url=here.url, max_retries=0) as opened:
        yield opened


def recording(script: Script) -> tuple[str, bytes]:
    return "speech.wav", script.recorded()


GREETING = says("good", "morning", chunks=2)
TEXT = "good morning good morning"


async def test_json_has_the_text_and_what_it_took(client: openai.AsyncOpenAI) -> None:
    done = await client.audio.transcriptions.create(file=recording(GREETING), model="whisper-1")
    assert done.text == TEXT
    assert done.usage is not None
    assert done.usage.type == "duration"
    assert done.usage.seconds == 2.0


async def test_verbose_json_is_what_the_sdk_takes_it_for(client: openai.AsyncOpenAI) -> None:
    done = await client.audio.transcriptions.create(
        file=recording(GREETING), model="whisper-1", response_format="verbose_json"
    )
    checked = TranscriptionVerbose.model_validate(done.model_dump(), strict=True)
    assert (checked.text, checked.language, checked.duration) == (TEXT, "english", 2.0)
    assert checked.segments is not None
    assert [segment.text for segment in checked.segments] == ["good morning"] * 2
    assert checked.words is None


async def test_words_alone_leave_the_segments_out(client: openai.AsyncOpenAI) -> None:
    done = await client.audio.transcriptions.create(
        file=recording(GREETING),
        model="whisper-1",
        response_format="verbose_json",
        timestamp_granularities=["word"],
    )
    assert done.segments is None
    assert done.words is not None
    assert [word.word for word in done.words] == TEXT.split()


async def test_words_and_segments_may_be_had_together(client: openai.AsyncOpenAI) -> None:
    done = await client.audio.transcriptions.create(
        file=recording(GREETING),
        model="whisper-1",
        response_format="verbose_json",
        timestamp_granularities=["segment", "word"],
    )
    assert len(done.segments or ()) == 2
    assert len(done.words or ()) == 4


async def test_words_need_verbose_json(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        await client.audio.transcriptions.create(
            file=recording(GREETING),
            model="whisper-1",
            response_format="json",
            timestamp_granularities=["word"],
        )
    assert refused.value.param == "timestamp_granularities[]"
    assert "verbose_json" in refused.value.message


@pytest.mark.parametrize(
    ("kind", "begins"), [("text", TEXT), ("srt", "1\n00:00:00,000 --> "), ("vtt", "WEBVTT\n")]
)
async def test_plain_kinds_come_as_text(client: openai.AsyncOpenAI, kind: str, begins: str) -> None:
    done = await client.audio.transcriptions.create(
        file=recording(GREETING),
        model="whisper-1",
        response_format=kind,  # type: ignore[call-overload]  # one of the literals
    )
    assert isinstance(done, str)
    assert done.startswith(begins)


async def test_the_deltas_of_a_stream_are_its_text(client: openai.AsyncOpenAI) -> None:
    stream = await client.audio.transcriptions.create(
        file=recording(says("good", "morning", chunks=3)), model="gpt-4o-transcribe", stream=True
    )
    events = [event async for event in stream]
    deltas = [event.delta for event in events if event.type == "transcript.text.delta"]
    done = events[-1]
    assert done.type == "transcript.text.done"
    assert "".join(deltas) == done.text == " ".join(["good morning"] * 3)
    assert len(deltas) == 3


async def test_a_text_that_is_known_already_is_streamed_as_well(
    client: openai.AsyncOpenAI,
) -> None:
    for _ in range(2):
        stream = await client.audio.transcriptions.create(
            file=recording(GREETING), model="whisper-1", stream=True
        )
        events = [event async for event in stream]
        deltas = [event.delta for event in events if event.type == "transcript.text.delta"]
        assert "".join(deltas) == TEXT
        assert events[-1].type == "transcript.text.done"


BROKEN = Script((Passage(("lost",), acts=(Act.FATAL,) * 3),), preparation=Passage((), takes=0.0))


async def test_a_failure_in_the_middle_of_a_stream_is_told_in_it(
    client: openai.AsyncOpenAI,
) -> None:
    stream = await client.audio.transcriptions.create(
        file=recording(BROKEN), model="whisper-1", stream=True
    )
    with pytest.raises(openai.APIError) as failed:
        async for _ in stream:
            pass
    assert failed.value.code == "corrupt_media"


async def test_a_failed_job_is_an_error_with_its_status(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.UnprocessableEntityError) as failed:
        await client.audio.transcriptions.create(file=recording(BROKEN), model="whisper-1")
    assert failed.value.code == "corrupt_media"


async def test_a_client_that_hangs_up_on_a_stream_cancels_its_job(
    here: Site, client: openai.AsyncOpenAI
) -> None:
    slow = says("slow", takes=300.0)
    stream = await client.audio.transcriptions.create(
        file=recording(slow), model="whisper-1", stream=True
    )
    job_id = stream.response.headers["Retender-Job-Id"]
    await stream.close()
    async with here.services.hub.follow(job_id) as news:
        async for each in news:
            if getattr(each, "last", False):
                break
    job = (await here.services.manager.ask(JobManager.status, job_id)).job
    assert job.status is Status.CANCELLED


async def test_an_unknown_model_is_not_found(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as refused:
        await client.audio.transcriptions.create(file=recording(GREETING), model="whisper-9")
    assert (refused.value.code, refused.value.param) == ("model_not_found", "model")


async def test_what_is_not_obeyed_is_refused(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        await client.audio.transcriptions.create(
            file=recording(GREETING), model="whisper-1", include=["logprobs"]
        )
    assert refused.value.param == "include[]"


# OpenAI itself is about to drop its translations; its clients are still there.
@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")
async def test_a_translation_is_one_to_english(here: Site, client: openai.AsyncOpenAI) -> None:
    done = await client.audio.translations.create(file=recording(GREETING), model="whisper-1")
    assert done.text == TEXT
    page = await here.services.manager.ask(JobManager.jobs)
    assert [job.options.task for job in page.jobs] == [Task.TRANSLATE]


async def test_models_are_listed_and_found(client: openai.AsyncOpenAI) -> None:
    listed = [model.id async for model in client.models.list()]
    assert "whisper-1" in listed
    assert (await client.models.retrieve("whisper-1")).id == "whisper-1"
    with pytest.raises(openai.NotFoundError):
        await client.models.retrieve("whisper-9")


async def test_what_is_not_there_is_said_in_the_same_shape(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as refused:
        await client.get("/nothing", cast_to=object)
    assert isinstance(refused.value.body, dict)
    assert {"message", "type", "param", "code"} <= refused.value.body.keys()


async def test_the_sdk_of_groq_works_as_well(groq_client: groq.AsyncGroq) -> None:
    done = await groq_client.audio.transcriptions.create(
        file=recording(GREETING),
        model="whisper-large-v3-turbo",
        language="en",
        response_format="verbose_json",
        timestamp_granularities=["word", "segment"],
    )
    assert done.text == TEXT
    assert groq_client.base_url.path == "/"
    translated = await groq_client.audio.translations.create(
        file=recording(says("hello")), model="whisper-large-v3"
    )
    assert translated.text == "hello"
