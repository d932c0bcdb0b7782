"""What the actors of this process hold in memory."""

from __future__ import annotations

import asyncio
import gc
import inspect
import sys
import types
from pathlib import Path
from random import Random
from typing import Final

from actors.broadcasting.broadcaster import Broadcaster
from actors.broadcasting.hub import Hub
from actors.collector import Collector
from actors.delivery.webhooks import Webhooks
from actors.manager.job_manager import JobManager
from actors.metrics.meter import Meter
from actors.runtime.local import LocalRuntime
from actors.workers.transcriber_pool import TranscriberPool
from retender.journal.sqlite import SqliteJournal
from tests.support.actors.virtual_time import VirtualClock

WATCHED: Final = (JobManager, Broadcaster, Collector, Meter, Webhooks, TranscriberPool)
_OF_THE_RUNTIME: Final = (
    *(type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType),
    *(types.FrameType, types.CoroutineType, asyncio.AbstractEventLoop, asyncio.Future, Random),
    *(LocalRuntime, VirtualClock, SqliteJournal, Hub),
)


def held_by_actors() -> dict[str, int]:
    """Bytes that each actor holds, with everything reached from it alone or with others."""
    gc.collect()
    actors = [each for each in gc.get_objects() if isinstance(each, WATCHED)]
    found: dict[str, int] = {}
    for actor in actors:
        name = type(actor).__name__
        found[name] = found.get(name, 0) + _size(actor)
    return found


def _size(thing: object) -> int:
    seen: set[int] = set()
    pending = [thing]
    size = 0
    while pending:
        each = pending.pop()
        if id(each) in seen or isinstance(each, _OF_THE_RUNTIME) or inspect.isgenerator(each):
            continue
        seen.add(id(each))
        size += sys.getsizeof(each)
        pending.extend(gc.get_referents(each))
    return size


def resident() -> int:
    fields = Path("/proc/self/statm").read_text().split()
    return int(fields[1]) * 4096
