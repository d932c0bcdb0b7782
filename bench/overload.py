"""More work than the machine can do: what is accepted is done, what is refused is refused at once,
and when it is over everything is as before.

    python -m bench.overload [--minutes 5] [--times 2,10] [--quick]

The service is `retender serve` in one process with the digits model and a queue of 50 jobs. First
its speed is measured: jobs a second with eight clients that each wait for their job. Then new jobs
come at twice and at ten times this rate, whether or not it keeps up, each for so many minutes. Each
recording is two seconds of noise, unlike any other, sent without looking for speech, so that all
of it goes through the model.

Shown for each rate: jobs accepted and refused; the times of both answers, of `/health/live` and of
the status of a job meanwhile; the most memory of all processes; the time until the queue is empty
and every accepted job is done; and the time that one more job then takes, beside before. The run
fails if an accepted job is not completed, or a refusal does not say when to come back.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Final, NamedTuple

import httpx

from bench.foundation import milliseconds
from bench.koyeb import MEGABYTE, taken_by
from bench.started import Service, started
from bench.submissions import RATE, noise

CLIENTS: Final = 8
SECONDS_OF_SOUND: Final = 2
QUEUE: Final = 50
RATES: Final = "2,10"
AT_ONCE: Final = 200
"""Requests under way; what would be more waits here, as at a crowd's own network."""


class Times(NamedTuple):
    accepted: list[float]
    refused: list[float]
    live: list[float]
    status: list[float]


class Broken(AssertionError):
    """A promise was not kept."""


def recording() -> bytes:
    return noise(SECONDS_OF_SOUND * RATE * 2)


async def submit(http: httpx.AsyncClient) -> httpx.Response:
    files = {"file": ("noise.wav", recording(), "audio/wav")}
    return await http.post("/transcribe-job", files=files, data={"vad": "no"})


async def whole(http: httpx.AsyncClient) -> float:
    """Seconds from the upload of one recording to its end."""
    begun = time.monotonic()
    job_id = (await submit(http)).raise_for_status().json()["job_id"]
    await ended(http, job_id)
    return time.monotonic() - begun


async def ended(http: httpx.AsyncClient, job_id: str) -> None:
    while True:
        body = (await http.get(f"/job/{job_id}", params={"text": "false"})).json()
        if body["status"] == "completed":
            return
        if body["status"] in ("failed", "cancelled"):
            raise Broken(f"an accepted job ended as {body}")
        await asyncio.sleep(0.1)


async def capacity(http: httpx.AsyncClient, seconds: float) -> float:
    """Jobs a second."""
    done, end = 0, time.monotonic() + seconds

    async def client() -> None:
        nonlocal done
        while time.monotonic() < end:
            await whole(http)
            done += 1

    begun = time.monotonic()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return done / (time.monotonic() - begun)


class Crowd:
    """Submits at a rate, whether or not the service keeps up."""

    def __init__(self, service: Service, http: httpx.AsyncClient) -> None:
        self._http = http
        self._service = service
        self.times = Times([], [], [], [])
        self.jobs: list[str] = []
        self.answers: Counter[int] = Counter()
        self.memory = 0
        self._under_way: set[asyncio.Task[None]] = set()
        self._broken: list[BaseException] = []

    async def come(self, rate: float, seconds: float) -> None:
        looking = asyncio.create_task(self._look())
        begun = time.monotonic()
        sent = 0
        while (now := time.monotonic()) < begun + seconds and not self._broken:
            if sent < (now - begun) * rate and len(self._under_way) < AT_ONCE:
                sent += 1
                one = asyncio.create_task(self._one())
                self._under_way.add(one)
                one.add_done_callback(self._ended)
            else:
                await asyncio.sleep(0.005)
        await asyncio.gather(*self._under_way, return_exceptions=True)
        looking.cancel()
        await asyncio.wait((looking,))
        if self._broken:
            raise self._broken[0]

    def _ended(self, one: asyncio.Task[None]) -> None:
        self._under_way.discard(one)
        if not one.cancelled() and (error := one.exception()) is not None:
            self._broken.append(error)

    async def _one(self) -> None:
        begun = time.monotonic()
        answer = await submit(self._http)
        took = time.monotonic() - begun
        self.answers[answer.status_code] += 1
        if answer.is_success:
            self.jobs.append(answer.json()["job_id"])
            self.times.accepted.append(took)
            return
        if answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
            raise Broken(f"{answer.status_code}: {answer.text}")
        if int(answer.headers["retry-after"]) < 1:
            raise Broken("a refusal that does not say when to come back")
        self.times.refused.append(took)

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            begun = time.monotonic()
            (await self._http.get("/health/live")).raise_for_status()
            self.times.live.append(time.monotonic() - begun)
            if self.jobs:
                begun = time.monotonic()
                asked = f"/job/{self.jobs[-1]}"
                (await self._http.get(asked, params={"text": "false"})).raise_for_status()
                self.times.status.append(time.monotonic() - begun)
            self.memory = max(self.memory, taken_by(self._service.process))


async def overload(service: Service, times: int, jobs_a_second: float, seconds: float) -> None:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=AT_ONCE)
    async with httpx.AsyncClient(
        base_url=service.url, timeout=600.0, trust_env=False, limits=limits
    ) as http:
        crowd = Crowd(service, http)
        await crowd.come(times * jobs_a_second, seconds)
        begun = time.monotonic()
        for job_id in crowd.jobs:
            await ended(http, job_id)
        emptied = time.monotonic() - begun
        after = await whole(http)
    print(
        f"{times} times as much, for {seconds:.0f} s: {len(crowd.jobs)} accepted and done, "
        f"{len(crowd.times.refused)} refused"
    )
    for name, values in crowd.times._asdict().items():
        if values:
            print(f"    {name:9} {milliseconds(values)}")
    print(f"    memory at most {crowd.memory / MEGABYTE:.0f} MB")
    print(f"    queue empty after {emptied:.1f} s; one more job takes {after:.2f} s", flush=True)


async def main(minutes: float, rates: list[int], *, quick: bool) -> None:
    with tempfile.TemporaryDirectory(prefix="retender-") as scratch:
        async with started(
            "local", Path(scratch), DEFAULT_MODEL="digits", MAX_QUEUE=str(QUEUE)
        ) as service:
            await service.until("/health/ready")
            await whole(service.http)
            alone = await whole(service.http)
            jobs_a_second = await capacity(service.http, 10.0 if quick else 30.0)
            idle = taken_by(service.process) / MEGABYTE
            print(f"{jobs_a_second:.2f} jobs a second; one alone {alone:.2f} s; {idle:.0f} MB")
            for times in rates:
                await overload(service, times, jobs_a_second, 10.0 if quick else 60.0 * minutes)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.overload")
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--times", default=RATES)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args(sys.argv[1:])
    asyncio.run(main(given.minutes, [*map(int, given.times.split(","))], quick=given.quick))
