"""Many open sockets on one process: how fast they open, what each costs, how fast news reach them
all, and how fast they are told of a stop.

    python -m bench.sockets [SOCKETS] [--quick]     2000 if not said

The service is the real one in a process of its own; the clients are bare sockets in this process,
on the same machine: what they take of it makes the times longer, not shorter.
"""

from __future__ import annotations

import asyncio
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from datetime import datetime
from pathlib import Path

from bench.foundation import milliseconds
from bench.listeners import Listener, listen
from bench.paced import Paced, paced

MANY = 2000
FEW = 200
AT_ONCE = 50
WARM_UP = 200
PACE = 0.1
CHUNKS, FEW_CHUNKS = 10, 3


async def opened(service: Paced, job_id: str, count: int) -> list[Listener]:
    turns = asyncio.Semaphore(AT_ONCE)

    async def one() -> Listener:
        async with turns:
            return await listen(service.port, job_id)

    return list(await asyncio.gather(*(one() for _ in range(count))))


def delays(listeners: list[Listener]) -> list[float]:
    """Of each numbered message to each socket, from the moment at which it became true."""
    return [
        told.at - datetime.fromisoformat(told.message["timestamp"]).timestamp()
        for listener in listeners
        for told in listener.told()
        if "seq" in told.message
    ]


async def measure(service: Paced, count: int) -> None:
    resting = service.submit()
    warm_up = await opened(service, resting, WARM_UP)
    before = service.memory()
    begun = time.perf_counter()
    others = await opened(service, resting, count)
    took = time.perf_counter() - begun
    each = (service.memory() - before) / count
    print(f"{count} sockets: open after {took:.2f} s ({took / count * 1e3:.2f} ms each)")
    print(f"{each / 1024:.1f} KiB a socket", flush=True)
    service.begin()
    await asyncio.gather(*(listener.gone for listener in others))
    print(f"an event to all {count + WARM_UP}: {milliseconds(delays(others + warm_up))}")
    grown = (service.memory() - before) / count
    print(f"{grown / 1024:.1f} KiB a socket stay with the process for the next ones", flush=True)


async def measure_stop(service: Paced, count: int) -> None:
    listeners = await opened(service, service.submit(), count)
    begun = time.perf_counter()
    service.process.send_signal(signal.SIGTERM)
    await asyncio.gather(*(listener.gone for listener in listeners))
    took = time.perf_counter() - begun
    codes = Counter(listener.close_code for listener in listeners)
    print(f"a stop: all {count} are gone after {took:.2f} s, with codes {dict(codes)}")


def main() -> None:
    quick = "--quick" in sys.argv
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    count = numbers[0] if numbers else (FEW if quick else MANY)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    for measured in (measure, measure_stop):
        with (
            tempfile.TemporaryDirectory() as folder,
            paced(Path(folder), FEW_CHUNKS if quick else CHUNKS, PACE) as service,
        ):
            asyncio.run(measured(service, count))


if __name__ == "__main__":
    main()
