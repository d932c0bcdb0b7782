"""Files that nothing needs are let go of, and no others: on a real disk, in virtual time."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from actors.collector import Collector
from actors.manager.job_manager import JobManager
from actors.manager.settings import ManagerSettings
from actors.names import COLLECTOR
from actors.runtime.api import Recipe, Spawn
from retender.jobs.retention import Retention
from retender.storage.blobs import BlobStore
from tests.support.actors.manager_service import Service, recording
from tests.support.actors.virtual_time import VirtualClock

RETENTION = Retention(audio_seconds=1000.0, stray_seconds=100.0, collect_every=50.0)


class Keeping(Service):
    def __init__(self, clock: VirtualClock, folder: Path) -> None:
        super().__init__(clock, ManagerSettings())
        self.store = BlobStore(folder)
        self.folder = folder

    async def open(self) -> None:
        await self.start()
        blobs = Recipe.of(BlobStore, root=str(self.folder))
        recipe = Recipe.of(Collector, blobs=blobs, retention=RETENTION)
        await self.spawn(Spawn(COLLECTOR, recipe))

    async def upload(self, name: str) -> None:
        async with self.store.receive(limit=1_000_000) as upload:
            await upload.write(recording(name).recorded())
            await upload.finish(at=self.clock.now())

    def kept(self, name: str) -> bool:
        return self.store.path(recording(name).audio()).exists()


@pytest.fixture
async def service(virtual_clock: VirtualClock, tmp_path: Path) -> AsyncIterator[Keeping]:
    service = Keeping(virtual_clock, tmp_path)
    await service.open()
    yield service
    await service.stop()


async def test_an_upload_that_became_no_job_is_let_go_of_after_its_grace(service: Keeping) -> None:
    await service.wait(200.0)
    await service.upload("stray")
    await service.wait(60.0)
    assert service.kept("stray")
    await service.wait(200.0)
    assert not service.kept("stray")


async def test_the_audio_of_a_job_that_waits_is_kept_for_ever(service: Keeping) -> None:
    await service.upload("one")
    await service.submit("one")
    await service.wait(10_000.0)
    assert service.kept("one")


async def test_the_audio_of_a_finished_job_goes_with_its_time(service: Keeping) -> None:
    await service.upload("one")
    await service.submit("one")
    await service.work_off()
    await service.wait(500.0)
    assert service.kept("one")
    await service.wait(1000.0)
    assert not service.kept("one")


async def test_after_the_clock_was_set_no_age_is_trusted_for_a_while(service: Keeping) -> None:
    await service.wait(500.0)
    await service.upload("on its way")
    service.clock.shift(86_400.0)
    await service.wait(90.0)
    assert service.kept("on its way")


async def test_a_clock_that_is_set_back_during_a_collection_costs_no_new_upload(
    service: Keeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_old = JobManager.forget_old

    async def meanwhile(manager: JobManager, retention: Retention) -> bool:
        if not service.kept("on its way"):
            service.clock.shift(-86_400.0)
            await service.upload("on its way")
        return await forget_old(manager, retention)

    monkeypatch.setattr(meanwhile, "__name__", "forget_old")
    await service.wait(200.0)
    monkeypatch.setattr(JobManager, "forget_old", meanwhile)
    await service.wait(90.0)
    assert service.kept("on its way")


async def test_working_files_of_a_finished_job_are_dropped(service: Keeping) -> None:
    await service.upload("one")
    await service.submit("one")
    folder = service.store.job_folder("one")
    os.utime(folder, (service.clock.now(),) * 2)
    await service.wait(300.0)
    assert folder.exists()
    await service.work_off()
    service.clock.shift(86_400.0)
    await service.wait(500.0)
    assert not folder.exists()


async def test_without_a_manager_nothing_is_touched(service: Keeping) -> None:
    await service.upload("stray")
    await service._children[0].kill()
    await service.wait(1000.0)
    assert service.kept("stray")
