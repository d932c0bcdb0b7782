"""`retender serve` as a process of its own, on a data folder of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

import httpx

from bench.koyeb import free_port

DEADLINE: Final = 600.0
LOOK_SECONDS: Final = 0.02


class Service(NamedTuple):
    begun: float
    """When the process was started, by the monotonic clock."""
    process: int
    http: httpx.AsyncClient
    url: str

    async def until(self, path: str) -> float:
        """Seconds from the start of the process until this path answers without an error."""
        async with asyncio.timeout(DEADLINE):
            while True:
                with suppress(httpx.TransportError):
                    if (await self.http.get(path)).is_success:
                        return time.monotonic() - self.begun
                await asyncio.sleep(LOOK_SECONDS)


@asynccontextmanager
async def started(profile: str, folder: Path, **settings: str) -> AsyncIterator[Service]:
    port = free_port()
    given = {
        "RETENDER_PROFILE": profile,
        "RETENDER_DATA_DIR": str(folder),
        "PORT": str(port),
        "LOG_FORMAT": "json",
    }
    begun = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from deployments.cli import main; main()", "serve"),
        env={**os.environ, **given, **settings},
        stdin=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(base_url=url, timeout=DEADLINE, trust_env=False) as http:
            yield Service(begun, process.pid, http, url)
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        await process.wait()
