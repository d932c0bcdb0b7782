"""What it costs an actor to be in a process of its own, and on a cluster: asks and tells from one
process, starts, and how soon a death is seen.

    python -m bench.ray_runtime [--quick]

A Ray of this machine is started for it and ended with it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import statistics
import sys
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import ray
from loguru import logger

from actors.runtime.api import Child, Recipe, Ref, Spawn
from actors.runtime.cluster.ray_host import RAY, RayRuntime, TreeLocation
from actors.runtime.local import LocalRuntime
from actors.runtime.process.host import ProcessHost
from bench.echo import Echo
from bench.foundation import milliseconds, percentile, say
from deployments.serving.local import SystemClock
from tests.support.ray.cluster import cluster_of_one

DEATH_BAR = 0.1
DEADLINE = 60.0
CLOCK = Recipe.of(SystemClock)


class Sizes(NamedTuple):
    asks: int = 2000
    tells: int = 20_000
    in_a_row: int = 500
    """Tells before an ask, which waits for them: mailboxes hold a thousand."""
    instances: int = 20


class Bench:
    """One host, and an actor on it."""

    def __init__(self, host: str, runtime: LocalRuntime) -> None:
        self.host = host
        self._runtime = runtime
        self.echo: Ref[Echo] = runtime.ref(Echo, "echo").within(DEADLINE)

    async def start(self) -> Child:
        return await self._runtime.spawn(Spawn("echo", Recipe.of(Echo), self.host))

    async def close(self) -> None:
        if isinstance(self._runtime, RayRuntime):
            await self._runtime.close()


@asynccontextmanager
async def on(host: str) -> AsyncIterator[Bench]:
    if host == RAY:
        bench = Bench(host, RayRuntime(TreeLocation.of(uuid.uuid4().hex, "root", CLOCK)))
    else:
        bench = Bench(host, LocalRuntime(SystemClock(), hosts={"process": ProcessHost(CLOCK)}))
    try:
        yield bench
    finally:
        await bench.close()


async def messages(bench: Bench, sizes: Sizes) -> None:
    child = await bench.start()
    await asks(bench, sizes.asks // 10)  # the first ones find the way
    say(f"ask and answer, {bench.host}", milliseconds(await asks(bench, sizes.asks)))
    say(f"tells, {bench.host}", f"{await tells(bench, sizes):7.0f} a second")
    await child.kill()


async def asks(bench: Bench, count: int) -> list[float]:
    took = []
    for _ in range(count):
        start = time.perf_counter()
        await bench.echo.ask(Echo.echo, "what was said in half a minute of speech")
        took.append(time.perf_counter() - start)
    return took


async def tells(bench: Bench, sizes: Sizes) -> float:
    """A second, until they are handled."""
    start = time.perf_counter()
    for _ in range(sizes.tells // sizes.in_a_row):
        for _ in range(sizes.in_a_row):
            bench.echo.tell(Echo.hear, "what was said in half a minute of speech")
        await bench.echo.ask(Echo.echo, "that is all")
    return sizes.tells / (time.perf_counter() - start)


async def instances(bench: Bench, sizes: Sizes) -> float:
    """The longest time from a kill to its being seen."""
    births, deaths = [], []
    for _ in range(sizes.instances):
        start = time.perf_counter()
        child = await bench.start()
        births.append(time.perf_counter() - start)
        pid = await bench.echo.ask(Echo.pid)
        start = time.perf_counter()
        os.kill(pid, signal.SIGKILL)
        await child.exited()
        deaths.append(time.perf_counter() - start)
    median = statistics.median(births)
    say(f"a start, {bench.host}", f"median {median:5.2f} s   longest {max(births):5.2f} s")
    half = percentile(deaths, 0.5) * 1e3
    say(
        f"kill -9 until it is seen, {bench.host}",
        f"median {half:5.1f} ms   longest {max(deaths) * 1e3:5.1f} ms",
    )
    return max(deaths)


async def main(sizes: Sizes) -> int:
    for host in ("local", "process", RAY):
        async with on(host) as bench:
            await messages(bench, sizes)
    worst = 0.0
    for host in ("process", RAY):
        async with on(host) as bench:
            worst = max(worst, await instances(bench, sizes))
    return int(worst > DEATH_BAR)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only show that it runs")
    quick = parser.parse_args().quick
    logger.remove()
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, Ray {ray.__version__}")
    with cluster_of_one():
        status = asyncio.run(main(Sizes(200, 2000, 500, 3) if quick else Sizes()))
    sys.exit(status)
