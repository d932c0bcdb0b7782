"""Files are collected however many jobs there are, and a collection that fails is seen: messages
have the limits of messages between processes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from loguru import logger

from actors.collector import Collector
from actors.manager.settings import ManagerSettings
from actors.names import COLLECTOR
from actors.runtime.api import Recipe, Spawn
from retender.jobs.retention import Retention
from retender.storage.blobs import BlobStore
from tests.support.actors.framed_runtime import FramedRuntime
from tests.support.actors.manager_service import Service, recording
from tests.support.actors.virtual_time import VirtualClock

RETENTION = Retention(audio_seconds=1000.0, stray_seconds=100.0, collect_every=50.0)

# More than fit in one message.
MANY = 140_000
IN_USE = """
    INSERT INTO jobs (id, owner, status, completed_at, sha256, body)
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
    SELECT 'old' || n, '', 'completed', 1e12, printf('%064x', n), CAST('{}' AS BLOB) FROM numbers
"""


class Keeping(Service):
    def __init__(self, clock: VirtualClock, folder: Path) -> None:
        super().__init__(clock, ManagerSettings(), FramedRuntime(clock, seed=1))
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


@pytest.fixture
def errors() -> Iterator[list[str]]:
    heard: list[str] = []
    sink = logger.add(heard.append, level="ERROR", format="{message}")
    yield heard
    logger.remove(sink)


async def test_files_are_collected_however_many_recordings_are_in_use(
    service: Keeping, errors: list[str]
) -> None:
    service.disk.connection.execute(IN_USE, (MANY,))
    await service.wait(200.0)
    await service.upload("stray")
    await service.wait(300.0)
    assert errors == []
    assert not service.kept("stray")


async def test_a_collection_that_fails_is_an_error_in_the_log_and_is_counted(
    service: Keeping, errors: list[str]
) -> None:
    collector = service.runtime.ref(Collector, COLLECTOR)
    await service.upload("stray")
    await service._children[0].kill()
    await service.wait(200.0)
    failed = (await collector.ask(Collector.collections)).failed
    assert failed > 0
    assert len(errors) == failed
    assert "there is no job_manager" in errors[0]

    await service.start()
    await service.wait(60.0)
    done = await collector.ask(Collector.collections)
    assert (done.succeeded, done.failed, done.files) == (1, failed, 1)


async def test_a_file_that_cannot_be_deleted_keeps_no_other(
    service: Keeping, errors: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await service.wait(200.0)
    await service.upload("stuck")
    await service.upload("stray")
    stuck = service.store.path(recording("stuck").audio())
    assert stuck.parent != service.store.path(recording("stray").audio()).parent
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path == stuck:
            raise PermissionError(1, "Operation not permitted", str(path))
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    await service.wait(300.0)
    assert (service.kept("stuck"), service.kept("stray")) == (True, False)
    assert "Operation not permitted" in errors[0]
