"""From an upload in the blob store to the plan of its chunks, as a worker drives it."""

from __future__ import annotations

import asyncio
import itertools
from array import array
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from functools import partial
from pathlib import Path

import msgspec
import pytest

from retender.audio.peaks import Peaks
from retender.audio.speech import DetectorName
from retender.engines.api import EngineMessage, Progress
from retender.engines.messages import Emit, messages_of
from retender.engines.preparation import Preparation, prepare
from retender.errors import StorageTrouble, WorkError
from retender.jobs.job import Options
from retender.jobs.pieces import PREPARATION
from retender.storage.blobs import BlobStore
from retender.transcript.chunks import Plan
from retender.workers.orders import Failed, Order, Prepared
from tests.support.engines.stuck_program import Stuck
from tests.support.sound.media import FFMPEG, RATE, silence, voice, wav

HOW = Preparation(ffmpeg=FFMPEG, most_seconds=60.0, window=10 * RATE, detector=DetectorName.ENERGY)
SOUND = silence(2) + voice(5) + silence(9) + voice(4, seed=2) + silence(2)


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "data")


@pytest.fixture
def stuck(tmp_path: Path) -> Iterator[Stuck]:
    made = Stuck(tmp_path)
    yield made
    made.close()


async def ordered(blobs: BlobStore, upload: bytes, **options: bool | str) -> Order:
    async with blobs.receive(limit=1 << 30) as upload_to:
        await upload_to.write(upload)
        audio = await upload_to.finish(at=1000.0)
    return Order(
        token="t1",
        job_id="j1",
        index=PREPARATION,
        attempt=1,
        audio=audio,
        options=msgspec.convert(options, Options),
    )


def prepared(
    order: Order, blobs: BlobStore, how: Preparation
) -> AsyncGenerator[EngineMessage, None]:
    async def work(emit: Emit) -> None:
        try:
            done = await prepare(order, blobs, how, partial(emit, Progress(order.token, 0.0)))
        except (WorkError, StorageTrouble) as error:
            await emit(Failed(order.token, error.failure()))
        else:
            await emit(done)

    return messages_of(work)


async def outcome(order: Order, blobs: BlobStore, how: Preparation = HOW) -> EngineMessage:
    """The last news, after nothing but signs of life."""
    async with aclosing(prepared(order, blobs, how)) as news:
        *before, last = [item async for item in news]
    assert before
    assert set(before) == {Progress("t1", 0.0)}
    return last


def decoded(blobs: BlobStore) -> array[int]:
    return array("h", (blobs.job_folder("j1") / "audio.pcm").read_bytes())


def seconds(plan: Plan) -> list[tuple[float, float]]:
    return [(chunk.start / RATE, chunk.end / RATE) for chunk in plan.chunks]


async def test_chunks_hold_the_speech_and_leave_out_the_silence(blobs: BlobStore) -> None:
    prepared = await outcome(await ordered(blobs, wav(SOUND.tobytes())), blobs)

    assert isinstance(prepared, Prepared)
    assert prepared.token == "t1"
    assert prepared.plan.duration == len(SOUND) / RATE
    (first, second) = seconds(prepared.plan)
    assert first == pytest.approx((2, 7), abs=0.4)
    assert second == pytest.approx((16, 20), abs=0.4)


async def test_silence_makes_no_chunks(blobs: BlobStore) -> None:
    prepared = await outcome(await ordered(blobs, wav(silence(30).tobytes())), blobs)

    assert prepared == Prepared("t1", Plan(30.0, ()), peaks=Peaks(20.0, bytes(600)))


async def test_without_detection_all_of_the_recording_is_in_chunks(blobs: BlobStore) -> None:
    order = await ordered(blobs, wav(SOUND.tobytes()), vad=False)

    prepared = await outcome(order, blobs)

    assert isinstance(prepared, Prepared)
    edges = seconds(prepared.plan)
    assert edges[0][0] == 0
    assert edges[-1][1] == len(SOUND) / RATE
    assert all(end - start <= 10 for start, end in edges)
    assert all(a[1] >= b[0] for a, b in itertools.pairwise(edges))


async def test_done_again_after_a_crash_it_does_not_decode_and_comes_to_the_same(
    blobs: BlobStore,
) -> None:
    order = await ordered(blobs, wav(SOUND.tobytes()))
    first = await outcome(order, blobs)

    again = await outcome(order, blobs, msgspec.structs.replace(HOW, ffmpeg="/nowhere"))

    assert again == first


async def test_the_samples_lie_in_the_jobs_folder(blobs: BlobStore) -> None:
    await outcome(await ordered(blobs, wav(SOUND.tobytes())), blobs)

    assert decoded(blobs) == SOUND


async def test_the_sound_is_cleaned_as_the_caller_asked(blobs: BlobStore) -> None:
    other = voice(len(SOUND) / RATE, seed=3)
    stereo = array("h", (x for pair in zip(SOUND, other, strict=True) for x in pair))
    upload = wav(stereo.tobytes(), channels=2)
    await outcome(await ordered(blobs, upload, channel="left"), blobs)
    assert decoded(blobs) == SOUND


@pytest.mark.parametrize("asked", ["highpass", "denoise", "normalize"])
async def test_each_kind_of_cleaning_changes_the_sound_and_keeps_its_length(
    blobs: BlobStore, asked: str
) -> None:
    await outcome(await ordered(blobs, wav(SOUND.tobytes()), **{asked: True}), blobs)
    assert decoded(blobs) != SOUND
    assert len(decoded(blobs)) == len(SOUND)


@pytest.mark.parametrize(
    ("upload", "code"),
    [
        (b"Dear Sir or Madam,", "unsupported_media"),
        (wav(b""), "corrupt_media"),
        (wav(silence(70).tobytes()), "too_long"),
    ],
)
async def test_what_cannot_be_decoded_breaks_the_job_for_good(
    upload: bytes, code: str, blobs: BlobStore
) -> None:
    broke = await outcome(await ordered(blobs, upload), blobs)

    assert isinstance(broke, Failed)
    assert (broke.token, broke.failure.code) == ("t1", code)
    assert not broke.failure.retryable
    assert broke.failure.spoils_job


async def test_an_upload_that_is_gone_breaks_its_job(blobs: BlobStore) -> None:
    order = await ordered(blobs, wav(SOUND.tobytes()))
    await blobs.delete(order.audio.sha256)

    broke = await outcome(order, blobs)

    assert isinstance(broke, Failed)
    assert broke.failure.code == "upload_expired"


async def test_called_off_it_ends_ffmpeg_and_leaves_nothing(blobs: BlobStore, stuck: Stuck) -> None:
    order = await ordered(blobs, wav(SOUND.tobytes()))
    news = prepared(order, blobs, msgspec.structs.replace(HOW, ffmpeg=str(stuck.script)))
    assert await anext(news) == Progress("t1", 0.0)
    waiting = asyncio.ensure_future(anext(news))
    await stuck.born()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    await news.aclose()

    await stuck.dead()
    assert list(blobs.job_folder("j1").iterdir()) == []


async def test_a_full_disk_is_tried_again(
    blobs: BlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = tmp_path / "full"
    full.write_text("#!/bin/sh\necho 'av_interleaved_write_frame(): No space left on device' >&2\n")
    full.chmod(0o700)
    order = await ordered(blobs, wav(SOUND.tobytes()))

    broke = await outcome(order, blobs, msgspec.structs.replace(HOW, ffmpeg=str(full)))

    assert isinstance(broke, Failed)
    assert broke.failure.code == "storage_full"
    assert broke.failure.retryable
