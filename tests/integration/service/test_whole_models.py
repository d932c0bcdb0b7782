"""Models in the workers' processes, as an administrator sees and moves them through the manager."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from actors.manager.job_manager import JobManager
from actors.manager.worker_registry import WorkerInfo
from retender.engines.models.overview import ModelInfo
from retender.errors import InvalidOption
from retender.jobs.job import Options
from retender.workers.reports import ModelState
from tests.support.engines.recognition_service import (
    DEADLINE,
    Shape,
    WholeService,
    linux_only,
    resident,
    whole_service,
    worker_processes,
)
from tests.support.sound.speech import needs_speech, say

pytestmark = [needs_speech, linux_only]

MEGABYTE = 1_000_000
RUNTIME = b"ctranslate2"
"""What computes with models, as the kernel names it among the files of a process."""


async def worker(service: WholeService, *, but: int = 0) -> tuple[int, WorkerInfo]:
    """The worker's process, once it is there and has spoken; not the one that is to go."""
    async with asyncio.timeout(DEADLINE):
        while True:
            processes, told = worker_processes(), await service.manager.ask(JobManager.workers)
            if len(processes) == len(told) == 1 and processes != {but}:
                return processes.pop(), told[0]
            await asyncio.sleep(0.05)


async def digits(service: WholeService, state: ModelState) -> ModelInfo:
    async with asyncio.timeout(DEADLINE):
        while True:
            infos = {info.name: info for info in await service.manager.ask(JobManager.models)}
            if any(holder.held.state is state for holder in infos["digits"].holders):
                return infos["digits"]
            await asyncio.sleep(0.05)


def has_runtime(process: int) -> bool:
    return RUNTIME in Path(f"/proc/{process}/maps").read_bytes()


async def test_a_model_comes_and_goes_as_it_is_wished(tmp_path: Path) -> None:
    async with whole_service(tmp_path, Shape()) as service:
        process, told = await worker(service)
        assert not has_runtime(process), "it brings in nothing for a model that is not there"
        assert told.report.models == ()
        before = resident(process)
        assert abs(told.report.resident - before) < 20 * MEGABYTE

        assert await service.manager.ask(JobManager.load_model, "digits") == ("transcriber-1",)
        info = await digits(service, ModelState.LOADED)
        assert (info.default, info.downloaded) == (True, True)
        assert has_runtime(process)
        (holder,) = info.holders
        assert (holder.worker, holder.held.precision) == ("transcriber-1", "int8")
        assert (await service.heard(say("seven two nine").path, Options())).text

        await service.manager.ask(JobManager.unload_model, "digits")
        fresh, told = await worker(service, but=process)
        assert not has_runtime(fresh)
        assert resident(fresh) < before + 20 * MEGABYTE
        assert told.report.models == ()
        assert (await service.heard(say("nine two seven").path, Options())).text


async def test_what_cannot_be_wished_for_is_refused_and_what_cannot_be_had_is_told(
    tmp_path: Path,
) -> None:
    async with whole_service(tmp_path, Shape()) as service:
        await worker(service)
        with pytest.raises(InvalidOption, match="the nearest is 'digits'"):
            await service.manager.ask(JobManager.load_model, "digit")
        await service.manager.ask(JobManager.load_model, "small")
        async with asyncio.timeout(DEADLINE):
            while not (failed := await small(service)):  # noqa: ASYNC110 - another process' doing
                await asyncio.sleep(0.05)
        assert "downloading is switched off" in failed


async def small(service: WholeService) -> str:
    infos = {info.name: info for info in await service.manager.ask(JobManager.models)}
    assert not infos["small"].downloaded
    return " ".join(holder.held.trouble for holder in infos["small"].holders)
