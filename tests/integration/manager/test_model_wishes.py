"""What workers report and what is wished of them, through the manager, in virtual time."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
import pytest

from actors.manager.job_manager import JobManager
from actors.manager.settings import ManagerSettings
from actors.runtime.api import Child, Recipe, Spawn
from actors.workers.transcriber import Transcriber, TranscriberSettings
from retender.engines.models.library import LibrarySettings
from retender.engines.models.overview import ModelInfo
from retender.errors import EngineUnavailable, InvalidOption, JobNotFound, ModelUnavailable
from retender.jobs.job import Options
from retender.jobs.states import Status
from retender.workers.reports import HeldModel, ModelState, WorkerReport
from tests.support.actors.manager_service import recording
from tests.support.actors.scripted_service import SETTINGS, Watched, Works
from tests.support.actors.virtual_time import VirtualClock

HEARD = 2 * TranscriberSettings().heartbeat + 0.1
REPORTED = HEARD + TranscriberSettings().report_every
LOADING = 8.0


class Cupboard:
    """The models of one worker's engine; the test looks into it."""

    def __init__(self) -> None:
        self.models: dict[str, float] = {}
        self.log: list[str] = []


class Furnished(Watched):
    """Loads in 8 s, beside its work."""

    def __init__(self, service: Works, cupboard: Cupboard) -> None:
        super().__init__(service)
        self._works = service
        self._cupboard = cupboard
        self.needs_restart = False

    async def report(self) -> WorkerReport:
        now = self._works.clock.monotonic()
        models = tuple(
            HeldModel(model=name, state=ModelState.LOADED, bytes=100, loaded_for=now - since)
            for name, since in self._cupboard.models.items()
        )
        return WorkerReport(engine=self.name, resident=1000, models=models)

    async def load(self, model: str) -> None:
        self._cupboard.log.append(f"+{model}")
        await self._works.wait(LOADING)
        if model == "large-v3":
            raise ModelUnavailable("there is no room for it")
        self._cupboard.models[model] = self._works.clock.monotonic()

    async def unload(self, model: str) -> None:
        self._cupboard.log.append(f"-{model}")
        self._cupboard.models.pop(model, None)


class Household(Works):
    def __init__(self, clock: VirtualClock, folder: str) -> None:
        super().__init__(clock)
        self._settings: ManagerSettings = msgspec.structs.replace(
            SETTINGS, library=LibrarySettings(root=folder), default_model="small"
        )

    async def employ(self, cupboard: Cupboard, name: str = "transcriber-1") -> Child:
        engine = Recipe.of(Furnished, service=self, cupboard=cupboard)
        recipe = Recipe.of(Transcriber, engine=engine, settings=TranscriberSettings())
        child = await self.spawn(Spawn(name, recipe))
        await self.wait(HEARD)
        return child

    async def model(self, name: str) -> ModelInfo:
        infos = await self.manager.ask(JobManager.models)
        return {info.name: info for info in infos}[name]


@pytest.fixture
async def service(
    virtual_clock: VirtualClock, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Household]:
    service = Household(virtual_clock, str(tmp_path_factory.mktemp("models")))
    await service.open()
    yield service
    await service.stop()


async def test_a_model_that_is_wished_for_is_loaded_by_every_worker_and_shown(
    service: Household,
) -> None:
    first, second = Cupboard(), Cupboard()
    await service.employ(first)
    await service.employ(second, "transcriber-2")
    asked = await service.manager.ask(JobManager.load_model, "small")
    assert asked == ("transcriber-1", "transcriber-2")
    begun = service.clock.now()
    await service.wait(LOADING + REPORTED)
    holders = (await service.model("small")).holders
    assert [holder.worker for holder in holders] == list(asked)
    for holder in holders:
        assert begun + LOADING - 0.1 <= holder.since <= begun + LOADING + HEARD + 0.1
    assert (await service.model("small")).default
    assert first.log == second.log == ["+small"], "a wish is carried out once"


async def test_jobs_run_on_while_a_model_is_loaded(service: Household) -> None:
    cupboard = Cupboard()
    await service.employ(cupboard)
    await service.manager.ask(JobManager.load_model, "small")
    await service.submit("one", recording("one", 3))
    await service.wait(HEARD)
    assert await service.ends("one", within=5.0) is Status.COMPLETED
    assert cupboard.models == {}, "it is still on its way"
    await service.wait(LOADING)
    assert set(cupboard.models) == {"small"}


async def test_a_model_is_given_up_on_request_and_no_longer_shown(service: Household) -> None:
    cupboard = Cupboard()
    await service.employ(cupboard)
    await service.manager.ask(JobManager.load_model, "small")
    await service.wait(LOADING + REPORTED)
    await service.manager.ask(JobManager.unload_model, "small")
    await service.wait(REPORTED)
    assert (await service.model("small")).holders == ()
    assert cupboard.log == ["+small", "-small"]


async def test_a_wish_that_cannot_be_granted_costs_the_worker_nothing(service: Household) -> None:
    cupboard = Cupboard()
    child = await service.employ(cupboard)
    await service.manager.ask(JobManager.load_model, "large")
    await service.wait(LOADING + REPORTED)
    assert cupboard.log == ["+large-v3"]
    await service.submit("one")
    assert await service.ends("one") is Status.COMPLETED
    assert (await child.stop(10.0)).normal


async def test_a_model_that_nobody_knows_is_refused_with_the_nearest(service: Household) -> None:
    await service.employ(Cupboard())
    with pytest.raises(InvalidOption, match="the nearest is 'small'"):
        await service.manager.ask(JobManager.load_model, "smal")


async def test_a_job_for_a_model_that_nobody_knows_is_refused_and_not_kept(
    service: Household,
) -> None:
    with pytest.raises(InvalidOption, match="the nearest is 'small'") as refused:
        await service.submit("one", options=Options(model="smal"))
    assert refused.value.details["field"] == "model"
    with pytest.raises(JobNotFound):
        await service.manager.ask(JobManager.status, "one")
    await service.submit("one", options=Options(model="whisper-large-v3"))


async def test_without_a_worker_nothing_can_be_wished(service: Household) -> None:
    with pytest.raises(EngineUnavailable):
        await service.manager.ask(JobManager.load_model, "small")
    assert not (await service.model("small")).holders


async def test_what_a_dead_worker_had_is_not_shown_any_more(service: Household) -> None:
    cupboard = Cupboard()
    cupboard.models["small"] = 0.0
    child = await service.employ(cupboard)
    assert (await service.model("small")).holders
    await child.kill()
    await service.manager.ask(JobManager.worker_down, "transcriber-1", "killed")
    assert not (await service.model("small")).holders
    assert await service.manager.ask(JobManager.workers) == ()


async def test_a_manager_that_begins_anew_hears_it_all_again(service: Household) -> None:
    cupboard = Cupboard()
    cupboard.models["small"] = 0.0
    await service.employ(cupboard)
    await service._children[0].kill()
    await service.wait(3.0)
    await service.start()
    await service.wait(HEARD)
    (worker,) = await service.manager.ask(JobManager.workers)
    assert (worker.worker, worker.report.resident) == ("transcriber-1", 1000)
    assert (await service.model("small")).holders


async def test_a_worker_that_is_stopped_does_not_wait_for_a_wish(service: Household) -> None:
    child = await service.employ(Cupboard())
    await service.manager.ask(JobManager.load_model, "small")
    await service.wait(HEARD)
    begun = service.clock.monotonic()
    assert (await child.stop(30.0)).normal
    assert service.clock.monotonic() - begun < LOADING / 2
