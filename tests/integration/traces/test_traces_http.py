"""Traces of a whole service, as a collector receives them over OTLP."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from loguru import logger
from msgspec.structs import replace

from actors.names import JOB_MANAGER
from deployments.wiring.clock import SystemClock
from retender.jobs.retry import RetryPolicy
from retender.jobs.trace import UNTRACED, Part, TraceRecord
from retender.outbound.otlp import OtlpExporter
from tests.support.engines.scripted import Act, Passage, Script
from tests.support.http.http_service import MANAGER, Site, says, site
from tests.support.http.otlp_collector import DEADLINE, OtlpCollector
from tests.support.http.webhook_receivers import Receivers, settings

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SAMPLED, UNSAMPLED = f"00-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN}-00"
SOON_AGAIN = replace(MANAGER, retry=RetryPolicy(attempts=3, first=0.1))


@pytest.fixture
async def collector(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[OtlpCollector]:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "20")
    there = OtlpCollector()
    yield there
    await asyncio.to_thread(there.close)


async def post(here: Site, script: Script, traceparent: str = "", **fields: str) -> str:
    headers = {"traceparent": traceparent} if traceparent else {}
    files = {"file": ("a.wav", script.recorded(), "audio/wav")}
    answer = await here.http.post("/transcribe-job", files=files, data=fields, headers=headers)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["job_id"])


def threads_of_traces() -> list[str]:
    names = (thread.name for thread in threading.enumerate())
    return [name for name in names if name.startswith(("OtelBatch", "traces"))]


def record() -> TraceRecord:
    return TraceRecord(
        part=Part.QUEUE, job_id="j", trace=UNTRACED, began=1.0, ended=2.0, outcome="processing"
    )


async def test_a_job_is_followed_from_its_upload_to_its_webhook(
    tmp_path: Path, collector: OtlpCollector
) -> None:
    lines: list[dict[str, object]] = []
    sink = logger.add(lambda line: lines.append(dict(line.record["extra"])), level="INFO")
    good, bad = Passage(("good",), takes=0.0), Passage(("bad",), takes=0.0, acts=(Act.FAIL,))
    script = Script((good, bad), preparation=Passage((), takes=0.0))
    async with site(
        tmp_path,
        manager=SOON_AGAIN,
        traces=collector.recipe(authorization="Bearer mine"),
        webhooks=settings(receivers := Receivers(SystemClock())),
    ) as here:
        job_id = await post(here, script, SAMPLED, callback_url="https://app.example/done")
        unseen = await post(here, says("unseen"), UNSAMPLED)
        own = await post(here, says("own"))
        for each in (unseen, own):
            await here.ended(each)
        await collector.one("webhook")
        await collector.one("job", own)
    logger.remove(sink)
    spans = [span for span in collector.spans if span.said["retender.job"] == job_id]
    job = next(span for span in spans if span.name == "job")

    # In the caller's trace, below its span; everything else below the job.
    assert {span.trace for span in spans} == {TRACE}
    assert (job.parent, job.kind, job.service, job.error) == (SPAN, "SERVER", "stt", None)
    assert {span.parent for span in spans if span is not job} == {job.id}
    assert Counter(span.name for span in spans) == Counter(
        {"job": 1, "upload": 1, "queue": 1, "preparation": 1, "chunk": 3, "webhook": 1}
    )
    assert len({span.id for span in spans}) == len(spans)

    # Who did each attempt at each chunk, when, and what became of it.
    chunks = [span for span in spans if span.name == "chunk"]
    attempts = {
        (span.said["retender.chunk"], span.said["retender.attempt"]): span.said["retender.outcome"]
        for span in chunks
    }
    assert attempts == {(1, 1): "done", (2, 1): "retried", (2, 2): "done"}
    assert {span.said["retender.worker"] for span in chunks} == {"transcriber-1"}
    assert [span.error for span in chunks if span.error] == ["engine_failed"]
    webhook = next(span for span in spans if span.name == "webhook")
    assert webhook.said["server.address"] == "app.example"
    assert (webhook.kind, webhook.said["retender.outcome"]) == ("CLIENT", "delivered")
    assert len(receivers.got("app.example")) == 1

    # The parts follow one another inside of the job.
    upload, queue, preparation = (
        next(span for span in spans if span.name == name)
        for name in ("upload", "queue", "preparation")
    )
    assert job.began == upload.began <= upload.ended == queue.began <= queue.ended
    assert queue.ended <= preparation.ended <= min(span.ended for span in chunks)
    assert max(span.ended for span in chunks) == job.ended <= webhook.ended

    # A job whose caller samples nothing has no spans; one without a caller's trace has its own.
    assert not [span for span in collector.spans if span.said["retender.job"] == unseen]
    assert {span.trace for span in collector.spans if span.said["retender.job"] == own} == {own}
    assert collector.paths == {"/v1/traces"}
    assert {each["authorization"] for each in collector.headers} == {"Bearer mine"}

    # The lines of the log name the trace.
    about = [line for line in lines if line.get("job") == job_id]
    assert len(about) >= 3, "its failed attempt, its end, its webhook"
    assert {line["trace"] for line in about} == {TRACE}
    assert threads_of_traces() == []


async def test_a_job_that_goes_on_after_a_crash_or_a_restart_stays_in_its_trace(
    tmp_path: Path, collector: OtlpCollector
) -> None:
    async with site(tmp_path, traces=collector.recipe(), workers=False) as before:
        job_id = await post(before, says("word", chunks=4, takes=0.2))
        await collector.one("upload")
    async with site(tmp_path, traces=collector.recipe(), lanes=1) as after:
        await collector.one("chunk")
        await after.kill(JOB_MANAGER)
        await after.ended(job_id)
        await collector.one("job")
    (job,) = collector.named("job")
    done: Counter[object] = Counter(
        span.said["retender.chunk"]
        for span in collector.named("chunk")
        if span.said["retender.outcome"] == "done"
    )
    assert {span.trace for span in collector.spans} == {job_id}
    assert {span.parent for span in collector.spans if span.name != "job"} == {job.id}
    assert job.parent == ""
    assert set(done) == {1, 2, 3, 4}
    (queue,) = collector.named("queue")
    assert job.began <= queue.began < queue.ended < job.ended


async def test_a_collector_that_does_not_answer_keeps_nobody_waiting(
    tmp_path: Path, collector: OtlpCollector
) -> None:
    collector.fall_silent()
    recipe = collector.recipe()
    recipe = replace(recipe, options={**recipe.options, "close_seconds": 0.05})
    async with site(tmp_path, traces=recipe) as here:
        await here.ended(await post(here, says("first")))
        assert await asyncio.to_thread(collector.asked.wait, 60.0)
        await here.ended(await post(here, says("second")))
    # The service has stopped, and the collector has still not answered.
    assert collector.spans == []


async def test_what_an_absent_collector_does_not_take_is_dropped_and_told_once(
    collector: OtlpCollector,
) -> None:
    told: list[str] = []
    sink = logger.add(lambda line: told.append(line.record["message"]), level="INFO")
    collector.answer = 401
    sender = OtlpExporter(collector.address, {}, "stt", "0.test", DEADLINE)
    for _ in range(3):
        collector.asked.clear()
        sender.add(record())
        assert await asyncio.to_thread(collector.asked.wait, 60.0)
    collector.answer = 200
    sender.add(record())
    await collector.one("queue")
    await asyncio.to_thread(sender.close)
    logger.remove(sink)
    assert len(told) == 2, told
    assert "401" in told[0]
    assert "taken again" in told[1]
    assert threads_of_traces() == []


async def test_an_exporter_that_nobody_closed_sends_what_it_has_and_ends(
    collector: OtlpCollector,
) -> None:
    sender = OtlpExporter(collector.address, {}, "stt", "0.test", DEADLINE)
    (thread,) = (each for each in threading.enumerate() if each.name.startswith("OtelBatch"))
    sender.add(record())
    del sender
    gc.collect()
    await collector.one("queue")
    await asyncio.to_thread(thread.join, DEADLINE)
    assert not thread.is_alive()
