"""How long progress takes from the engine to a client's socket.

    python -m bench.latency [--quick]

The service is the real one in a process of its own, its engine in a child of that: what is measured
is the pipe from the engine, the Broadcaster (for what is numbered the JobManager and a commit
first), the hub, the socket. Once at rest, and once while every core is kept busy by processes that
give way as workers do. Bar 100 ms at the 99th percentile, aim 10.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.foundation import milliseconds, percentile
from bench.listeners import Listener, listen
from bench.paced import Paced, paced

CORES = len(os.sched_getaffinity(0))
BAR = 0.1
PACE = 0.02
CHUNKS, FEW_CHUNKS = 50, 5
CLIENTS = (1, 30)


@contextmanager
def busy(count: int) -> Iterator[None]:
    command = ["nice", "-n", "10", sys.executable, "-c", "while True: pass"]
    burners = [subprocess.Popen(command) for _ in range(count)]
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


def delays(service: Paced, listeners: list[Listener], *, numbered: bool) -> list[float]:
    diary = service.diary()
    found = []
    for listener in listeners:
        seen: set[str] = set()
        for told in listener.told():
            percent = f"{told.message['data'].get('progress', 0.0):.1f}"
            kind = told.message["type"]
            if kind == "progress" and percent in diary and percent not in seen:
                seen.add(percent)
                if ("seq" in told.message) == numbered:
                    found.append(told.at - diary[percent])
    return found


async def measure(service: Paced, clients: int) -> bool:
    job_id = service.submit()
    listeners = [await listen(service.port, job_id) for _ in range(clients)]
    service.begin()
    await asyncio.gather(*(listener.gone for listener in listeners))
    passing = delays(service, listeners, numbered=False)
    numbered = delays(service, listeners, numbered=True)
    print(f"    {clients:3} clients: passing   {milliseconds(passing)}   of {len(passing)}")
    print(f"    {clients:3} clients: numbered  {milliseconds(numbered)}   of {len(numbered)}")
    return percentile(passing, 0.99) < BAR


def main() -> None:
    chunks = FEW_CHUNKS if "--quick" in sys.argv else CHUNKS
    for name, burning in (("at rest", 0), (f"{CORES} cores busy", CORES)):
        print(f"from engine to client, {name}", flush=True)
        for clients in CLIENTS:
            with (
                tempfile.TemporaryDirectory() as folder,
                paced(Path(folder), chunks, PACE) as service,
                busy(burning),
            ):
                held = asyncio.run(measure(service, clients))
                if not held:
                    print(f"    beyond the bar of {BAR * 1e3:.0f} ms", flush=True)


if __name__ == "__main__":
    main()
