"""The first minute: from the start of `retender serve` to an answer, to a service that is ready,
and to the first transcript; and the memory of all its processes when it has nothing to do.

    python -m bench.first_minute [--quick] [local | ray]

Each profile is started three times on an empty data folder (once with --quick), as a process of
its own, with the digits model: each start is shown, and at the end the middle one of each figure.
The recording is spoken by espeak-ng. Memory is resident memory, with what processes share counted
once. Processor time says what a start costs on a machine that has other work, too: with a low
priority beside such work, a start may take minutes.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from bench.koyeb import MEGABYTE, family, taken_by
from bench.started import started
from tests.support.sound.media import say

PROFILES: Final = ("local", "ray")
IDLE_SECONDS: Final = 10.0
_TICKS: Final = os.sysconf("SC_CLK_TCK")


class Figures(NamedTuple):
    port: float
    ready: float
    transcript: float
    processor: float
    """Seconds of processor time until it was ready."""
    idle: float
    processes: float


async def measure(profile: str, folder: Path, recording: Path) -> Figures:
    async with started(profile, folder, DEFAULT_MODEL="digits") as service:
        answered = await service.until("/health/live")
        ready = await service.until("/health/ready")
        processor = sum(map(_processor_seconds, family(service.process)))
        with recording.open("rb") as sound:
            (await service.http.post("/transcribe", files={"file": sound})).raise_for_status()
        transcript = time.monotonic() - service.begun
        await asyncio.sleep(IDLE_SECONDS)
        processes = len(list(family(service.process)))
        idle = taken_by(service.process) / MEGABYTE
    return Figures(answered, ready, transcript, processor, idle, processes)


def _processor_seconds(process: int) -> float:
    """Its own, and that of its children that have ended."""
    with suppress(OSError):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / _TICKS
    return 0.0


async def main(profiles: Sequence[str], *, quick: bool) -> None:
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}")
    print("profile   answers    ready  first text  processor   idle  processes", flush=True)
    for profile in profiles:
        each = []
        for _ in range(1 if quick else 3):
            with tempfile.TemporaryDirectory(prefix="retender-") as scratch:
                say("one two three", Path(scratch) / "digits.wav")
                recording = Path(scratch) / "digits.espeak.wav"
                each.append(await measure(profile, Path(scratch) / "data", recording))
            show("", each[-1])
        show(profile, Figures(*(statistics.median(values) for values in zip(*each, strict=True))))


def show(name: str, figures: Figures) -> None:
    print(
        f"{name:7} {figures.port:7.1f} s {figures.ready:6.1f} s {figures.transcript:9.1f} s "
        f"{figures.processor:8.1f} s {figures.idle:4.0f} MB {figures.processes:6.0f}",
        flush=True,
    )


if __name__ == "__main__":
    wanted = [profile for profile in PROFILES if profile in sys.argv[1:]]
    asyncio.run(main(wanted or PROFILES, quick="--quick" in sys.argv))
