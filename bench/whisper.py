"""Recognition on this machine: chunks in lanes against plain faster-whisper, and what a model
costs to load, to use, to swap and to give up.

    python -m bench.whisper [SIZE…]        small (lanes) and medium (memory) if not said

Models of the true sizes with random weights: they cost what real ones cost, and what they say
means nothing, so what is compared is windows of 30 s a second, each with the same number of
tokens. Each figure is measured in a process of its own.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from array import array
from collections.abc import Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import numpy as np
from loguru import logger

from models.random_weights import SIZES, build
from retender.audio.decode import DECODED
from retender.blobs import BlobStore
from retender.chunks import SAMPLE_RATE, Chunk
from retender.engines.faster_whisper.engine import WhisperEngine
from retender.engines.faster_whisper.settings import WhisperSettings
from retender.engines.models.library import LibrarySettings
from retender.engines.preparation import Preparation
from retender.jobs import Audio, Options
from retender.work import Order

WINDOW = 30
WINDOWS = 8
TOKENS = 64
CORES = len(os.sched_getaffinity(0))
MEGABYTE = 1 << 20


def recording(seconds: int) -> array[int]:
    """Anything but silence."""
    noise = np.random.default_rng(0).normal(0, 3000, seconds * SAMPLE_RATE)
    return array("h", noise.astype(np.int16).tobytes())


def resident(what: str = "VmRSS") -> float:
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith(what))
    return int(line.split()[1]) * 1024 / MEGABYTE


def engine(folder: Path, lanes: int) -> WhisperEngine:
    models = {path.name: str(path) for path in (folder / "sizes").iterdir()}
    return WhisperEngine(
        WhisperSettings(
            library=LibrarySettings(root=str(folder / "models"), folders=models, offline=True),
            lanes=lanes,
        ),
        root=str(folder),
        preparation=Preparation(ffmpeg="", most_seconds=0.0),
    )


def order(number: int, model: str) -> Order:
    start = (number - 1) * WINDOW * SAMPLE_RATE
    return Order(
        token=str(number),
        job_id="job",
        index=number,
        attempt=1,
        audio=Audio("0" * 64, 1),
        options=Options(language="en", model=model),
        chunk=Chunk(start, start + WINDOW * SAMPLE_RATE),
    )


async def done(engine: WhisperEngine, number: int, model: str) -> None:
    async with aclosing(engine.work((order(number, model),))) as news:
        async for _ in news:
            pass


class Watch:
    """Beside the time that passed, what this process had of the cores: others may want them too."""

    def __init__(self) -> None:
        self._begun = time.perf_counter(), time.process_time()

    def read(self) -> dict[str, float]:
        return {
            "seconds": time.perf_counter() - self._begun[0],
            "busy": time.process_time() - self._begun[1],
        }


class Counted:
    """Caps what each window says, and counts the windows that are encoded."""

    def __init__(self) -> None:
        from faster_whisper import (  # type: ignore[import-untyped] # noqa: PLC0415 - untyped; 50 MB
            WhisperModel,
        )

        self.windows = 0
        lock = threading.Lock()
        encode = WhisperModel.encode

        def counting(model: Any, features: Any) -> Any:
            with lock:
                self.windows += 1
            model.max_length = TOKENS
            return encode(model, features)

        WhisperModel.encode = counting
        self.model = WhisperModel


def lanes(folder: Path, size: str, number: int) -> dict[str, float]:
    """Our engine, chunks handed to lanes as they fall free."""
    counted = Counted()

    async def run() -> dict[str, float]:
        local = engine(folder, number)
        await done(local, 1, size)
        counted.windows = 0
        waiting = iter(range(1, WINDOWS + 1))

        async def lane() -> None:
            for chunk in waiting:
                await done(local, chunk, size)

        watch = Watch()
        await asyncio.gather(*(lane() for _ in range(number)))
        return watch.read()

    return asyncio.run(run()) | {"windows": counted.windows, "peak": resident("VmHWM")}


def plain(folder: Path, size: str, threads: int) -> dict[str, float]:
    """The whole recording through `WhisperModel.transcribe`, as its README has it."""
    counted = Counted()
    model = counted.model(
        str(folder / "sizes" / size), device="cpu", compute_type="int8", cpu_threads=threads
    )
    samples = np.array(recording(WINDOW * WINDOWS), np.float32) / 32768
    how: dict[str, Any] = {
        "language": "en",
        "temperature": 0.0,
        "condition_on_previous_text": False,
    }
    list(model.transcribe(samples[: WINDOW * SAMPLE_RATE], **how)[0])
    counted.windows = 0
    watch = Watch()
    for _ in itertools.takewhile(
        lambda _: counted.windows < WINDOWS, model.transcribe(samples, **how)[0]
    ):
        pass
    return watch.read() | {"windows": counted.windows, "peak": resident("VmHWM")}


def memory(folder: Path, size: str) -> dict[str, float]:
    """One model in and out of memory, and another in its place."""
    Counted()
    figures = {"before": resident()}

    async def run() -> None:
        local = engine(folder, CORES)
        async with aclosing(local.work((order(1, size),))) as news:
            begun = time.perf_counter()
            while not local.held:
                await anext(news)
            figures["load"] = time.perf_counter() - begun
            figures["loaded"] = resident()
            async for _ in news:
                pass
        await asyncio.gather(*(done(local, number, size) for number in range(1, CORES + 1)))
        figures["peak"] = resident("VmHWM")
        begun = time.perf_counter()
        async with aclosing(local.work((order(1, "tiny"),))) as news:
            while not any(path.name == "tiny" for path in local.held):
                await anext(news)
        figures["swap out"] = time.perf_counter() - begun
        figures["swapped"] = resident()
        begun = time.perf_counter()
        async with aclosing(local.work((order(1, size),))) as news:
            while not any(path.name == size for path in local.held):
                await anext(news)
        figures["swap in"] = time.perf_counter() - begun

    asyncio.run(run())
    return figures


MEASURES: dict[str, Callable[..., dict[str, float]]] = {
    "lanes": lanes,
    "plain": plain,
    "memory": memory,
}


def measured(kind: str, folder: Path, *arguments: object) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.whisper", kind, str(folder), *map(str, arguments)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    figures: dict[str, float] = json.loads(answer)
    return figures


def rows(folder: Path, sizes: list[str]) -> Iterator[str]:
    speed, heavy = sizes[0], sizes[-1]
    yield f"(a) {WINDOWS} windows of {WINDOW} s, {speed} int8, {TOKENS} tokens each, {CORES} cores"
    ways = [("plain", CORES), ("lanes", 1), ("lanes", CORES)]
    first = 0.0
    for kind, number in ways:
        got = measured(kind, folder, speed, number)
        pace = got["windows"] / got["seconds"]
        first = first or pace
        name = f"faster-whisper, {number} threads" if kind == "plain" else f"{number} lanes"
        busy = got["busy"] / got["windows"]
        yield (
            f"    {name:28} {pace:6.3f} windows/s {pace / first:5.2f} x "
            f"{busy:6.2f} s of a core each {got['peak']:6.0f} MB"
        )
    yield f"(c) {heavy} int8 in memory, {CORES} lanes"
    got = measured("memory", folder, heavy)
    for what in ("before", "loaded", "peak", "swapped"):
        yield f"    {what:28} {got[what]:6.0f} MB"
    for what in ("load", "swap out", "swap in"):
        yield f"    {what:28} {got[what]:6.2f} s"
    yield "    what is left after `swapped` goes when the worker's process ends"


def main() -> None:
    if len(sys.argv) > 1 and sys.argv[1] in MEASURES:
        kind, place, size, *rest = sys.argv[1:]
        logger.remove()
        print(json.dumps(MEASURES[kind](Path(place), size, *map(int, rest))))
        return
    sizes = sys.argv[1:] or ["small", "medium"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for size in {*sizes, "tiny"}:
            build(SIZES[size], folder / "sizes" / size)
        blobs = BlobStore(folder)
        (blobs.job_folder("job") / DECODED).write_bytes(recording(WINDOW * WINDOWS).tobytes())
        for row in rows(folder, sizes):
            print(row, flush=True)


if __name__ == "__main__":
    main()
