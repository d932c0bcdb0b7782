"""What the profile `koyeb` takes: the time until it is healthy, and its memory.

    python -m bench.koyeb [--jobs N] [--quick]

The service runs as a process of its own, as on an instance; Groq is the stand-in of the tests, on a
port of this machine. Five recordings of 25 MB are uploaded at once, each followed over a WebSocket:
four are sent on as they are, one has to be decoded, cut and encoded. Meanwhile Groq refuses, fails
and hangs up (`Troubled`). Then one recording of 5 MB, without that. With `--jobs`, so many of ten
seconds follow, five at a time; the memory is read after each tenth of them. Memory is the sum over
the service and its ffmpegs: resident memory, what they share counted once.
`bench.image_check` measures the image in the same way, within the limits of a free instance.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

import httpx
from websockets.asyncio.client import connect

from retender.workers.usage import UsageLimits
from tests.support.groq.rules import KEY, Asked, Cut, GroqService, Hang, Heard, Reply, refusal
from tests.support.groq.server import GroqServer
from tests.support.sound.media import ffmpeg

MEGABYTE: Final = 10**6
AT_ONCE: Final = 5
DEADLINE: Final = 300.0
SAMPLE_BYTES: Final = 32_000
"""Of a second: 16 kHz, 16 bits, one channel."""

WHOLE: Final = 24.9 * MEGABYTE
DECODED: Final = 26.1 * MEGABYTE
"""More than Groq takes in one file, and just what the service accepts."""

SMALL: Final = 5 * MEGABYTE
SHORT: Final = 10 * SAMPLE_BYTES
TENTHS: Final = 10
SETTLE: Final = 3.0
"""Seconds after a job in which what it needed is given back."""

GROQ_TAKES: Final = 2.0
ENOUGH: Final = 10**6
"""Requests and seconds: an account whose limits are never met."""


class Troubled(GroqService):
    """Of ten requests one is refused for a limit, one fails, and one breaks off."""

    troubled = True

    async def answer(self, asked: Asked) -> Reply | Cut | Hang:
        match len(self.asked) % 10 if self.troubled else None:
            case 2:
                self.out_of_order.append(
                    refusal(429, "Rate limit reached", code="rate_limit_exceeded", after=1.0)
                )
            case 5:
                self.out_of_order.append(refusal(503, "Service Unavailable"))
            case 8:
                self.out_of_order.append(Cut())
        return await super().answer(asked)


class Figures(NamedTuple):
    healthy: float
    idle: int
    peak: int
    five: float
    """Seconds from the first byte uploaded to the last job's end."""
    small: float
    after: tuple[tuple[int, int], ...]
    """Memory after so many short jobs."""

    @property
    def growth(self) -> float:
        """From a fifth of the short jobs to the last of them."""
        return self.after[-1][1] / self.after[len(self.after) // 5][1] if self.after else 1.0

    def lines(self) -> Iterator[str]:
        yield f"  healthy after                        {self.healthy:6.1f} s"
        yield f"  memory, idle                         {self.idle / MEGABYTE:6.0f} MB"
        yield f"  memory, peak with five 25 MB jobs    {self.peak / MEGABYTE:6.0f} MB"
        yield f"  the five jobs, upload included       {self.five:6.1f} s"
        yield f"  one recording of 5 MB                {self.small:6.1f} s"
        for jobs, memory in self.after:
            yield f"  memory after {jobs:6} short jobs         {memory / MEGABYTE:6.1f} MB"


class Recordings(NamedTuple):
    whole: Path
    decoded: Path
    small: Path
    short: Path


def recordings(folder: Path) -> Recordings:
    def noise(name: str, size: float) -> Path:
        seconds = size / SAMPLE_BYTES
        sound = f"anoisesrc=r=16000:a=0.1:d={seconds:.1f}"
        ffmpeg("-f", "lavfi", "-i", sound, "-c:a", "pcm_s16le", folder / name)
        return folder / name

    whole, decoded = noise("a.wav", WHOLE), noise("b.wav", DECODED)
    return Recordings(whole, decoded, noise("c.wav", SMALL), noise("d.wav", SHORT))


@asynccontextmanager
async def stand_in() -> AsyncIterator[tuple[str, Troubled]]:
    """Its address, and the service behind it."""

    async def listen(_: Asked) -> Heard:
        await asyncio.sleep(GROQ_TAKES)
        return Heard(60.0, ((0.0, 2.0, " Hola."),))

    limits = UsageLimits(
        requests_per_minute=ENOUGH,
        requests_per_day=ENOUGH,
        audio_per_hour=ENOUGH,
        audio_per_day=ENOUGH,
    )
    service = Troubled(listen, limits=limits, now=time.time)
    async with GroqServer(service, keep=False).running() as server:
        yield server.address, service


def settings(groq: str, data: str, port: int) -> dict[str, str]:
    return {
        "RETENDER_PROFILE": "koyeb",
        "GROQ_API_KEY": KEY,
        "GROQ_BASE_URL": groq,
        "GROQ_REQUESTS_PER_MINUTE": str(ENOUGH),
        "GROQ_REQUESTS_PER_DAY": str(ENOUGH),
        "GROQ_AUDIO_SECONDS_PER_HOUR": str(ENOUGH),
        "GROQ_AUDIO_SECONDS_PER_DAY": str(ENOUGH),
        "RETENDER_DATA_DIR": data,
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "LOG_FORMAT": "json",
        "MALLOC_ARENA_MAX": "2",
        "MALLOC_TRIM_THRESHOLD_": "131072",
    }


async def measure(
    url: str,
    groq: Troubled,
    sounds: Recordings,
    begun: float,
    memory: Callable[[], int],
    *,
    rounds: int = 1,
    jobs: int = 0,
) -> Figures:
    """`begun`: when the service was started, by the monotonic clock. `memory`: what it takes."""
    async with httpx.AsyncClient(base_url=url, timeout=DEADLINE, trust_env=False) as http:
        await _healthy(http)
        healthy = time.monotonic() - begun
        await asyncio.sleep(2.0)
        idle = memory()
        peaks = [idle]
        watching = asyncio.create_task(_watch(memory, peaks))
        five = 0.0
        for number in range(rounds):
            start = time.monotonic()
            four = [_done(http, sounds.whole, number * 10 + n) for n in range(AT_ONCE - 1)]
            await asyncio.gather(*four, _done(http, sounds.decoded, number * 10 + 9))
            five = max(five, time.monotonic() - start)
        groq.troubled = False
        start = time.monotonic()
        await _done(http, sounds.small, 0)
        small = time.monotonic() - start
        groq.troubled = True
        after = [each async for each in _many(http, sounds.short, jobs, memory)] if jobs else []
        watching.cancel()
    return Figures(healthy, idle, max(peaks), five, small, tuple(after))


async def _many(
    http: httpx.AsyncClient, short: Path, jobs: int, memory: Callable[[], int]
) -> AsyncIterator[tuple[int, int]]:
    """So many jobs, a few at a time; the memory after each tenth of them."""
    for tenth in range(1, TENTHS + 1):
        upto = jobs * tenth // TENTHS
        numbers = iter(range(jobs * (tenth - 1) // TENTHS, upto))
        await asyncio.gather(*(_in_turn(http, short, numbers) for _ in range(AT_ONCE)))
        await asyncio.sleep(SETTLE)
        yield upto, memory()


async def _in_turn(http: httpx.AsyncClient, short: Path, numbers: Iterator[int]) -> None:
    for number in numbers:
        await _done(http, short, number)


async def _healthy(http: httpx.AsyncClient) -> None:
    async with asyncio.timeout(DEADLINE):
        while True:
            with suppress(httpx.TransportError):
                if (await http.get("/health")).json()["status"] == "healthy":
                    return
            await asyncio.sleep(0.05)


async def _done(http: httpx.AsyncClient, recording: Path, number: int) -> None:
    """One job, followed over a WebSocket to its end."""
    boundary = "a-boundary-of-the-bench"
    head = (
        f'--{boundary}\r\ncontent-disposition: form-data; name="file"; filename="x.wav"\r\n\r\n'
    ).encode()
    # Each has to differ, or the cache would answer: its last bytes do.
    tail = number.to_bytes(4, "big") + f"\r\n--{boundary}--\r\n".encode()
    size = len(head) + (await asyncio.to_thread(recording.stat)).st_size + len(tail)

    async def body() -> AsyncIterator[bytes]:
        yield head
        with recording.open("rb") as file:
            while piece := await asyncio.to_thread(file.read, 1 << 16):
                yield piece
        yield tail

    headers = {
        "content-type": f"multipart/form-data; boundary={boundary}",
        "content-length": str(size),
    }
    answer = await http.post("/transcribe-job", content=body(), headers=headers)
    answer.raise_for_status()
    job = answer.json()["job_id"]
    address = f"{str(http.base_url).replace('http', 'ws', 1).rstrip('/')}/ws/transcription/{job}"
    async with connect(address, proxy=None, open_timeout=DEADLINE) as news:
        last = [json.loads(message) async for message in news][-1]
    if last["type"] != "completed":
        raise RuntimeError(f"a job did not complete: {last}")


async def _watch(memory: Callable[[], int], peaks: list[int]) -> None:
    while True:
        peaks.append(memory())
        await asyncio.sleep(0.05)


def taken_by(process: int) -> int:
    """Bytes that a process and all below it take; what they share is counted once."""
    return sum(_proportional(each) for each in family(process))


def family(process: int) -> Iterator[int]:
    yield process
    for child in children(process):
        yield from family(child)


def children(process: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        for thread in Path(f"/proc/{process}/task").iterdir():
            found += map(int, (thread / "children").read_text().split())
    return found


def _proportional(process: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


async def main(*, quick: bool, jobs: int) -> None:
    with tempfile.TemporaryDirectory(prefix="retender-") as scratch:
        folder = Path(scratch)
        sounds = recordings(folder)
        async with stand_in() as (address, groq):
            port = free_port()
            given = settings(address, str(folder / "data"), port)
            begun = time.monotonic()
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", "from deployments.cli import main; main()", "serve"),
                env={**os.environ, **given},
                stderr=asyncio.subprocess.DEVNULL,
            )
            try:
                memory, url = _memory_of(process.pid), f"http://127.0.0.1:{port}"
                rounds = 1 if quick else 3
                figures = await measure(url, groq, sounds, begun, memory, rounds=rounds, jobs=jobs)
            finally:
                process.send_signal(signal.SIGTERM)
                await process.wait()
    print("the profile koyeb, as a process without limits:")
    print("\n".join(figures.lines()))


def _memory_of(process: int) -> Callable[[], int]:
    return lambda: taken_by(process)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.koyeb")
    parser.add_argument("--jobs", type=int, default=0)
    parser.add_argument("--quick", action="store_true")
    chosen = parser.parse_args()
    asyncio.run(main(quick=chosen.quick, jobs=chosen.jobs))
