"""What syncing to a Convex database takes, and what it costs where Convex is away.

    python -m bench.convex [--quick]

- From event to row, with the real functions of convex/ behind HTTP (under convex-test, which is
  slower than Convex itself; the way over the internet is not in it).
- 1,000 jobs, the first half of them with Convex down: memory of the service's process meanwhile,
  and how long the rows take to come in.
- Jobs a second without the sync, with it, and with a Convex that is down or hangs. The endpoint is
  a small server in Python here, so that its own speed is not what is measured.

The service is the whole tree in this process, with the journal on a real disk; recordings are
scripts, so that recognition takes no time.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

from loguru import logger
from msgspec.structs import replace

from actors.delivery.convex_client import ConvexSettings
from actors.manager.job_manager import JobManager
from bench.foundation import milliseconds
from retender.engines.models.memory import resident_bytes
from retender.jobs.submission import Submission
from tests.support.convex.functions import KEY, Functions, functions
from tests.support.http.http_service import MANAGER, Site, says, site

MEBIBYTE = 1 << 20
AT_ONCE = 16
ANSWER = b'{"applied": true}'


@asynccontextmanager
async def service(convex: ConvexSettings | None) -> AsyncIterator[Site]:
    with tempfile.TemporaryDirectory() as folder:
        manager = replace(MANAGER, max_queue=100_000)
        async with site(Path(folder), manager=manager, convex=convex, lanes=AT_ONCE) as here:
            yield here


async def done(here: Site, count: int, first: int = 0) -> float:
    """So many jobs from submission to their end; the seconds that they took."""
    began = time.monotonic()
    places = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with places:
            async with here.services.blobs.receive(limit=10**6) as upload:
                await upload.write(says(f"word-{number}", chunks=3).recorded())
                audio = await upload.finish(at=here.services.clock.now())
            job_id = f"job-{number:05}"
            submission = Submission(job_id=job_id, audio=audio, user_id="https://auth|ana")
            await here.services.manager.ask(JobManager.submit, submission)
            await here.ended(job_id)

    await asyncio.gather(*(one(number) for number in range(first, first + count)))
    return time.monotonic() - began


async def all_rows(convex: Functions, count: int) -> float:
    """Until so many jobs are completed in the tables; the seconds that this took."""
    began = time.monotonic()
    while True:
        rows = await asyncio.to_thread(convex.all_jobs)
        if sum(row["status"] == "completed" for row in rows.values()) >= count:
            return time.monotonic() - began
        await asyncio.sleep(0.1)


async def latency(convex: Functions, jobs: int) -> None:
    """Of jobs that come one at a time."""
    async with service(ConvexSettings(url=convex.url, key=KEY)) as here:
        for number in range(jobs):
            await done(here, 1, number)
        await all_rows(convex, jobs)
        began = [await here.job(f"job-{number:05}") for number in range(jobs)]
    seen = convex.requests()
    firsts, ends = [], []
    for job in began:
        mine = [each for each in seen if each["job_id"] == job["job_id"]]
        firsts.append(mine[0]["ended"] / 1e3 - at(job["created_at"]))
        ends.append(mine[-1]["ended"] / 1e3 - at(job["completed_at"]))
    print(f"  submitted to row   {milliseconds(firsts)}   of {jobs}")
    print(f"  completed to row   {milliseconds(ends)}   of {jobs}", flush=True)


def at(moment: Any) -> float:
    return datetime.fromisoformat(str(moment)).timestamp()


async def outage(convex: Functions, jobs: int) -> None:
    async with service(ConvexSettings(url=convex.url, key=KEY)) as here:
        await done(here, 20)
        await all_rows(convex, 20)
        before = resident_bytes()
        convex.down()
        took = await done(here, jobs // 2, 20)
        down = resident_bytes()
        print(f"  {jobs // 2} jobs while it is down: {took:.1f} s, {memory(before, down)}")
        convex.up()
        took = await done(here, jobs - jobs // 2, 20 + jobs // 2)
        came = await all_rows(convex, jobs + 20)
        after = resident_bytes()
    print(f"  {jobs - jobs // 2} more while it is up: {took:.1f} s; all rows {came:.1f} s later")
    print(f"  memory at the end: {memory(before, after)}")
    twice = [row for row in ends(convex.requests()).values() if row != 1]
    print(f"  ends stored other than once: {len(twice)}", flush=True)


def ends(seen: list[dict[str, Any]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for each in seen:
        if each["job_status"] == "completed" and (each["answer"] or {}).get("applied"):
            counts[each["job_id"]] = counts.get(each["job_id"], 0) + 1
    return counts


def memory(before: int, now: int) -> str:
    return f"{now / MEBIBYTE:.0f} MiB ({(now - before) / MEBIBYTE:+.1f})"


async def speed(jobs: int) -> None:
    with stand_in("answers") as well, stand_in("hangs") as silent:
        kinds = {
            "without the sync": None,
            "with it": well,
            "with a Convex that is down": "http://127.0.0.1:9",
            "with a Convex that hangs": silent,
        }
        for _ in range(2):
            for name, url in kinds.items():
                settings = None if url is None else ConvexSettings(url=url, key=KEY)
                async with service(settings) as here:
                    took = await done(here, jobs)
                print(f"  {name:28} {jobs / took:6.0f} jobs a second", flush=True)


@contextmanager
def stand_in(how: str) -> Iterator[str]:
    """The endpoint in a process of its own; its address."""
    process = Popen([sys.executable, "-m", "bench.convex", how], stdout=PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


async def serve(how: str) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
            lengths = (fields[name] for name in fields if name.lower() == b"content-length")
            await reader.readexactly(int(next(lengths, b"0")))
            if how == "answers":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(ANSWER))
                writer.write(ANSWER)

    async def quietly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(quietly, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


def main() -> None:
    logger.remove()
    if sys.argv[1:] in (["answers"], ["hangs"]):
        asyncio.run(serve(sys.argv[1]))
    quick = "--quick" in sys.argv
    with functions() as convex:
        print("from event to row", flush=True)
        asyncio.run(latency(convex, 30 if quick else 200))
        convex.reset()
        print("Convex down for the first half", flush=True)
        asyncio.run(outage(convex, 200 if quick else 1000))
    print("jobs a second", flush=True)
    asyncio.run(speed(200 if quick else 1000))


if __name__ == "__main__":
    main()
