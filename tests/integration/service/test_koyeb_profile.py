"""The profile `koyeb` in a process of its own, with a stand-in for Groq behind a real port."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from websockets.asyncio.client import connect

from deployments.settings import read
from deployments.wiring import groq
from retender.engines.usage_ledger import DAY, HOUR, UsageLedger, Use
from tests.support.groq.rules import KEY, Asked, GroqService, Heard
from tests.support.groq.server import GroqServer
from tests.support.http.command import DEADLINE, Serving, retender, serving_beside, until
from tests.support.paths import PROJECT
from tests.support.sound.media import ffmpeg

HEAVY = {"ray", "faster_whisper", "ctranslate2", "onnxruntime", "numpy", "av", "torch"}
"""A small instance has no room for any of them."""

AT_THE_END = """
import atexit, json, pathlib, sys
modules = pathlib.Path(__file__).with_name("modules.json")
atexit.register(lambda: modules.write_text(json.dumps(sorted(sys.modules))))
"""


async def listen(asked: Asked) -> Heard:
    kind = asked.name.rpartition(".")[2]
    return Heard(3.0, ((0.0, 2.0, f" Esto era {kind}."),))


@pytest.fixture
async def stand_in() -> AsyncIterator[GroqServer]:
    async with GroqServer(GroqService(listen)).running() as server:
        yield server


@asynccontextmanager
async def small(
    folder: Path, stand_in: GroqServer, **given: str
) -> AsyncIterator[tuple[Serving, httpx.AsyncClient]]:
    settings = {
        "RETENDER_PROFILE": "koyeb",
        "GROQ_API_KEY": KEY,
        "GROQ_BASE_URL": stand_in.address,
        **given,
    }
    async with (
        serving_beside(folder, **settings) as service,
        httpx.AsyncClient(base_url=service.url, timeout=DEADLINE, trust_env=False) as http,
    ):
        yield service, http


def tone(target: Path, seconds: int = 3) -> Path:
    ffmpeg("-f", "lavfi", "-i", f"sine=440:duration={seconds}", target)
    return target


async def submitted(http: httpx.AsyncClient, file: Path, **fields: str) -> dict[str, Any]:
    content = await asyncio.to_thread(file.read_bytes)
    answer = await http.post("/transcribe-job", files={"file": (file.name, content)}, data=fields)
    assert answer.status_code == 202, answer.text
    return answer.json()  # type: ignore[no-any-return]  # the receipt


async def ended(http: httpx.AsyncClient, job_id: str) -> dict[str, Any]:
    job: dict[str, Any] = {}

    async def over() -> bool:
        job.update((await http.get(f"/job/{job_id}")).json())
        return job["status"] in {"completed", "failed", "cancelled"}

    await until(over)
    return job


async def healthy(http: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = {}

    async def so() -> bool:
        found.update((await http.get("/health")).json())
        return bool(found["status"] == "healthy")

    await until(so)
    return found


async def limits(http: httpx.AsyncClient) -> str:
    """What is said of Groq's limits, once its worker has reported."""
    found: dict[str, str] = {}

    async def reported() -> bool:
        groq = (await healthy(http))["engines"]["groq"]
        found["reason"] = groq["reason"] or ""
        return "used up" in found["reason"]

    await until(reported)
    return found["reason"]


def spend_the_day(folder: Path, stand_in: GroqServer) -> float:
    """All of a day's audio was used just over an hour ago. Returns in how long there is room."""
    given = {"GROQ_API_KEY": KEY, "GROQ_BASE_URL": stand_in.address}
    account = groq.account(read({**given, "RETENDER_DATA_DIR": str(folder)}, folder / ".env"))
    ago = HOUR + 60
    used = UsageLedger((Use(time.time() - ago, 1, account.limits.audio_per_day),))
    ledger = folder / "groq" / f"{account.account(account.model)}.json"
    ledger.parent.mkdir()
    ledger.write_bytes(msgspec.json.encode(used))
    return DAY - ago


async def test_nothing_heavy_is_imported_even_where_a_recording_is_decoded(
    tmp_path: Path, stand_in: GroqServer
) -> None:
    (tmp_path / "sitecustomize.py").write_text(AT_THE_END)
    path = f"{tmp_path}:{PROJECT}"
    async with small(tmp_path, stand_in, PYTHONPATH=path) as (service, http):
        whole = await ended(http, (await submitted(http, tone(tmp_path / "a.mp3")))["job_id"])
        cut = await ended(http, (await submitted(http, tone(tmp_path / "a.aiff")))["job_id"])
        service.process.send_signal(signal.SIGTERM)
        status, _ = await asyncio.to_thread(service.ended)
    assert status == 0
    assert whole["result"]["text"] == "Esto era mp3."
    assert cut["result"]["text"] == "Esto era flac.", "it was decoded, cut and encoded here"
    imported = set(json.loads((tmp_path / "modules.json").read_text()))
    assert "deployments.serving.local" in imported
    assert imported & HEAVY == set()


async def test_page_api_and_socket_are_all_there_and_the_choice_is_explained(
    tmp_path: Path, stand_in: GroqServer
) -> None:
    async with small(tmp_path, stand_in, MAX_CONCURRENT_JOBS="2") as (service, http):
        told = [line["message"] for line in service.said]
        health = await healthy(http)
        assert (await http.get("/docs")).status_code == 200
        receipt = await submitted(http, tone(tmp_path / "a.ogg"))
        address = f"{service.url.replace('http', 'ws')}/ws/transcription/{receipt['job_id']}"
        async with connect(address, proxy=None) as socket:
            kinds = [json.loads(message)["type"] async for message in socket]
        service.process.send_signal(signal.SIGTERM)
        _, later = await asyncio.to_thread(service.ended)
    assert kinds[-1] == "completed"
    assert health["profile"] == "koyeb"
    assert list(health["engines"]) == ["groq"]
    assert health["instance"]["at_once"] == 2
    assert health["instance"]["reason"].endswith("2 at a time, as MAX_CONCURRENT_JOBS says")
    assert health["data"]["state"] == "new"
    assert health["instance"]["reason"] in later
    assert health["data"]["reason"] in told


async def test_when_the_day_is_spent_a_job_waits_and_the_estimate_says_so(
    tmp_path: Path, stand_in: GroqServer
) -> None:
    room_in = spend_the_day(tmp_path, stand_in)
    async with small(tmp_path, stand_in) as (_, http):
        assert "are used up until" in await limits(http)
        assert 'retender_engine_limited{engine="groq"} 1.0' in (await http.get("/metrics")).text
        receipt = await submitted(http, tone(tmp_path / "a.mp3"))
        assert receipt["estimated_processing_time"] == pytest.approx(room_in, abs=120)
        job: dict[str, Any] = {}

        async def told() -> bool:
            job.update((await http.get(f"/job/{receipt['job_id']}")).json())
            return "limits are used up" in job["message"]

        await until(told)
        assert job["estimated_time_remaining"] == pytest.approx(room_in, abs=120)
    assert stand_in.service.asked == []


async def test_when_the_day_is_spent_a_job_fails_at_once_if_that_was_asked_for(
    tmp_path: Path, stand_in: GroqServer
) -> None:
    spend_the_day(tmp_path, stand_in)
    async with small(tmp_path, stand_in, GROQ_LONGEST_WAIT_SECONDS="3600") as (_, http):
        job = await ended(http, (await submitted(http, tone(tmp_path / "a.mp3")))["job_id"])
    assert job["status"] == "failed"
    assert "are used up until" in json.dumps(job["error"])
    assert stand_in.service.asked == []


async def test_without_a_key_for_groq_it_does_not_start_and_says_what_is_missing(
    tmp_path: Path,
) -> None:
    done = await retender(tmp_path, "serve", RETENDER_PROFILE="koyeb")
    assert done.code != 0
    assert "GROQ_API_KEY is not set" in done.err
