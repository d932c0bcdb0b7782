"""The first minute: from the start of `retender serve` to an answer, to a service that is ready,
and to the first transcript; and the memory of all its processes when it has nothing to do.

    python -m bench.first_minute [--quick]

Each profile is started three times on an empty data folder (once with --quick), as a process of
its own, with the digits model; the middle one of each figure is shown. The recording is spoken by
espeak-ng. Memory is resident memory, with what processes share counted once. Processor time says
what a start costs on a machine that has other work, too.
"""

from __future__ import annotations

import asyncio
import os
import signal
import statistics
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

import httpx

from bench.koyeb import MEGABYTE, family, free_port, taken_by
from tests.support.sound.media import say

PROFILES: Final = ("local", "ray")
PATIENCE: Final = 600.0
IDLE_SECONDS: Final = 10.0
LOOK_SECONDS: Final = 0.02
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
    port = free_port()
    settings = {
        "RETENDER_PROFILE": profile,
        "RETENDER_DATA_DIR": str(folder),
        "DEFAULT_MODEL": "digits",
        "PORT": str(port),
        "LOG_FORMAT": "json",
    }
    start = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from deployments.cli import main; main()", "serve"),
        env={**os.environ, **settings},
        stdin=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE, trust_env=False
        ) as http:
            await _until(http, "/health/live")
            answered = time.monotonic() - start
            await _until(http, "/health/ready")
            ready = time.monotonic() - start
            processor = sum(map(_processor_seconds, family(process.pid)))
            with recording.open("rb") as sound:
                (await http.post("/transcribe", files={"file": sound})).raise_for_status()
            transcript = time.monotonic() - start
            await asyncio.sleep(IDLE_SECONDS)
            processes = len(list(family(process.pid)))
            idle = taken_by(process.pid) / MEGABYTE
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        await process.wait()
    return Figures(answered, ready, transcript, processor, idle, processes)


async def _until(http: httpx.AsyncClient, path: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            with suppress(httpx.TransportError):
                if (await http.get(path)).is_success:
                    return
            await asyncio.sleep(LOOK_SECONDS)


def _processor_seconds(process: int) -> float:
    """Its own, and that of its children that have ended."""
    with suppress(OSError):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / _TICKS
    return 0.0


async def main(*, quick: bool) -> None:
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}")
    print("profile   answers    ready  first text  processor   idle  processes")
    for profile in PROFILES:
        each = []
        for _ in range(1 if quick else 3):
            with tempfile.TemporaryDirectory(prefix="retender-") as scratch:
                say("one two three", Path(scratch) / "digits.wav")
                recording = Path(scratch) / "digits.espeak.wav"
                each.append(await measure(profile, Path(scratch) / "data", recording))
        middle = Figures(*(statistics.median(values) for values in zip(*each, strict=True)))
        print(
            f"{profile:7} {middle.port:7.1f} s {middle.ready:6.1f} s {middle.transcript:9.1f} s "
            f"{middle.processor:8.1f} s {middle.idle:4.0f} MB {middle.processes:6.0f}"
        )


if __name__ == "__main__":
    asyncio.run(main(quick="--quick" in sys.argv))
