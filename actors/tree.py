"""The whole supervision tree on one page.

    root (one_for_one)
    ├─ job_manager       owns the jobs; the only one that opens the journal
    ├─ broadcaster       spreads the news; holds nothing that cannot be had again
    ├─ collector         lets go of files that nothing needs any more
    └─ transcriber_pool  a supervisor (one_for_one)
       └─ transcriber-1 … n   each holds an engine with its model

Children start from top to bottom and stop from bottom to top. They find each other by name
(`actors/names.py`), never by a reference kept for ever, so that nobody has to die with another.
"""

from __future__ import annotations

import msgspec

from actors.broadcaster import Broadcaster
from actors.children import ChildSpec
from actors.collector import Collector
from actors.job_manager import JobManager, ManagerSettings
from actors.names import BROADCASTER, COLLECTOR, JOB_MANAGER, ROOT, TRANSCRIBER_POOL
from actors.restarts import Intensity
from actors.runtime.api import Recipe, Spawn
from actors.supervisor import Supervisor
from actors.transcriber_pool import PoolSettings, TranscriberPool
from retender.journal.api import JournalOpener
from retender.limits import BROADCASTER_MAILBOX, MANAGER_MAILBOX
from retender.retention import Retention


class TreeSettings(msgspec.Struct, frozen=True, kw_only=True):
    journal: JournalOpener
    blobs: Recipe
    pool: PoolSettings | None
    """None: nothing is recognised here; jobs wait for a service with an engine."""
    manager: ManagerSettings = ManagerSettings()
    retention: Retention = Retention()
    intensity: Intensity = Intensity(restarts=10, within=60.0)


def root(settings: TreeSettings) -> Spawn:
    children = [
        ChildSpec(
            name=JOB_MANAGER,
            recipe=Recipe.of(JobManager, journal=settings.journal, settings=settings.manager),
            mailbox=MANAGER_MAILBOX,
        ),
        ChildSpec(name=BROADCASTER, recipe=Recipe.of(Broadcaster), mailbox=BROADCASTER_MAILBOX),
        ChildSpec(
            name=COLLECTOR,
            recipe=Recipe.of(Collector, blobs=settings.blobs, retention=settings.retention),
        ),
    ]
    if settings.pool is not None:
        children.append(_pool(settings.pool))
    recipe = Recipe.of(Supervisor, children=tuple(children), intensity=settings.intensity)
    return Spawn(ROOT, recipe)


def _pool(settings: PoolSettings) -> ChildSpec:
    return ChildSpec(
        name=TRANSCRIBER_POOL,
        recipe=Recipe.of(TranscriberPool, settings=settings),
        kind="supervisor",
        grace=settings.grace + 5.0,
    )
