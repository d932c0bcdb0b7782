"""A job goes through machines that share recordings and nothing else."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from actors.manager.job_manager import JobManager
from retender.jobs.submission import Submission
from retender.storage.audio import Audio
from retender.storage.blobs import Blobs
from retender.storage.blobs.object_store import ObjectStore
from retender.workers.orders import Failed, Order, Prepared
from tests.support.engines.whisper_orders import Desk, words_of
from tests.support.groq.orders import Desk as GroqDesk
from tests.support.groq.orders import done as done_by_groq
from tests.support.groq.orders import listen, mp3
from tests.support.groq.rules import GroqService, GroqTransport
from tests.support.http.command import retender, serving
from tests.support.http.http_service import site
from tests.support.sound.known_words import pause, said
from tests.support.sound.media import needs_espeak, silence, wav
from tests.support.sound.undisturbed import assert_nothing_lost_or_doubled
from tests.support.storage.blob_kinds import KINDS, NOTHING_IN_USE, Cluster, received

DEADLINE = 30.0


@pytest.fixture(params=KINDS)
def cluster(request: pytest.FixtureRequest, tmp_path: Path) -> Cluster:
    return Cluster(request.param, tmp_path)


def desk(cluster: Cluster, name: str, folder: Path) -> Desk:
    return Desk(folder / name, blobs=cluster.machine(name))


@needs_espeak
async def test_taken_in_here_prepared_there_recognised_elsewhere_collected_everywhere(
    cluster: Cluster, tmp_path: Path
) -> None:
    speech = said(["seven", "two"]) + pause(12) + said(["nine", "four"])
    here = Desk(tmp_path / "alone")
    undisturbed = words_of(await here.transcript("job", speech, language="auto"))
    await here.engine.close()
    assert_nothing_lost_or_doubled(speech.words, undisturbed)
    audio = await received(cluster.machine("one"), wav(speech.samples.tobytes()))
    second, third, fourth = (desk(cluster, name, tmp_path) for name in ("two", "three", "four"))

    (prepared,) = await second.outcomes(second.order(audio=audio, language="auto"))
    assert isinstance(prepared, Prepared)
    heard = []
    for there, chunk in zip((third, fourth), prepared.plan.chunks, strict=True):
        heard += await there.heard(there.order(chunk=chunk, audio=audio, language="auto"))

    assert words_of([part for each in heard for part in each.result.segments]) == undisturbed
    assert await third.blobs.shared("job") == await second.blobs.shared("job")
    collector = cluster.machine("one")
    assert await collector.collect(NOTHING_IN_USE, older_than=4e9) == 1
    assert await collector.collect_job_folders(NOTHING_IN_USE, older_than=4e9) == 1
    cluster.time = 8e9
    for there in (second, third, fourth):
        await there.blobs.clean_cache()
        assert files(there.blobs) == []
        await there.engine.close()


def files(blobs: Blobs) -> list[Path]:
    return [path for name in ("blobs", "jobs") for path in (blobs.root / name).glob("*/*")]


@needs_espeak
async def test_a_job_whose_work_is_gone_fails_by_name(cluster: Cluster, tmp_path: Path) -> None:
    speech = said(["seven"])
    second, third = (desk(cluster, name, tmp_path) for name in ("two", "three"))
    plan = await second.plan("job", speech, language="en")
    await second.blobs.drop_job_folder("job")

    (broke,) = await third.outcomes(third.order(chunk=plan.chunks[0], language="en"))

    assert isinstance(broke, Failed)
    assert broke.failure.code == "upload_expired"
    for there in (second, third):
        await there.engine.close()


async def test_an_upload_that_is_passed_on_whole_is_so_from_any_machine(
    cluster: Cluster, tmp_path: Path
) -> None:
    service = GroqService(listen)
    audio = await received(cluster.machine("one"), mp3(20))
    orders: list[Order] = []
    for name in ("two", "three"):
        there = GroqDesk(tmp_path / name, lambda: cluster.time, blobs=cluster.machine(name))
        engine = there.engine(transport=GroqTransport(service))
        await engine.open()
        if not orders:
            prepared = await done_by_groq(engine, there.order(audio))
            assert isinstance(prepared, Prepared)
            orders = [there.order(audio, chunk) for chunk in prepared.plan.chunks]
        else:
            (order,) = orders
            await done_by_groq(engine, order)
        await engine.close()

    assert [asked.sha256 for asked in service.asked if asked.audio] == [audio.sha256]


async def test_a_recording_is_played_on_any_machine(cluster: Cluster, tmp_path: Path) -> None:
    sound = wav(silence(2).tobytes())
    audio = await received(cluster.machine("one"), sound)
    async with site(tmp_path / "app", blobs=cluster.machine("two"), workers=False) as here:
        submission = Submission(job_id="a", audio=audio)
        await here.services.manager.ask(JobManager.submit, submission)

        whole = await here.http.get("/job/a/audio")
        part = await here.http.get("/job/a/audio", headers={"Range": "bytes=3-7"})
        await cluster.machine("three").delete(audio.sha256)
        await let_go(here.services.blobs, audio)
        gone = await here.http.get("/job/a/audio")

    assert (whole.status_code, whole.content) == (200, sound)
    assert whole.headers["content-type"] == "audio/wav"
    assert (part.status_code, part.content) == (206, sound[3:8])
    assert (gone.status_code, gone.json()["error"]["code"]) == (410, "upload_expired")


async def let_go(blobs: Blobs, audio: Audio) -> None:
    """What was being sent is in use for a moment longer than its last byte takes."""
    async with asyncio.timeout(DEADLINE):
        while await asyncio.to_thread(blobs.path(audio).exists):
            await blobs.clean_cache()


class Away(ObjectStore):
    """Its network is down."""

    @property
    def _system(self) -> Any:
        raise ConnectionRefusedError


async def test_while_the_store_is_away_an_upload_is_refused_with_when_to_come_back(
    tmp_path: Path,
) -> None:
    cluster = Cluster("file", tmp_path)
    away = cluster.stored("two", objects=cluster.objects(Away))
    async with site(tmp_path / "app", blobs=away, workers=False) as here:
        sound = {"file": ("a.wav", wav(silence(1).tobytes()))}
        answer = await here.http.post("/transcribe-job", files=sound)

    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "storage_unreachable"
    assert int(answer.headers["retry-after"]) > 0
    assert files(away) == []


@needs_espeak
def test_a_service_with_a_store_keeps_its_recordings_there(tmp_path: Path) -> None:
    """As it is deployed: its engine in a process of its own, with copies in the data folder."""
    speech = said(["seven", "two", "nine"])
    sound = wav(speech.samples.tobytes())
    url, folder = f"file://{tmp_path}/store", tmp_path / "data"
    folder.mkdir()
    with (
        serving(folder, RETENDER_BLOBS_URL=url) as service,
        httpx.Client(base_url=service.url, timeout=60.0, trust_env=False) as http,
    ):
        answer = http.post("/transcribe", files={"file": ("a.wav", sound)})
        audio = http.get(f"/job/{answer.json()['job_id']}/audio")

    assert_nothing_lost_or_doubled(speech.words, answer.json()["text"].split())
    assert audio.content == sound
    assert [path.read_bytes() for path in tmp_path.glob("store/blobs/*/*")] == [sound]


async def test_a_service_does_not_start_without_its_store(tmp_path: Path) -> None:
    ended = await retender(tmp_path, "serve", RETENDER_BLOBS_URL="nonsense://store")
    assert ended.code != 0
    assert "RETENDER_BLOBS_URL is nonsense://store, and that does not work here" in ended.err
    ended = await retender(tmp_path, "serve", RETENDER_BLOBS_URL="file:///dev/null/store")
    assert ended.code != 0
    assert "file:///dev/null/store cannot be reached" in ended.err
