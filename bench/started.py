"""`retender serve` as a process of its own, on a data folder of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import IO, Final, NamedTuple

import httpx

from bench.koyeb import family, free_port

COMMAND: Final = (sys.executable, "-c", "from deployments.cli import main; main()", "serve")

DEADLINE: Final = 600.0
STOP_DEADLINE: Final = 120.0

LOOK_SECONDS: Final = 0.05
"""Between two looks: one takes some milliseconds of the processor that the service needs."""

_LAST_BYTES: Final = 4000


class ServiceFailed(Exception):
    """It ended too early, or did not end when it was told to; with the last lines of its log."""


class Service(NamedTuple):
    begun: float
    """When the process was started, by the monotonic clock."""
    process: int
    http: httpx.AsyncClient
    url: str
    running: asyncio.subprocess.Process
    log: IO[bytes]

    async def until(self, path: str) -> float:
        """Seconds from the start of the process until this path answers without an error."""
        async with asyncio.timeout(DEADLINE):
            while self.running.returncode is None:
                with suppress(httpx.TransportError):
                    if (await self.http.get(path)).is_success:
                        return time.monotonic() - self.begun
                await asyncio.sleep(LOOK_SECONDS)
        raise ServiceFailed(f"the service has ended:\n{_last(self.log)}")


@asynccontextmanager
async def started(profile: str, folder: Path, **settings: str) -> AsyncIterator[Service]:
    port = free_port()
    given = {
        "RETENDER_PROFILE": profile,
        "RETENDER_DATA_DIR": str(folder),
        "PORT": str(port),
        "LOG_FORMAT": "json",
    }
    with tempfile.TemporaryFile() as log:
        begun = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            *COMMAND,
            env={**os.environ, **given, **settings},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=log,
        )
        url = f"http://127.0.0.1:{port}"
        try:
            async with httpx.AsyncClient(base_url=url, timeout=DEADLINE, trust_env=False) as http:
                yield Service(begun, process.pid, http, url, process, log)
        finally:
            await _stop(process, log)


async def _stop(process: asyncio.subprocess.Process, log: IO[bytes]) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(STOP_DEADLINE):
            await process.wait()
    except TimeoutError:
        for each in list(family(process.pid)):
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        await process.wait()
        raise ServiceFailed(
            f"the service did not stop within {STOP_DEADLINE:g} s:\n{_last(log)}"
        ) from None


def _last(log: IO[bytes]) -> str:
    """What it wrote last."""
    log.seek(max(0, os.fstat(log.fileno()).st_size - _LAST_BYTES))
    return log.read().decode(errors="replace")
