"""What a model costs to load, to use, to swap for another, and to give up.

    python -m bench.models [SIZE] [--seconds 30] [--lanes N] [--beam 5] [--quick]

`medium` if no size is said, `base` with --quick. Models of the true sizes with random weights cost
what real ones cost. Measured in a process of its own, as a worker has one: resident memory, its
peak with every lane at work on so many seconds of sound, and times.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from array import array
from collections.abc import Awaitable
from contextlib import aclosing
from pathlib import Path

import numpy as np
from loguru import logger

from bench import rehearsed
from models.random_weights import SIZES, build
from retender.audio.decode import DECODED
from retender.engines.faster_whisper.engine import WhisperEngine
from retender.engines.faster_whisper.settings import WhisperSettings
from retender.engines.models.library import LibrarySettings
from retender.engines.preparation import Preparation
from retender.jobs.job import Options
from retender.storage.audio import Audio
from retender.storage.blobs import BlobStore
from retender.transcript.chunks import SAMPLE_RATE, Chunk
from retender.workers.orders import Order

CORES = len(os.sched_getaffinity(0))
KIBIBYTES_PER_MEGABYTE = 1024
OTHER = "tiny"
JOB = "job"


def noise(seconds: int) -> array[int]:
    """Anything but silence."""
    sound = np.random.default_rng(0).normal(0, 3000, seconds * SAMPLE_RATE)
    return array("h", sound.astype(np.int16).tobytes())


def resident(what: str = "VmRSS") -> float:
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith(what))
    return int(line.split()[1]) / KIBIBYTES_PER_MEGABYTE


async def window(engine: WhisperEngine, number: int, model: str, seconds: int) -> None:
    order = Order(
        token=str(number),
        job_id=JOB,
        index=number,
        attempt=1,
        audio=Audio("0" * 64, 1),
        options=Options(language="en", model=model),
        chunk=Chunk(0, seconds * SAMPLE_RATE),
    )
    async with aclosing(engine.work((order,))) as news:
        async for _ in news:
            pass


async def taken(work: Awaitable[None]) -> float:
    begun = time.perf_counter()
    await work
    return time.perf_counter() - begun


async def report(folder: Path, asked: argparse.Namespace) -> None:
    size = asked.size
    models = {name: str(folder / "sizes" / name) for name in (size, OTHER)}
    engine = WhisperEngine(
        WhisperSettings(
            library=LibrarySettings(root=str(folder / "models"), folders=models, offline=True),
            lanes=asked.lanes,
            beam=asked.beam,
        ),
        blobs=BlobStore(folder),
        preparation=Preparation(ffmpeg="", most_seconds=0.0),
    )

    def say(what: str, seconds: float | None, megabytes: float) -> None:
        took = "" if seconds is None else f"{seconds:8.2f} s"
        print(f"    {what:28}{took:10}{megabytes:8.0f} MB", flush=True)

    say("before", None, resident())
    say(f"{size} loaded", await taken(engine.load(size)), resident())
    numbers = range(1, asked.lanes + 1)
    at_work = asyncio.gather(*(window(engine, number, size, asked.seconds) for number in numbers))
    begun = time.perf_counter()
    await at_work
    say(f"{asked.lanes} of {asked.seconds} s, peak", time.perf_counter() - begun, resident("VmHWM"))
    say(f"swapped for {OTHER}", await taken(engine.load(OTHER)), resident())
    say(f"swapped for {size}", await taken(engine.load(size)), resident())
    say("given up", await taken(engine.unload(size)), resident())
    await engine.close()


def main() -> None:
    asked = arguments()
    if asked.row:
        logger.remove()
        rehearsed.rehearse(Path(asked.row) / "windows")
        asyncio.run(report(Path(asked.row), asked))
        return
    size = asked.size or ("base" if asked.quick else "medium")
    with tempfile.TemporaryDirectory() as folder:
        for name in (size, OTHER):
            build(SIZES[name], Path(folder) / "sizes" / name)
        job = BlobStore(folder).job_folder(JOB)
        (job / DECODED).write_bytes(noise(asked.seconds).tobytes())
        print(f"(c) {size} int8, {asked.lanes} lanes", flush=True)
        command = [sys.executable, "-m", "bench.models", size, "--row", folder]
        for option in ("seconds", "lanes", "beam"):
            command += [f"--{option}", str(getattr(asked, option))]
        subprocess.run(command, check=True)
        print("    what is left when it is given up goes when the worker's process ends")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.models", description=__doc__)
    parser.add_argument("size", nargs="?", choices=SIZES)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--lanes", type=int, default=CORES)
    parser.add_argument("--beam", type=int, default=5)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--row", default="", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
