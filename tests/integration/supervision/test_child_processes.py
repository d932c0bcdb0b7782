"""What the deployment makes of a child process before its actor is made."""

from __future__ import annotations

import os
from pathlib import Path

from actors.runtime.api import Recipe, Spawn
from actors.runtime.local import LocalRuntime
from actors.runtime.process.host import ProcessHost
from deployments.wiring.child_processes import NICENESS, preparation
from deployments.wiring.clock import SystemClock

SESSION = Path("/proc/self/autogroup")
BY_SESSIONS = SESSION.exists()


class Mirror:
    async def niceness(self) -> int:
        return os.getpriority(os.PRIO_PROCESS, 0)

    async def session(self) -> str:
        return _session()


def _session() -> str:
    return SESSION.read_text() if BY_SESSIONS else f"nice {NICENESS}"


async def test_a_worker_lets_those_who_ask_go_first() -> None:
    host = ProcessHost(Recipe.of(SystemClock), prepare=preparation("ERROR", "human"))
    runtime = LocalRuntime(SystemClock(), hosts={"process": host})
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    child = await runtime.spawn(Spawn("mirror", Recipe.of(Mirror), host="process"))
    try:
        mirror = runtime.ref(Mirror, "mirror")
        assert await mirror.ask(Mirror.niceness) == min(19, ours + NICENESS)
        assert f"nice {NICENESS}" in await mirror.ask(Mirror.session)
    finally:
        await child.kill()
