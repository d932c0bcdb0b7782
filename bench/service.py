"""The whole service against plain faster-whisper: the same files, model, and cores.

    python -m bench.service [SIZE] [--quick] [--only-a | --only-b]

SIZE is `small` if not said; `digits` is the bundled model.

(a) one long recording, (b) forty short ones at once against one after the other. "The service" is
all of it, from the upload to the transcript: journal, decoding, finding speech, workers. What each
window costs is made alike (`bench/rehearsed.py`), except for `digits`, which really listens: so
small a model that what surrounds it counts most. Each figure is the median of rounds in which both
take turns, each time in a process of its own.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from loguru import logger

from actors.runtime.api import Recipe
from actors.workers.transcriber_pool import PoolSettings
from bench import rehearsed
from deployments.client.backend import RecordingSource, TranscriptionRequest
from deployments.client.in_process import InProcessBackend, temporary_service
from deployments.settings import Settings, read
from deployments.wiring import recognition
from deployments.wiring.whisper import DIGITS
from models.random_weights import SIZES, build
from retender.engines.faster_whisper.settings import WhisperSettings
from tests.support.sound.speech import talk

CORES = len(os.sched_getaffinity(0))
KIBIBYTES_PER_MEGABYTE = 1024
REAL = "digits"


class Extent(NamedTuple):
    long: int
    """Seconds of the long recording."""
    clips: int
    rounds: int


FULL = Extent(long=240, clips=40, rounds=3)
QUICK = Extent(long=60, clips=8, rounds=1)


class Figures(msgspec.Struct):
    seconds: float
    windows: int
    peak: float
    """Megabytes, of the process that holds the model."""


def plain(model: Path, files: Sequence[Path], size: str, tally: Path) -> Figures:
    """As its README has it, one file after the other."""
    if size != REAL:
        rehearsed.rehearse(tally)
    whisper: Any = importlib.import_module("faster_whisper").WhisperModel(
        str(model), device="cpu", compute_type="int8", cpu_threads=CORES
    )

    def hear(file: Path) -> None:
        list(
            whisper.transcribe(
                str(file), language="en", temperature=0.0, condition_on_previous_text=False
            )[0]
        )

    first, *rest = files
    hear(first)
    before = rehearsed.windows(tally)
    begun = time.perf_counter()
    for file in rest:
        hear(file)
    took = time.perf_counter() - begun
    return Figures(took, rehearsed.windows(tally) - before, peak(resource.RUSAGE_SELF))


async def served(model: Path, files: Sequence[Path], size: str, tally: Path) -> Figures:
    """All files at once; the first one, before that, brings the model into memory."""
    settings = read({"DEFAULT_MODEL": size, "RETENDER_OFFLINE": "yes"}, Path(os.devnull))
    async with temporary_service(settings, [pool(settings, model, size, tally)]) as desk:
        first, *rest = files
        await heard(desk, first)
        before = rehearsed.windows(tally)
        begun = time.perf_counter()
        await asyncio.gather(*(heard(desk, file) for file in rest))
        took = time.perf_counter() - begun
    return Figures(took, rehearsed.windows(tally) - before, peak(resource.RUSAGE_CHILDREN))


async def heard(desk: InProcessBackend, file: Path) -> None:
    await desk.transcribe(
        RecordingSource(file), TranscriptionRequest({"language": "en"}), lambda _: None
    )


def pool(settings: Settings, model: Path, size: str, tally: Path) -> PoolSettings:
    """That of the deployment, with our model and as many lanes as there are cores."""
    usual = recognition.pool(settings)
    whisper = msgspec.convert(usual.engine.options["settings"], WhisperSettings)
    library = msgspec.structs.replace(whisper.library, folders={size: str(model)})
    whisper = msgspec.structs.replace(
        whisper, library=library, device="cpu", precision="int8", lanes=CORES, batch=1, memory=0
    )
    options = usual.engine.options | {"settings": whisper}
    engine = Recipe(usual.engine.target, options)
    if size != REAL:
        engine = Recipe.of(rehearsed.engine, tally=str(tally), **options)
    return msgspec.structs.replace(usual, engine=engine)


def peak(whose: int) -> float:
    return resource.getrusage(whose).ru_maxrss / KIBIBYTES_PER_MEGABYTE


def measured(who: str, model: Path, size: str, files: Sequence[Path]) -> Figures:
    command = [sys.executable, "-m", "bench.service", "--row", who, size, model, *files]
    done = subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE)
    return msgspec.json.decode(done.stdout, type=Figures)


def report(who: str, size: str, *paths: str) -> None:
    logger.remove()
    model, *files = map(Path, paths)
    with tempfile.TemporaryDirectory() as folder:
        tally = Path(folder) / "windows"
        if who == "plain":
            figures = plain(model, files, size, tally)
        else:
            figures = asyncio.run(served(model, files, size, tally))
    print(json.dumps(msgspec.to_builtins(figures)))


def rows(size: str, model: Path, files: Sequence[Path], rounds: int) -> Iterator[str]:
    warm_up = talk(5, seed=99).path
    taken: dict[str, list[Figures]] = {"plain": [], "served": []}
    for _ in range(rounds):
        for who, figures in taken.items():
            figures.append(measured(who, model, size, [warm_up, *files]))
    names = {
        "plain": f"faster-whisper, {CORES} threads",
        "served": f"the service, {CORES} lanes",
    }
    median = {who: statistics.median(each.seconds for each in of) for who, of in taken.items()}
    for who, figures in taken.items():
        last = figures[-1]
        windows = f"{last.windows:5} windows" if last.windows else ""
        yield (
            f"    {names[who]:28} {median[who]:7.2f} s {median['plain'] / median[who]:5.2f} x"
            f" {last.peak:6.0f} MB{windows}"
        )


def main() -> None:
    if sys.argv[1:2] == ["--row"]:
        report(*sys.argv[2:])
        return
    extent = QUICK if "--quick" in sys.argv else FULL
    size = next((word for word in sys.argv[1:] if not word.startswith("-")), "small")
    with tempfile.TemporaryDirectory() as folder:
        model = DIGITS if size == REAL else Path(folder) / size
        if size != REAL:
            build(SIZES[size], model)
        what = f"{size} int8, {CORES} cores, {extent.rounds} rounds"
        if "--only-b" not in sys.argv:
            print(f"(a) one recording of {extent.long} s; {what}", flush=True)
            for row in rows(size, model, [talk(extent.long, seed=1).path], extent.rounds):
                print(row, flush=True)
        if "--only-a" not in sys.argv:
            print(f"(b) {extent.clips} clips of 5 to 10 s; {what}", flush=True)
            clips = [talk(5, seed=number).path for number in range(extent.clips)]
            for row in rows(size, model, clips, extent.rounds):
                print(row, flush=True)


if __name__ == "__main__":
    main()
