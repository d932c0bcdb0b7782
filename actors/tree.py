"""The whole supervision tree on one page.

    root (one_for_one)
    ├─ job_manager       owns the jobs; the only one that opens the journal
    ├─ broadcaster       spreads the news; holds nothing that cannot be had again
    ├─ collector         lets go of files that nothing needs any more
    ├─ webhooks          tells receivers how their jobs ended
    ├─ meter             counts and measures what becomes of jobs and models
    ├─ transcriber_pool  a supervisor (one_for_one), where something is recognised here
    │  └─ transcriber-1 … n   each holds an engine with its model
    └─ groq_pool         likewise, where Groq is set up
       └─ groq-1         holds no model: it sends, and waits

Children start from top to bottom and stop from bottom to top. They find each other by name
(`actors/names.py`), never by a reference kept for ever, so that nobody has to die with another.
"""

from __future__ import annotations

import msgspec

from actors.broadcasting.broadcaster import Broadcaster
from actors.collector import Collector
from actors.delivery.webhooks import Webhooks, WebhookSettings
from actors.limits import BROADCASTER_MAILBOX, MANAGER_MAILBOX
from actors.manager.job_manager import JobManager, ManagerSettings
from actors.metrics.meter import Meter
from actors.names import (
    BROADCASTER,
    COLLECTOR,
    JOB_MANAGER,
    METER,
    ROOT,
    WEBHOOKS,
)
from actors.runtime.api import Needs, Recipe, Spawn
from actors.supervision.children import ChildSpec
from actors.supervision.restarts import Intensity
from actors.supervision.supervisor import Supervisor
from actors.workers.transcriber_pool import PoolSettings, TranscriberPool
from retender.jobs.retention import Retention
from retender.journal.api import JournalOpener


class TreeSettings(msgspec.Struct, frozen=True, kw_only=True):
    journal: JournalOpener
    blobs: Recipe
    pools: tuple[PoolSettings, ...] = ()
    """One for each engine. Where there are none, jobs wait for a service that has one."""
    webhooks: WebhookSettings | None = None
    """None: webhooks wait for a service that makes them."""
    manager: ManagerSettings = ManagerSettings()
    retention: Retention = Retention()
    intensity: Intensity = Intensity(restarts=10, within=60.0)
    host: str = "local"
    """Where those live that have much to do. On a cluster each has a process of its own; the
    others share the root's."""
    needs: Needs = Needs()
    """Of each such process."""


def root(settings: TreeSettings) -> Spawn:
    children = [
        ChildSpec(
            name=JOB_MANAGER,
            recipe=_manager(settings),
            mailbox=MANAGER_MAILBOX,
            host=settings.host,
            needs=settings.needs,
        ),
        ChildSpec(
            name=BROADCASTER,
            recipe=Recipe.of(Broadcaster),
            mailbox=BROADCASTER_MAILBOX,
            host=settings.host,
            needs=settings.needs,
        ),
        ChildSpec(
            name=COLLECTOR,
            recipe=Recipe.of(Collector, blobs=settings.blobs, retention=settings.retention),
        ),
        ChildSpec(name=METER, recipe=Recipe.of(Meter)),
    ]
    if settings.webhooks is not None:
        children.append(_webhooks(settings.webhooks))
    children += map(_pool, settings.pools)
    recipe = Recipe.of(Supervisor, children=tuple(children), intensity=settings.intensity)
    return Spawn(ROOT, recipe, settings.host, needs=settings.needs)


def _manager(settings: TreeSettings) -> Recipe:
    """Beside its parent it is given the opener itself, which knows what its earlier lives have
    left open; to another process goes how to make one."""
    journal = settings.journal
    if settings.host == "local":
        return Recipe.of(JobManager, journal=journal, settings=settings.manager)
    assert isinstance(journal, msgspec.Struct), "it could not be sent"
    opener = Recipe.of(type(journal), **msgspec.structs.asdict(journal))
    return Recipe.of(manager_elsewhere, opener=opener, settings=settings.manager)


def manager_elsewhere(opener: Recipe, settings: ManagerSettings) -> JobManager:
    return JobManager(opener.resolve()(**opener.options), settings)


def _webhooks(settings: WebhookSettings) -> ChildSpec:
    """Whatever receivers do to it, the service goes on."""
    recipe = Recipe.of(Webhooks, settings=settings)
    return ChildSpec(name=WEBHOOKS, recipe=recipe, on_exhausted="report")


def _pool(settings: PoolSettings) -> ChildSpec:
    return ChildSpec(
        name=settings.name,
        recipe=Recipe.of(TranscriberPool, settings=settings),
        kind="supervisor",
        grace=settings.grace + 5.0,
    )
