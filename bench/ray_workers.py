"""What Ray costs, and what a second worker brings: the whole service, with the bundled model.

    python -m bench.ray_workers [--quick] [ROUNDS]

One long recording, and short ones all at once, through the service: in one process with one lane;
on Ray with one worker of one core; on Ray with two. Each after a warm-up, the median of rounds in
which they take turns, each time in a service of its own. Then one upload of 300 MB, and how much
the processes that it passes through have grown meanwhile. Aim: two workers take 0.9 of the ideal
half of one worker's time, where there are two cores.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import httpx
import msgspec

from actors.workers.transcriber_pool import PoolSettings
from bench.paced import started
from deployments import profiles
from deployments.ray_cluster import plan
from deployments.ray_cluster.plan import Pool
from deployments.settings import Settings, read
from deployments.wiring import recognition
from retender.engines.faster_whisper.settings import WhisperSettings
from tests.support.engines.recognition_service import resident
from tests.support.http.deployed_service import doors
from tests.support.sound.speech import talk

DEADLINE: Final = 600.0
MEBIBYTE: Final = 1 << 20
UPLOAD_MIB: Final = 300


class Extent(NamedTuple):
    long: int
    """Seconds of the long recording."""
    clips: int
    rounds: int


FULL = Extent(long=600, clips=40, rounds=3)
QUICK = Extent(long=120, clips=8, rounds=1)

KINDS: Final = {
    "one process, one lane": ("local", 1),
    "Ray, one worker": ("ray", 1),
    "Ray, two workers": ("ray", 2),
}


def workers(settings: Settings, profile: str, number: int) -> list[PoolSettings]:
    if profile == "ray":
        wanted = Pool(least=number, most=number, cpus=1)
        return list(plan.pools(settings, [wanted]))
    pool = recognition.pool(settings)
    how = msgspec.convert(pool.engine.options["settings"], WhisperSettings)
    how = msgspec.structs.replace(how, lanes=1, threads=1)
    engine = msgspec.structs.replace(pool.engine, options=pool.engine.options | {"settings": how})
    return [msgspec.structs.replace(pool, engine=engine)]


def serve(folder: str, profile: str, number: str) -> int:
    settings = read(
        {
            "RETENDER_DATA_DIR": folder,
            "RETENDER_PROFILE": profile,
            "RETENDER_OFFLINE": "yes",
            "DEFAULT_MODEL": "digits",
            "MAX_FILE_SIZE_MB": "1024",
            "RETENDER_GRACE_SECONDS": "1",
            "PORT": "0",
        },
        Path(os.devnull),
    )
    return profiles.serve(settings, workers(settings, profile, int(number)))


async def heard(http: httpx.AsyncClient, file: Path) -> None:
    sound = await asyncio.to_thread(file.read_bytes)
    form = {"model": "digits", "language": "en"}
    answer = await http.post("/v1/audio/transcriptions", files={"file": sound}, data=form)
    answer.raise_for_status()


async def measured(
    port: int, number: int, long: Path, clips: list[Path], warm: Path
) -> tuple[float, float]:
    base = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=base, timeout=DEADLINE, trust_env=False) as http:
        await until_all_work(http, number)
        await asyncio.gather(*(heard(http, warm) for _ in range(2)))
        begun = time.perf_counter()
        await heard(http, long)
        after = time.perf_counter()
        await asyncio.gather(*(heard(http, clip) for clip in clips))
        return after - begun, time.perf_counter() - after


async def until_all_work(http: httpx.AsyncClient, number: int) -> None:
    while True:
        engines = (await http.get("/health")).json()["engines"] or {}
        if sum(engine["workers"] for engine in engines.values() if engine["ready"]) == number:
            return
        await asyncio.sleep(0.1)


async def much() -> AsyncIterator[bytes]:
    for _ in range(UPLOAD_MIB):
        yield os.urandom(MEBIBYTE)


def upload(pid: int, port: int) -> str:
    passed = doors(pid)
    before = sum(map(resident, passed))
    for each in passed:
        Path(f"/proc/{each}/clear_refs").write_text("5")  # the peak is counted from here
    begun = time.perf_counter()
    status = asyncio.run(sent(port))
    took = time.perf_counter() - begun
    grown = sum(resident(each, "VmHWM") for each in passed) - before
    return f"{status}, {UPLOAD_MIB / took:.0f} MiB/s, grown by {grown / MEBIBYTE:.0f} MiB"


async def sent(port: int) -> int:
    async with httpx.AsyncClient(timeout=DEADLINE, trust_env=False) as http:
        answer = await http.put(f"http://127.0.0.1:{port}/transcribe-job", content=much())
    return answer.status_code


def rounds(extent: Extent) -> Iterator[str]:
    long = talk(extent.long, seed=1).path
    clips = [talk(6, seed=seed).path for seed in range(2, 2 + extent.clips)]
    taken: dict[str, list[tuple[float, float]]] = {kind: [] for kind in KINDS}
    for _ in range(extent.rounds):
        for kind, (profile, number) in KINDS.items():
            with tempfile.TemporaryDirectory() as folder:
                command = ["bench.ray_workers", "--serve", folder, profile, str(number)]
                with started(command, Path(folder)) as (process, port):
                    taken[kind].append(asyncio.run(measured(port, number, long, clips, clips[0])))
                    if number > 1 and len(taken[kind]) == extent.rounds:
                        yield f"one upload of {UPLOAD_MIB} MiB: {upload(process.pid, port)}"
    for index, what in enumerate((f"one of {extent.long} s", f"{extent.clips} of 6 s at once")):
        yield what
        median = {kind: statistics.median(each[index] for each in of) for kind, of in taken.items()}
        one = median["Ray, one worker"]
        for kind, seconds in median.items():
            yield f"    {kind:24} {seconds:7.2f} s   {one / seconds:5.2f} x one worker on Ray"


def given(extent: Extent) -> Extent:
    """With as many rounds as the command says, if it does."""
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    return extent._replace(rounds=numbers[0]) if numbers else extent


def main() -> None:
    if sys.argv[1:2] == ["--serve"]:
        sys.exit(serve(*sys.argv[2:]))
    for line in rounds(given(QUICK if "--quick" in sys.argv else FULL)):
        print(line, flush=True)


if __name__ == "__main__":
    main()
