"""The whole supervision tree on one page.

    root (one_for_one)
    ├─ job_manager       owns the jobs; the only one that opens the journal
    ├─ broadcaster       sends the updates of jobs; holds nothing that cannot be had again
    ├─ collector         deletes files that nothing needs any more
    ├─ webhooks          tells receivers how their jobs ended
    ├─ convex_sync       keeps the jobs in a Convex database up to date, where one is set up
    ├─ meter             counts and measures jobs and models
    ├─ tracer            sends the traces of jobs, where a collector is set up
    ├─ rate_limiter      counts the requests of callers, where several processes serve HTTP
    ├─ transcriber_pool  a supervisor (one_for_one), where this machine recognises speech
    │  └─ transcriber-1 … n   each holds an engine with its model
    └─ groq_pool         likewise, where Groq is set up
       └─ groq-1         holds no model: it sends requests and waits

Children start from top to bottom and stop from bottom to top. They find each other by name
(`actors/names.py`), so a restart of one needs no restart of another.
"""

from __future__ import annotations

import msgspec

from actors import names
from actors.broadcasting.broadcaster import Broadcaster
from actors.collector import Collector
from actors.delivery.convex_client import ConvexSettings
from actors.delivery.convex_sync import ConvexSync
from actors.delivery.webhooks import Webhooks, WebhookSettings
from actors.limits import BROADCASTER_MAILBOX, MANAGER_MAILBOX
from actors.manager.job_manager import JobManager
from actors.manager.settings import ManagerSettings
from actors.metrics.meter import Meter
from actors.rate_limiter import RateLimiter
from actors.runtime.api import Needs, Recipe, Spawn
from actors.supervision.children import ChildSpec
from actors.supervision.restarts import Intensity
from actors.supervision.supervisor import Supervisor
from actors.tracer import Tracer
from actors.workers.transcriber_pool import PoolSettings, TranscriberPool
from retender.jobs.retention import Retention
from retender.journal.api import JournalOpener


class TreeSettings(msgspec.Struct, frozen=True, kw_only=True):
    journal: JournalOpener
    blobs: Recipe
    pools: tuple[PoolSettings, ...] = ()
    """One for each engine. Without any, jobs wait until the service has one."""
    webhooks: WebhookSettings | None = None
    """None: no webhooks are sent; their deliveries wait."""
    convex: ConvexSettings | None = None
    """None: jobs are not synced to a Convex database."""
    rate_limits: dict[str, int] | None = None
    """Requests a minute of one caller, by what is counted. None: the one process that serves HTTP
    counts them itself."""
    traces: Recipe | None = None
    """Makes the exporter of traces. None: no traces are made."""
    manager: ManagerSettings = ManagerSettings()
    retention: Retention = Retention()
    intensity: Intensity = Intensity(restarts=10, within=60.0)
    host: str = "local"
    """The host of busy actors. On a cluster each has its own process; the others share the
    root's."""
    needs: Needs = Needs()
    """Resources of each such process."""


def root(settings: TreeSettings) -> Spawn:
    children = [
        ChildSpec(
            name=names.JOB_MANAGER,
            recipe=_manager(settings),
            mailbox=MANAGER_MAILBOX,
            host=settings.host,
            needs=settings.needs,
        ),
        ChildSpec(
            name=names.BROADCASTER,
            recipe=Recipe.of(Broadcaster),
            mailbox=BROADCASTER_MAILBOX,
            host=settings.host,
            needs=settings.needs,
        ),
        ChildSpec(
            name=names.COLLECTOR,
            recipe=Recipe.of(Collector, blobs=settings.blobs, retention=settings.retention),
        ),
        ChildSpec(name=names.METER, recipe=Recipe.of(Meter)),
    ]
    if settings.traces is not None:
        children.append(_tracer(settings.traces))
    if settings.rate_limits is not None:
        children.append(_rate_limiter(settings.rate_limits))
    if settings.webhooks is not None:
        children.append(_webhooks(settings.webhooks))
    if settings.convex is not None:
        children.append(_convex_sync(settings.convex))
    children += map(_pool, settings.pools)
    recipe = Recipe.of(Supervisor, children=tuple(children), intensity=settings.intensity)
    return Spawn(names.ROOT, recipe, settings.host, needs=settings.needs)


def _manager(settings: TreeSettings) -> Recipe:
    """In the root's process it is given the opener itself, which knows connections that an earlier
    instance left open; another process makes its own opener."""
    journal = settings.journal
    manager = msgspec.structs.replace(
        settings.manager,
        convex=settings.convex is not None,
        traces=settings.manager.traces or settings.traces is not None,
    )
    if settings.host == "local":
        return Recipe.of(JobManager, journal=journal, settings=manager)
    assert isinstance(journal, msgspec.Struct), "it could not be sent"
    opener = Recipe.of(type(journal), **msgspec.structs.asdict(journal))
    return Recipe.of(manager_elsewhere, opener=opener, settings=manager)


def manager_elsewhere(opener: Recipe, settings: ManagerSettings) -> JobManager:
    return JobManager(opener.resolve()(**opener.options), settings)


def _tracer(exporter: Recipe) -> ChildSpec:
    """Failures of traces never bring the service down."""
    recipe = Recipe.of(Tracer, exporter=exporter)
    return ChildSpec(name=names.TRACER, recipe=recipe, on_exhausted="report")


def _rate_limiter(per_minute: dict[str, int]) -> ChildSpec:
    """Without it the processes that serve HTTP count by themselves."""
    recipe = Recipe.of(RateLimiter, per_minute=per_minute)
    return ChildSpec(name=names.RATE_LIMITER, recipe=recipe, on_exhausted="report")


def _webhooks(settings: WebhookSettings) -> ChildSpec:
    """Failures of webhooks never bring the service down."""
    recipe = Recipe.of(Webhooks, settings=settings)
    return ChildSpec(name=names.WEBHOOKS, recipe=recipe, on_exhausted="report")


def _convex_sync(settings: ConvexSettings) -> ChildSpec:
    """Failures of the sync never bring the service down."""
    recipe = Recipe.of(ConvexSync, settings=settings)
    return ChildSpec(name=names.CONVEX_SYNC, recipe=recipe, on_exhausted="report")


def _pool(settings: PoolSettings) -> ChildSpec:
    return ChildSpec(
        name=settings.name,
        recipe=Recipe.of(TranscriberPool, settings=settings),
        kind="supervisor",
        grace=settings.grace + 5.0,
    )
