"""The whole tree as it is started and stopped, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping

import pytest

from actors.manager.job_manager import JobManager
from actors.names import BROADCASTER, COLLECTOR, JOB_MANAGER, METER, ROOT, TRANSCRIBER_POOL
from actors.runtime.api import Child, Recipe
from actors.runtime.local import LocalRuntime
from actors.supervision.children import TreeNode
from actors.supervision.supervisor import Supervisor
from actors.transcripts import whole_transcript
from actors.tree import TreeSettings, root
from actors.workers.transcriber_pool import PoolSettings
from retender.errors import ActorGone, JournalLocked, ModelUnavailable
from retender.jobs.job import Job
from retender.jobs.states import Status
from retender.jobs.submission import Submission
from retender.journal.api import Journal, JournalOpener
from retender.scheduling.pool_size import Bounds
from tests.support.actors.manager_service import MemoryDisk, recording
from tests.support.actors.supervised_children import settle
from tests.support.actors.virtual_time import VirtualClock
from tests.support.engines.scripted import Passage, Script, ScriptedEngine


class NoBlobs:
    """A store in which there is nothing to collect."""

    async def collect(self, keep: Collection[str], older_than: float) -> int:
        return 0

    async def collect_job_folders(self, keep: Collection[str], older_than: float) -> int:
        return 0


class NoModel(ScriptedEngine):
    async def open(self) -> None:
        raise ModelUnavailable("there is no model here")


async def locked() -> Journal:
    raise JournalLocked("process 42 has the journal open")


class House:
    def __init__(self, clock: VirtualClock) -> None:
        self.runtime = LocalRuntime(clock, seed=1)
        self.manager = self.runtime.ref(JobManager, JOB_MANAGER)
        self.disk = MemoryDisk()
        self.scripts: dict[str, Script] = {}
        self._root: Child | None = None

    def pool(self, engine: type[ScriptedEngine] = ScriptedEngine, workers: int = 2) -> PoolSettings:
        library: Mapping[str, Script] = self.scripts
        return PoolSettings(
            engine=Recipe.of(engine, library=library),
            host="local",
            bounds=Bounds(least=workers, most=workers),
        )

    async def open(self, pool: PoolSettings | None, journal: JournalOpener | None = None) -> Child:
        pools = () if pool is None else (pool,)
        settings = TreeSettings(journal=journal or self.disk, blobs=Recipe.of(NoBlobs), pools=pools)
        self._root = await self.runtime.spawn(root(settings))
        return self._root

    async def close(self) -> None:
        if self._root is not None:
            await self._root.kill()

    async def submit(self, job_id: str, script: Script) -> None:
        self.scripts[script.audio().sha256] = script
        submission = Submission(job_id=job_id, audio=script.audio())
        await self.manager.ask(JobManager.submit, submission)

    async def job(self, job_id: str) -> Job:
        return (await self.manager.ask(JobManager.status, job_id)).job

    async def ended(self, job_id: str) -> Status:
        while not (job := await self.job(job_id)).finished:
            await settle(1.0)
        return job.status

    async def tree(self) -> dict[str, TreeNode]:
        """Everyone by name, from top to bottom."""
        found: dict[str, TreeNode] = {}
        pending = [await self.runtime.ref(Supervisor, ROOT).ask(Supervisor.describe)]
        while pending:
            node = pending.pop(0)
            found[node.name] = node
            pending += node.children
        return found

    async def kill(self, supervisor: str, name: str) -> None:
        await self.runtime.ref(Supervisor, supervisor).ask(
            Supervisor.restart_child, name, "for the test"
        )
        while (await self.tree())[name].restarts == 0:
            await settle(0.1)


@pytest.fixture
async def house(virtual_clock: VirtualClock) -> AsyncIterator[House]:
    house = House(virtual_clock)
    yield house
    await house.close()
    await settle(1.0)
    assert asyncio.all_tasks() == {asyncio.current_task()}, "someone has left a task behind"


async def test_the_tree_is_the_one_on_the_page(house: House) -> None:
    await house.open(house.pool())
    tree = await house.tree()
    assert list(tree) == [
        ROOT,
        JOB_MANAGER,
        BROADCASTER,
        COLLECTOR,
        METER,
        TRANSCRIBER_POOL,
        "transcriber-1",
        "transcriber-2",
    ]
    assert {node.state for node in tree.values()} == {"running"}


async def test_a_job_comes_out_as_it_was_recorded(house: House) -> None:
    await house.open(house.pool())
    script = recording("one", 5)
    await house.submit("one", script)
    assert await house.ended("one") is Status.COMPLETED
    assert (await whole_transcript(house.manager, "one")).text == script.text


async def test_without_an_engine_jobs_wait_on_disk(house: House) -> None:
    await house.open(None)
    assert TRANSCRIBER_POOL not in await house.tree()
    await house.submit("one", recording("one"))
    await settle(100.0)
    assert (await house.job("one")).status is Status.QUEUED


async def test_jobs_that_waited_are_done_by_the_service_that_has_an_engine(house: House) -> None:
    first = await house.open(None)
    await house.submit("one", recording("one"))
    assert (await first.stop(10.0)).normal
    await house.open(house.pool())
    assert await house.ended("one") is Status.COMPLETED


@pytest.mark.parametrize(
    ("supervisor", "victim"),
    [
        (ROOT, JOB_MANAGER),
        (ROOT, BROADCASTER),
        (ROOT, COLLECTOR),
        (ROOT, TRANSCRIBER_POOL),
        (TRANSCRIBER_POOL, "transcriber-1"),
    ],
)
async def test_whoever_dies_the_job_ends_and_nobody_has_to_die_with_another(
    house: House, supervisor: str, victim: str
) -> None:
    await house.open(house.pool())
    script = Script(tuple(Passage((f"w{n}",), takes=3.0) for n in range(6)))
    await house.submit("one", script)
    await settle(4.0)
    await house.kill(supervisor, victim)
    assert await house.ended("one") is Status.COMPLETED
    assert (await whole_transcript(house.manager, "one")).text == script.text
    restarted = {name for name, node in (await house.tree()).items() if node.restarts}
    assert restarted == {victim}


async def test_stopping_lets_what_is_in_hand_come_to_its_end(house: House) -> None:
    service = await house.open(house.pool(workers=1))
    await house.submit("one", Script((Passage(("long",), takes=20.0), Passage(("more",)))))
    await settle(5.0)
    assert (await service.stop(60.0)).normal
    journal = await house.disk()
    stored = await journal.stored("one")
    assert stored is not None
    assert (stored.job.chunks_done, [piece.token for piece in stored.pieces]) == (1, [None] * 3)


async def test_a_journal_that_someone_else_has_is_why_the_tree_does_not_stand(
    house: House,
) -> None:
    with pytest.raises(ActorGone, match="process 42 has the journal open"):
        await house.open(house.pool(), locked)


async def test_without_its_model_the_service_takes_jobs_in_and_says_what_is_missing(
    house: House,
) -> None:
    await house.open(house.pool(NoModel, workers=1))
    await house.submit("one", recording("one"))
    await settle(300.0)
    tree = await house.tree()
    assert (await house.job("one")).status is Status.QUEUED
    assert "there is no model here" in tree["transcriber-1"].cause
    assert tree[JOB_MANAGER].restarts == 0
