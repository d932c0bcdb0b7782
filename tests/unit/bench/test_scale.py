"""The simulated days of `bench.scale`: what they show must be what the service does."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from actors.manager.job_manager import JobManager
from actors.manager.settings import ManagerSettings
from actors.names import JOB_MANAGER
from actors.runtime.api import Recipe, Ref, Spawn
from actors.runtime.local import LocalRuntime
from bench.scale.day import a_mix, live
from bench.scale.desk import Desk
from bench.scale.workload import Mix, arrivals
from bench.scale.world import Stuck, World, plan
from deployments.wiring.clock import SystemClock
from retender.jobs.job import Options
from retender.jobs.pieces import PREPARATION
from retender.jobs.submission import Submission
from retender.journal.sqlite import SqliteOpener
from retender.scheduling import fair_queue
from retender.storage.audio import Audio
from retender.transcript.chunks import ChunkResult
from retender.workers.orders import Exchange, Outcome, Prepared, Transcribed

JOBS, WORKERS = 300, 15


def a_day(seed: int = 7) -> World:
    return live(a_mix(JOBS, WORKERS, seed), WORKERS, timer=lambda: 0.0)


@pytest.fixture(scope="module")
def day() -> World:
    return a_day()


def test_the_same_seed_makes_the_same_decisions_and_another_seed_makes_others(day: World) -> None:
    assert a_day().digest == day.digest
    assert a_day(8).digest != day.digest


def test_every_job_of_the_day_ends_exactly_once(day: World) -> None:
    assert day.tally.ends.total() == len(list(arrivals(a_mix(JOBS, WORKERS, 7))))
    assert day.tally.ends == +Counter(day.desk.active.counts), "as the board counts them"
    assert not list(day.desk.active)
    assert day.desk.dispatcher.lease_count == 0
    assert day.desk.dispatcher.pieces_waiting == 0


def test_workers_died_and_attempts_failed_in_it(day: World) -> None:
    assert day.tally.deaths > 0
    assert day.tally.failed_attempts > 0


def test_a_queue_that_loses_a_piece_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = fair_queue.FairQueue.take

    def careless(
        self: fair_queue.FairQueue,
        engines: tuple[str, ...],
        together: fair_queue.Together | None = None,
    ) -> tuple[str, int] | None:
        taken = honest(self, engines, together)
        return honest(self, engines, together) if taken == ("job-50", 1) else taken

    monkeypatch.setattr(fair_queue.FairQueue, "take", careless)
    with pytest.raises(Stuck):
        a_day()


def test_another_rule_makes_other_decisions(day: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fair_queue, "AGEING_TURN", fair_queue.AGEING_TURN + 1)
    assert a_day().digest != day.digest


def test_the_jobs_of_others_do_not_depend_on_whether_there_is_a_greedy_one() -> None:
    mix = Mix(1000, 3, 1000.0)
    beside = [each for each in arrivals(mix) if each.owner != "greedy"]
    assert beside == list(arrivals(mix._replace(greedy=0.0)))
    assert [each.at for each in beside] == sorted(each.at for each in beside)


# The desk and the manager


@pytest.fixture
async def manager(tmp_path: Path) -> AsyncIterator[Ref[JobManager]]:
    runtime = LocalRuntime(SystemClock())
    journal = SqliteOpener(str(tmp_path / "journal.db"))
    recipe = Recipe.of(JobManager, journal=journal, settings=ManagerSettings(lease_seconds=600.0))
    child = await runtime.spawn(Spawn(JOB_MANAGER, recipe))
    yield runtime.ref(JobManager, JOB_MANAGER)
    await child.stop(10.0)


SUBMISSIONS = [
    Submission(
        job_id=f"job-{n}",
        owner=("ana", "ben", "ben", "cleo")[n % 4],
        audio=Audio(f"{n:064}", (7 * n % 13 + 1) * 100_000),
        options=Options(model=("", "small")[n % 2]),
        priority=(0, 0, 0, 5, -5)[n % 5],
    )
    for n in range(24)
]
WANTS = (1, 3, 1, 2)


async def test_the_desk_gives_out_what_the_manager_gives_out(manager: Ref[JobManager]) -> None:
    desk = Desk(lease_seconds=600.0)
    for submission in SUBMISSIONS:
        desk.submit(submission)
        await manager.ask(JobManager.submit, submission)
    done: dict[str, tuple[tuple[Outcome, ...], tuple[Outcome, ...]]] = {}
    given = 0
    for turn in range(1000):
        worker = f"worker-{turn % len(WANTS)}"
        here, there = done.pop(worker, ((), ()))
        want = WANTS[turn % len(WANTS)]
        leases = desk.exchange(Exchange(worker=worker, instance="1", outcomes=here, want=want))
        orders = await manager.ask(
            JobManager.exchange, Exchange(worker=worker, instance="1", outcomes=there, want=want)
        )
        keys = [(order.job_id, order.index) for order in orders.orders]
        assert [lease.key for lease in leases] == keys, f"at turn {turn}"
        done[worker] = (
            tuple(outcome(lease.token, *lease.key) for lease in leases),
            tuple(outcome(order.token, order.job_id, order.index) for order in orders.orders),
        )
        given += len(keys)
        if not any(here for here, _ in done.values()):
            break
    assert given == sum(1 + chunks(each.job_id) for each in SUBMISSIONS)


def chunks(job_id: str) -> int:
    return int(job_id.removeprefix("job-")) % 7 + 1


def outcome(token: str, job_id: str, index: int) -> Outcome:
    if index == PREPARATION:
        return Prepared(token, plan((20.0,) * chunks(job_id)))
    return Transcribed(token, ChunkResult(()))
